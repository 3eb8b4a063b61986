"""Curves of a cell: what it does against time, its losses, its voltage against the charge that has passed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from microfem.base.series import Look, Series, line
from microfem.metrics.cell import ALSO_MODULES
from microfem.metrics.curve import SolvedCase, curve
from microfem.physics.electrochemistry.solution import CellSolution
from microfem.physics.frame import Floats

HOUR = 3600.0  # s
TIME, CHARGE, VOLTAGE = ("time", "s"), ("charge", "mAh/cm2"), ("voltage", "V")


def _cell(case: SolvedCase) -> CellSolution:
    assert isinstance(case.solution, CellSolution)
    return case.solution


def _current(cell: CellSolution) -> Series:
    """Return the current against time, per footprint; of a module, whose cells are in series too, as it is."""
    history = cell.history
    if cell.case.physics == "module":
        return line("current", "mA", 1e-3 * history.current, TIME, history.time)
    return line("current", "mA/cm2", 0.1 * history.current / cell.area, TIME, history.time)


def _is_path(case: SolvedCase) -> bool:
    """Tell whether the cell has one history; a steady state has none, a sweep several."""
    return len(_cell(case).history.time) > 1 and not _cell(case).swept


@curve("time", Look(title="Against time"), on=ALSO_MODULES, always=True)
def over_time(case: SolvedCase) -> Iterator[Series]:
    """Voltage, current, fillings and the smallest concentration against time."""
    if not _is_path(case):
        return
    cell = _cell(case)
    history, at = cell.history, cell.history.time
    yield line("voltage", "V", history.voltage, TIME, at)
    yield _current(cell)
    for name, values in history.filling.items():
        yield line(f"filling of the {name}", "1", values, TIME, at)
    yield line("least concentration", "mol/m3", history.least_salt, TIME, at)


@curve("losses", Look(title="Losses against time", quantity="power lost", together=True), on=ALSO_MODULES, always=True)
def losses(case: SolvedCase) -> Iterator[Series]:
    """Power of each loss, per footprint, against time."""
    if not _is_path(case):
        return
    cell = _cell(case)
    for name, values in cell.history.losses.items():
        if values.any():
            yield line(name.replace("_", " "), "mW/cm2", 0.1 * values / cell.area, TIME, cell.history.time)


@curve("charge", Look(title="Against charge"), on=ALSO_MODULES, always=True)
def over_charge(case: SolvedCase) -> Iterator[Series]:
    """Voltage against the charge per footprint that has passed, positive on discharge; none at rest."""
    cell = _cell(case)
    if not _is_path(case) or not cell.history.current.any():
        return
    yield line("voltage", "V", cell.history.voltage, CHARGE, _charge(cell))


def _charge(cell: CellSolution) -> Floats:
    """Return the charge that has passed since the start, mAh/cm2."""
    return 0.1 * cell.history.charges[:, -1] / cell.area / HOUR


@curve("voltammogram", Look(title="Voltammogram"), on=("cell",), always=True)
def voltammogram(case: SolvedCase) -> Iterator[Series]:
    """Current per footprint against the voltage along all sweeps, positive on charge, as voltammograms show it."""
    cell = _cell(case)
    history, sweeps = cell.history, [k for k, one in enumerate(cell.protocol) if one.verb == "sweep"]
    at = np.isin(history.line, sweeps)
    if at.any():
        current = -0.1 * history.current[at] / cell.area
        yield line("charging current", "mA/cm2", current, VOLTAGE, history.voltage[at])
