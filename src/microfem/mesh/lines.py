"""The lines between the faces of a plan, the edge length of triangles, and the number of triangles.

On a line triangles have the line's own edge length. Beside it they grow to `far`; from the distance `Sizes.reach` on
their size is proportional to the distance from fine lines. The number of triangles then grows only with the logarithm
of the ratio of a wide bath to a small device. Long straight lines are cut into pieces whose length increases with the
distance from their ends, so that a wall of the bath is coarse far from the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

SLIM = 4.0  # longest edge on two neighbouring parallel lines, relative to their distance
PARALLEL = 0.7  # cosine of the largest angle between two parallel lines
CHORDS = 6.0  # longest edge next to a shorter chord, relative to the chord
BULK = 0.2  # edge length of a coarse mesh far from all lines, relative to the distance from them
SQUARES = 16  # initial squares along the plan for the count of triangles far from all lines
PER_AREA = 2.3  # triangles in a square of the edge length

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Corner: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Sizes:
    """Edge length of triangles.

    edge: on lines, um; far: beside them, um; growth: of the edge length per distance between both; bulk: edge length
    far from all lines, relative to the distance from them.
    """

    edge: float
    far: float
    bulk: float = BULK
    growth: float = 0.6

    def times(self, scale: float) -> Sizes:
        """Return the sizes in a plan whose lengths are multiplied."""
        return replace(self, edge=scale * self.edge, far=scale * self.far)

    @property
    def reach(self) -> float:
        """Distance from fine lines beyond which edges are longer than `far`, um."""
        return self.far / self.bulk


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The unique edges of faces.

    points: corners (n, 2), um; ends: (m, 2) into points; whole: (m, 2) ends of the uncut line of each piece; loops: for
    each face and ring, signed numbers of its lines from 1; sizes: edge lengths of triangles.
    """

    points: Floats
    ends: Ints
    whole: Ints
    loops: Sequence[Sequence[Sequence[int]]]
    sizes: Sizes

    @cached_property
    def length(self) -> Floats:
        """Length of each line, um."""
        return np.hypot(*(self.points[self.ends[:, 1]] - self.points[self.ends[:, 0]]).T)

    @cached_property
    def segments(self) -> NDArray[np.object_]:
        """Each line as a shapely geometry."""
        return np.asarray(shapely.linestrings(self.points[self.ends]))

    @cached_property
    def own(self) -> Floats:
        """Edge length on each line, um: `edge`, smaller on short lines and in slits, larger far from other lines.

        It is `edge` times a power of 2, so that many lines share a size field.
        """
        edge = self.sizes.edge
        own = np.minimum(edge, CHORDS * self.length)
        a, b, apart = self.slits
        for line in (a, b):
            np.minimum.at(own, line, SLIM * apart)
        alone, distance = np.flatnonzero(self.length >= 0.999 * self.sizes.reach), 0.999 * self.sizes.reach
        while len(alone) and distance <= 2.0 * float(np.ptp(self.points, axis=0).max()):
            alone = self._alone(alone, distance)
            own[alone] = self.sizes.bulk * distance
            distance *= 2.0
        return edge * 2.0 ** np.floor(np.log2(own / edge) + 1e-9)

    @cached_property
    def slits(self) -> tuple[Ints, Ints, Floats]:
        """Pairs of parallel lines at a distance that needs edges below `edge`: both numbers, and the distance, um."""
        a, b = self._near(np.arange(len(self.ends)), self.sizes.edge / SLIM)
        a, b = a[a < b], b[a < b]
        along = (self.points[self.ends[:, 1]] - self.points[self.ends[:, 0]]) / self.length[:, None]
        parallel = np.abs((along[a] * along[b]).sum(axis=1)) > PARALLEL
        apart = np.asarray(shapely.distance(self.segments[a], self.segments[b]))
        beside = parallel & (SLIM * apart < np.minimum(self.length[a], self.length[b]))
        return a[beside], b[beside], apart[beside]

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.segments)

    def _near(self, lines: Ints, distance: float) -> tuple[Ints, Ints]:
        """Return pairs of `lines` and others within a distance, without lines that meet."""
        a, b = self._tree.query(self.segments[lines], predicate="dwithin", distance=distance)
        a = lines[a]
        apart = (a != b) & (self.whole[a][:, :, None] != self.whole[b][:, None, :]).all(axis=(1, 2))
        return a[apart], b[apart]

    def _alone(self, lines: Ints, distance: float) -> Ints:
        """Return those of `lines` without another line within a distance."""
        return np.setdiff1d(lines, self._near(lines, distance)[0])


def lines_of(faces: Sequence[Polygon], sizes: Sizes) -> Lines:
    """Return the lines of faces; an edge shared by two faces is one line, or one row of pieces."""
    number: dict[Corner, int] = {}
    points: list[Corner] = []
    ends: list[tuple[int, int]] = []
    whole: list[tuple[int, int]] = []
    rows: dict[tuple[int, int], list[int]] = {}
    loops: list[list[list[int]]] = []

    def at(corner: Corner) -> int:
        if corner not in number:
            number[corner] = len(points)
            points.append(corner)
        return number[corner]

    def row(a: int, b: int) -> list[int]:
        """Return the numbers of the lines from the lower corner to the higher."""
        if (a, b) not in rows:
            steps = np.array(points[b]) - points[a]
            cuts = [points[a] + part * steps for part in _cuts(float(np.hypot(*steps)), sizes.reach)]
            chain = [a, *range(len(points), len(points) + len(cuts)), b]
            points.extend((float(x), float(y)) for x, y in cuts)
            rows[a, b] = list(range(len(ends) + 1, len(ends) + len(chain)))
            ends.extend(pairwise(chain))
            whole.extend([(a, b)] * (len(chain) - 1))
        return rows[a, b]

    for face in faces:
        loops.append([])
        for ring in (face.exterior, *face.interiors):
            signed: list[int] = []
            for a, b in pairwise([at((x, y)) for x, y in ring.coords]):
                signed += row(a, b) if a < b else [-line for line in reversed(row(b, a))]
            loops[-1].append(signed)
    return Lines(points=np.array(points), ends=np.array(ends), whole=np.array(whole), loops=loops, sizes=sizes)


def _cuts(length: float, reach: float) -> list[float]:
    """Return the cuts of a long line, as fractions: pieces of `reach` at its ends, each next one twice as long."""
    half: list[float] = []
    piece = reach
    while 2.0 * (sum(half) + piece) <= length:
        half.append(piece)
        piece *= 2.0
    rest = length - 2.0 * sum(half)
    pieces = np.array([*half, *([rest] if rest >= reach or not half else []), *half[::-1]])
    return (np.cumsum(pieces) / pieces.sum())[:-1].tolist()


def expected_triangles(faces: Sequence[Polygon], sizes: Sizes) -> Floats:
    """Return the approximate number of triangles of each face (nfaces,): on its lines, beside them, and far from them.

    Each edge on a line with the size s has a triangle on both sides, a short line two. The number of those beside it,
    which grow to `far` with the slope g, is the integral of PER_AREA / (s + g d)^2 along the line and the distance d:
    PER_AREA / g (1 - s / far) for each edge, limited by the number at size s.
    """
    lines = lines_of(faces, sizes)
    edges = lines.length / lines.own
    growing = PER_AREA / sizes.growth * np.maximum(0.0, 1.0 - lines.own / sizes.far) * edges
    rims = [np.abs([line for ring in loops for line in ring]) - 1 for loops in lines.loops]
    each = (np.maximum(2.0 - edges, edges), growing, lines.length, edges)
    on, grown, length, even = (np.array([values[rim].sum() for rim in rims]) for values in each)
    area = np.array([face.area for face in faces])
    wide = PER_AREA * area / sizes.far**2
    if wide.sum() > on.sum():
        wide *= _wide(lines, shapely.union_all(list(faces))) / wide.sum()
    return np.asarray(on + np.minimum(grown + wide, PER_AREA * area / np.minimum(length / even, sizes.edge) ** 2))


def _wide(lines: Lines, whole: BaseGeometry) -> float:
    """Return the approximate number of triangles far from lines, where edges grow with the distance.

    Squares are quartered until their side is below half their distance from fine lines, or below `reach`.
    """
    sizes, fine = lines.sizes, shapely.STRtree(lines.segments[lines.own <= lines.sizes.edge])
    shapely.prepare(whole)
    low, side = lines.points.min(axis=0), float(np.ptp(lines.points, axis=0).max()) / SQUARES
    grid = (np.arange(SQUARES) + 0.5) * side
    centres, count = low + np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2), 0.0
    while len(centres):
        there, distance = shapely.points(centres), np.zeros(len(centres))
        if len(fine.geometries):
            (at, _), nearest = fine.query_nearest(there, return_distance=True)
            distance[at] = nearest
        else:
            distance[:] = lines.own.min() / sizes.bulk
        done = (distance > 2.0 * side) | (side <= sizes.reach)
        inside = done & shapely.contains_properly(whole, there)
        count += float((side**2 * PER_AREA / np.maximum(sizes.far, sizes.bulk * distance[inside]) ** 2).sum())
        side *= 0.5
        quarters = 0.5 * side * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
        centres = (centres[~done][:, None] + quarters).reshape(-1, 2)
    return count
