"""Curves of the cell in a wound multilayer, along the winding of an electrode."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from microfem.base.series import Look, Series, line
from microfem.metrics.curve import SolvedCase, curve
from microfem.metrics.winding import UNITS, Along, Electrode, When, step_at, values_of, winding_of
from microfem.physics.electrochemistry.solution import CellSolution

POSITION = ("position", "mm")
NAME = "winding"


@curve(NAME, Look(title="Along the winding", together=True), on=("cell",))
def along_winding(
    case: SolvedCase, *, of: Along = "filling", electrode: Electrode = "cathode", when: When = "end"
) -> Iterator[Series]:
    """Filling, overpotential or current density along the winding of an electrode, from its inner to its outer end.

    A line for each stored state; of a sweep for each of its values, at the start of the discharge, half-way through it
    or at its end (`when`).
    """
    cell = case.solution
    assert isinstance(cell, CellSolution)
    states = [(f"at {text}", one, step_at(one, when)) for text, one in cell.swept.items()]
    if not states:
        steps = [int(np.argmin(np.abs(cell.history.time - one.at))) for one in cell.steps]
        states = [(f"at {cell.history.time[k]:.4g} s", cell, k) for k in dict.fromkeys(steps)]
    for name, one, step in states:
        along = winding_of(one, electrode, NAME)
        yield line(name, UNITS[of], values_of(along, of, NAME)[step], POSITION, along.at)
