"""A scalar field between terminals: the problem that every potential physics solves."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Floats, Indicator, Report

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.potential.bounds import Bounds
    from microfem.fem.potential.terminals import TerminalSolutions
    from microfem.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class TerminalField:
    """The solution u of div(c grad u) = 0 with prescribed values or total fluxes at terminals.

    unit: the solutions with one terminal at 1 and the others at 0, and the matrix of their fluxes.
    values: (ndofs,) of u, NaN where it is not solved; levels, fluxes: value and flux of each terminal, in the order of
    unit.names.
    bounds: of the energy fed into the terminals; dual: the dual problem, which estimates the errors of metrics.
    """

    unit: TerminalSolutions
    values: Floats
    levels: Mapping[str, float]
    fluxes: Mapping[str, float]
    bounds: Bounds | None
    dual: Dual
    report: Report

    @property
    def indicator(self) -> Indicator | None:
        """The distribution of the error, which guides refinement."""
        return Indicator(self.bounds.of_cell, self.bounds.anisotropy) if self.bounds else None


def solve_between(
    mesh: Mesh,
    order: int,
    coefficient: Floats,
    parts: Mapping[str, Sequence[str]],
    held: Mapping[str, float],
    fed: Mapping[str, float],
    films: Mapping[str, Floats] | None = None,
    settings: SolverSettings = SolverSettings(),
) -> TerminalField:
    """Solve div(c grad u) = 0 between terminals; weak form: integral c grad u . grad v = 0.

    coefficient: (ncells,) or (ncells, dim, dim) c times the out-of-plane stretch, 0 in cells that are left out; films:
    c times thickness of their facets, likewise. parts: regions and films of each terminal; held: prescribed values of
    some terminals; fed: prescribed total fluxes into all others.

    Raises:
        SolveError: the solve fails, or the fluxes do not balance.
    """
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.error_estimates.form import potential_form
    from microfem.fem.potential.bounds import enclose
    from microfem.fem.potential.terminals import solve_terminals

    started = time.perf_counter()
    unit = solve_terminals(mesh, order, coefficient, films or {}, parts, repeated=True, settings=settings)
    level = min(held.values())  # values are counted from here: a high level would cancel digits of the fluxes
    counted = {name: value - level for name, value in held.items()}
    levels, bounds = unit.drive(counted, fed), enclose(unit, counted, fed)
    values = level + levels @ unit.potentials
    free = [k for k, name in enumerate(unit.names) if name in fed]
    form = potential_form(unit.space, unit.coefficient, unit.films)
    return TerminalField(
        unit=unit,
        values=values,
        levels=dict(zip(unit.names, (level + levels).tolist(), strict=True)),
        fluxes=dict(zip(unit.names, (unit.matrix @ levels).tolist(), strict=True)),
        bounds=bounds,
        dual=Dual(form, np.nan_to_num(values)[:, None], unit.system, np.nan_to_num(unit.potentials[free])),
        report=Report(
            ndofs=unit.space.ndofs,
            ncells=len(mesh.cells),
            residual=unit.residual,
            balance_error=unit.balance,
            seconds=time.perf_counter() - started,
        ),
    )
