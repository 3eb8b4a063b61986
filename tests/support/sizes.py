"""The size of every region and film, from outlines, heights and priorities alone: nothing here meshes.

Where a layout names its circles, chords of an outline are replaced by the arcs that they stand for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.polygon import orient

from microfem.layout import Circle, Layout, Outline

NEAR = 2e-3  # of a circle's radius: how far the ends of its chords may lie from it
WIDEST = np.radians(20.0)  # the largest angle of a chord

Sizes = dict[str, tuple[float, float]]  # by name: of the polygons, and of the true arcs


def region_sizes(layout: Layout, dimension: str) -> Sizes:
    """Return the volume (um3) or area (um2) of the space that each region owns; a region that has none is left out."""
    if dimension == "section":
        drawn, true = ([(r.name, _upright(r.footprint, r.z, circles), r.priority) for r in layout.regions]
                       for circles in ((), layout.circles))  # fmt: skip
        return _kept({name: (one.area, other.area)
                      for (name, one), (_, other) in zip(_owned(drawn), _owned(true), strict=True)})  # fmt: skip
    if dimension == "plan":
        parts = [(r.name, r.footprint, r.priority) for r in layout.regions if r.z[0] <= layout.plane < r.z[1]]
        first = 1 + max((priority for _, _, priority in parts), default=0)
        parts += [(one.name, one.footprint, first) for one in layout.sheets if one.z == layout.plane]
        return _kept({name: (one.area, true_area(one, circles_of(layout))) for name, one in _owned(parts)})
    total = dict.fromkeys((r.name for r in layout.regions), (0.0, 0.0))
    for low, high in itertools.pairwise(sorted({z for r in layout.regions for z in r.z})):
        parts = [(r.name, r.footprint, r.priority) for r in layout.regions if r.z[0] <= low and high <= r.z[1]]
        for name, one in _owned(parts):
            drawn, true = total[name]
            height = high - low
            total[name] = (drawn + height * one.area, true + height * true_area(one, circles_of(layout)))
    return _kept(total)


def film_sizes(layout: Layout, dimension: str) -> Sizes:
    """Return the area (um2) of each film, in a section its length (um)."""
    if dimension == "plan":
        return {}
    if dimension == "section":
        lengths = {one.name: sum(x1 - x0 for x0, x1 in spans(one.footprint)) for one in layout.sheets}
        return _kept({name: (length, length) for name, length in lengths.items()})
    return {one.name: (one.footprint.area, true_area(one.footprint, layout.circles)) for one in layout.sheets}


def circles_of(layout: Layout) -> list[Circle]:
    """Return the circles that a layout names, those of both sides of its ribbons' bends too."""
    return [*layout.circles, *(layout.ribbon.circles() if layout.ribbon else ())]


def spans(outline: Outline, circles: Iterable[Circle] = ()) -> list[tuple[float, float]]:
    """Return where the line y = 0 is inside an outline, x0 and x1, at circles where it meets those."""
    x0, _, x1, _ = outline.bounds
    pieces = shapely.get_parts(outline.intersection(LineString([(x0 - 1.0, 0.0), (x1 + 1.0, 0.0)])))
    ends = [(piece.bounds[0], piece.bounds[2]) for piece in pieces if piece.length > 0.0]
    crossings = [x + side * np.sqrt(r**2 - y**2) for x, y, r in circles for side in (-1.0, 1.0) if r > abs(y)]

    def exact(end: float) -> float:
        near = [x for x in crossings if abs(x - end) < NEAR * abs(end)]
        return near[0] if near else end

    return [(exact(a), exact(b)) for a, b in ends]


def true_area(outline: shapely.Geometry, circles: Iterable[Circle]) -> float:
    """Return the area within an outline whose chords of circles are arcs: between both lie a sector and a triangle.

    A chord near two circles, where one arc goes on in another, is that of the circle nearest to its ends.
    """
    rings = [(ring, 1.0) for part in _polygons(outline) for ring in (orient(part).exterior, *orient(part).interiors)]
    area = sum(part.area for part in _polygons(outline))
    for ring, sign in rings:
        ends = np.asarray(ring.coords)[:, :2]
        least, between = np.full(len(ends) - 1, np.inf), np.zeros(len(ends) - 1)
        for x, y, radius in set(circles):
            off = np.abs(np.hypot(*(ends - (x, y)).T) - radius)
            off, (a, b) = np.maximum(off[:-1], off[1:]), (ends[:-1] - (x, y), ends[1:] - (x, y))
            cross, dot = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(axis=1)
            angle = np.arctan2(cross, dot)
            chord = (off < NEAR * radius) & (off < least) & (np.abs(angle) < WIDEST) & (np.abs(angle) > 1e-9)
            least[chord], between[chord] = off[chord], (radius**2 * angle - cross)[chord]
        area += sign * 0.5 * float(between.sum())
    return area


def _owned(parts: list[tuple[str, Outline, int]]) -> Iterable[tuple[str, shapely.Geometry]]:
    """Yield what each outline keeps from those of higher priority, or equal and later."""
    for index, (name, outline, priority) in enumerate(parts):
        rivals = [other for k, (_, other, p) in enumerate(parts) if (p, k) > (priority, index)]
        yield name, outline.difference(shapely.union_all(rivals))


def _upright(footprint: Outline, z: tuple[float, float], circles: Iterable[Circle]) -> shapely.Geometry:
    return shapely.union_all([shapely.box(x0, z[0], x1, z[1]) for x0, x1 in spans(footprint, circles)])


def _polygons(geometry: shapely.Geometry) -> list[shapely.Polygon]:
    return [one for one in shapely.get_parts(geometry) if one.geom_type == "Polygon" and not one.is_empty]


def _kept(sizes: Sizes) -> Sizes:
    largest = max((drawn for drawn, _ in sizes.values()), default=0.0)
    return {name: size for name, size in sizes.items() if size[0] > 1e-12 * largest}
