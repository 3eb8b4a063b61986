"""The narrowest places of outlines: inside, their widths; outside, the gaps between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.polygon import orient

from microfem.layout import Outline

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

SHARP = math.radians(60.0)  # a convex corner with a smaller angle is a tip, and sides at a smaller angle form a strip
FITS = 1e-6  # relative excess of a disc over the outline that is round-off
ROUND = 1.5  # largest length of a rounded end over that of its sides, so that chords of a disc are no ends
SLACK = 1e-3  # tolerance of the directions of facing sides, rad
PARALLEL = 1e-9  # two sides are parallel if 1 + cosine of their angle is smaller


@dataclass(frozen=True)
class NarrowPlace:
    """A narrow place: its middle (um), its width (um) and the numbers of the outline's pieces on either side."""

    at: tuple[float, float]
    width: float
    pieces: tuple[int, int]


@dataclass(frozen=True)
class Sides:
    """The straight sides of an outline's rings, each ring closed, with the inside to the left.

    start, end: (n, 2), um; piece: (n,) number of the polygon; after: (n,) the next side.
    """

    start: Floats
    end: Floats
    piece: Ints
    after: Ints

    @property
    def along(self) -> Floats:
        """The unit vectors along the sides (n, 2)."""
        step = self.end - self.start
        return step / np.hypot(*step.T)[:, None]

    @property
    def turn(self) -> Floats:
        """The angles (n,) by which the outline turns at the ends of sides, above 0 to the left: at convex corners."""
        one, two = self.along, self.along[self.after]
        return np.arctan2(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0], (one * two).sum(axis=1))


def sides_of(outline: Outline) -> Sides:
    """Return the sides of an outline, without corners that lie on a straight line."""
    start, end, piece, after, count = [], [], [], [], 0
    for number, polygon in enumerate(shapely.get_parts(outline.simplify(0.0))):
        whole = orient(polygon)
        for ring in (whole.exterior, *whole.interiors):
            points = _corners(shapely.get_coordinates(ring)[:-1])
            start.append(points)
            end.append(np.roll(points, -1, axis=0))
            piece.append(np.full(len(points), number))
            after.append(count + np.roll(np.arange(len(points)), -1))
            count += len(points)
    return Sides(np.vstack(start), np.vstack(end), np.concatenate(piece), np.concatenate(after))


def _corners(points: Floats) -> Floats:
    """Return the points of a closed ring without those on the line between their neighbours, such as the first one."""
    before, next_ = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    one, two = points - before, next_ - points
    turn = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    return points[np.abs(turn) > 1e-12 * np.hypot(*one.T) * np.hypot(*two.T)]


def widths(outline: Outline, reach: float) -> list[NarrowPlace]:
    """Return the narrowest place inside each piece of an outline, if its width is below `reach` um.

    The width is the diameter of a disc that fits inside and touches both sides. Corners of 60 degrees or more do not
    count, the width of a blunt or rounded end is the distance of its sides, and a sharper tip has the width 0.
    """
    sides = sides_of(outline)
    return _least([*_across(outline, sides, reach, inside=True), *_ends(sides, reach)])


def gaps(outline: Outline, reach: float) -> list[NarrowPlace]:
    """Return the narrowest gap below `reach` um between any two pieces, and between sides of one piece."""
    return _least(_across(outline, sides_of(outline), reach, inside=False))


def _least(places: list[NarrowPlace]) -> list[NarrowPlace]:
    """Return the narrowest place for each pair of pieces."""
    kept: dict[tuple[int, int], NarrowPlace] = {}
    for place in sorted(places, key=lambda place: place.width):
        kept.setdefault(place.pieces, place)
    return list(kept.values())


def _across(outline: Outline, sides: Sides, reach: float, inside: bool) -> list[NarrowPlace]:
    """Return the places at which two sides face each other with an empty disc between them."""
    lines = shapely.linestrings(np.stack([sides.start, sides.end], axis=1))
    tree = shapely.STRtree(lines)
    i, j = _facing(sides, tree, reach, inside)
    one, other = _nearest(sides, lines, i, j)
    width, middle = np.hypot(*(one - other).T), 0.5 * (one + other)
    kept = width < reach
    i, j, width, middle = i[kept], j[kept], width[kept], middle[kept]
    shapely.prepare(outline)
    kept = shapely.contains_properly(outline, shapely.points(middle)) == inside
    i, j, width, middle = i[kept], j[kept], width[kept], middle[kept]
    if not len(width):
        return []
    (queried, _), nearest = tree.query_nearest(shapely.points(middle), return_distance=True, all_matches=False)
    free = np.zeros(len(width))
    free[queried] = nearest
    fits = free >= 0.5 * width * (1.0 - FITS)
    pieces = np.sort(sides.piece[np.stack([i[fits], j[fits]])], axis=0).T
    return [
        NarrowPlace((float(x), float(y)), float(w), (int(a), int(b)))
        for (x, y), w, (a, b) in zip(middle[fits], width[fits], pieces, strict=True)
    ]


def _facing(sides: Sides, tree: shapely.STRtree, reach: float, inside: bool) -> tuple[Ints, Ints]:
    """Return the pairs of sides within reach that can be nearest to each other.

    The shortest line between them is normal to both, or starts at a corner within the cone of its normals; so the
    directions of the sides are opposite up to the angles of those corners.
    """
    low, high = np.minimum(sides.start, sides.end) - reach, np.maximum(sides.start, sides.end) + reach
    i, j = tree.query(shapely.box(*low.T, *high.T))
    turn = sides.turn if inside else -sides.turn
    cone = np.maximum(-turn, 0.0)  # of the corner at each side's end
    before = np.empty_like(cone)
    before[sides.after] = cone
    reached = np.maximum(cone, before)
    kept = (i < j) & (sides.after[i] != j) & (sides.after[j] != i)
    i, j = i[kept], j[kept]
    along = sides.along
    cosine = along[i, 0] * along[j, 0] + along[i, 1] * along[j, 1]
    kept = cosine <= -np.cos(np.minimum(reached[i] + reached[j] + SLACK, 0.5 * math.pi))
    return i[kept], j[kept]


def _nearest(sides: Sides, lines: NDArray[np.object_], i: Ints, j: Ints) -> tuple[Floats, Floats]:
    """Return the nearest points (n, 2) on both sides of each pair; for parallel sides, the middle of the overlap."""
    near = shapely.get_coordinates(shapely.shortest_line(lines[i], lines[j])).reshape(-1, 2, 2)
    one, other = near[:, 0], near[:, 1]
    along, origin = sides.along[i], sides.start[i]
    ends = [
        ((point[k] - origin) * along).sum(axis=1)
        for point, k in ((sides.start, i), (sides.end, i), (sides.start, j), (sides.end, j))
    ]
    low, high = np.maximum(ends[0], ends[3]), np.minimum(ends[1], ends[2])
    parallel = (along * sides.along[j]).sum(axis=1) < -1.0 + PARALLEL
    foot = origin + (0.5 * (low + high))[:, None] * along
    left = np.column_stack([-along[:, 1], along[:, 0]])
    height = ((sides.start[j] - origin) * left).sum(axis=1)
    pick = (parallel & (high > low))[:, None]
    return np.where(pick, foot, one), np.where(pick, foot + height[:, None] * left, other)


def _ends(sides: Sides, reach: float) -> list[NarrowPlace]:
    """Return the ends of strips: convex corners between two nearly opposite sides, with the distance of these sides.

    A tip is one corner of width 0, a blunt end has two corners, a rounded end more; its length is at most ROUND times
    that of its sides.
    """
    turn, length = sides.turn, np.hypot(*(sides.end - sides.start).T)
    first = np.flatnonzero(turn > 0.0)
    after, total, round_ = sides.after[first], turn[first], np.zeros(len(first))
    places: list[NarrowPlace] = []
    count = 1
    while len(first):
        one, other = sides.end[first], sides.start[after]
        distance, middle = np.hypot(*(other - one).T), 0.5 * (one + other)
        kept = (total > math.pi - SHARP + SLACK) & (total < math.pi + SHARP - SLACK) & (distance < reach)
        if count > 2:
            kept &= round_ <= ROUND * length[after]
        places += [
            NarrowPlace((float(x), float(y)), float(w), (int(sides.piece[k]),) * 2)
            for (x, y), w, k in zip(middle[kept], distance[kept], first[kept], strict=True)
        ]
        round_ = round_ + length[after]
        more = (turn[after] > 0.0) & (total < math.pi + SHARP) & ((count < 2) | (round_ <= ROUND * length[first]))
        first, after, total, round_ = first[more], after[more], total[more], round_[more]
        total, after, count = total + turn[after], sides.after[after], count + 1
    return places
