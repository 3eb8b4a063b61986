"""Curves: the values of one quantity against another, with their errors and their presentation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from microfem.base.errors import CurveError


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a curve.

    name: of the quantity, or of the part that the line describes, such as an electrode; unit: of its values;
    x_name, x_unit: name and unit of the abscissa;
    x, y: equally many numbers, in the order of the curve; error: of each value, None if unknown.
    """

    name: str
    unit: str
    x_name: str
    x_unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    error: tuple[float | None, ...]

    def __post_init__(self) -> None:
        """Refuse what is no curve.

        Raises:
            CurveError: the columns have different lengths, or a place or a value is no finite number.
        """
        if not len(self.x) == len(self.y) == len(self.error):
            told = f"{len(self.x)} places, {len(self.y)} values, {len(self.error)} errors"
            raise CurveError(f"series '{self.name}' has {told}; they must be as many")
        for x, y in zip(self.x, self.y, strict=True):
            if not math.isfinite(x) or not math.isfinite(y):
                raise CurveError(f"series '{self.name}' has the value {y:g} at {self.x_name} = {x:g}; leave it out")


def line(name: str, unit: str, y: Iterable[float], against: tuple[str, str], x: Iterable[float]) -> Series:
    """Return a line without errors; against: name and unit of the abscissa."""
    at, values = tuple(float(one) for one in x), tuple(float(one) for one in y)
    return Series(name=name, unit=unit, x_name=against[0], x_unit=against[1], x=at, y=values, error=(None,) * len(at))


@dataclass(frozen=True, kw_only=True)
class Look:
    """The presentation of a curve.

    title: of its section on a page; caption: below its picture.
    quantity: common to all lines, "" if each line has a quantity of its own, which its name states.
    shows: the values, or their relative errors; log: True for logarithmic axes.
    pictured: True if a run draws it, False if only the report does.
    together: True for all lines of a design in one panel, False for a panel of all designs for each line.
    log_x: True for a logarithmic abscissa alone; reported: True if figures of the literature stand beside.
    decades: True for a logarithmic axis of values above 0 over more than a decade; equal: True for one scale on both.
    """

    title: str
    caption: str = ""
    quantity: str = ""
    shows: Literal["value", "error"] = "value"
    log: bool = False
    pictured: bool = True
    together: bool = False
    log_x: bool = False
    reported: bool = False
    decades: bool = False
    equal: bool = False
