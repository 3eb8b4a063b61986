"""A scalar field between terminals: the problem that every potential physics solves."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from microfem.fem.solvers.settings import SolverSettings
from microfem.physics.frame import Floats, Indicator, Report

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.potential.bounds import Bounds
    from microfem.fem.potential.terminals import TerminalSolutions
    from microfem.layout.contacts import PartContact
    from microfem.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class TerminalField:
    """The solution u of div(c grad u) = 0 with prescribed values or total fluxes at terminals.

    unit: the solutions with one terminal at 1 and the others at 0, and the matrix of their fluxes.
    held, fed: the prescribed values and fluxes; values: (ndofs,) of u, NaN where it is not solved; levels, fluxes:
    value and flux of each terminal, in the order of unit.names.
    bounds: of the energy fed into the terminals; probing: of the energy of the fields that a flux into the probes would
    have; dual: the dual problem, which estimates the errors of metrics.
    """

    unit: TerminalSolutions
    held: Mapping[str, float]
    fed: Mapping[str, float]
    values: Floats
    levels: Mapping[str, float]
    fluxes: Mapping[str, float]
    bounds: Bounds | None
    probing: Bounds | None
    dual: Dual
    report: Report

    @property
    def indicator(self) -> Indicator | None:
        """The distribution of the error, which guides refinement; probes count as much as what flows, if they do."""
        known = [one for one in (self.bounds, self.probing) if one is not None and one.upper > 0.0]
        if not known:
            return None
        first = known[0].upper
        scales = [first / one.upper if first < np.inf and one.upper < np.inf else 1.0 for one in known]
        return Indicator(
            np.sum([scale * one.of_cell for scale, one in zip(scales, known, strict=True)], axis=0),
            np.sum([scale * one.anisotropy for scale, one in zip(scales, known, strict=True)], axis=0),
        )

    def terminal_of(self, part: str) -> str:
        """Return the terminal or floating conductor of that name, or to which a part belongs, "" for none."""
        if part in self.unit.names:
            return part
        return next((name for name, parts in self.unit.parts.items() if part in parts), "")


def solve_between(
    mesh: Mesh,
    order: int,
    coefficient: Floats,
    parts: Mapping[str, Sequence[str]],
    held: Mapping[str, float],
    fed: Mapping[str, float],
    films: Mapping[str, Floats] | None = None,
    settings: SolverSettings = SolverSettings(),
    probes: Collection[str] = (),
    contacts: Sequence[PartContact] = (),
) -> TerminalField:
    """Solve div(c grad u) = 0 between terminals; weak form: integral c grad u . grad v = 0.

    coefficient: (ncells,) or (ncells, dim, dim) c times the out-of-plane stretch, 0 in cells that are left out; films:
    c times thickness of their facets, likewise. parts: regions, films and faces of each terminal; held: prescribed
    values of some terminals; fed: prescribed total fluxes into all others; probes: terminals without flux whose values
    are measured, so that the mesh is refined at them too; contacts: interfaces that resist the flux.

    Raises:
        SolveError: the solve fails, or the fluxes do not balance.
    """
    from microfem.fem.error_estimates.dual_solution import Dual
    from microfem.fem.error_estimates.form import potential_form
    from microfem.fem.potential.bounds import enclose
    from microfem.fem.potential.terminals import solve_terminals

    started = time.perf_counter()
    unit = solve_terminals(mesh, order, coefficient, films or {}, parts, contacts, repeated=True, settings=settings)
    level = min(held.values())  # values are counted from here: a high level would cancel digits of the fluxes
    counted = {name: value - level for name, value in held.items()}
    levels, bounds = unit.drive(counted, fed), enclose(unit, counted, fed)
    values = level + levels @ unit.potentials
    probing = enclose(unit, dict.fromkeys(held, 0.0), {name: float(name in probes) for name in fed}) if probes else None
    free = [k for k, name in enumerate(unit.names) if name in fed]
    form = potential_form(unit.space, unit.coefficient, unit.films)
    return TerminalField(
        unit=unit,
        held=held,
        fed=fed,
        values=values,
        levels=dict(zip(unit.names, (level + levels).tolist(), strict=True)),
        fluxes=dict(zip(unit.names, (unit.matrix @ levels).tolist(), strict=True)),
        bounds=bounds,
        probing=probing,
        dual=Dual(form, np.nan_to_num(values)[:, None], unit.system, np.nan_to_num(unit.potentials[free])),
        report=Report(
            ndofs=unit.space.ndofs,
            ncells=len(mesh.cells),
            residual=unit.residual,
            balance_error=unit.balance,
            seconds=time.perf_counter() - started,
        ),
    )
