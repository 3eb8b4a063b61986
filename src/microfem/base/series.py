"""Curves: the values of one quantity along another, with their errors, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a curve.

    name: of the quantity, or of what the line belongs to, such as an electrode; unit: of its values;
    x_name, x_unit: what the values are drawn against;
    x, y: as many numbers each, in the order of the curve; error: of each value, None where none is known.
    """

    name: str
    unit: str
    x_name: str
    x_unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    error: tuple[float | None, ...]

    def __post_init__(self) -> None:
        """Refuse a curve whose columns have different lengths.

        Raises:
            ValueError: they have.
        """
        if not len(self.x) == len(self.y) == len(self.error):
            raise ValueError(
                f"series '{self.name}': {len(self.x)} places, {len(self.y)} values, {len(self.error)} errors"
            )


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a curve is shown.

    title: of its section on a page; caption: what stands below its picture.
    quantity: what the values of all lines are, "" where each line is a quantity of its own and named after it.
    shows: the values, or their relative errors; log: both axes are logarithmic.
    pictured: a run draws it, and not the report alone.
    """

    title: str
    caption: str = ""
    quantity: str = ""
    shows: Literal["value", "error"] = "value"
    log: bool = False
    pictured: bool = True
