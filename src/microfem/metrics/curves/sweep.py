"""Curves of a cell whose protocol is followed with several rates, currents or powers."""

from __future__ import annotations

from collections.abc import Iterator

from microfem.base.series import Look, Series
from microfem.metrics.cell import (
    HOUR,
    Per,
    charge_passed,
    discharge_capacity,
    discharge_energy,
    discharge_time,
    energy_passed,
    energy_unit,
)
from microfem.metrics.curve import SolvedCase, curve
from microfem.physics.electrochemistry.cell import CellCase
from microfem.physics.electrochemistry.solution import CellSolution


def _cells(case: SolvedCase) -> dict[str, CellSolution]:
    """Return the cells of a sweep that discharged, by the value of the sweep."""
    assert isinstance(case.solution, CellSolution)
    return {text: one for text, one in case.solution.swept.items() if charge_passed(one, 1.0) > 0.0}


@curve("discharges", Look(title="Discharges", quantity="voltage", together=True), on=("cell",), always=True)
def discharges(case: SolvedCase) -> Iterator[Series]:
    """Voltage against the charge per footprint that has passed, a line for each value of the sweep."""
    for text, cell in _cells(case).items():
        charge = 0.1 * cell.history.charges[:, -1] / cell.area / HOUR
        yield _line(text, "V", ("charge", "mAh/cm2"), charge.tolist(), cell.history.voltage.tolist())


@curve("rates", Look(title="Capacity at each value", log_x=True), on=("cell",), always=True)
def rates(case: SolvedCase) -> Iterator[Series]:
    """Charge on discharge per footprint against the value of the sweep."""
    cells, of = _cells(case), case.solution.case
    assert isinstance(of, CellCase)
    if of.sweep is None or not cells:
        return
    at = {text: of.stated(amount.value)[of.sweep.of] for text, amount in of.sweep.values}
    name = "C-rate" if of.sweep.of == "rate" else of.sweep.of
    order = sorted(cells, key=lambda text: at[text])
    capacity = [discharge_capacity(cells[text]) for text in order]
    yield _line("capacity", "mAh/cm2", (name, at[order[0]][1]), [at[text][0] for text in order], capacity)


@curve("ragone", Look(title="Ragone plot", log=True, reported=True), on=("cell",), always=True)
def ragone(case: SolvedCase, *, per: Per = "footprint") -> Iterator[Series]:
    """Energy on discharge against mean power, a point for each value of the sweep.

    per: footprint, volume of all that the view shows, active_volume without substrate and encapsulation, or mass of
    both electrodes; of a 3D device also device, of a 2D one depth.
    """
    cells = [one for one in _cells(case).values() if energy_passed(one, 1.0) > 0.0]
    if not cells:
        return
    unit = energy_unit(per)
    energy = [discharge_energy(cell, per=per) for cell in cells]
    hours = [discharge_time(cell) / HOUR for cell in cells]
    points = sorted((one / time, one) for one, time in zip(energy, hours, strict=True))
    x, y = zip(*points, strict=True)
    yield _line("energy", unit, ("mean power", unit.replace("Wh", "W")), list(x), list(y))


def _line(name: str, unit: str, against: tuple[str, str], x: list[float], y: list[float]) -> Series:
    return Series(
        name=name, unit=unit, x_name=against[0], x_unit=against[1], x=tuple(x), y=tuple(y), error=(None,) * len(x)
    )
