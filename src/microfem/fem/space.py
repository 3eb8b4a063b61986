"""P1 and P2 elements on simplices of dimension 1 to 3, numbered as in scikit-fem."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import skfem
from numpy.typing import NDArray
from skfem.quadrature import get_quadrature
from skfem.refdom import RefLine, RefTet, RefTri

from microfem.fem.compiled import HAS_NUMBA, compiled
from microfem.fem.edges import Edges, find_edges
from microfem.mesh import Mesh

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_ELEMENTS = {
    (1, 1): skfem.ElementLineP1,
    (1, 2): skfem.ElementLineP2,
    (2, 1): skfem.ElementTriP1,
    (2, 2): skfem.ElementTriP2,
    (3, 1): skfem.ElementTetP1,
    (3, 2): skfem.ElementTetP2,
}


@dataclass(frozen=True)
class Space:
    """Scalar P1 or P2 functions on a mesh: degrees of freedom at vertices, then for P2 at edge midpoints."""

    mesh: Mesh
    order: int

    @cached_property
    def skfem_mesh(self) -> Any:
        """The mesh as scikit-fem's type."""
        return self.mesh.skfem()

    @cached_property
    def _edges(self) -> Edges:
        mesh = self.mesh  # a film that a contact parts from all cells has edges of its own
        films = [np.column_stack([facets, facets[:, -1:]]) for facets in mesh.sheets.values()]
        return find_edges(np.vstack([mesh.cells, *films]), len(mesh.points))

    @property
    def edges(self) -> Ints:
        """Vertex pairs (nedges, 2), each ascending, in the order of scikit-fem."""
        return self._edges.pairs

    @property
    def ndofs(self) -> int:
        """Number of degrees of freedom."""
        return len(self.mesh.points) + (len(self.edges) if self.order == 2 else 0)

    def dofs(self, simplices: Ints) -> Ints:
        """Return the degrees of freedom (n, nloc) of simplices with vertices (n, k + 1), k = 1, 2, 3."""
        if self.order == 1:
            return simplices
        return np.hstack([simplices, len(self.mesh.points) + self._edges.of(simplices)])

    @cached_property
    def cell_dofs(self) -> Ints:
        """Degrees of freedom (ncells, nloc) of each cell."""
        return self.dofs(self.mesh.cells)

    @cached_property
    def locations(self) -> Floats:
        """Position of each degree of freedom, (ndofs, dim), um."""
        points = self.mesh.points
        if self.order == 1:
            return points
        return np.vstack([points, 0.5 * (points[self.edges[:, 0]] + points[self.edges[:, 1]])])

    def basis(self, intorder: int | None = None) -> Any:
        """Return the basis of scikit-fem, with the same numbering, for forms where speed does not matter."""
        return skfem.Basis(self.skfem_mesh, element(self.mesh.dim, self.order), intorder=intorder)


def element(dim: int, order: int) -> Any:
    """Return scikit-fem's Lagrange element on the simplex of a dimension."""
    return _ELEMENTS[dim, order]()


@cache
def shape_gradients(dim: int, order: int, points: tuple[tuple[float, ...], ...]) -> Floats:
    """Return gradients (npoints, nloc, dim) of shape functions at points (npoints, dim) of the reference simplex."""
    at = np.array(points).T
    reference = element(dim, order)
    count = len(reference.doflocs)
    gradients = [np.broadcast_to(np.asarray(reference.lbasis(at, i)[1], dtype=float), at.shape) for i in range(count)]
    return np.stack(gradients).transpose(2, 0, 1)


@cache
def shape_values(dim: int, order: int, points: tuple[tuple[float, ...], ...]) -> Floats:
    """Return values (npoints, nloc) of shape functions at points (npoints, dim) of the reference simplex."""
    at = np.array(points).T
    reference = element(dim, order)
    count = len(reference.doflocs)
    values = [np.broadcast_to(np.asarray(reference.lbasis(at, i)[0], dtype=float), at.shape[1:]) for i in range(count)]
    return np.stack(values).T


@dataclass(frozen=True)
class QuadratureRule:
    """A quadrature on a simplex of dimension k: barycentric points (nq, k + 1), and weights (nq,) of sum 1."""

    points: Floats
    weights: Floats


@cache
def simplex_rule(k: int, degree: int) -> QuadratureRule:
    """Return scikit-fem's quadrature of a degree on the simplex of dimension k."""
    points, weights = get_quadrature((RefLine, RefTri, RefTet)[k - 1], degree)
    return QuadratureRule(np.vstack([1.0 - points.sum(axis=0), points]).T, weights / weights.sum())


@cache
def quadrature(dim: int) -> tuple[tuple[float, ...], ...]:
    """Return the dim + 1 points of the degree-2 rule with equal weights on the simplex (Hammer and Stroud, 1956)."""
    far = {1: 0.5 + 0.5 / 3.0**0.5, 2: 2.0 / 3.0, 3: 0.25 + 0.75 / 5.0**0.5}[dim]
    near = (1.0 - far) / dim
    rows = np.full((dim + 1, dim + 1), near) + (far - near) * np.eye(dim + 1)
    return tuple(tuple(float(x) for x in row[1:]) for row in rows)


def jacobians(points: Floats, simplices: Ints) -> tuple[Floats, Floats]:
    """Return pseudo-inverse Jacobians (n, k, dim) and measures (n,) of simplices, also of embedded ones.

    For x = x0 + J X, grad u = (J^+)^T grad_X u is the gradient along the simplex.
    """
    if simplices.shape[1] == 4 and HAS_NUMBA:
        inverse, measure = _invert_tets(points, np.ascontiguousarray(simplices))
        return np.asarray(inverse), np.asarray(measure)
    corners = points[simplices]
    sides = corners[:, 1:] - corners[:, :1]  # (n, k, dim), the Jacobian's columns
    k, dim = sides.shape[1:]
    if k == dim:
        det = np.abs(np.linalg.det(sides))
        return np.asarray(np.linalg.inv(sides.swapaxes(1, 2))), det / (2.0 if k == 2 else 6.0)
    gram = sides @ sides.swapaxes(1, 2)
    return np.asarray(np.linalg.solve(gram, sides)), np.sqrt(np.linalg.det(gram)) / (1.0, 1.0, 2.0)[k]


def linear_gradients(points: Floats, simplices: Ints) -> tuple[Floats, Floats]:
    """Return the gradients (n, k + 1, dim) of the linear shape functions of simplices (n, k + 1), and measures (n,)."""
    inverse, measure = jacobians(points, simplices)
    k = simplices.shape[1] - 1
    reference = np.vstack([-np.ones((1, k)), np.eye(k)])
    return np.einsum("ak,nkd->nad", reference, inverse), measure


def shared_out(measures: Floats, nodes: Ints, count: int) -> Floats:
    """Return the share (count,) of each node in measures (n,) of simplices with nodes (n, nloc): vertex quadrature."""
    return np.asarray(
        np.bincount(nodes.ravel(), np.repeat(measures / nodes.shape[1], nodes.shape[1]), count), dtype=float
    )


@compiled
def _invert_tets(points: Any, simplices: Any) -> Any:
    """Return the same for tetrahedra, by cross products: ten times as fast as LAPACK on small matrices."""
    inverse, measure = np.empty((len(simplices), 3, 3)), np.empty(len(simplices))
    sides = np.empty((3, 3))
    for e in range(len(simplices)):
        for a in range(3):
            for d in range(3):
                sides[a, d] = points[simplices[e, a + 1], d] - points[simplices[e, 0], d]
        for a in range(3):
            s, t = sides[(a + 1) % 3], sides[(a + 2) % 3]
            for d in range(3):
                i, j = (d + 1) % 3, (d + 2) % 3
                inverse[e, a, d] = s[i] * t[j] - s[j] * t[i]
        det = sides[0, 0] * inverse[e, 0, 0] + sides[0, 1] * inverse[e, 0, 1] + sides[0, 2] * inverse[e, 0, 2]
        inverse[e] /= det
        measure[e] = abs(det) / 6.0
    return inverse, measure


def gradients(space: Space, values: Floats, simplices: Ints | None = None) -> Floats:
    """Return gradients at the quadrature points of simplices: (n, nq, dim), or (n, nq, ncomp, dim) for vectors.

    values: (ndofs,) or (ndofs, ncomp); simplices: (n, k + 1) vertices of cells or facets, None for all cells.
    """
    vertices = space.mesh.cells if simplices is None else simplices
    k = vertices.shape[1] - 1
    inverse, _ = jacobians(space.mesh.points, vertices)
    local = values[space.cell_dofs if simplices is None else space.dofs(simplices)]
    along = np.einsum("qak,na...->nq...k", shape_gradients(k, space.order, quadrature(k)), local)
    return np.einsum("nq...k,nkd->nq...d", along, inverse)
