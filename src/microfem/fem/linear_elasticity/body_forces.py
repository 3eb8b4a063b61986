"""Right-hand sides of vector problems: tractions on facets and eigenstresses.

Unknowns are numbered dim x dof + component, as in microfem.fem.solvers.assembly.
"""

from __future__ import annotations

import numpy as np

from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients, shape_values
from microfem.mesh import Mesh


def traction_load(space: Space, facets: Ints, traction: Floats) -> Floats:
    """Return the integral of t . v over facets (n, dim), with t (n, dim) in MPa constant on each; uN (2D: uN/um)."""
    k = facets.shape[1] - 1
    mean = shape_values(k, space.order, quadrature(k)).mean(axis=0)
    measure = jacobians(space.mesh.points, facets)[1]
    return _scatter(space, facets, np.einsum("a,n,ni->nai", mean, measure, traction))


def stress_load(space: Space, simplices: Ints, stress: Floats) -> Floats:
    """Return the integral of s_ij d_j v_i over cells or facets, with s (n, dim, dim) constant on each.

    For s = c : e* it is the load of an eigenstrain e*. MPa in cells, MPa um on facets.
    """
    k = simplices.shape[1] - 1
    mean = shape_gradients(k, space.order, quadrature(k)).mean(axis=0)
    inverse, measure = jacobians(space.mesh.points, simplices)
    return _scatter(space, simplices, np.einsum("ak,nkj,nij,n->nai", mean, inverse, stress, measure, optimize=True))


def outward_normals(mesh: Mesh, facets: Ints, cells: Ints) -> Floats:
    """Return unit normals (n, dim) of facets, outward of the cell (n,) beside each."""
    corners = mesh.points[facets]
    edges = corners[:, 1:] - corners[:, :1]
    turned = edges[:, 0, ::-1] * np.array([1.0, -1.0]) if mesh.dim == 2 else None
    normal = np.cross(edges[:, 0], edges[:, 1]) if turned is None else turned
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    inward = mesh.points[mesh.cells[cells]].mean(axis=1) - corners.mean(axis=1)
    return np.where((normal * inward).sum(axis=1)[:, None] > 0.0, -normal, normal)


def _scatter(space: Space, simplices: Ints, local: Floats) -> Floats:
    """Assemble element vectors (n, nloc, dim) into a vector (dim x ndofs,)."""
    dim = local.shape[2]
    unknowns = dim * space.dofs(simplices)[:, :, None] + np.arange(dim)
    return np.asarray(np.bincount(unknowns.ravel(), weights=local.ravel(), minlength=dim * space.ndofs), dtype=float)
