"""Stiffness matrices of affine simplices by one matrix product: geometry (ncells, k2) @ reference (k2, nloc2).

The element matrix of  integral c_ikjl d_k u_i d_l v_j  is, with gradients taken to the reference simplex,
sum_ab H_ij,ab R_ab where R_ab = mean of d_a phi x d_b phi is the same for all cells and H holds geometry and
material. The same lines serve cells and sheets (simplices of lower dimension embedded in space).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import scipy.sparse as sp

from microfem.fem.pattern import Slots, find_slots
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients


@cache
def reference_products(dim: int, order: int) -> Floats:
    """Return R (dim x dim, nloc x nloc): the mean over the reference simplex of d_a phi_m d_b phi_n."""
    d = shape_gradients(dim, order, quadrature(dim))
    count = d.shape[1]
    mean = np.einsum("qma,qnb->abmn", d, d) / len(d)
    return np.ascontiguousarray(mean.reshape(dim * dim, count * count))


@dataclass(frozen=True)
class Pattern:
    """The sparsity of all products of local functions, kept so that new values cost one pass.

    dofs: (n, nloc) degrees of freedom of each simplex.
    """

    dofs: Ints
    ndofs: int

    @cached_property
    def _slots(self) -> Slots:
        return find_slots(self.dofs, self.ndofs)

    def matrix(self, values: Floats) -> sp.csr_matrix:
        """Sum element matrices (n, nloc x nloc) into a sparse matrix (ndofs, ndofs)."""
        slot, pointer, columns = self._slots
        data = np.bincount(slot, weights=values.ravel(), minlength=len(columns))
        return sp.csr_matrix((data, columns, pointer), shape=(self.ndofs, self.ndofs))

    def block_matrix(self, values: Floats) -> sp.csr_matrix:
        """Sum element matrices (c, c, n, nloc x nloc) into a matrix of c x c blocks, unknown c x dof + i."""
        slot, pointer, columns = self._slots
        count = len(values)
        data = np.empty((len(columns), count, count))
        for i in range(count):
            for j in range(count):
                data[:, i, j] = np.bincount(slot, weights=values[i, j].ravel(), minlength=len(columns))
        size = count * self.ndofs
        return sp.bsr_matrix((data, columns, pointer), shape=(size, size)).tocsr()


def scalar_stiffness(space: Space, simplices: Ints, coefficient: Floats) -> sp.csr_matrix:
    """Assemble integral c grad u . grad v over simplices (n, k + 1) with one coefficient each (n,)."""
    inverse, measure = jacobians(space.mesh.points, simplices)
    dim = inverse.shape[1]
    h = np.einsum("nad,nbd,n->nab", inverse, inverse, measure * coefficient).reshape(-1, dim * dim)
    return Pattern(space.dofs(simplices), space.ndofs).matrix(h @ reference_products(dim, space.order))


def vector_stiffness(space: Space, simplices: Ints, moduli: Floats) -> sp.csr_matrix:
    """Assemble integral c_ikjl d_k u_i d_l v_j over simplices (n, k + 1), moduli (n, dim, dim, dim, dim).

    Unknowns are numbered dim x dof + component.
    """
    inverse, measure = jacobians(space.mesh.points, simplices)
    k, dim = inverse.shape[1:]
    reference = reference_products(k, space.order)
    values = np.empty((dim, dim, len(simplices), reference.shape[1]))
    for i in range(dim):
        for j in range(dim):
            h = np.einsum("nak,nkl,nbl,n->nab", inverse, moduli[:, i, :, j], inverse, measure, optimize=True)
            values[i, j] = h.reshape(-1, k * k) @ reference
    return Pattern(space.dofs(simplices), space.ndofs).block_matrix(values)
