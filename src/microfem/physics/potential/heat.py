"""Steady heat: what a current heats, and where the heat goes.

    -div(k grad T) = sigma |E|^2,   k dT/dn = h (T0 - T) on cooled surfaces,   k dT/dn = 0 on all others,

with parts held at temperatures, and films of conductance k t along themselves. The source is that of a conduction case,
solved on the same mesh, so that both fields are refined together. H. S. Carslaw and J. C. Jaeger, Conduction of Heat in
Solids, 2nd ed., ch. 1 and 4. Conductivities are those at the temperature of the study: the current does not know how
warm it makes the device.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import BeforeValidator, WithJsonSchema, model_validator
from pydantic import Field as Entry

from microfem.base.errors import MicrofemError, SolveError
from microfem.base.temperatures import AnyTemperature
from microfem.base.units import quantity
from microfem.fem.solvers.settings import SolverSettings
from microfem.layout.contacts import left_out
from microfem.physics.frame import Case, Field, Floats, Indicator, Ints, Report, Solution, physics
from microfem.physics.potential.coefficients import of_cells, of_film
from microfem.physics.potential.conduction import ConductionCase, film_conductance
from microfem.physics.potential.conduction import solve as conduct

if TYPE_CHECKING:
    from microfem.fem.potential.heating import HeatedBody
    from microfem.fem.space import Space
    from microfem.layout import Layout
    from microfem.mesh import Mesh
    from microfem.physics.potential.solution import PotentialSolution

Surface = Literal["surface", "xmin", "xmax", "ymin", "ymax", "zmin", "zmax"]
Coefficient = Annotated[
    float,
    BeforeValidator(quantity("W/m2/K", 1e-6, 1e12)),
    WithJsonSchema({"type": "string", "description": "heat transfer coefficient", "examples": ["10 W/m2/K"]}),
]
AS_STATED = ("dimension", "designs")  # what a case takes from the one that heats it where it does not state it
AXES = {"3d": "xyz", "section": "xz", "plan": "xy"}
CONDUCTIVITY = "thermal_conductivity"
AMBIENT = "ambient"  # the name of what a convection leads to, beside those of terminals
PER_UM = 1e-6  # W/m2/K in W/m/K/um


class HeatCase(Case):
    """Parts at temperatures, surfaces with convection, and the conduction case whose current heats.

    of: that case; terminals: temperatures of parts; convection: heat transfer coefficients of end faces, or of the
    whole outer surface; ambient: temperature of the surroundings, by default that of the materials.
    """

    takes: ClassVar[str] = "conduction"

    physics: Literal["heat"]
    of: Annotated[ConductionCase | None, WithJsonSchema({"type": ["string", "object"], "examples": ["current"]})] = None
    terminals: dict[str, AnyTemperature] = Entry(default_factory=dict)
    convection: dict[Surface, Coefficient] = Entry(default_factory=dict)
    ambient: AnyTemperature | None = None

    @model_validator(mode="before")
    @classmethod
    def seen_as_the_current(cls, stated: Any) -> Any:
        """Take the view and the designs of the case that heats where none is stated.

        Raises:
            ValueError: that case is seen in a section of rings.
        """
        case = stated.get("of") if isinstance(stated, dict) else None
        known = case.__dict__ if isinstance(case, ConductionCase) else {}
        if known.get("dimension") == "axisymmetric":
            raise ValueError("of: a current in dimension: axisymmetric heats no case; name one in 3d, plan or section")
        return {**{name: known[name] for name in AS_STATED if name in known}, **stated} if known else stated

    @model_validator(mode="after")
    def check_ways(self) -> HeatCase:
        """Refuse heat without a way out, faces that the view does not have, and another view than that of the current.

        Raises:
            ValueError: with what to state.
        """
        if not self.terminals and not self.convection:
            raise ValueError(
                "heat needs a way out: state terminals at temperatures, such as {substrate: 25 degC}, or convection, "
                "such as {surface: 10 W/m2/K}"
            )
        if "surface" in self.convection and len(self.convection) > 1:
            raise ValueError("convection: surface is all of the outer surface; state it alone, or end faces alone")
        for face in self.convection:
            if face != "surface" and face[0] not in AXES[self.dimension]:
                raise ValueError(f"convection: dimension: {self.dimension} has no face {face}")
        if AMBIENT in self.terminals:
            raise ValueError(f"terminals: {AMBIENT} is the name of what a convection leads to; give the part another")
        if self.ambient is not None and not self.convection:
            raise ValueError("ambient: it has a meaning with a convection alone")
        if self.of is not None and self.of.dimension != self.dimension:
            raise ValueError(f"dimension: the current is seen in its {self.of.dimension}; leave it out")
        if self.of is not None and self.of.on is not None:
            raise ValueError("of: a current on a deformed geometry heats no case; name one without on")
        return self

    def conducts(self, layout: Layout, part: str) -> float:
        """Return the thermal conductivity of a part, W/m/K, the largest where it differs along axes."""
        material = layout.material(part)
        return material.properties[CONDUCTIVITY].value if material.has(CONDUCTIVITY) else 0.0

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Return the materials that state no thermal conductivity, of all parts that are not held."""
        yield from left_out(layout.contacts, "heat")
        if layout.reach:
            yield "heat knows no medium without end: leave surroundings out, and state a convection"
        held = {part for name in self.terminals for part in _parts(layout, name)}
        materials = [layout.material(name) for name in layout.names() if name not in held]
        for material in {one.name: one for one in materials}.values():
            try:
                material.need(CONDUCTIVITY)
            except MicrofemError as error:
                yield str(error)


def _parts(layout: Layout, name: str) -> tuple[str, ...]:
    """Return the parts of a terminal, none where the layout does not have it, which is told elsewhere."""
    try:
        return layout.terminal(name)
    except MicrofemError:
        return ()


FIELDS = {
    "temperature": ("temperature", "K"),
    "temperature_rise": ("temperature above the coldest that is stated", "K"),
    "heat_flux": ("heat flux", "W/m2"),
    "heat_source": ("heat of the current, σE²", "W/m3"),
}


@dataclass(frozen=True, kw_only=True)
class HeatSolution(Solution):
    """A temperature, the heat that flows into the device at each terminal, and from the surroundings.

    level: the coldest stated temperature, K; into: uW, in 2D W/m; power: of the current, likewise.
    """

    level: float
    into: dict[str, float]
    power: float

    @property
    def rise(self) -> Floats:
        """The temperature above `level` at the degrees of freedom, (ndofs,), NaN where it is not solved, K."""
        return self.field("temperature_rise").values


@physics("heat", HeatCase, FIELDS, HeatSolution)
def solve(mesh: Mesh, case: HeatCase, settings: SolverSettings = SolverSettings()) -> HeatSolution:
    """Solve -div(k grad T) = sigma E2; weak form: integral k grad T . grad v + integral h (T - T0) v = integral q v."""
    from microfem.fem.potential.heating import make_body, solve_body
    from microfem.fem.space import Space
    from microfem.fem.tensors import scaled
    from microfem.mesh.strained_conductors import film_passage

    started = time.perf_counter()
    layout = mesh.layout
    current = conduct(mesh, case.of, settings) if case.of is not None else None
    ambient = case.ambient if case.ambient is not None else layout.material(layout.names()[0]).temperature
    parts = {name: layout.terminal(name) for name in case.terminals}
    held = {part for names in parts.values() for part in names}
    films = {
        name: scaled(of_film(mesh, name, CONDUCTIVITY), film_passage(mesh, name))
        for name in mesh.sheets
        if name not in held
    }
    conductivity = of_cells(mesh, CONDUCTIVITY, held)
    space = Space(mesh, case.order)
    body = make_body(mesh, case.order, conductivity, films, parts, _cooled(mesh, case))
    stated = [*case.terminals.values(), *([ambient] if case.convection else [])]
    field = solve_body(body, _sources(mesh, current), case.terminals, stated[-1], settings)
    power = sum((float((q * weight[:, None]).sum()) for q, weight in _powers(mesh, current)), 0.0)
    into = {name or AMBIENT: flow for name, flow in field.into.items() if name or case.convection}
    unit = "uW" if mesh.dim == 3 else "W/m"
    solution = HeatSolution(
        case=case,
        mesh=mesh,
        space=space,
        fields=_fields(space, body, field.values, min(stated), current),
        totals={f"heat.{name}": (flow, unit) for name, flow in into.items()} | {"power": (power, unit)},
        report=Report(
            ndofs=body.space.ndofs,
            ncells=len(mesh.cells),
            residual=max(field.residual, current.report.residual if current else 0.0),
            balance_error=max(field.balance, current.report.balance_error if current else 0.0),
            seconds=time.perf_counter() - started,
        ),
        indicator=_indicator(space, body, field.values - min(stated), current),
        level=min(stated),
        into=into,
        power=power,
    )
    if current is not None:
        current.close()
    return solution


def _cooled(mesh: Mesh, case: HeatCase) -> list[tuple[Ints, float]]:
    """Return the facets of each surface with convection, and its coefficient, W/m/K/um."""
    surfaces = []
    for face, h in case.convection.items():
        vertices, _, outside = mesh.facets
        facets = vertices[outside < 0] if face == "surface" else mesh.faces.get(face)
        if facets is None or not len(facets):
            raise SolveError(f"convection: the device has no flat end face {face}; state surface for all of its faces")
        surfaces.append((facets, h * PER_UM))
    return surfaces


def _sources(mesh: Mesh, current: PotentialSolution | None) -> list[tuple[Ints, Floats]]:
    """Return simplices and the heat of the current at their quadrature points, W/m/um2, of films W/m/um."""
    if current is None:
        return []
    from microfem.fem.space import gradients
    from microfem.fem.tensors import times

    q = 1e-12 * np.nan_to_num(current.field("energy_density").values)
    sources = [(mesh.cells, q)]
    potential = np.nan_to_num(current.field("potential").values)
    ideal = {part for name in current.terminals.potentials for part in mesh.layout.terminal(name)}
    for name in (one for one in mesh.sheets if one not in ideal):
        field = gradients(current.space, potential, mesh.sheets[name])
        sources.append((mesh.sheets[name], (field * times(film_conductance(mesh, name), field)).sum(axis=2)))
    return sources


def _powers(mesh: Mesh, current: PotentialSolution | None) -> Iterator[tuple[Floats, Floats]]:
    """Yield the heat at the quadrature points of simplices, and the volume or area of each point."""
    from microfem.fem.space import jacobians

    for simplices, q in _sources(mesh, current):
        yield q, jacobians(mesh.points, simplices)[1] / q.shape[1]


def _fields(
    space: Space, body: HeatedBody, temperature: Floats, level: float, current: PotentialSolution | None
) -> dict[str, Field]:
    from microfem.fem.space import gradients
    from microfem.fem.tensors import conducts, times

    inside = np.where(conducts(body.coefficient), 1.0, np.nan)[:, None, None]
    flux = -1e6 * inside * times(body.coefficient, gradients(space, np.nan_to_num(temperature - level)))
    source = current.field("energy_density").values if current else np.zeros((len(inside), space.mesh.dim + 1))
    values = {
        "temperature": ("dofs", temperature),
        "temperature_rise": ("dofs", temperature - level),
        "heat_flux": ("quadrature", flux),
        "heat_source": ("quadrature", source),
    }
    return {name: Field(name, *FIELDS[name], on, v) for name, (on, v) in values.items()}  # type: ignore[arg-type]


def _indicator(space: Space, body: HeatedBody, rise: Floats, current: PotentialSolution | None) -> Indicator:
    """Return the squared errors of temperature and current in energy, each relative to its energy, in sum."""
    from microfem.fem.error_estimates.form import energy_error, potential_form

    u = np.nan_to_num(rise)
    form = potential_form(space, body.coefficient, body.films)
    energy = float(body.form.products(np.append(u, 0.0)[None])[0, 0])
    both = [(Indicator(*energy_error(form, form.error(u[:, None]))), energy)]
    if current is not None and current.indicator is not None:
        both.append((current.indicator, current.energy))
    return Indicator(
        np.sum([one.of_cell / max(whole, 1e-300) for one, whole in both], axis=0),
        np.sum([one.anisotropy / max(whole, 1e-300) for one, whole in both], axis=0),
    )
