"""Local refinement: simplices are bisected at edges until the mesh conforms; all names are kept.

A cell with edges to split is bisected at the longest of them, its children at the longest that remains, and so on. The
order of edges is the same for the whole mesh, so two cells split their common facet in the same way and the result
conforms. Lengths are measured in a metric: with a metric that is small along an edge singularity and large normal to
it, cells become slim along it, which needs far fewer cells than isotropic refinement.
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

_BASE = 1 << 31  # of edge keys: above the number of any point, also of new ones
_PAIRS = np.array([(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)])  # a line has the first, a triangle 3, a tet 6


def _pairs(count: int) -> Ints:
    """Return the vertex pairs of a simplex of `count` vertices."""
    return _PAIRS[: count * (count - 1) // 2]


@dataclass(frozen=True)
class _Edges:
    """All edges of a mesh: sorted keys (n,), and the edges of each cell, of_cell (ncells, npairs)."""

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
    """A finer mesh.

    parent: (ncells,) cell of the coarser mesh that contains each cell; ends: (nnew, 2) points of the coarser mesh
    between which each new point lies.
    """

    mesh: Mesh
    parent: Ints
    ends: Ints


def bisect(mesh: Mesh, marked: Ints, metric: Floats | None = None) -> Bisected:
    """Bisect the marked cells, and the cells that must follow for conformity, at their longest edges.

    marked: cell numbers; metric: (npoints, dim, dim) in which lengths are measured, None for Euclidean lengths.
    New points on a spiral lie on the curve, and in a placed layout on its surface; in a deformed mesh they are
    midpoints.
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
    """Return the rank of each edge by length, ties by key: a unique order, so that the result conforms."""
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
    """Return the edges to split: the longest of each marked cell and of each cell with a split edge (Rivara, 1984)."""
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
    """Bisects simplices at edges; number: (nedges,) new point on each edge, -1 if it is not split."""

    edges: _Edges
    rank: Ints
    number: Ints

    def __call__(self, simplices: Ints) -> tuple[Ints, Ints]:
        """Return the bisected simplices, and the row of the original simplex of each."""
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
        """Return for each simplex the longest edge to split, and its new point, -1 for none."""
        keys = self.edges.key(simplices)
        edge = np.minimum(np.searchsorted(self.edges.keys, keys), len(self.edges.keys) - 1)
        point = np.where(self.edges.keys[edge] == keys, self.number[edge], -1)
        best = np.where(point >= 0, self.rank[edge], -1).argmax(axis=1)
        return best, point[np.arange(len(simplices)), best]
