"""What a reader of a module's result should know first: what became of each line, which cell is the weakest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.units import format_quantity
from microfem.electrochemistry.limits import ENERGY_NOTED, became, told, unbalanced
from microfem.electrochemistry.records import Done, ModuleBalances, ModuleHistory

if TYPE_CHECKING:
    from microfem.electrochemistry.modules.model import ModuleModel

EVEN = 1e-3  # V: a difference between the cells' lowest voltages above which one is told as the weakest


def weakest(history: ModuleHistory) -> tuple[str, float]:
    """Return the cell whose voltage falls lowest, the first of several, and that voltage, V."""
    lowest = {name: float(one.voltage.min()) for name, one in history.cells.items()}
    name = min(lowest, key=lambda name: round(lowest[name], 9))
    return name, lowest[name]


def module_remarks(
    model: ModuleModel, history: ModuleHistory, done: Sequence[Done], balances: ModuleBalances
) -> tuple[str, ...]:
    """Return the remarks of a module."""
    remarks = list[str]()
    capacity = model.whole_capacity
    if np.isfinite(capacity):
        remarks.append(f"1C of the module is {format_quantity(1e-3 * capacity / 3600.0, 'mA')}")
    remarks += [became(one) for one in told(done)]
    name, lowest = weakest(history)
    others = [float(one.voltage.min()) for other, one in history.cells.items() if other != name]
    if others and min(others) - lowest > EVEN:
        found, least = format_quantity(lowest, "V"), format_quantity(min(others), "V")
        remarks.append(f"cell {name} is the weakest: its voltage falls to {found}, the others stay above {least}")
    for other, one in history.cells.items():
        if float(one.voltage.min()) < 0.0:
            first = history.time[int(np.argmax(one.voltage < 0.0))]
            since = format_quantity(float(first), "s")
            remarks.append(f"cell {other} is reversed from {since} on: its voltage is below 0 V")
    if balances.energy > ENERGY_NOTED:
        remarks.append(unbalanced(balances.energy))
    return tuple(remarks)
