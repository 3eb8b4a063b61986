"""Small-strain linear elasticity of a device that is bent, stretched, twisted, pressed or swollen.

    div sigma = 0,   sigma = lambda tr(e) 1 + 2 mu e,   e = sym grad u - e*,

isotropic in each region, with any contrast, films as membranes (thickness times the plane-stress law of their
tangential strain), e* the eigenstrain of a region; strains and rotations are small. S. P. Timoshenko and
J. N. Goodier, Theory of Elasticity, 3rd ed., ch. 8 and 10. Bend, stretch and twist prescribe the end faces; all other
surfaces are free. Rigid-body constraints, which carry no force, hold the remaining rigid-body modes. Soft roles
without a Young's modulus carry no load and are left out.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Field, Floats, Indicator, Report, physics
from microfem.physics.mechanics.action import ENERGY, Effect
from microfem.physics.mechanics.load_actions import action_of
from microfem.physics.mechanics.parts import CellPart, FilmPart, LinearPart
from microfem.physics.mechanics.small_strain import SmallStrainCase, SmallStrainSolution
from microfem.physics.mechanics.solution import LinearSolution, fields_of

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.end_motions import EndMotion
    from microfem.mesh import Mesh


class ElasticityCase(SmallStrainCase):
    """One load on an elastic device; in 2D in plane strain or plane stress."""

    physics: Literal["elasticity"]


FIELDS = {
    "displacement": ("displacement", "um"),
    "strain": ("engineering (small) strain", "1"),
    "max_principal_strain": ("largest principal small strain", "1"),
    "stress": ("stress", "MPa"),
    "von_mises": ("von Mises stress", "MPa"),
    "strain_energy_density": ("strain energy density", "J/m3"),
}


@dataclass(frozen=True, kw_only=True)
class ElasticSolution(LinearSolution, SmallStrainSolution):
    """Strain and stress of a body's cells, and of its films, which lie on facets."""

    films: Mapping[str, Response]

    def parts(self, names: Sequence[str]) -> Sequence[LinearPart]:
        """Return all regions as one part, and each film as a part."""
        from microfem.fem.linear_elasticity.bodies import strained, strained_film

        mesh, body, dual, rows = self.mesh, self.body, self.dual, self.rows(names)
        parts: list[LinearPart] = []
        if len(rows):
            parts.append(
                CellPart(
                    response=self.solid,
                    rows=rows,
                    simplices=mesh.cells[body.cells[rows]],
                    respond=partial(strained, body),
                    error=dual.inside,
                    error_at_corners=dual.error[rows, : mesh.dim + 1],
                    cells=rows,
                )
            )
        for name in (name for name in names if name in body.films):
            film, beside = body.films[name], dual.form.beside[name]
            parts.append(
                FilmPart(
                    response=self.films[name],
                    rows=slice(None),
                    simplices=film.facets,
                    respond=partial(strained_film, body, film),
                    error=dual.on_films[name],
                    error_at_corners=dual.form.on_facets(dual.error, beside)[:, : mesh.dim],
                    beside=beside,
                )
            )
        return parts

    def out_of_plane_stretch(self) -> Floats | None:
        """Return 1 + e* - nu (s_xx + s_yy) / E in plane stress, (ncells,)."""
        body = self.body
        if body.dim == 3 or body.plane == "strain":
            return None
        stretch, stress = np.full(len(self.mesh.cells), np.nan), self.field("stress").cell_means()[body.cells]
        stretch[body.cells] = 1.0 + body.eigenstrain - body.poisson / body.young * np.trace(stress, axis1=1, axis2=2)
        return stretch


def again(solution: ElasticSolution, mesh: Mesh) -> ElasticSolution:
    """Return the solution with the same displacements on a mesh whose points have moved; the ends follow the load.

    Totals follow from the energy and the motion of the ends.

    Raises:
        MicrofemError: the load is neither a bend nor a stretch nor a twist.
    """
    from microfem.fem.error_estimates.form import elastic_form
    from microfem.fem.linear_elasticity.bodies import respond, respond_film
    from microfem.fem.space import Space

    dual, case = solution.dual, solution.case
    assert isinstance(case, ElasticityCase)
    action, layout = action_of(case.load.chosen), mesh.layout
    thin = {
        name: replace(film, thickness=layout.part(name).thickness)  # type: ignore[union-attr]
        for name, film in solution.body.films.items()
    }
    body = replace(solution.body, space=Space(mesh, case.order), films=thin)
    motion = action.motion(body)
    if not motion.moves:
        raise MicrofemError(
            "derivatives with respect to a layout need a bend, a stretch or a twist; a pressure, a mismatch or a "
            "change of temperature depends on the layout in a way that they do not include"
        )
    values, free = _carried(dual.values.ravel(), action.motion(solution.body), motion)
    u = values.reshape(-1, mesh.dim)
    response = respond(body, u)
    films = {name: respond_film(body, film, u) for name, film in body.films.items()}
    energy = response.energy + sum(film.energy for film in films.values())
    effect = Effect(
        motion=motion,
        whole=mesh.dim == 3,
        factor=1.0,
        force=2.0 * energy / (motion.size * motion.length),
        amount=motion.size,
        free=free,
    )
    totals = {**solution.totals, **action.elastic(effect), **effect.total("strain_energy", energy, ENERGY)}
    return replace(
        solution,
        mesh=mesh,
        space=body.space,
        fields=_fields(body, response, u),
        totals=totals,
        body=body,
        solid=response,
        films=films,
        dual=replace(dual, form=elastic_form(body), values=u),
    )


def _carried(u: Floats, before: EndMotion, after: EndMotion) -> tuple[Floats, tuple[float, ...]]:
    """Return displacements (n,) whose ends follow the same combination of modes, and the amplitudes of free modes.

    Rigid-body constraints keep their degrees of freedom, since a moved mesh may suggest others.
    """
    count, ratio = len(before.stated), after.size / before.size
    modes = np.vstack([before.free_modes, before.mode])[:, :count]
    parts = ratio * np.linalg.lstsq(modes.T, u[before.stated], rcond=None)[0]
    moved = u.copy()
    moved[after.stated] = parts @ np.vstack([after.free_modes, after.mode])[:, :count]
    return moved, tuple(parts[:-1].tolist())


@physics("elasticity", ElasticityCase, FIELDS, ElasticSolution, dofs_per_node=None, again=again)
def solve(mesh: Mesh, case: ElasticityCase, settings: SolverSettings = SolverSettings()) -> ElasticSolution:
    """Solve div sigma = 0 under one load; weak form: integral sigma : e(v) = integral of the tractions times v."""
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.fem.finite_strain.bodies import make_body
    from microfem.fem.linear_elasticity.bodies import respond, respond_film
    from microfem.fem.linear_elasticity.linear_response import linear_response

    started = time.perf_counter()
    action = action_of(case.load.chosen)
    body = make_body(mesh, case.order, case.plane, action.eigenstrains(mesh.layout))
    motion = action.motion(body)
    linear = linear_response(body, motion, settings)
    u = linear.u.reshape(-1, mesh.dim)
    response = respond(body, u)
    films = {name: respond_film(body, film, u) for name, film in body.films.items()}
    energy = response.energy + sum(film.energy for film in films.values())
    effect = Effect(
        motion=motion,
        whole=mesh.dim == 3,
        factor=1.0,
        force=linear.stiffness * motion.size,
        amount=motion.size,
        free=tuple(linear.amounts.tolist()),
        reactions=linear.reactions,
    )
    totals = action.elastic(effect) | effect.total("strain_energy", energy, ENERGY) | action.shape(body, response)
    totals |= {f"largest_strain.{name}": (film.peak_strain, "1") for name, film in films.items()}
    dual = Dual(elastic_form(body), u, linear.system, linear.loose)
    indicator = Indicator(*energy_error(dual.form, dual.error))
    seconds = time.perf_counter() - started
    report = Report(
        ndofs=mesh.dim * body.space.ndofs,
        ncells=len(mesh.cells),
        residual=linear.residual,
        balance_error=linear.balance,
        seconds=seconds,
    )
    return ElasticSolution(
        case=case,
        mesh=mesh,
        space=body.space,
        fields=_fields(body, response, u),
        totals=totals,
        report=report,
        indicator=indicator,
        dual=dual,
        body=body,
        solid=response,
        films=films,
    )


def _fields(body: Body, response: Response, u: Floats) -> dict[str, Field]:
    values = {
        "strain": response.strain,
        "max_principal_strain": response.largest_strain,
        "stress": response.stress[..., : body.dim, : body.dim],
        "von_mises": response.von_mises,
        "strain_energy_density": 1e6 * response.energy_density,
    }
    return fields_of(body, u, values, FIELDS)
