"""Triangles of long thin faces, from the points on their edges alone.

The time of gmsh grows with the square of the number of points along a face that has none inside: a minute for 15 mm by
1 um. Such a face has no choice but triangles between its two sides, which follow in one pass along both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from microfem.mesh.lines import Lines

MANY = 2000  # edges around a face from which gmsh is slow
WIDEST = 1.5  # of a face without points inside, relative to the shortest edge around it
AROUND = 8  # points that a point across is apart along the edge, at least
SAME = 1e-9  # relative difference of the triangles' area from that of the face

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def thin_faces(faces: Sequence[Polygon], lines: Lines) -> list[int]:
    """Return the numbers of faces with many edges around them that are too thin for points inside."""
    edges = lines.length / lines.own
    rims = [np.abs([line for ring in loops for line in ring]) - 1 for loops in lines.loops]
    many = [number for number, rim in enumerate(rims) if edges[rim].sum() > MANY]
    return [number for number in many if faces[number].buffer(-0.5 * WIDEST * lines.own[rims[number]].min()).is_empty]


def strip_triangles(points: Floats, loops: Sequence[Ints]) -> Ints | None:
    """Return triangles (n, 3) between the two sides of a strip, or of a ring; None if the face is neither.

    points: (npoints, 2); loops: numbers of the points around the face, and around its hole, if it has one.
    """
    turned = [loop if (_doubled(points, loop) > 0.0) == (k == 0) else loop[::-1] for k, loop in enumerate(loops)]
    if len(turned) == 1:
        sides = _halves(points, turned[0])
    elif len(turned) == 2:
        sides = [_unrolled(points, *turned)]
    else:
        return None
    triangles = np.vstack([_zipped(points, side) for side in sides])
    corners = points[triangles]
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    doubled, whole = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], sum(_doubled(points, loop) for loop in turned)
    return triangles if (doubled > 0.0).all() and abs(doubled.sum() - whole) <= SAME * whole else None


def _doubled(points: Floats, loop: Ints) -> float:
    """Return twice the area in a loop, above 0 if it turns to the left."""
    x, y = (points[loop] - points[loop[0]]).T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())


def _halves(points: Floats, loop: Ints) -> list[Ints]:
    """Return the two parts of a loop on both sides of a diagonal across the strip."""
    start = np.roll(loop, -(len(loop) // 4))
    across = AROUND + int(np.hypot(*(points[start[AROUND : 1 - AROUND]] - points[start[0]]).T).argmin())
    return [start[: across + 1], np.append(start[across:], start[0])]


def _unrolled(points: Floats, outer: Ints, inner: Ints) -> Ints:
    """Return a ring as one loop, cut from the first point of the outer edge to the nearest of the inner."""
    inner = np.roll(inner, -int(np.hypot(*(points[inner] - points[outer[0]]).T).argmin()))
    return np.concatenate([outer, outer[:1], inner, inner[:1]])


def _zipped(points: Floats, loop: Ints) -> Ints:
    """Return triangles in a loop, from its closing edge on: each next diagonal is the shorter one of two."""
    x, y = points[loop].T.tolist()
    low, high, triangles = 0, len(loop) - 1, []
    while high - low > 1:
        forth = (x[low + 1] - x[high]) ** 2 + (y[low + 1] - y[high]) ** 2
        back = (x[low] - x[high - 1]) ** 2 + (y[low] - y[high - 1]) ** 2
        third = low + 1 if forth <= back else high - 1
        triangles.append((low, third, high))
        low, high = (third, high) if forth <= back else (low, third)
    return np.asarray(loop[np.array(triangles, dtype=np.int64)])
