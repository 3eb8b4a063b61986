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
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from microfem.base.errors import MicrofemError
from microfem.physics.frame import Case, Field, Floats, Indicator, Report, Solution, physics
from microfem.physics.mechanics.loads import Bend, Load, Mismatch, OneLoad, Press, Stretch, Twist, check_view

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Body, Response
    from microfem.fem.linear_elasticity.unit_loads import Loaded
    from microfem.mesh import Mesh

Totals = dict[str, tuple[float, str]]


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

    Totals that follow from the energy follow; the neutral axis does not.

    Raises:
        MicrofemError: the load is no bend, stretch or twist.
    """
    from microfem.fem.error_estimates.form import elastic_form
    from microfem.fem.linear_elasticity.bodies import respond, respond_film
    from microfem.fem.space import Space

    state, dual, case = solution.state, solution.dual, solution.case
    assert dual is not None
    assert isinstance(case, ElasticityCase)
    load, layout = case.load.chosen, mesh.layout
    thin = {name: replace(film, thickness=layout.part(name).thickness)  # type: ignore[union-attr]
            for name, film in state.body.films.items()}  # fmt: skip
    body = replace(state.body, space=Space(mesh, case.order), films=thin)
    before, after = (_gripped(one, load) for one in (state.body, body))
    u = _carried(dual.values.reshape(1, -1), before, after)[0].reshape(-1, mesh.dim)
    response = respond(body, u)
    films = {name: respond_film(body, film, u) for name, film in body.films.items()}
    energy = response.energy + sum(film.energy for film in films.values())
    totals = _scaled(solution.totals, energy, after.length / before.length, after.size / before.size)
    told = ElasticState(body, response, films)
    return replace(solution, mesh=mesh, space=body.space, fields=_fields(body, response, u), totals=totals, state=told,
                   dual=replace(dual, form=elastic_form(body), values=u))  # fmt: skip


@dataclass(frozen=True)
class Gripped:
    """What ends prescribe: unknowns (n,), unit displacements (nmodes, n); their distance; the load in those units."""

    given: NDArray[np.int64]
    modes: Floats
    length: float
    size: float


def _gripped(body: Body, load: OneLoad) -> Gripped:
    from microfem.fem.linear_elasticity.end_faces import find_ends
    from microfem.fem.linear_elasticity.unit_loads import bent, stretched, twisted

    if isinstance(load, Bend):
        ends = find_ends(body, "x" if load.axis == "y" else "y")
        return Gripped(*bent(body, ends), ends.length, 1.0 / load.radius)
    if isinstance(load, Stretch):
        ends = find_ends(body, load.axis)
        return Gripped(*stretched(body, ends, load.clamped), ends.length, load.strain)
    if isinstance(load, Twist):
        ends = find_ends(body, load.axis)
        return Gripped(*twisted(ends), ends.length, load.over(ends.length) / ends.length)
    raise MicrofemError("derivatives with a layout are of bend, stretch and twist; a pressure and a mismatch change "
                        "with the layout in ways that are not known here")  # fmt: skip


def _carried(u: Floats, before: Gripped, after: Gripped) -> Floats:
    """Return displacements (nloads, n) with those of the ends as the same mixture of unit displacements."""
    parts = np.linalg.lstsq(before.modes.T, u[:, before.given].T, rcond=None)[0]
    moved = u.copy()
    moved[:, after.given] = after.size / before.size * parts.T @ after.modes
    return moved


def _scaled(totals: Mapping[str, tuple[float, str]], energy: float, length: float, size: float) -> Totals:
    """Return totals of another energy, times a length and a size of the load; an energy is half of force x size x
    length."""  # fmt: skip
    ratio = energy / totals["strain_energy"][0]
    powers = {"strain_energy": 1.0, "bending_stiffness": 1.0 / (length * size**2),
              "axial_stiffness": 1.0 / (length * size**2), "torsional_stiffness": 1.0 / (length * size**2),
              "bending_moment": 1.0 / (length * size), "axial_force": 1.0 / (length * size),
              "torque": 1.0 / (length * size)}  # fmt: skip
    return {name: (value * ratio * powers[name] if name in powers else value, unit)
            for name, (value, unit) in totals.items()}  # fmt: skip


@physics("elasticity", ElasticityCase, FIELDS, dofs_per_node=None, again=again)
def solve(mesh: Mesh, case: ElasticityCase) -> Solution:
    """Solve div sigma = 0 under one load; weak form: integral sigma : e(v) = integral of the tractions times v."""
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.error_estimates.form import elastic_form, energy_error
    from microfem.fem.finite_strain.bodies import make_body
    from microfem.fem.linear_elasticity.bodies import curvatures, respond, respond_film

    started = time.perf_counter()
    load = case.load.chosen
    strains = load.strain if isinstance(load, Mismatch) else {}
    body = make_body(mesh, case.order, case.plane, strains)
    done, totals = _SOLVES[type(load)](body, load)
    u = done.u.reshape(-1, mesh.dim)
    response = respond(body, u)
    films = {name: respond_film(body, film, u) for name, film in body.films.items()}
    energy = response.energy + sum(film.energy for film in films.values())
    totals |= {"strain_energy": (energy, "pJ" if mesh.dim == 3 else "pJ/um")}
    totals |= {f"largest_strain.{name}": (film.peak_strain, "1") for name, film in films.items()}
    if isinstance(load, Mismatch) and load.fixed is None and case.dimension != "plan":
        totals |= {f"curvature.{axis}": (k, "1/um") for axis, k in curvatures(body, response).items()}
    dual = Dual(elastic_form(body), u, done.system, done.loose)
    indicator = Indicator(*energy_error(dual.form, dual.error))
    seconds = time.perf_counter() - started
    report = Report(mesh.dim * body.space.ndofs, len(mesh.cells), done.residual, done.balance, seconds)
    return Solution(case, mesh, body.space, _fields(body, response, u), totals, report,
                    ElasticState(body, response, films), indicator, dual=dual)  # fmt: skip


def _bend(body: Body, load: Bend) -> tuple[Loaded, Totals]:
    from microfem.fem.linear_elasticity.unit_loads import bend

    unit, curvature = bend(body, "x" if load.axis == "y" else "y"), 1.0 / load.radius
    if abs(load.radius) <= unit.thickness:
        raise MicrofemError(f"bend: a radius of {abs(load.radius):.4g} um is not above the thickness, "
                            f"{unit.thickness:.4g} um")  # fmt: skip
    totals = {"bending_stiffness": (unit.stiffness, "uN um2" if body.dim == 3 else "uN um"),
              "bending_moment": (unit.stiffness * curvature, "uN um" if body.dim == 3 else "uN"),
              "curvature": (curvature, "1/um"), "neutral_axis": (unit.neutral, "um")}  # fmt: skip
    return unit.times(curvature), totals


def _stretch(body: Body, load: Stretch) -> tuple[Loaded, Totals]:
    from microfem.fem.linear_elasticity.unit_loads import stretch

    unit, per = stretch(body, load.axis, load.clamped), _FORCE[body.dim]
    totals = {"axial_stiffness": (unit.stiffness, per), "axial_force": (unit.stiffness * load.strain, per)}
    return unit.times(load.strain), totals


def _twist(body: Body, load: Twist) -> tuple[Loaded, Totals]:
    from microfem.fem.linear_elasticity.unit_loads import twist

    unit = twist(body, load.axis)
    rate = load.over(unit.length) / unit.length
    totals = {"torsional_stiffness": (unit.stiffness, "uN um2"), "torque": (unit.stiffness * rate, "uN um")}
    return unit.times(rate), totals


def _press(body: Body, load: Press | Mismatch) -> tuple[Loaded, Totals]:
    from microfem.fem.linear_elasticity.unit_loads import press, swell

    if isinstance(load, Press):
        done = press(body, load.on, load.side, load.fixed, load.value)
    else:
        done = swell(body, load.fixed)
    held = done.forces if load.fixed else {}
    return done, {f"reaction.{axis}": (force, _FORCE[body.dim]) for axis, force in held.items()}


_FORCE = {3: "uN", 2: "uN/um"}
_SOLVES: dict[type[OneLoad], Callable[[Body, Any], tuple[Loaded, Totals]]] = {
    Bend: _bend, Stretch: _stretch, Twist: _twist, Press: _press, Mismatch: _press}  # fmt: skip


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
