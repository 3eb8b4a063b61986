"""Steady conduction between terminals: the primary current distribution where electrodes are terminals.

    div(sigma grad phi) = 0,   j = -sigma grad phi,   n.j = 0 on insulated boundaries,

with any contrast of sigma from cell to cell, sheets of conductance sigma t (surface gradients), and terminals
that are regions at one potential. J. Newman and N. P. Balsara, Electrochemical Systems, 4th ed., ch. 18, give
the assumptions: no concentration gradients, no kinetic overpotential. On a deformed geometry the conductance of 2D
cells is multiplied by their out-of-plane stretch, and 1 / sigma by 1 + K e where a material states a gauge factor K,
with e the largest principal nominal strain.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Entry
from pydantic import PlainValidator, WithJsonSchema, model_validator

from microfem.base.errors import DimensionError, UnitError
from microfem.base.units import parse_quantity
from microfem.fem.solvers.settings import SolverSettings
from microfem.layout.contacts import left_out
from microfem.physics.frame import Field, physics
from microfem.physics.potential.between_terminals import solve_between
from microfem.physics.potential.coefficients import of_cells, of_film
from microfem.physics.potential.potential_case import PotentialCase, shown_of
from microfem.physics.potential.solution import PotentialSolution, Terminals

if TYPE_CHECKING:
    from microfem.fem.space import Space
    from microfem.layout import Layout
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]

Drive = tuple[Literal["V", "uA", "A/m"], float]


def read_drive(value: object) -> Drive:
    """Read the potential or current of a terminal: `1 V`, `2 mA` (3D) or `3 A/m` (2D).

    Raises:
        ValueError: the value is neither.
    """
    if isinstance(value, tuple):
        return value
    for unit in ("V", "uA", "A/m"):
        try:
            return (unit, parse_quantity(value, unit))
        except DimensionError:
            continue
        except UnitError:
            break
    raise ValueError(f"expected a potential such as '1 V' or a current such as '2 mA' (2D: '2 A/m'), got {value!r}")


TerminalDrive = Annotated[
    Drive, PlainValidator(read_drive), WithJsonSchema({"type": "string", "examples": ["1 V", "2 mA"]})
]


class ConductionCase(PotentialCase):
    """Terminals by name, each at a potential or with a total current into it."""

    physics: Literal["conduction"]
    terminals: dict[str, TerminalDrive] = Entry(min_length=2)

    @model_validator(mode="after")
    def check_drives(self) -> ConductionCase:
        """Refuse currents in the unit of another dimension, and cases in which no terminal has a potential.

        Raises:
            ValueError: with the terminal, or an example.
        """
        wrong, wanted = ("uA", "A/m (per unit depth)") if self.per_depth else ("A/m", "A")
        for name, (unit, _) in self.terminals.items():
            if unit == wrong:
                raise ValueError(f"terminal '{name}': dimension: {self.dimension} takes currents in {wanted}")
        if not any(unit == "V" for unit, _ in self.terminals.values()):
            raise ValueError("at least one terminal needs a potential, for example '0 V'")
        return self

    @property
    def held(self) -> tuple[str, ...]:
        """The terminals of a case that potentials alone drive, () of any other."""
        return tuple(self.terminals) if all(unit == "V" for unit, _ in self.terminals.values()) else ()

    def lacking(self, layout: Layout) -> Iterator[str]:
        """Return contacts, if the geometry is deformed or a section of rings."""
        if self.deformed_by:
            yield from left_out(layout.contacts, "a deformed geometry")
        elif self.dimension == "axisymmetric":
            yield from left_out(layout.contacts, "an axisymmetric section")

    def conducts(self, layout: Layout, part: str) -> float:
        """Return the conductivity of a part, S/m, 0 in a sheet without thickness; along axes it is one of them.

        Raises:
            MicrofemError: its material states none.
        """
        material = layout.material(part)
        material.need("conductivity")
        idle = getattr(layout.part(part), "thickness", 1.0) == 0.0
        return 0.0 if idle else material.properties["conductivity"].value


FIELDS = {
    "potential": ("potential", "V"),
    "current_density": ("current density", "A/m2"),
    "electric_field": ("electric field", "V/m"),
    "energy_density": ("ohmic power density σE²", "W/m3"),
}


def again(solution: PotentialSolution, mesh: Mesh) -> PotentialSolution:
    """Return the solution with the same potentials on a mesh whose points have moved."""
    from microfem.fem.space import Space
    from microfem.fem.tensors import scaled

    space, potential = Space(mesh, solution.case.order), solution.field("potential").values
    fields = _fields(space, potential, scaled(solution.coefficient, 1.0 / solution.mesh.depth))
    return replace(solution, mesh=mesh, space=space, fields=fields)


@physics("conduction", ConductionCase, FIELDS, PotentialSolution, again=again)
def solve(mesh: Mesh, case: ConductionCase, settings: SolverSettings = SolverSettings()) -> PotentialSolution:
    """Solve div(sigma grad phi) = 0 between terminals; weak form: integral sigma grad phi . grad v = 0."""
    from microfem.fem.tensors import scaled

    layout = mesh.layout
    parts = {name: layout.terminal(name) for name in case.terminals}
    ideal = {part for names in parts.values() for part in names}
    conductivity = conductivity_of_cells(mesh, ideal)
    coefficient = scaled(conductivity, mesh.depth)
    held = {name: value for name, (kind, value) in case.terminals.items() if kind == "V"}
    fed = {name: value for name, (kind, value) in case.terminals.items() if kind != "V"}
    probes = [name for name, current in fed.items() if current == 0.0]
    solved = solve_between(
        mesh, case.order, coefficient, parts, held, fed, _sheets(mesh), settings, probes, layout.contacts
    )
    terminals = Terminals(
        potentials=solved.levels, fluxes=solved.fluxes, kind="current", unit="uA" if mesh.whole else "A/m"
    )
    return PotentialSolution(
        case=case,
        mesh=mesh,
        space=solved.unit.space,
        fields=_fields(solved.unit.space, solved.values, conductivity),
        totals=terminals.totals,
        remarks=shown_of(mesh),
        report=solved.report,
        indicator=solved.indicator,
        dual=solved.dual,
        solved=solved,
        coefficient=coefficient,
        terminals=terminals,
        bounds=solved.bounds,
    )


def conductivity_of_cells(mesh: Mesh, without: Collection[str]) -> Floats:
    """Return the conductivity of each cell, S/m, 0 in some regions: (ncells,) or (ncells, dim, dim)."""
    from microfem.fem.tensors import scaled
    from microfem.mesh.strained_conductors import growth_of_resistivity

    growth = np.ones(len(mesh.cells))
    for name in mesh.regions if mesh.deformed else ():
        if name not in without:
            growth[mesh.cells_of(name)] = growth_of_resistivity(mesh, name)
    return scaled(of_cells(mesh, "conductivity", without), 1.0 / growth)


def _sheets(mesh: Mesh) -> dict[str, Floats]:
    """Return conductivity times `film_passage` of the facets of each film, S/m um."""
    return {name: film_conductance(mesh, name) for name in mesh.sheets}


def film_conductance(mesh: Mesh, name: str) -> Floats:
    """Return conductivity times `film_passage` of a film's facets, S/m um: (nfacets,) or (nfacets, dim, dim)."""
    from microfem.fem.tensors import scaled
    from microfem.mesh.strained_conductors import film_growth, film_passage

    return scaled(of_film(mesh, name, "conductivity"), film_passage(mesh, name) / film_growth(mesh, name))


def _fields(space: Space, potential: Floats, sigma: Floats) -> dict[str, Field]:
    """Return the fields of a potential; sigma: (ncells,) or (ncells, dim, dim), 0 where no field is solved."""
    from microfem.fem.space import gradients
    from microfem.fem.tensors import conducts, times

    e = -gradients(space, np.nan_to_num(potential)) * np.where(conducts(sigma), 1.0, np.nan)[:, None, None]
    j = times(sigma, e)
    power = np.einsum("cqi,cqi->cq", e, j)
    values = {
        "potential": ("dofs", potential),
        "current_density": ("quadrature", j * 1e6),
        "electric_field": ("quadrature", e * 1e6),
        "energy_density": ("quadrature", power * 1e12),
    }
    return {name: Field(name, *FIELDS[name], on, v) for name, (on, v) in values.items()}  # type: ignore[arg-type]
