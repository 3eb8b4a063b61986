"""Normal flux through the facets of a region, and its singularity at the electrode's edge."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from microfem.fem.level_sets.shares import share_above
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients
from microfem.fem.tensors import stretched, times
from microfem.mesh import Mesh


@dataclass(frozen=True)
class FacetFlux:
    """Flux density out of cells through facets: values (n, nq), area of each point (n,), vertices (n, dim)."""

    values: Floats
    weights: Floats
    facets: Ints

    def share_above(self, level: float) -> float:
        """Return the share of the area where the flux, linear on each facet, exceeds a level."""
        return float(np.average(share_above(self.values, level), weights=self.weights))


@dataclass(frozen=True, kw_only=True)
class FluxRows:
    """The linear map from a potential to its flux at the quadrature points of facets.

    rows: (n, nq, nloc) of the map; dofs: (n, nloc); normals: (n, dim) out of the cells, times the coefficient;
    weights: (n,) area of each point; facets: (n, dim).
    """

    rows: Floats
    dofs: Ints
    normals: Floats
    weights: Floats
    facets: Ints

    def flux(self, potential: Floats) -> FacetFlux:
        """Return the flux n . c grad u of a potential (ndofs,)."""
        return FacetFlux(np.einsum("nqa,na->nq", self.rows, potential[self.dofs]), self.weights, self.facets)


def flux_rows(space: Space, coefficient: Floats, facets: Ints, cells: Ints) -> FluxRows:
    """Return the map from potentials to n . c grad u at the quadrature points of facets, n out of their cells.

    coefficient: (n,) or (n, dim, dim) of each facet's cell; facets: (n, dim) vertices; cells: (n,).
    """
    mesh = space.mesh
    dim = mesh.dim
    local = np.array(quadrature(dim - 1))
    barycentric = np.column_stack([1.0 - local.sum(axis=1), local])  # (nq, dim) on the facet
    vertices = mesh.cells[cells]
    inverse, _ = jacobians(mesh.points, vertices)
    place = (vertices[:, None, :] == facets[:, :, None]).argmax(
        axis=2
    )  # position of the facet's vertices among the cell's
    opposite = dim * (dim + 1) // 2 - place.sum(axis=1)
    normals, areas = _normals(mesh, facets, vertices[np.arange(len(cells)), opposite])
    normals = times(coefficient, normals)
    rows = np.empty((len(facets), len(barycentric), space.cell_dofs.shape[1]))
    for kept in permutations(range(dim + 1), dim):
        here = np.flatnonzero((place == kept).all(axis=1))
        weights = np.zeros((len(barycentric), dim + 1))
        weights[:, kept] = barycentric
        reference = shape_gradients(dim, space.order, tuple(tuple(map(float, row[1:])) for row in weights))
        rows[here] = np.einsum("qak,nkd,nd->nqa", reference, inverse[here], normals[here], optimize=True)
    return FluxRows(
        rows=rows, dofs=space.cell_dofs[cells], normals=normals, weights=areas / len(barycentric), facets=facets
    )


def _normals(mesh: Mesh, facets: Ints, inner: Ints) -> tuple[Floats, Floats]:
    corners = mesh.points[facets]
    if mesh.dim == 2:
        along = corners[:, 1] - corners[:, 0]
        normal = np.column_stack([along[:, 1], -along[:, 0]])
        factor = 1.0
    else:
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        factor = 0.5
    length = np.linalg.norm(normal, axis=1)
    outward = corners[:, 0] - mesh.points[inner]
    sign = np.sign(np.einsum("nd,nd->n", normal, outward))
    return normal * (sign / length)[:, None], factor * length


def facet_powers(mesh: Mesh, coefficient: Floats, cells: Ints, held: Ints) -> Floats:
    """Return the smallest exponent of the flux, as a power of the distance r, at the sides of each facet, (nfacets,).

    coefficient: (ncells,) or (ncells, dim, dim) of all cells, a tensor of which changes angles as it stretches cells;
    cells: (n,) around the facets; held: facets (nfacets, dim) with prescribed potential. In a wedge of cells with the
    angle w (degrees) the potential behaves as r^(90/w) if it is prescribed on one face and the other is insulated, and
    as r^(180/w) if it is prescribed on both. The exponent of the flux is lower by 1: the flux is unbounded above 90
    degrees at a rim and above 180 degrees inside. Sides are edges in 3D, vertices in 2D.
    """
    ridge, angle = _opening_angles(mesh, coefficient, cells)
    sides = held if mesh.dim == 2 else np.sort(held[:, [[0, 1], [1, 2], [0, 2]]], axis=2).reshape(-1, 2)
    keys = sides.ravel() if mesh.dim == 2 else sides[:, 0] * len(mesh.points) + sides[:, 1]
    held_keys, own, count = np.unique(keys, return_inverse=True, return_counts=True)
    where = np.searchsorted(ridge, held_keys)
    opening = angle[np.minimum(where, len(ridge) - 1)]
    power = np.where(count == 1, 90.0, 180.0) / opening - 1.0
    return np.asarray(power[own].reshape(len(held), -1).min(axis=1))


def _opening_angles(mesh: Mesh, coefficient: Floats, cells: Ints) -> tuple[Ints, Floats]:
    """Return the sum of the angles of cells at each vertex (2D) or edge (3D): sorted keys, and degrees."""
    vertices = mesh.cells[cells]
    corners = stretched(mesh.points, vertices, coefficient[cells]).corners.swapaxes(0, 1)
    keys, angles = [], []
    if mesh.dim == 2:
        for k in range(3):
            a, b, c = (corners[(k + s) % 3] for s in range(3))
            keys.append(vertices[:, k])
            angles.append(_angle(b - a, c - a))
    else:
        for i, j, k, m in ((0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2), (1, 2, 0, 3), (1, 3, 0, 2), (2, 3, 0, 1)):
            a, b, c, d = (corners[s] for s in (i, j, k, m))
            axis = (b - a) / np.linalg.norm(b - a, axis=1)[:, None]
            pair = np.sort(vertices[:, [i, j]], axis=1)
            keys.append(pair[:, 0] * len(mesh.points) + pair[:, 1])
            angles.append(_angle(_across(c - a, axis), _across(d - a, axis)))
    ridges, slot = np.unique(np.concatenate(keys), return_inverse=True)
    return ridges, np.degrees(np.bincount(slot, weights=np.concatenate(angles)))


def _across(vectors: Floats, axis: Floats) -> Floats:
    return vectors - np.einsum("nd,nd->n", vectors, axis)[:, None] * axis


def _angle(a: Floats, b: Floats) -> Floats:
    cosine = np.einsum("nd,nd->n", a, b) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)))
