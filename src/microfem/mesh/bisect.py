"""Local refinement: simplices are bisected at edges until the mesh conforms, and every name stays.

A cell that holds edges to be split is bisected at the longest of them, its children at the longest left, and so
on. The order of edges is one for the whole mesh, so two cells split the facet that they share alike, whatever
their other edges: the result conforms. Lengths are measured in a metric: with one that is short along an edge
singularity and long across it, cells grow slim along it, which costs far fewer of them than round ones.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from microfem.mesh.curves import midpoints
from microfem.mesh.record import Mesh

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BASE = 1 << 31  # of edge keys: above any point's number, new ones included
_PAIRS = np.array([(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)])  # a line takes 1, a triangle 3, a tet 6


def _pairs(count: int) -> Ints:
    """Return the vertex pairs of a simplex of `count` vertices."""
    return _PAIRS[: count * (count - 1) // 2]


@dataclass(frozen=True)
class _Edges:
    """All edges of a mesh by key, sorted: keys (n,), of_cell (ncells, npairs) into them."""

    mesh: Mesh

    @cached_property
    def _unique(self) -> tuple[Ints, Ints]:
        keys, inverse = np.unique(self.key(self.mesh.cells), return_inverse=True)
        return keys, inverse.reshape(len(self.mesh.cells), -1)

    @property
    def keys(self) -> Ints:
        return self._unique[0]

    @property
    def of_cell(self) -> Ints:
        return self._unique[1]

    @cached_property
    def ends(self) -> Ints:
        """Vertices of each edge, (n, 2), the lower first."""
        return np.column_stack(np.divmod(self.keys, _BASE))

    def key(self, simplices: Ints) -> Ints:
        """Return the keys of the edges of simplices (m, k + 1): (m, npairs)."""
        ends = np.sort(simplices[:, _pairs(simplices.shape[1])], axis=2)
        return np.asarray(ends[..., 0] * _BASE + ends[..., 1])


@dataclass(frozen=True)
class Bisected:
    """A finer mesh, the cell of the coarser one that each of its cells lies in, and the ends of split edges.

    parent: (ncells,); ends: (nnew, 2) points of the coarser mesh between which each new point lies.
    """

    mesh: Mesh
    parent: Ints
    ends: Ints


def bisect(mesh: Mesh, marked: Ints, metric: Floats | None = None) -> Bisected:
    """Bisect the marked cells, and what must follow them, at their longest edges.

    marked: cell numbers; metric: (npoints, dim, dim), in which lengths are measured, or None for plain lengths.
    New points on a curved outline are put on the curve, and on a placed layout on its surface; in a deformed mesh
    they are put in the middle.
    """
    edges = _Edges(mesh)
    rank = _ranks(mesh, edges, metric)
    chosen = _closure(edges, rank, marked)
    number = np.full(len(chosen), -1, dtype=np.int64)
    number[chosen] = len(mesh.points) + np.arange(int(chosen.sum()))
    split, ends = _Split(edges, rank, number), edges.ends[chosen]
    new = midpoints(mesh, ends)
    flat = np.vstack([mesh.flat, new])
    cells, parent = split(mesh.cells)
    path = mesh.deformed and mesh.deformed.bisected(parent, ends)
    if path:
        points = path.points[path.step]
    else:
        points = np.vstack([mesh.points, mesh.layout.placement(new)]) if mesh.dimension == "3d" else flat
    finer = replace(
        mesh,
        points=points,
        flat=flat,
        cells=cells,
        region_of_cell=mesh.region_of_cell[parent],
        sheets={name: split(facets)[0] for name, facets in mesh.sheets.items()},
        faces={name: split(facets)[0] for name, facets in mesh.faces.items()},
        deformed=path,
        round_walls={k: tuple(split(walls)[0] for walls in kinds) for k, kinds in mesh.round_walls.items()},
    )
    return Bisected(finer, parent, ends)


def _ranks(mesh: Mesh, edges: _Edges, metric: Floats | None) -> Ints:
    """Number the edges by length, ties by key: the one order that makes the result conform."""
    a, b = edges.ends.T
    along = mesh.points[b] - mesh.points[a]
    if metric is None:
        length = np.einsum("ni,ni->n", along, along)
    else:
        length = np.einsum("ni,nij,nj->n", along, metric[a] + metric[b], along)
    rank = np.empty(len(length), dtype=np.int64)
    rank[np.argsort(length, kind="stable")] = np.arange(len(length))
    return rank


def _closure(edges: _Edges, rank: Ints, marked: Ints) -> Bools:
    """Choose the longest edge of each marked cell and of each cell that gets any edge split (Rivara 1984)."""
    longest = edges.of_cell[np.arange(len(edges.of_cell)), rank[edges.of_cell].argmax(axis=1)]
    chosen = np.zeros(len(edges.keys), dtype=bool)
    chosen[longest[marked]] = True
    while True:
        more = longest[chosen[edges.of_cell].any(axis=1)]
        more = more[~chosen[more]]
        if not len(more):
            return chosen
        chosen[more] = True


@dataclass(frozen=True)
class _Split:
    """Bisects simplices at edges: number (nedges,) is the new point on an edge, -1 where it stays whole."""

    edges: _Edges
    rank: Ints
    number: Ints

    def __call__(self, simplices: Ints) -> tuple[Ints, Ints]:
        """Return the simplices that replace those given, and which of them each came from."""
        parent = np.arange(len(simplices))
        done, done_parent = [simplices[:0]], [parent[:0]]
        while len(simplices):
            best, point = self._longest(simplices)
            whole = point < 0
            done.append(simplices[whole])
            done_parent.append(parent[whole])
            simplices, parent, best, point = simplices[~whole], parent[~whole], best[~whole], point[~whole]
            row, (i, j) = np.arange(len(simplices)), _pairs(simplices.shape[1])[best].T
            first, second = simplices.copy(), simplices
            first[row, i] = point
            second[row, j] = point
            simplices, parent = np.vstack([first, second]), np.concatenate([parent, parent])
        order = np.argsort(np.concatenate(done_parent), kind="stable")
        return np.vstack(done)[order], np.concatenate(done_parent)[order]

    def _longest(self, simplices: Ints) -> tuple[Ints, Ints]:
        """Return, of each simplex's edges to be split, which is longest, and its new point or -1."""
        keys = self.edges.key(simplices)
        found = np.minimum(np.searchsorted(self.edges.keys, keys), len(self.edges.keys) - 1)
        point = np.where(self.edges.keys[found] == keys, self.number[found], -1)
        best = np.where(point >= 0, self.rank[found], -1).argmax(axis=1)
        return best, point[np.arange(len(simplices)), best]
