"""Metrics of a cell on a deformed geometry: what is left of its capacity, how its resistance changes."""

from __future__ import annotations

from microfem.base.errors import MetricRefused
from microfem.metrics.capacitors import esr
from microfem.metrics.cell import cell_metric, discharge_capacity
from microfem.physics.electrochemistry.solution import CellSolution


@cell_metric("1", better="higher")
def capacity_retention(solution: CellSolution) -> float:
    """Capacity on discharge on the deformed geometry over that of the same cell undeformed; the case states `on`."""
    before = _undeformed(solution, "capacity_retention", "discharge_capacity(case)")
    return discharge_capacity(solution) / discharge_capacity(before)


@cell_metric("1", better="lower")
def esr_ratio(solution: CellSolution) -> float:
    """Series resistance `esr` on the deformed geometry over that of the same cell undeformed; the case states `on`."""
    return esr(solution) / esr(_undeformed(solution, "esr_ratio", "esr(case)"))


def _undeformed(solution: CellSolution, name: str, instead: str) -> CellSolution:
    """Return the cell before any load.

    Raises:
        MetricRefused: the case has no deformed geometry.
    """
    before = solution.undeformed
    if not isinstance(before, CellSolution):
        instead += ", or state on: {deformed_by: CASE} in the case"
        raise MetricRefused(name, "the case has no deformed geometry", instead)
    return before
