"""Equal half cells of a comb: strips between planes x = const, each the mirror image of the next."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString
from shapely.affinity import scale, translate

from microfem.layout.mirrors import ALIKE, may_be_mirrored
from microfem.layout.records import Layout, Region, Sheet, union
from microfem.layout.rings import Outline

EVEN = 1e-9  # relative difference of widths below which strips are equally wide
KEPT = (3, 7, 15)  # strips of a shortened layout, and of further ones where the ends are felt beyond it
SAVING = 4.0  # least ratio of all strips to those kept; the pieces of the whole have as many as are kept
OVERLAP = 1e-9  # of a strip's width, by which joined pieces overlap, since translated planes differ by round-off

Bools = NDArray[np.bool_]
Part = TypeVar("Part", Region, Sheet)


@dataclass(frozen=True, kw_only=True)
class Strips:
    """Consecutive strips of one width along x, of which each is the mirror image of the next.

    start: x of the first plane (um); width: of a strip (um); count: number of strips.
    """

    start: float
    width: float
    count: int

    def plane(self, number: int) -> float:
        """Return x of a plane, um; the strip of that number lies behind it."""
        return self.start + number * self.width


@dataclass(frozen=True, kw_only=True)
class Shortened:
    """A layout with fewer strips, and the pieces into which planes cut the whole.

    short: the layout with `kept` of its `count` strips, an even number less; strip: (x0, x1) of one of them, um.
    pieces: both ends and one strip, each with its number in the whole.
    """

    short: Layout
    strip: tuple[float, float]
    kept: int
    count: int
    pieces: tuple[tuple[Layout, int], ...]


def shortened(
    layout: Layout, dimension: str, terminals: Sequence[str], properties: Sequence[str]
) -> tuple[Shortened, ...]:
    """Return a layout with fewer strips, the shortest first; none where that would save less than half of the strips.

    terminals: those that are in each strip; properties: those of materials that matter.
    """
    strips = find_strips(layout, dimension, terminals, properties)
    if strips is None:
        return ()
    return tuple(_shorten(layout, strips, kept) for kept in KEPT if kept <= strips.count / SAVING)


def find_strips(layout: Layout, dimension: str, terminals: Sequence[str], properties: Sequence[str]) -> Strips | None:
    """Return the longest run of strips between the middles of the terminals' fingers, None without two of them.

    Each part, in each strip, is the mirror image of itself in the next one, and all terminals are in each strip.
    properties: those of materials that matter; tensors must be the same behind the mirror.
    """
    if dimension not in ("3d", "plan", "section") or not may_be_mirrored(layout, "x", properties):
        return None
    if layout.reach or layout.contacts or layout.drawn_circles:
        return None
    held = [part for name in terminals for part in layout.terminal(name)]
    conducting = [sheet.name for sheet in layout.sheets if sheet.thickness > 0.0]
    if not set(held) <= set(layout.names()) or not set(conducting) <= set(held):
        return None
    planes = _middles(layout, dimension, terminals)
    runs = [run for run in _runs(layout, planes, terminals) if run.count > 1]
    return max(runs, key=lambda run: run.count, default=None)


def _shorten(layout: Layout, strips: Strips, kept: int) -> Shortened:
    """Return a layout with `kept` strips, or one more, so that an even number is left out."""
    kept += (strips.count - kept) % 2
    before = (kept - 1) // 2
    x0, x1 = strips.plane(before), strips.plane(before + 1)
    shift = 0.5 * (strips.count - kept) * strips.width
    left = _between(layout, -math.inf, x1)
    right = _between(layout, x1 + 2.0 * shift - OVERLAP * strips.width, math.inf)
    short = _joined(_moved(left, shift), _moved(right, -shift))
    last = strips.plane(strips.count - before)
    pieces = (
        (_between(layout, -math.inf, x0), 1),
        (_between(layout, x0, x1), strips.count - 2 * before),
        (_between(layout, last, math.inf), 1),
    )
    return Shortened(short=short, strip=(x0 + shift, x1 + shift), kept=kept, count=strips.count, pieces=pieces)


def _middles(layout: Layout, dimension: str, terminals: Sequence[str]) -> list[float]:
    """Return x of the middles of all pieces of the terminals along a line, in ascending order, um."""
    outlines = [union(layout.part(part).footprint for part in layout.terminal(name)) for name in terminals]
    x0, y0, x1, y1 = shapely.total_bounds(outlines)
    y = 0.0 if dimension == "section" else 0.5 * (y0 + y1)
    line = LineString([(x0 - 1.0, y), (x1 + 1.0, y)])
    pieces = shapely.get_parts([shapely.intersection(outline, line) for outline in outlines])
    bounds = [piece.bounds for piece in pieces if not piece.is_empty]
    return sorted({0.5 * (low + high) for low, _, high, _ in bounds})


def _runs(layout: Layout, planes: Sequence[float], terminals: Sequence[str]) -> Iterator[Strips]:
    """Yield runs of strips with all terminals, each of which is followed by its mirror image, at each of their ends."""
    widths, follows, first = np.diff(planes), _following(layout, planes, terminals), 0
    for k, width in enumerate(widths):
        if not follows[k] or abs(width - widths[k - 1]) > EVEN * width:
            first = k
        count = k + 1 - first
        yield Strips(start=planes[first], width=(planes[k + 1] - planes[first]) / count, count=count)


def _following(layout: Layout, planes: Sequence[float], terminals: Sequence[str]) -> Bools:
    """Return whether each strip between planes (n + 1) is the mirror image of that before it, part by part, (n,).

    Both have all terminals; the first strip follows none.
    """
    boxes = [_box(layout, *ends) for ends in pairwise(planes)]
    cut = {part.name: shapely.intersection(part.footprint, boxes) for part in layout.parts()}
    alike = np.arange(len(boxes)) > 0
    for part in layout.parts():
        own = cut[part.name]
        images = [scale(one, -1.0, 1.0, origin=(x, 0.0)) for one, x in zip(own, planes[1:], strict=True)]
        differ = shapely.area(shapely.symmetric_difference(images[:-1], own[1:]))
        alike[1:] &= differ <= ALIKE * part.footprint.area
    for name in terminals:
        alike &= np.any([shapely.area(cut[part]) > 0.0 for part in layout.terminal(name)], axis=0)
    return alike


def _box(layout: Layout, x0: float, x1: float) -> shapely.Polygon:
    low_x, low_y, _, high_x, high_y, _ = layout.box()
    return shapely.box(max(x0, low_x - 1.0), low_y - 1.0, min(x1, high_x + 1.0), high_y + 1.0)


def _between(layout: Layout, x0: float, x1: float) -> Layout:
    """Return what a layout has between two planes; parts that end there are left out."""
    box = _box(layout, x0, x1)
    cut = {part.name: _polygons(part.footprint & box) for part in layout.parts()}
    return _with_outlines(layout, {name: outline for name, outline in cut.items() if outline is not None})


def _polygons(shape: shapely.Geometry) -> Outline | None:
    pieces = [piece for piece in shapely.get_parts(shape) if piece.geom_type == "Polygon" and piece.area > 0.0]
    return union(pieces) if pieces else None


def _moved(layout: Layout, along: float) -> Layout:
    return _with_outlines(layout, {part.name: translate(part.footprint, along) for part in layout.parts()})


def _joined(one: Layout, other: Layout) -> Layout:
    """Return two pieces of a layout as one."""
    pieces = [(part.name, part.footprint) for piece in (one, other) for part in piece.parts()]
    names = dict.fromkeys(name for name, _ in pieces)
    return _with_outlines(one, {name: union(outline for own, outline in pieces if own == name) for name in names})


def _with_outlines(layout: Layout, outlines: dict[str, Outline]) -> Layout:
    """Return a layout with the parts that have outlines; it has no curve along fingers, which is that of a whole."""

    def changed(parts: Sequence[Part]) -> tuple[Part, ...]:
        return tuple(replace(part, footprint=outlines[part.name]) for part in parts if part.name in outlines)

    own = {name: tuple(part for part in parts if part in outlines) for name, parts in layout.terminals.items()}
    terminals = {name: parts for name, parts in own.items() if parts}
    regions, sheets = changed(layout.regions), changed(layout.sheets)
    return replace(layout, regions=regions, sheets=sheets, terminals=terminals, fingers={})
