"""Small-strain linear elasticity of a device that is bent, stretched, twisted, pressed or swollen.

    div sigma = 0,   sigma = lambda tr(e) 1 + 2 mu e,   e = sym grad u - e*,

isotropic in each region, any contrast, films as membranes (thickness times the plane-stress law of their
tangential strain), e* the mismatch strain of a region; strains and rotations are small. S. P. Timoshenko and
J. N. Goodier, Theory of Elasticity, 3rd ed., ch. 8 and 10. Bend, stretch and twist prescribe the end faces and
leave the rest free; rigid motions that are left are held by pins without force. Soft roles without a Young's
modulus carry no load and are left out.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from microfem.base.errors import MicrofemError
from microfem.physics.frame import Case, Field, Floats, Indicator, Report, Solution, physics
from microfem.physics.mechanics.load_actions import ENERGY, Effect, action_of
from microfem.physics.mechanics.loads import Load, Stretch, check_view

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.end_motions import EndMotion
    from microfem.mesh import Mesh


class SmallStrainCase(Case):
    """One load on a device; in 2D in plane strain or plane stress."""

    load: Load
    plane: Literal["strain", "stress"] = "strain"

    @model_validator(mode="after")
    def _possible(self) -> SmallStrainCase:
        if self.dimension == "3d" and self.plane == "stress":
            raise ValueError("plane: stress is for dimension: plan or section")
        load = self.load.chosen
        check_view(load, self.dimension)
        if isinstance(load, Stretch) and load.axis == "xy":
            raise ValueError("small strains are stretched along one axis; hyperelasticity takes axis: xy")
        return self


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


@dataclass(frozen=True)
class ElasticState:
    """Strain and stress of a body's cells, and of its films, which are in no cell."""

    body: Body
    solid: Response
    films: Mapping[str, Response]


def again(solution: Solution, mesh: Mesh) -> Solution:
    """Return a solution whose displacements stay while the points of its mesh move, those of the ends as they must.

    Totals follow from the energy and from how the ends have moved.

    Raises:
        MicrofemError: the load is no bend, stretch or twist.
    """
    from microfem.fem.error_estimates.form import elastic_form
    from microfem.fem.linear_elasticity.bodies import respond, respond_film
    from microfem.fem.space import Space

    state, dual, case = solution.state, solution.dual, solution.case
    assert dual is not None
    assert isinstance(case, ElasticityCase)
    action, layout = action_of(case.load.chosen), mesh.layout
    thin = {name: replace(film, thickness=layout.part(name).thickness)  # type: ignore[union-attr]
            for name, film in state.body.films.items()}  # fmt: skip
    body = replace(state.body, space=Space(mesh, case.order), films=thin)
    motion = action.motion(body)
    if not motion.moves:
        raise MicrofemError("derivatives with a layout are of bend, stretch and twist; a pressure and a mismatch "
                            "change with the layout in ways that are not known here")  # fmt: skip
    values, free = _carried(dual.values.ravel(), action.motion(state.body), motion)
    u = values.reshape(-1, mesh.dim)
    response = respond(body, u)
    films = {name: respond_film(body, film, u) for name, film in body.films.items()}
    energy = response.energy + sum(film.energy for film in films.values())
    effect = Effect(motion, mesh.dim == 3, 1.0, 2.0 * energy / (motion.size * motion.length), motion.size, free)
    totals = {**solution.totals, **action.elastic(effect), **effect.told("strain_energy", energy, ENERGY)}
    told = ElasticState(body, response, films)
    return replace(solution, mesh=mesh, space=body.space, fields=_fields(body, response, u), totals=totals, state=told,
                   dual=replace(dual, form=elastic_form(body), values=u))  # fmt: skip


def _carried(u: Floats, before: EndMotion, after: EndMotion) -> tuple[Floats, tuple[float, ...]]:
    """Return displacements (n,) with those of the ends as the same mixture of motions, and the amounts of free modes.

    Rigid-body constraints stay as they were: others may be picked on another mesh.
    """
    count, ratio = len(before.stated), after.size / before.size
    modes = np.vstack([before.free_modes, before.mode])[:, :count]
    parts = ratio * np.linalg.lstsq(modes.T, u[before.stated], rcond=None)[0]
    moved = u.copy()
    moved[after.stated] = parts @ np.vstack([after.free_modes, after.mode])[:, :count]
    return moved, tuple(parts[:-1].tolist())


@physics("elasticity", ElasticityCase, FIELDS, dofs_per_node=None, again=again)
def solve(mesh: Mesh, case: ElasticityCase) -> Solution:
    """Solve div sigma = 0 under one load; weak form: integral sigma : e(v) = integral of the tractions times v."""
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.fem.finite_strain.bodies import make_body
    from microfem.fem.linear_elasticity.bodies import respond, respond_film
    from microfem.fem.linear_elasticity.linear_response import linear_response

    started = time.perf_counter()
    action = action_of(case.load.chosen)
    body = make_body(mesh, case.order, case.plane, action.eigenstrains)
    motion = action.motion(body)
    done = linear_response(body, motion)
    u = done.u.reshape(-1, mesh.dim)
    response = respond(body, u)
    films = {name: respond_film(body, film, u) for name, film in body.films.items()}
    energy = response.energy + sum(film.energy for film in films.values())
    effect = Effect(motion, mesh.dim == 3, 1.0, done.stiffness * motion.size, motion.size, tuple(done.amounts.tolist()),
                    done.reactions)  # fmt: skip
    totals = action.elastic(effect) | effect.told("strain_energy", energy, ENERGY) | action.shape(body, response)
    totals |= {f"largest_strain.{name}": (film.peak_strain, "1") for name, film in films.items()}
    dual = Dual(elastic_form(body), u, done.system, done.loose)
    indicator = Indicator(*energy_error(dual.form, dual.error))
    seconds = time.perf_counter() - started
    report = Report(mesh.dim * body.space.ndofs, len(mesh.cells), done.residual, done.balance, seconds)
    return Solution(case, mesh, body.space, _fields(body, response, u), totals, report,
                    ElasticState(body, response, films), indicator, dual=dual)  # fmt: skip


def _fields(body: Body, response: Response, u: Floats) -> dict[str, Field]:
    """Spread the values of the body over all cells and degrees of freedom, NaN elsewhere."""

    def spread(values: Floats, where: NDArray[np.int64], count: int) -> Floats:
        full = np.full((count, *values.shape[1:]), np.nan)
        full[where] = values
        return full

    values = {"strain": response.strain, "max_principal_strain": response.largest_strain,
              "stress": response.stress[..., : body.dim, : body.dim], "von_mises": response.von_mises,
              "strain_energy_density": 1e6 * response.energy_density}  # fmt: skip
    moved = spread(u[body.dofs], body.dofs, len(u))
    fields = {"displacement": Field("displacement", *FIELDS["displacement"], "dofs", moved)}
    for name, one in values.items():
        fields[name] = Field(name, *FIELDS[name], "quadrature", spread(one, body.cells, len(body.space.mesh.cells)))
    return fields
