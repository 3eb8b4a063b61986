"""A potential at a point, and its mean over a small ball: a smooth quantity that errs as the point does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.fem.error_estimates.dual_solution import scatter
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_values
from microfem.mesh import Mesh

ON_SIDE = 1e-9  # barycentric coordinate beyond a side that still is within a cell


@dataclass(frozen=True)
class LocatedPoint:
    """A point of the flat layout in a mesh.

    cells: (n,) that contain it, several on a side between them; barycentric: (n, dim + 1) its coordinates there.
    """

    cells: Ints
    barycentric: Floats

    def values(self, space: Space, potential: Floats) -> Floats:
        """Return a potential (ndofs,) at the point, as seen from each of its cells, (n,)."""
        shapes = [shape_values(space.mesh.dim, space.order, (tuple(row[1:].tolist()),))[0] for row in self.barycentric]
        return np.array([one @ potential[dofs] for one, dofs in zip(shapes, space.cell_dofs[self.cells], strict=True)])


def find_point(mesh: Mesh, place: Floats) -> LocatedPoint:
    """Return a point (dim,) of the flat layout, um, in the cells of a mesh; no cells where it lies outside."""
    corners = mesh.flat[mesh.cells]
    slack = ON_SIDE * np.ptp(mesh.flat, axis=0)
    near = ((corners.min(axis=1) <= place + slack) & (corners.max(axis=1) >= place - slack)).all(axis=1)
    cells = np.flatnonzero(near)
    inverse, _ = jacobians(mesh.flat, mesh.cells[cells])
    local = np.einsum("nkd,nd->nk", inverse, place - corners[cells, 0])
    barycentric = np.column_stack([1.0 - local.sum(axis=1), local])
    inside = barycentric.min(axis=1) >= -ON_SIDE
    return LocatedPoint(cells[inside], barycentric[inside])


def ball_load(space: Space, cell: int, barycentric: Floats, known: Ints) -> Floats:
    """Return the load vector (ndofs, 1) of the mean over a ball around a point, among cells with a known potential.

    cell, barycentric: of the point; known: (n,) cells. The radius is the longest edge of the point's cell.
    """
    mesh = space.mesh
    rule = np.array(quadrature(mesh.dim))
    weights = np.column_stack([1.0 - rule.sum(axis=1), rule])
    centre, around = barycentric @ mesh.points[mesh.cells[cell]], mesh.points[mesh.cells[known]]
    points = np.einsum("qv,nvd->nqd", weights, around)
    within = np.linalg.norm(points - centre, axis=2) <= longest_edge(mesh, cell)
    within[known == cell] = True
    share = within * (mesh.volumes[known] * mesh.out_of_plane_stretch[known])[:, None]
    local = np.einsum("nq,qa->na", share / share.sum(), shape_values(mesh.dim, space.order, quadrature(mesh.dim)))
    return scatter(space, space.cell_dofs[known], local[..., None])


def longest_edge(mesh: Mesh, cell: int) -> float:
    """Return the longest edge of a cell, um."""
    corners = mesh.points[mesh.cells[cell]]
    return float(np.linalg.norm(corners[:, None] - corners[None], axis=2).max())
