"""The edges of a mesh, sorted by their lower, then by their higher vertex, as in scikit-fem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microfem.fem.compiled import HAS_NUMBA, compiled

Ints = NDArray[np.int64]

# Vertex pairs of a simplex in the order of scikit-fem's P2 elements: a line has the first, a triangle 3, a tet 6.
PAIRS = np.array([(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)])


@dataclass(frozen=True)
class Edges:
    """Vertex pairs (nedges, 2), sorted; start (npoints + 1,): the edges of each lower vertex."""

    pairs: Ints
    start: Ints

    def of(self, simplices: Ints) -> Ints:
        """Return the edges (n, 1, 3 or 6) of simplices (n, k + 1) of the mesh, k = 1, 2, 3."""
        k = simplices.shape[1] - 1
        local = PAIRS[: k * (k + 1) // 2]
        if HAS_NUMBA:
            return np.asarray(_look_up(np.ascontiguousarray(simplices), local, self.start, self.pairs))
        count = len(self.start) - 1
        ends = np.sort(simplices[:, local], axis=2)
        return np.searchsorted(self.pairs @ [count, 1], ends @ [count, 1])


def find_edges(cells: Ints, count: int) -> Edges:
    """Return the edges of cells (ncells, dim + 1) on `count` points; a facet is a cell that repeats its last vertex."""
    k = cells.shape[1] - 1
    local = PAIRS[: k * (k + 1) // 2]
    if HAS_NUMBA:
        return Edges(*_collect(np.ascontiguousarray(cells), local, count))
    ends = np.sort(cells[:, local].reshape(-1, 2), axis=1)
    ends = ends[ends[:, 0] < ends[:, 1]]
    low, high = np.divmod(np.unique(ends @ [count, 1]), count)
    return Edges(np.column_stack([low, high]), np.searchsorted(low, np.arange(count + 1)))


@compiled
def _collect(cells: Any, local: Any, count: int) -> Any:
    """Collect edges in one bin per lower vertex, sort the bins and drop duplicates."""
    place = np.zeros(count + 1, np.int64)
    for e in range(len(cells)):
        for s in range(len(local)):
            place[min(cells[e, local[s, 0]], cells[e, local[s, 1]]) + 1] += 1
    place = np.cumsum(place)
    begin = place.copy()
    other = np.empty(place[-1], np.int64)
    for e in range(len(cells)):
        for s in range(len(local)):
            a, b = cells[e, local[s, 0]], cells[e, local[s, 1]]
            low = min(a, b)
            other[place[low]] = max(a, b)
            place[low] += 1
    pairs = np.empty((len(other), 2), np.int64)
    start = np.zeros(count + 1, np.int64)
    nedges = 0
    for low in range(count):
        ends = other[begin[low] : begin[low + 1]]
        ends.sort()
        for i in range(len(ends)):
            if ends[i] != low and (i == 0 or ends[i] != ends[i - 1]):
                pairs[nedges, 0], pairs[nedges, 1] = low, ends[i]
                nedges += 1
        start[low + 1] = nedges
    return pairs[:nedges].copy(), start


@compiled
def _look_up(simplices: Any, local: Any, start: Any, pairs: Any) -> Any:
    """Return the number of each pair's edge, -1 if the mesh has none; each lower vertex has few edges to search."""
    number = np.full((len(simplices), len(local)), -1, np.int64)
    for e in range(len(simplices)):
        for s in range(len(local)):
            a, b = simplices[e, local[s, 0]], simplices[e, local[s, 1]]
            low, high = min(a, b), max(a, b)
            for p in range(start[low], start[low + 1]):
                if pairs[p, 1] == high:
                    number[e, s] = p
    return number
