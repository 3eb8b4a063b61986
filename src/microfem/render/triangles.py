"""Triangles within cells, refined until colours and shapes follow the field between corners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.results.stored import Bools, Floats, Ints, Stored, barycentric

LEVELS = 4  # largest number of divisions of a triangle
SAMPLES = 8  # parts of a side that is drawn as a line
SIDES = np.array([(0, 1), (1, 2), (2, 0)])
# Parts of a triangle by corners (0, 1, 2) and side midpoints (3, 4, 5); key: sum of 1, 2, 4 over the divided sides.
PARTS = {
    0: [(0, 1, 2)],
    1: [(0, 3, 2), (3, 1, 2)],
    2: [(1, 4, 0), (4, 2, 0)],
    4: [(2, 5, 1), (5, 0, 1)],
    3: [(3, 1, 4), (0, 3, 4), (0, 4, 2)],
    6: [(4, 2, 5), (1, 4, 5), (1, 5, 0)],
    5: [(5, 0, 3), (2, 5, 3), (2, 3, 1)],
    7: [(0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)],
}


@dataclass(frozen=True, eq=False)
class Triangles:
    """Triangles in cells; cell: (m,); weights: (m, 3, dim + 1) barycentric weights of their corners in the cell."""

    cell: Ints
    weights: Floats

    def corners(self, give: Callable[[Ints, Floats], Floats]) -> Floats:
        """Return the values (m, 3, ...) of `give(cell, weights)` at all corners."""
        count = len(self.cell)
        values = give(np.repeat(self.cell, 3), self.weights.reshape(3 * count, -1))
        return values.reshape(count, 3, *values.shape[1:])

    def sides(self, which: Ints, side: Ints, parts: int = SAMPLES) -> tuple[Ints, Floats]:
        """Return points along sides of triangles: cells (n * (parts + 1),) and barycentric weights in them."""
        along = np.linspace(0.0, 1.0, parts + 1)[None, :, None]
        start, end = (self.weights[which, SIDES[side, k]][:, None, :] for k in range(2))
        points = (1.0 - along) * start + along * end
        return np.repeat(self.cell[which], parts + 1), points.reshape(-1, points.shape[2])


def of_cells(which: Ints) -> Triangles:
    """Return cells of a 2D mesh as triangles."""
    return Triangles(which, np.tile(np.eye(3), (len(which), 1, 1)))


def of_surface(stored: Stored, surface: Any, vertices: Floats | None = None) -> Triangles:
    """Return the triangles of a surface or a slice; its `_cell` is the cell of each triangle.

    vertices: of the cells, if they differ from the saved ones.
    """
    cell = np.asarray(surface.cell_data["_cell"], dtype=np.int64)
    places = np.asarray(surface.points, dtype=float)[np.asarray(surface.regular_faces)]
    weights = barycentric(stored, places.reshape(-1, 3), np.repeat(cell, 3), vertices)
    return Triangles(cell, weights.reshape(len(cell), 3, -1))


def refined(triangles: Triangles, give: Callable[[Ints, Floats], Floats]) -> Triangles:
    """Return triangles, divided until linear interpolation differs from `give` by less than 1.

    give: (cell, weights) -> (n, k), in units of the tolerance. A side is divided where the value at its middle differs
    from the mean of its ends; the side alone decides, so that two triangles divide a common side alike.
    """
    parts, open_ = [], triangles
    for _ in range(LEVELS):
        ends = open_.corners(give)
        middles = 0.5 * (open_.weights[:, SIDES[:, 0]] + open_.weights[:, SIDES[:, 1]])
        between = Triangles(open_.cell, middles).corners(give)
        off = np.abs(between - 0.5 * (ends[:, SIDES[:, 0]] + ends[:, SIDES[:, 1]]))
        split = (np.nan_to_num(off) > 1.0).any(axis=2)
        pattern = split @ np.array([1, 2, 4])
        done = pattern == 0
        parts.append(taken(open_, done))
        if done.all():
            break
        open_ = _divided(taken(open_, ~done), middles[~done], pattern[~done])
    else:
        parts.append(open_)
    return Triangles(np.concatenate([one.cell for one in parts]), np.concatenate([one.weights for one in parts]))


def taken(triangles: Triangles, keep: Bools) -> Triangles:
    """Return some of the triangles."""
    return Triangles(triangles.cell[keep], triangles.weights[keep])


def _divided(triangles: Triangles, middles: Floats, pattern: Ints) -> Triangles:
    six = np.concatenate([triangles.weights, middles], axis=1)
    cells, weights = [], []
    for kind, parts in PARTS.items():
        mine = np.flatnonzero(pattern == kind)
        for part in parts if len(mine) else ():
            cells.append(triangles.cell[mine])
            weights.append(six[mine][:, part])
    return Triangles(np.concatenate(cells), np.concatenate(weights))


def sample(triangles: Triangles, sizes: Floats) -> tuple[Ints, Floats, Floats]:
    """Return cell, weights and represented size of the corners and side midpoints of triangles.

    sizes: (m,) of the triangles.
    """
    middles = 0.5 * (triangles.weights[:, SIDES[:, 0]] + triangles.weights[:, SIDES[:, 1]])
    six = np.concatenate([triangles.weights, middles], axis=1)
    return np.repeat(triangles.cell, 6), six.reshape(-1, six.shape[2]), np.repeat(sizes / 6.0, 6)
