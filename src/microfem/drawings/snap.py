"""Corners of lines that are nearly in one place are put into one place, and onto lines that pass nearly through them.

A gap between two ends, a slit between abutting parts, a short edge and a line drawn twice vanish in this way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

EVEN = 1e-9  # share of a distance that is rounding
ROUNDING = 1e-12  # share of a coordinate that is rounding
AROUND = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]


@dataclass(frozen=True, eq=False)
class Snapped:
    """Lines after healing, None for one that shrank to a point; places (n, 2) of moved corners and of moved edges."""

    lines: Sequence[LineString | None]
    corners: Floats
    edges: Floats


def snap(lines: Sequence[LineString], join: float) -> Snapped:
    """Return lines whose corners are equal or more than a distance apart, and equally far from the edges of others.

    No corner moves by more than `join`, um; in a drawing without such places none moves.
    """
    points, line = shapely.get_coordinates(np.array(lines, dtype=object), return_index=True)
    places, number = np.unique(points.view(np.complex128).ravel(), return_inverse=True)
    of_place = _representatives(np.column_stack([places.real, places.imag]), join)
    moved = of_place != np.arange(len(places))
    number = of_place[number]
    kept = np.append(True, (number[1:] != number[:-1]) | (line[1:] != line[:-1]))
    number, line = number[kept], line[kept]
    known = np.column_stack([places.real, places.imag])
    after, through = _passed(known, number, line, join)
    number, line = np.insert(number, after, through), np.insert(line, after, line[after - 1])
    long = np.bincount(line, minlength=len(lines)) > 1
    starts = np.searchsorted(line, np.arange(len(lines) + 1))
    whole = [LineString(known[number[starts[k] : starts[k + 1]]]) if long[k] else None for k in range(len(lines))]
    return Snapped(whole, known[moved], known[np.unique(through)])


def _representatives(places: Floats, join: float) -> Integers:
    """Return for each place (n, 2) the number of the one that it moves to: the first within `join`, without chains."""
    from scipy.spatial import cKDTree

    found = np.arange(len(places))
    if join == 0.0 or len(places) < 2:
        return found
    reach = join * (1.0 + EVEN)
    close = np.isfinite(cKDTree(places).query(places, k=2, distance_upper_bound=reach)[0][:, 1])
    cells: dict[tuple[int, int], list[int]] = {}  # those that stay, by squares of the side `reach`
    listed = places.tolist()
    for k in np.flatnonzero(close).tolist():
        i, j = int(listed[k][0] // reach), int(listed[k][1] // reach)
        near = (one for di, dj in AROUND for one in cells.get((i + di, j + dj), ()))
        stays = next((one for one in near if math.dist(listed[one], listed[k]) <= reach), None)
        if stays is None:
            cells.setdefault((i, j), []).append(k)
        else:
            found[k] = stays
    return found


def _passed(places: Floats, number: Integers, line: Integers, join: float) -> tuple[Integers, Integers]:
    """Return the corners that edges pass within `join`: before which corner of the lines they belong, and their places.

    number: (n,) place of each corner of the lines; line: (n,) the line of each corner.
    """
    first = np.flatnonzero(line[1:] == line[:-1])
    if join == 0.0 or not len(first):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    a, b = places[number[first]], places[number[first + 1]]
    used = np.unique(number)
    tree = shapely.STRtree(shapely.linestrings(np.stack([a, b], axis=1)))
    one, edge = tree.query(shapely.points(places[used]), predicate="dwithin", distance=join * (1.0 + EVEN))
    place = used[one]
    own = (place == number[first[edge]]) | (place == number[first[edge] + 1])
    place, edge = place[~own], edge[~own]
    along, away = b[edge] - a[edge], places[place] - a[edge]
    length = np.hypot(*along.T)
    t = (along * away).sum(axis=1) / length**2
    off = np.abs(along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0]) / length
    bent = (t > 0.0) & (t < 1.0) & (off > EVEN * join + ROUNDING * np.abs(places[place]).max(axis=1, initial=0.0))
    place, edge, t = place[bent], edge[bent], t[bent]
    order = np.lexsort([t, edge])
    return first[edge[order]] + 1, place[order]
