"""Curves of the cell in a wound multilayer, along the winding of an electrode from its inner to its outer end.

A line for each stored state; of a sweep for each of its values, at the start of the discharge, half-way through the
time of the protocol, or at its end (`when`).
"""

from __future__ import annotations

from collections.abc import Iterator

from microfem.base.series import Look, Series, line
from microfem.metrics.curve import SolvedCase, curve
from microfem.metrics.winding import UNITS, Along, Electrode, When, moment_of, row_at, values_of, winding_of
from microfem.physics.electrochemistry.solution import CellSolution

POSITION = ("position", "mm")


@curve("filling_along", Look(title="Filling along the winding", quantity="filling", together=True), on=("cell",))
def filling_along(case: SolvedCase, *, electrode: Electrode = "cathode", when: When = "end") -> Iterator[Series]:
    """Mean filling of the hosts along the winding of an electrode, at each stored state or value of the sweep."""
    return _along(case, "filling", electrode, when)


@curve(
    "overpotential_along",
    Look(title="Overpotential along the winding", quantity="overpotential", together=True),
    on=("cell",),
)
def overpotential_along(case: SolvedCase, *, electrode: Electrode = "cathode", when: When = "end") -> Iterator[Series]:
    """Overpotential along the winding of an electrode, at each stored state or value of the sweep."""
    return _along(case, "overpotential", electrode, when)


@curve("current_along", Look(title="Current along the winding", quantity="current", together=True), on=("cell",))
def current_along(case: SolvedCase, *, electrode: Electrode = "cathode", when: When = "end") -> Iterator[Series]:
    """Current density of reactions along the winding of an electrode, at each stored state or value of the sweep."""
    return _along(case, "current", electrode, when)


def _along(case: SolvedCase, of: Along, electrode: Electrode, when: When) -> Iterator[Series]:
    cell = case.solution
    assert isinstance(cell, CellSolution)
    states = [(f"at {text}", one, moment_of(one, when)) for text, one in cell.swept.items()]
    for name, one, moment in states or [(f"at {step.at:.4g} s", cell, step.at) for step in cell.steps]:
        along = winding_of(one, electrode, f"{of}_along")
        yield line(name, UNITS[of], row_at(one, values_of(along, of, f"{of}_along"), moment), POSITION, along.at)
