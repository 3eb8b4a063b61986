"""Electrostatics of dielectrics between conductors: capacitance matrix, field, energy density.

    div(eps grad phi) = 0,   D = -eps grad phi,   Q_i = sum_j C_ij V_j,   w = eps E2 / 2.

Conductors are terminals; a conductor that is no terminal of the case floats with no net charge; floating conductors
that touch are one conductor. J. D. Jackson, Classical Electrodynamics, 3rd ed., sections 1.11 and 4.3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Field, Floats, Solution, physics
from microfem.physics.potential.at_frequency import ALTERNATING, solve_alternating
from microfem.physics.potential.between_terminals import solve_between
from microfem.physics.potential.conductors import conductors
from microfem.physics.potential.electrostatics_case import ElectrostaticsCase
from microfem.physics.potential.solution import PotentialSolution, Terminals

if TYPE_CHECKING:
    from microfem.fem.space import Space
    from microfem.mesh import Mesh


FIELDS = {
    "potential": ("potential", "V"),
    "electric_field": ("electric field", "V/m"),
    "energy_density": ("electrostatic energy density εE²/2", "J/m3"),
}


def again(solution: PotentialSolution, mesh: Mesh) -> PotentialSolution:
    """Return the solution with the same potentials on a mesh whose points have moved."""
    from microfem.fem.space import Space
    from microfem.fem.tensors import scaled

    space, potential = Space(mesh, solution.case.order), solution.field("potential").values
    eps = scaled(solution.coefficient, 1.0 / solution.mesh.out_of_plane_stretch)
    return replace(solution, mesh=mesh, space=space, fields=_fields(space, potential, eps))


@physics("electrostatics", ElectrostaticsCase, {**ALTERNATING, **FIELDS}, PotentialSolution, again=again)
def solve(mesh: Mesh, case: ElectrostaticsCase, settings: SolverSettings = SolverSettings()) -> Solution:
    """Solve div(eps grad phi) = 0 between conductors; weak form: integral eps grad phi . grad v = 0."""
    from microfem.fem.tensors import scaled

    if case.alternating:
        return solve_alternating(mesh, case, settings)
    parts = conductors(mesh, case.terminals)
    eps = parts.permittivity(mesh)
    coefficient = scaled(eps, mesh.out_of_plane_stretch)
    fed = dict.fromkeys(parts.floating, 0.0)
    solved = solve_between(mesh, case.order, coefficient, parts.groups, case.terminals, fed, settings=settings)
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
        fields=_fields(solved.unit.space, solved.values, eps),
        totals={**terminals.totals, **between},
        report=solved.report,
        indicator=solved.indicator,
        dual=solved.dual,
        solved=solved,
        coefficient=coefficient,
        terminals=terminals,
        bounds=solved.bounds,
    )


def _fields(space: Space, potential: Floats, eps: Floats) -> dict[str, Field]:
    """Return the fields of a potential; eps: (ncells,) or (ncells, dim, dim), 0 where no field is solved."""
    from microfem.fem.space import gradients
    from microfem.fem.tensors import conducts, times

    e = -gradients(space, np.nan_to_num(potential)) * np.where(conducts(eps), 1.0, np.nan)[:, None, None]
    energy = 0.5 * np.einsum("cqi,cqi->cq", e, times(eps, e))
    values = {
        "potential": ("dofs", potential),
        "electric_field": ("quadrature", e * 1e6),
        "energy_density": ("quadrature", energy * 1e12),
    }
    return {name: Field(name, *FIELDS[name], on, v) for name, (on, v) in values.items()}  # type: ignore[arg-type]
