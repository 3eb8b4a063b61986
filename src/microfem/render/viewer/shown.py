"""The state of the viewer as one record."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

THROUGH = "electrodes"  # a clip plane that each design has for itself
Point = tuple[float, float, float]


class Place(NamedTuple):
    """A state of a path: its number, and its load factor or time."""

    number: int
    at: float


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The settings of all controls.

    quantity: a field, or `field:component`; factor: of the displacement; state: of a path, None for its end;
    normal: of the clip plane, "" for none, THROUGH for the plane of each design that shows its electrodes best;
    place: of that plane, from 0 to 1 of the layout; hidden: region names; glass: whether soft regions are translucent;
    shared: whether all designs have one colour range; among: other designs that this range includes;
    line: its two ends at rest, um, or one of them;
    measured: the measurement whose map lies over the field, "" for none;
    extremes: whether the range ends at the extreme values, not at a percentile.
    """

    designs: tuple[str, ...]
    case: str
    quantity: str
    factor: float = 1.0
    state: Place | None = None
    ghost: bool = True
    outlines: bool = True
    shared: bool = True
    log: bool = False
    extremes: bool = False
    mesh: bool = False
    isolines: bool = False
    streams: bool = False
    glass: bool = False
    normal: str = ""
    place: float = 0.5
    hidden: frozenset[str] = frozenset()
    among: tuple[str, ...] = ()
    measured: str = ""
    line: tuple[Point, ...] = ()


SWITCHES = tuple(one.name for one in fields(Shown) if one.type == "bool")
