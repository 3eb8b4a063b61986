"""Reported capacities, energies and powers of cells, with what they imply: a mean voltage or a window of voltage."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import median

from microfem.base.errors import MicrofemError, UnitError, brief
from microfem.base.units import parse_quantity

REVIEW = "Natl Sci Open 3(5) (2024) 20230078, tables 1 and 2, doi 10.1360/nso/20230078"
NOT_STATED = "not stated"
OUT_OF_LINE = 0.4  # relative distance of a window from the median of the zinc capacitors that counts as out of line
COLUMNS = ("electrodes", "chemistry", "energy", "energy_unit", "power", "power_unit")
MOST_BYTES = 1_000_000
MOST_ROWS = 2_000
# What capacities, energies and powers are per, by the dimension of a unit that they are converted to.
SHARES = ("/cm2", "/cm3", "/g", "")
Number = tuple[float, str]


@dataclass(frozen=True, kw_only=True)
class Reported:
    """One reported cell.

    storage: battery or capacitor; chemistry: zinc, lithium or another; capacity, energy, power: a value with its unit,
    None where none is reported; reference: its number in the review, or a text; footprint: what areas are of.
    """

    electrodes: str
    electrolyte: str
    chemistry: str
    storage: str
    capacity: Number | None
    energy: Number | None
    power: Number | None
    reference: str
    footprint: str

    @property
    def mean_voltage(self) -> float | None:
        """E / Q of a battery, V; None where one is missing or both are of different shares."""
        pair = self._per_share("Ah", "Wh")
        return pair[1] / pair[0] if pair else None

    @property
    def window(self) -> float | None:
        """sqrt(2 E / C) of a capacitor, V; None where one is missing or both are of different shares."""
        pair = self._per_share("F", "J")
        return math.sqrt(2.0 * pair[1] / pair[0]) if pair else None

    def _per_share(self, capacity: str, energy: str) -> tuple[float, float] | None:
        """Return capacity and energy in units of one share of the cell."""
        for share in SHARES if self.capacity and self.energy else ():
            found = _in(self.capacity, capacity + share), _in(self.energy, energy + share)
            if found[0] and found[1]:
                return found[0], found[1]
        return None

    @property
    def pointless(self) -> bool:
        """Whether energy and power are not both known per one share of the cell, so that they make no point."""
        return not any(self.at(f"Wh{share}", f"W{share}") for share in SHARES)

    def at(self, energy_unit: str, power_unit: str) -> tuple[float, float] | None:
        """Return power and energy in stated units; None where one is missing or is of another share of the cell."""
        power, energy = _in(self.power, power_unit), _in(self.energy, energy_unit)
        return (power, energy) if power and energy else None


def _in(number: Number | None, unit: str) -> float | None:
    """Return a number in another unit, None if there is none or it has another dimension."""
    if number is None:
        return None
    try:
        return parse_quantity(f"{number[0]!r} {number[1]}", unit)
    except UnitError:
        return None


@cache
def reported() -> tuple[Reported, ...]:
    """Return the cells of tables 1 and 2 of the review; it states no footprint of any of them."""
    text = files("microfem.literature").joinpath("review_tables.csv").read_text(encoding="utf-8")
    return tuple(_row(row) for row in csv.DictReader(text.splitlines()))


def out_of_line(cells: Iterable[Reported]) -> list[Reported]:
    """Return the zinc capacitors whose window is far from the median of all: a figure of theirs may be wrong."""
    zinc = [(one, one.window) for one in cells if one.chemistry == "zinc"]
    known = [(one, window) for one, window in zinc if window is not None]
    middle = median(window for _, window in known) if known else 1.0
    return [one for one, window in known if abs(window / middle - 1.0) > OUT_OF_LINE]


def read_reported(path: Path) -> tuple[Reported, ...]:
    """Read cells of one's own from a table with commas; a footprint that is missing or empty is `not stated`.

    Raises:
        MicrofemError: the file cannot be read, has no cells, a column is missing, or a number has no value or unit.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise MicrofemError(f"'{path}' has more than {MOST_BYTES / 1e6:g} MB, which is no table of reported cells")
        table = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        rows, columns = list(table), table.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MicrofemError(f"'{path}' cannot be read as a table: {error}") from None
    missing = [name for name in COLUMNS if name not in columns]
    if missing:
        raise MicrofemError(f"'{path}' has no column '{missing[0]}'; it needs a row with {', '.join(COLUMNS)}")
    if not rows:
        raise MicrofemError(f"'{path}' has no cells; it needs a row for each below its first one")
    if len(rows) > MOST_ROWS:
        raise MicrofemError(f"'{path}' has more than {MOST_ROWS:,} rows")
    found = []
    for line, row in enumerate(rows, 2):
        try:
            found.append(_row(row))
        except ValueError as error:
            raise MicrofemError(f"'{path}', line {line}: {error}") from None
    return tuple(found)


def _row(row: dict[str, str]) -> Reported:
    def text(name: str, default: str = "") -> str:
        return (row.get(name) or default).strip() or default

    return Reported(
        electrodes=text("electrodes"),
        electrolyte=text("electrolyte"),
        chemistry=text("chemistry").lower(),
        storage=text("storage", "battery"),
        capacity=_number(text("capacity"), text("capacity_unit"), ("Ah", "F")),
        energy=_number(text("energy"), text("energy_unit"), ("Wh",)),
        power=_number(text("power"), text("power_unit"), ("W",)),
        reference=text("reference"),
        footprint=text("footprint", NOT_STATED),
    )


def _number(value: str, unit: str, bases: tuple[str, ...]) -> Number | None:
    """Return a value with its unit, None where it is empty.

    Raises:
        ValueError: it is no number above 0, or its unit is none of the bases, whole or per area, volume or mass.
    """
    if not value:
        return None
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"'{brief(value)}' is no number") from None
    if not 0.0 < number < math.inf:
        raise ValueError(f"{value} must be above 0")
    if not any(_in((1.0, unit), base + share) for base in bases for share in SHARES):
        examples = " or ".join(f"m{base}/cm2" for base in bases)
        raise ValueError(f"'{brief(unit)}' is no unit of it; use one such as {examples}")
    return number, unit
