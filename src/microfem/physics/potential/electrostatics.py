"""Electrostatics of dielectrics between conductors: capacitance matrix, field, energy density.

    div(eps grad phi) = 0,   D = -eps grad phi,   Q_i = sum_j C_ij V_j,   w = eps E2 / 2.

Conductors are terminals; a conductor that is no terminal of the case floats with no net charge; floating conductors
that touch are one conductor. J. D. Jackson, Classical Electrodynamics, 3rd ed., sections 1.11 and 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field as Entry
from pydantic import PlainValidator, WithJsonSchema

from microfem.base.errors import UnitError
from microfem.base.units import parse_quantity
from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Case, Field, Floats, On, physics
from microfem.physics.potential.between_terminals import solve_between
from microfem.physics.potential.solution import PotentialSolution, Terminals

if TYPE_CHECKING:
    from microfem.fem.space import Space
    from microfem.mesh import Mesh


def _volts(value: object) -> float:
    try:
        return parse_quantity(value, "V")
    except UnitError as error:
        raise ValueError(str(error)) from None


Potential = Annotated[float, PlainValidator(_volts), WithJsonSchema({"type": "string", "examples": ["1 V"]})]


class ElectrostaticsCase(Case):
    """Conductors by name, each at a potential."""

    physics: Literal["electrostatics"]
    terminals: dict[str, Potential] = Entry(min_length=2)
    on: On | None = None


FIELDS = {
    "potential": ("potential", "V"),
    "electric_field": ("electric field", "V/m"),
    "energy_density": ("electrostatic energy density εE²/2", "J/m3"),
}


def again(solution: PotentialSolution, mesh: Mesh) -> PotentialSolution:
    """Return the solution with the same potentials on a mesh whose points have moved."""
    from microfem.fem.space import Space

    space, potential = Space(mesh, solution.case.order), solution.field("potential").values
    eps = np.where(solution.coefficient > 0.0, solution.coefficient / solution.mesh.out_of_plane_stretch, np.nan)
    return replace(solution, mesh=mesh, space=space, fields=_fields(space, potential, eps))


@physics("electrostatics", ElectrostaticsCase, FIELDS, PotentialSolution, again=again)
def solve(mesh: Mesh, case: ElectrostaticsCase, settings: SolverSettings = SolverSettings()) -> PotentialSolution:
    """Solve div(eps grad phi) = 0 between conductors; weak form: integral eps grad phi . grad v = 0."""
    from scipy.constants import epsilon_0

    layout = mesh.layout
    parts = {name: layout.terminal(name) for name in case.terminals}
    held = {part for names in parts.values() for part in names}
    bare = [n for n in (*mesh.regions, *mesh.sheets) if not layout.material(n).has("relative_permittivity")]
    joined, floating = _join(mesh, parts, [name for name in bare if name not in held])
    conductors = held | set(bare)
    eps = np.array(
        [
            0.0 if name in conductors else epsilon_0 * layout.material(name).value("relative_permittivity")
            for name in mesh.regions
        ]
    )
    coefficient = eps[mesh.region_of_cell] * mesh.out_of_plane_stretch
    fed = dict.fromkeys(floating, 0.0)
    solved = solve_between(
        mesh, case.order, coefficient, {**joined, **floating}, case.terminals, fed, settings=settings
    )
    names = list(case.terminals)
    levels, charges = ({name: values[name] for name in names} for values in (solved.levels, solved.fluxes))
    terminals = Terminals(potentials=levels, fluxes=charges, kind="charge", unit="uC" if mesh.dim == 3 else "C/m")
    farad, matrix = "uF" if mesh.dim == 3 else "F/m", solved.unit.between(names)
    between = {
        f"capacitance.{a}.{b}": (float(matrix[i, j]), farad) for i, a in enumerate(names) for j, b in enumerate(names)
    }
    return PotentialSolution(
        case=case,
        mesh=mesh,
        space=solved.unit.space,
        fields=_fields(
            solved.unit.space, solved.values, np.where(solved.unit.active, eps[mesh.region_of_cell], np.nan)
        ),
        totals={**terminals.totals, **between},
        report=solved.report,
        indicator=solved.indicator,
        dual=solved.dual,
        coefficient=coefficient,
        terminals=terminals,
        bounds=solved.bounds,
    )


def _fields(space: Space, potential: Floats, eps: Floats) -> dict[str, Field]:
    """Return the fields of a potential; eps: (ncells,) permittivity, NaN where no field is solved."""
    from microfem.fem.space import gradients

    e = -gradients(space, np.nan_to_num(potential)) * np.where(np.isnan(eps), np.nan, 1.0)[:, None, None]
    energy = 0.5 * eps[:, None] * np.einsum("cqi,cqi->cq", e, e)
    values = {
        "potential": ("dofs", potential),
        "electric_field": ("quadrature", e * 1e6),
        "energy_density": ("quadrature", energy * 1e12),
    }
    return {name: Field(name, *FIELDS[name], on, v) for name, (on, v) in values.items()}  # type: ignore[arg-type]


def _join(
    mesh: Mesh, terminals: Mapping[str, Sequence[str]], bare: Sequence[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Group conductors that touch: those at a terminal join that terminal, the other groups float."""
    conductors = {*bare, *(part for parts in terminals.values() for part in parts)}
    present = [part for part in (*mesh.regions, *mesh.sheets) if part in conductors]
    points = {n: np.unique(mesh.sheets[n] if n in mesh.sheets else mesh.cells[mesh.cells_of(n)]) for n in present}
    joined = {name: list(parts) for name, parts in terminals.items()}
    left = list(bare)
    groups = list(joined.values())
    while left:
        touching = [
            (g, n) for g in groups for n in left if any(np.isin(points[n], points[o]).any() for o in g if o in points)
        ]
        if touching:
            group, name = touching[0]
            group.append(name)
        else:
            name = left[0]
            groups.append([name])
        left.remove(name)
    alone = groups[len(joined) :]
    return {name: tuple(parts) for name, parts in joined.items()}, {f"floating {g[0]}": tuple(g) for g in alone}
