"""Plan outlines shared by families, in um."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from microfem.layout.records import union
from microfem.layout.ribbon import Ribbon
from microfem.layout.rings import Outline

LOST = 0.02  # share of an outline's area: narrow strips with less area do not set the mesh
HALVINGS = 12
EVEN = 1e-6  # relative difference below which widths are equal
SAGITTA = 5e-3  # largest distance of a chord from its arc, relative to the smallest feature
MOST_CHORDS = 200_000  # of one layout: with more, the features are too small for the size of the circles
FEWEST_CHORDS = 4  # of an arc

Point: TypeAlias = tuple[float, float]


def segments(radius: float, feature: float) -> int:
    """Return the number of chords of a full circle that deviate from it by at most SAGITTA x feature."""
    ratio = min(SAGITTA * feature / radius, 0.2)
    return max(24, 4 * math.ceil(math.pi / math.acos(1.0 - ratio) / 4))


def arc(centre: Point, radius: float, start: float, sweep: float, feature: float) -> NDArray[np.float64]:
    """Return points (n, 2) on an arc, both ends included; angles in rad, anticlockwise if the sweep is above 0."""
    count = max(FEWEST_CHORDS, math.ceil(segments(radius, feature) * abs(sweep) / (2.0 * math.pi)))
    angle = start + sweep * np.linspace(0.0, 1.0, count + 1)
    return np.asarray(centre) + radius * np.column_stack([np.cos(angle), np.sin(angle)])


def offset(line: NDArray[np.float64], distance: float, closed: bool = False) -> NDArray[np.float64]:
    """Return a line (n, 2) moved to its left by a distance, with mitred corners; to its right if it is below 0.

    closed: whether a last piece leads from the end of the line to its start.
    """
    ahead = np.roll(line, -1, axis=0) - line
    left = np.column_stack([-ahead[:, 1], ahead[:, 0]]) / np.hypot(*ahead.T)[:, None]
    before = np.roll(left, 1, axis=0)
    if not closed:
        before[0], left[-1] = left[0], left[-2]
    return np.asarray(line + distance * (before + left) / (1.0 + (before * left).sum(axis=1))[:, None])


def disc(radius: float, count: int, centre: Point = (0.0, 0.0), start: float = 0.0) -> Polygon:
    """Return a circle as a regular polygon of `count` corners on the circle, the first at the angle `start`, rad."""
    angle = start + 2.0 * np.pi * np.arange(count) / count
    return Polygon(np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)]))


def corner_radius(radius: float, count: int) -> float:
    """Return the corner radius of the regular polygon whose sides touch the circle.

    Rings made of such polygons keep their declared distance between sides.
    """
    return radius / math.cos(math.pi / count)


def area_radius(radius: float, count: int) -> float:
    """Return the corner radius of the regular polygon that has the circle's area."""
    return radius * math.sqrt(2.0 * math.pi / count / math.sin(2.0 * math.pi / count))


def ring(inner: float, outer: float, count: int, start: float = 0.0) -> Polygon:
    """Return the ring between two circles, both of `count` corners at the same angles, the first at `start`, rad."""
    return Polygon(disc(outer, count, start=start).exterior, [disc(inner, count, start=start).exterior])


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    """Return an upright rectangle."""
    return shapely.box(x0, y0, x1, y1)


def narrowest(outline: Outline, widest: float) -> float:
    """Return the width (um) of the narrowest strips of an outline, at most `widest`.

    A strip of width w vanishes when the outline shrinks by w / 2 and grows again.
    """

    def holds(width: float) -> bool:
        half = 0.5 * (1.0 - EVEN) * width
        opened = outline.buffer(-half, join_style="mitre").buffer(half, join_style="mitre")
        return bool((outline - opened).area <= LOST * outline.area)

    if holds(widest):
        return widest
    low, high = 0.0, widest
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high


def ribbon_outline(ribbon: Ribbon, feature: float) -> Polygon:
    """Return a ribbon that starts at (0, 0), with the corners of its chords on the arcs of its sides."""
    parts, start = [], 0.0
    for length, curvature in ribbon.pieces:
        parts.append(start + length * np.arange(count := _chords(length, curvature, ribbon.width, feature)) / count)
        start += length
    places, headings = ribbon.at(np.append(np.concatenate(parts), start))
    aside = 0.5 * ribbon.width * np.column_stack([-np.sin(headings), np.cos(headings)])
    return Polygon(np.vstack([places + aside, (places - aside)[::-1]]))


def _chords(length: float, curvature: float, width: float, feature: float) -> int:
    """Return the number of chords of a piece of a centre line, the same on both sides of the ribbon."""
    if curvature == 0.0:
        return 1
    whole = segments(1.0 / abs(curvature) + 0.5 * width, feature)
    return max(FEWEST_CHORDS, math.ceil(whole * abs(length * curvature) / (2.0 * math.pi) - 1e-9))


@dataclass(frozen=True, kw_only=True)
class Comb:
    """Two interdigitated combs about the origin: fingers along y, the anode's busbar at low y. Lengths in um.

    pairs: of one anode and one cathode finger; a half adds an anode finger. bars: widths of both busbars.

    Widths are those at y = 0; a taper (tip over root width of the narrower finger) narrows all fingers by one slope
    towards their tips, so that the gap is uniform. The outer sides of the outermost fingers stay straight, and the
    outline of both combs a rectangle.
    """

    pairs: float
    length: float
    anode_width: float
    cathode_width: float
    gap: float
    tip: float
    bars: tuple[float, float]
    taper: float = 1.0

    @property
    def slope(self) -> float:
        """The decrease of a side's distance from the middle of its finger, per length towards the tip."""
        narrower, taper = min(self.anode_width, self.cathode_width), self.taper
        return narrower * (1.0 - taper) / ((self.length - self.tip) + taper * (self.length + self.tip))

    @property
    def spacing(self) -> float:
        """The gap along x, between sides that lean by the slope."""
        return self.gap * math.hypot(1.0, self.slope)

    @property
    def narrowest(self) -> float:
        """The smallest width of a finger, at its tip."""
        return min(self.anode_width, self.cathode_width) - self.slope * (self.length - self.tip)

    @property
    def pitch(self) -> float:
        """The pitch of the anode's fingers."""
        return self.anode_width + self.cathode_width + 2.0 * self.spacing

    @property
    def left(self) -> float:
        """The lowest x of the first anode finger."""
        odd = self.anode_width + self.spacing if self.pairs % 1.0 else 0.0
        return -0.5 * (math.floor(self.pairs) * self.pitch - self.spacing + odd)

    @property
    def bottom(self) -> float:
        """The y at which the anode's busbar ends and its fingers begin."""
        return -0.5 * (self.length + self.tip)

    def anode(self) -> Outline:
        """Return the anode's fingers and busbar."""
        at = [self.left + pair * self.pitch for pair in range(math.ceil(self.pairs))]
        ends = (self.bottom, self.bottom + self.length)
        fingers = [self._finger(x, self.anode_width, *ends) for x in at]
        return union([rectangle(self.left, self.bottom - self.bars[0], -self.left, self.bottom), *fingers])

    def cathode(self) -> Outline:
        """Return the cathode's fingers and busbar."""
        start = self.left + self.anode_width + self.spacing
        at = [start + pair * self.pitch for pair in range(math.floor(self.pairs))]
        ends = (-self.bottom, self.bottom + self.tip)
        fingers = [self._finger(x, self.cathode_width, *ends) for x in at]
        return union([rectangle(self.left, -self.bottom, -self.left, self.bars[1] - self.bottom), *fingers])

    def _finger(self, x: float, width: float, root: float, tip: float) -> Polygon:
        """Return a finger from y of its root to y of its tip, whose left side is at x where y is 0."""
        broad, narrow = self.slope * abs(root), self.slope * abs(tip)
        right, outer = x + width, 0.5 * self.gap  # a side within half a gap of the outline is an outer one
        (a, b), (c, d) = ((0.0, 0.0) if abs(abs(side) + self.left) < outer else (broad, narrow) for side in (x, right))
        return Polygon([(x - a, root), (right + c, root), (right - d, tip), (x + b, tip)])

    def fingers(self) -> dict[str, tuple[float, float]]:
        """Return (y of the roots, y of the tips) of the fingers of each electrode."""
        return {
            "anode": (self.bottom, self.bottom + self.length),
            "cathode": (-self.bottom, -self.bottom - self.length),
        }

    def tabs(self, reach: float) -> dict[str, Outline]:
        """Return contact pads that extend the anode's busbar to the left and the cathode's to the right."""
        right, top = -self.left, -self.bottom
        return {
            "anode": rectangle(self.left - reach, self.bottom - self.bars[0], self.left, self.bottom),
            "cathode": rectangle(right, top, right + reach, top + self.bars[1]),
        }
