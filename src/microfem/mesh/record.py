"""A mesh that knows its names: which region each cell is in, which facets are sheets and outer faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.layout import Layout
from microfem.mesh.load_path import Deformed

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """Simplices with names.

    points: (npoints, dim) um; cells: (ncells, dim + 1); region_of_cell: (ncells,) into `regions`.
    dimension: '3d', 'plan' or 'section'; in 2D all results are per unit depth.
    sheets: name -> (nfacets, dim) vertices of the film's facets.
    faces: name -> (nfacets, dim) vertices of the flat layout's end faces: xmin, xmax, ymin, ... zmax.
    flat: the points before placement; deformed: the path of a load that has moved the points, None without one.
    round_walls: number of a circle in the layout's `drawn_circles` -> walls and rims of films that stand for it.
    snapped: how far a straight wall may be from where the layout has it, um, see arrange.py.
    """

    points: Floats
    cells: Ints
    region_of_cell: Ints
    regions: tuple[str, ...]
    dimension: str
    layout: Layout
    sheets: Mapping[str, Ints]
    faces: Mapping[str, Ints]
    flat: Floats
    deformed: Deformed | None = None
    round_walls: Mapping[int, tuple[Ints, ...]] = field(default_factory=dict)
    snapped: float = 0.0

    @property
    def dim(self) -> int:
        """Number of coordinates, 2 or 3."""
        return int(self.points.shape[1])

    def cells_of(self, *names: str) -> Ints:
        """Return the indices of all cells of the regions named.

        Raises:
            MicrofemError: a name is not in the mesh; the message lists those that are.
        """
        for name in names:
            if name not in self.regions:
                raise MicrofemError(f"no region '{name}' in this mesh{did_you_mean(name, self.regions)}")
        wanted = np.array([self.regions.index(name) for name in names], dtype=np.int64)
        return np.flatnonzero(np.isin(self.region_of_cell, wanted))

    @cached_property
    def volumes(self) -> Floats:
        """Volume (um3) or area (um2) of each cell."""
        return np.abs(self.signed_volumes)

    @cached_property
    def signed_volumes(self) -> Floats:
        """The same, below 0 where a cell is turned inside out."""
        corners = self.points[self.cells]
        return np.asarray(np.linalg.det(corners[:, 1:] - corners[:, :1])) / (6.0 if self.dim == 3 else 2.0)

    @property
    def out_of_plane_stretch(self) -> Floats:
        """Stretch of each cell out of the plane, (ncells,): 1 in 3D and where nothing has deformed the mesh."""
        return (
            np.ones(len(self.cells))
            if self.deformed is None
            else self.deformed.out_of_plane_stretch[self.deformed.step]
        )

    @cached_property
    def facets(self) -> tuple[Ints, Ints, Ints]:
        """All facets: sorted vertices (nfacets, dim), and the cell on either side, -1 outside."""
        dim, ncells = self.dim, len(self.cells)
        drop = [[j for j in range(dim + 1) if j != k] for k in range(dim + 1)]
        every = np.sort(np.vstack([self.cells[:, keep] for keep in drop]), axis=1)
        key = facet_keys(every, len(self.points))
        order = np.argsort(key, kind="stable")
        first = np.flatnonzero(np.concatenate([[True], np.diff(key[order]) != 0]))
        cell = np.tile(np.arange(ncells), dim + 1)[order]
        count = np.diff(np.concatenate([first, [len(key)]]))
        second = np.where(count == 2, cell[np.minimum(first + 1, len(cell) - 1)], -1)
        return every[order][first], cell[first], second

    def interface(self, inside: tuple[str, ...], other: tuple[str, ...]) -> tuple[Ints, Ints]:
        """Return the facets between two sets of regions and, for each, its cell in `inside`."""
        vertices, a, b = self.facets
        in_a = np.isin(np.arange(len(self.cells)), self.cells_of(*inside))
        in_b = np.isin(np.arange(len(self.cells)), self.cells_of(*other))
        both = b >= 0
        forward = both & in_a[a] & in_b[b]
        backward = both & in_b[a] & in_a[b]
        facets = np.vstack([vertices[forward], vertices[backward]])
        return facets, np.concatenate([a[forward], b[backward]])

    def boundary(self, *names: str) -> tuple[Ints, Ints]:
        """Return the facets between the regions named and everything else, outside included, with their cell."""
        vertices, a, b = self.facets
        mine = np.isin(np.arange(len(self.cells)), self.cells_of(*names))
        other = np.where(b >= 0, mine[b], False)
        forward, backward = mine[a] & ~other, ~mine[a] & other
        return np.vstack([vertices[forward], vertices[backward]]), np.concatenate([a[forward], b[backward]])

    def moved(self, points: Floats) -> Mesh:
        """Return the same mesh with other point coordinates."""
        return replace(self, points=points)

    def skfem(self) -> Any:
        """Return the mesh as scikit-fem's own type."""
        from skfem import MeshTet, MeshTri

        kind = MeshTet if self.dim == 3 else MeshTri
        return kind(np.ascontiguousarray(self.points.T), np.ascontiguousarray(self.cells.T), sort_t=False)


def facet_keys(sorted_vertices: Ints, npoints: int) -> Ints:
    """Return one integer per facet, equal for equal sets of vertices (rows sorted)."""
    if npoints >= 2_000_000 and sorted_vertices.shape[1] == 3:
        raise MicrofemError(f"a mesh of {npoints} points is too large; 2 million is the limit")
    key = sorted_vertices[:, 0].astype(np.int64)
    for column in sorted_vertices.T[1:]:
        key = key * npoints + column
    return key
