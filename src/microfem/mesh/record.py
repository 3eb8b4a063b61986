"""A mesh with names: the region of each cell, the facets of films and of end faces."""

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

WHOLE = ("3d", "axisymmetric")  # dimensions whose totals are those of the whole device
UPRIGHT = ("section", "axisymmetric")  # dimensions that cut a layout upright, in x and z


@dataclass(frozen=True, kw_only=True)
class Mesh:
    """Simplices with names.

    points: (npoints, dim) um; cells: (ncells, dim + 1); region_of_cell: (ncells,) into `regions`.
    dimension: '3d', 'plan' or 'section', which are per unit depth, or 'axisymmetric', a section r, z for r >= 0 whose
    cells stand for the rings that they sweep around the axis.
    sheets: name -> (nfacets, dim) vertices of the film's facets.
    faces: name -> (nfacets, dim) vertices of the flat layout's end faces: xmin, xmax, ymin, ... zmax.
    flat: the points before placement; deformed: the load path that has moved the points, None without one.
    round_walls: number of a circle in the layout's `drawn_circles` -> walls and rims of films along it.
    snapped: largest distance of a straight wall from that of the layout, um, see arrangement.py.
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
        """Return the numbers of all cells of the named regions.

        Raises:
            MicrofemError: a name is not in the mesh; the message has similar names.
        """
        for name in names:
            if name not in self.regions:
                raise MicrofemError(f"no region '{name}' in this mesh{did_you_mean(name, self.regions)}")
        numbers = np.array([self.regions.index(name) for name in names], dtype=np.int64)
        return np.flatnonzero(np.isin(self.region_of_cell, numbers))

    @property
    def whole(self) -> bool:
        """Whether totals are those of the whole device and not per unit depth."""
        return self.dimension in WHOLE

    @property
    def upright(self) -> bool:
        """Whether a 2D mesh is a vertical cut of the layout, in x and z."""
        return self.dimension in UPRIGHT

    @cached_property
    def around(self) -> Floats | None:
        """Circumference 2 pi r (npoints,) of the circle of each point about the axis, um; None without an axis."""
        return 2.0 * np.pi * self.points[:, 0] if self.dimension == "axisymmetric" else None

    def swept(self, simplices: Ints) -> Floats:
        """Return the way (n,) of the centroids of simplices (n, k + 1) around the axis, um; 1 without an axis.

        It turns the measures of simplices into those of the bodies that they sweep (Pappus's theorem).
        """
        return np.asarray(self.around_corners(simplices).mean(axis=1))

    def around_corners(self, simplices: Ints) -> Floats:
        """Return `around` at the vertices of simplices (n, k + 1), um; 1 without an axis."""
        return np.ones(simplices.shape) if self.around is None else self.around[simplices]

    @cached_property
    def volumes(self) -> Floats:
        """Volume (um3) or area (um2) of each cell, (ncells,), around an axis the volume that it sweeps."""
        return np.asarray(np.abs(self.signed_volumes) * self.swept(self.cells))

    @cached_property
    def signed_volumes(self) -> Floats:
        """Volume (um3) or area (um2) of each cell, below 0 for an inverted cell."""
        corners = self.points[self.cells]
        return np.asarray(np.linalg.det(corners[:, 1:] - corners[:, :1])) / (6.0 if self.dim == 3 else 2.0)

    @property
    def out_of_plane_stretch(self) -> Floats:
        """Out-of-plane stretch of each cell (ncells,), 1 in 3D and in an undeformed mesh."""
        return (
            np.ones(len(self.cells))
            if self.deformed is None
            else self.deformed.out_of_plane_stretch[self.deformed.step]
        )

    @property
    def designed(self) -> Mesh:
        """The mesh before any load."""
        return self if self.deformed is None else replace(self, points=self.deformed.points[0], deformed=None)

    @property
    def copies(self) -> int:
        """How many parts of the device, with its mirror images, the mesh stands for."""
        return int(2 ** len(self.layout.mirrors))

    def folded(self, place: Floats) -> Floats:
        """Return the point (dim,) of the mesh at which all fields are those at a point of the device, um."""
        axes = ("x",) if self.around is not None else self.layout.mirrors
        return np.where([axis in axes for axis in ("xz" if self.upright else "xyz")[: self.dim]], np.abs(place), place)

    @property
    def depth(self) -> Floats:
        """The out-of-plane stretch of each cell times the number of equal pieces that it stands for, (ncells,)."""
        return np.asarray(self.copies * self.out_of_plane_stretch)

    @cached_property
    def facets(self) -> tuple[Ints, Ints, Ints]:
        """All facets as sorted vertices (nfacets, dim), and the cells on both sides (nfacets,), -1 for the outside."""
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

    def beside(self, facets: Ints) -> Ints:
        """Return the cells (n, 2) on both sides of facets (n, dim) of cells, with sorted vertices; -1 for none."""
        vertices, a, b = self.facets
        count = len(self.points)
        row = np.searchsorted(facet_keys(vertices, count), facet_keys(facets, count))
        return np.column_stack([a[row], b[row]])

    def interface(self, inside: tuple[str, ...], other: tuple[str, ...]) -> tuple[Ints, Ints]:
        """Return the facets (n, dim) between two sets of regions and the cell of each in `inside` (n,)."""
        vertices, a, b = self.facets
        in_a = np.isin(np.arange(len(self.cells)), self.cells_of(*inside))
        in_b = np.isin(np.arange(len(self.cells)), self.cells_of(*other))
        both = b >= 0
        forward = both & in_a[a] & in_b[b]
        backward = both & in_b[a] & in_a[b]
        facets = np.vstack([vertices[forward], vertices[backward]])
        return facets, np.concatenate([a[forward], b[backward]])

    def boundary(self, *names: str) -> tuple[Ints, Ints]:
        """Return the facets (n, dim) between the named regions and all others or the outside, and their cells (n,)."""
        vertices, a, b = self.facets
        mine = np.isin(np.arange(len(self.cells)), self.cells_of(*names))
        other = np.where(b >= 0, mine[b], False)
        forward, backward = mine[a] & ~other, ~mine[a] & other
        return np.vstack([vertices[forward], vertices[backward]]), np.concatenate([a[forward], b[backward]])

    def moved(self, points: Floats) -> Mesh:
        """Return the mesh with other point coordinates (npoints, dim), um."""
        return replace(self, points=points)

    def skfem(self) -> Any:
        """Return the mesh as a scikit-fem mesh."""
        from skfem import MeshTet, MeshTri

        kind = MeshTet if self.dim == 3 else MeshTri
        return kind(np.ascontiguousarray(self.points.T), np.ascontiguousarray(self.cells.T), sort_t=False)


def facet_keys(sorted_vertices: Ints, npoints: int) -> Ints:
    """Return a unique integer for each facet from its sorted vertices (n, dim).

    Raises:
        MicrofemError: the mesh has too many points for 64 bits.
    """
    if npoints >= 2_000_000 and sorted_vertices.shape[1] == 3:
        raise MicrofemError(f"a mesh of {npoints} points is too large; 2 million is the limit")
    key = sorted_vertices[:, 0].astype(np.int64)
    for column in sorted_vertices.T[1:]:
        key = key * npoints + column
    return key
