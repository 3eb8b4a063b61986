"""Curves of a module: the voltage and the current of each of its cells against time."""

from __future__ import annotations

from collections.abc import Iterator

from microfem.base.series import Look, Series, line
from microfem.metrics.curve import SolvedCase, curve
from microfem.physics.electrochemistry.solution import ModuleSolution

TIME = ("time", "s")


def _module(case: SolvedCase) -> ModuleSolution:
    assert isinstance(case.solution, ModuleSolution)
    return case.solution


@curve(
    "cell_voltages", Look(title="Voltage of each cell", quantity="voltage", together=True), on=("module",), always=True
)
def cell_voltages(case: SolvedCase) -> Iterator[Series]:
    """Voltage of each cell against time."""
    for name, one in _module(case).history.cells.items():
        yield line(f"cell {name}", "V", one.voltage, TIME, one.time)


@curve(
    "cell_currents", Look(title="Current of each cell", quantity="current", together=True), on=("module",), always=True
)
def cell_currents(case: SolvedCase) -> Iterator[Series]:
    """Current of each cell against time, positive on discharge: how cells in parallel share it."""
    history = _module(case).history
    for name, one in history.cells.items():
        yield line(f"cell {name}", "mA", 1e-3 * history.shares[name] * one.current, TIME, one.time)
