"""Stiffness of affine simplices, factorised into geometry with material (n, k2) and reference products (k2, nloc2).

The element matrix of  integral c_ikjl d_k u_i d_l v_j  is, with gradients on the reference simplex,
sum_ab H_ij,ab R_ab, where R_ab, the mean of d_a phi x d_b phi, is the same for all simplices of a kind and H holds
geometry and material. This holds for cells and for sheets, simplices of lower dimension embedded in space.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from microfem.fem.compiled import HAS_NUMBA, compiled
from microfem.fem.space import Floats, Ints, Space, jacobians, quadrature, shape_gradients
from microfem.fem.tensors import stretched

CHUNK = 50_000  # simplices that are processed at once, to limit memory


@dataclass(frozen=True)
class StiffnessPart:
    """Simplices of one kind: dofs (n, nloc), H (n, c, c, k, k), and the order of their shape functions."""

    dofs: Ints
    h: Floats
    order: int


@dataclass(frozen=True)
class Stiffness:
    """A symmetric form, stored by simplices; unknowns are numbered components x dof + component.

    Forms on the same space can be added. `apply` needs no matrix; fem/solvers/upper.py assembles the one to solve with.
    """

    space: Space
    parts: tuple[StiffnessPart, ...]

    def __add__(self, other: Stiffness) -> Stiffness:
        """Return the sum of two forms on the same space."""
        return replace(self, parts=self.parts + other.parts)

    @property
    def components(self) -> int:
        """Unknowns per degree of freedom."""
        return self.parts[0].h.shape[1]

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return self.components * self.space.ndofs

    @property
    def dofs(self) -> Ints:
        """Degrees of freedom of all simplices, with repetitions."""
        return np.concatenate([part.dofs.ravel() for part in self.parts])

    def apply(self, u: Floats) -> tuple[Floats, Floats]:
        """Return A u and a(u, u) for each row of u (nloads, size), without a matrix and its round-off."""
        result, energy = np.zeros(u.shape), np.zeros(len(u))
        if HAS_NUMBA:
            shape = (len(u), self.space.ndofs, self.components)
            for part in self.parts:
                _apply(part.dofs, part.h, _shapes(part), u.reshape(shape), result.reshape(shape), energy)
            return result, energy
        for part in self._pieces():
            laws = _laws(part)
            for load, gradient in enumerate(_gradients(part, u)):
                flux = gradient @ laws
                energy[load] += np.vdot(gradient, flux)
                forces = _forces(part, flux)
                total = result[load].reshape(-1, self.components)
                for i in range(self.components):
                    weights = forces[:, i].ravel()
                    total[:, i] += np.bincount(part.dofs.ravel(), weights=weights, minlength=len(total))
        return result, energy

    def products(self, u: Floats) -> Floats:
        """Return a(u_i, u_j) (nloads, nloads); the diagonal is twice the energies."""
        total = np.zeros((len(u), len(u)))
        for part in self._pieces():
            gradient = _gradients(part, u)
            flux = gradient @ _laws(part)
            total += gradient.reshape(len(u), -1) @ flux.reshape(len(u), -1).T
        return 0.5 * (total + total.T)

    def _pieces(self) -> Iterator[StiffnessPart]:
        """Yield the parts in pieces of at most CHUNK simplices."""
        for part in self.parts:
            for start in range(0, len(part.dofs), CHUNK):
                piece = slice(start, start + CHUNK)
                yield StiffnessPart(part.dofs[piece], part.h[piece], part.order)


def _gradients(part: StiffnessPart, u: Floats) -> Floats:
    """Return reference gradients at the quadrature points, (nloads, n, nq, c x k).

    Gradients are formed from differences to the first node, so that metal at a constant potential adds no round-off
    to the small fluxes around it.
    """
    n, c, _, k, _ = part.h.shape
    d = _shapes(part)
    local = u.reshape(len(u), -1, c)[:, part.dofs]
    local -= local[:, :, :1].copy()
    gradient = local.swapaxes(2, 3).reshape(-1, d.shape[1]) @ d.transpose(1, 0, 2).reshape(d.shape[1], -1)
    return gradient.reshape(len(u), n, c, len(d), k).swapaxes(2, 3).reshape(len(u), n, len(d), c * k)


def _laws(part: StiffnessPart) -> Floats:
    """Return the matrices from gradients to fluxes times the weight of a quadrature point, (n, c x k, c x k)."""
    n, c, _, k, _ = part.h.shape
    return part.h.swapaxes(2, 3).reshape(n, c * k, c * k) / len(_shapes(part))


def _forces(part: StiffnessPart, flux: Floats) -> Floats:
    """Return the nodal forces (n, c, nloc) of fluxes (n, nq, c x k)."""
    n, c, _, k, _ = part.h.shape
    d = _shapes(part)
    along = flux.reshape(n, len(d), c, k).swapaxes(1, 2).reshape(n * c, -1)
    return (along @ d.swapaxes(1, 2).reshape(-1, d.shape[1])).reshape(n, c, -1)


def _shapes(part: StiffnessPart) -> Floats:
    """Return reference gradients (nq, nloc, k) at the quadrature points: one point for P1, where they are constant."""
    k = part.h.shape[-1]
    return shape_gradients(k, part.order, quadrature(k)[: 1 if part.order == 1 else None])


@compiled
def _apply(dofs: Any, h: Any, d: Any, u: Any, result: Any, energy: Any) -> None:
    """Add A u to `result` and a(u, u) to `energy`; differences to the first node as in `_gradients`."""
    points, nloc, k = d.shape
    c = u.shape[2]
    local, forces = np.empty((nloc, c)), np.empty((nloc, c))
    gradient, flux = np.empty((c, k)), np.empty((c, k))
    for e in range(len(dofs)):
        for load in range(len(u)):
            for a in range(nloc):
                for i in range(c):
                    local[a, i] = u[load, dofs[e, a], i] - u[load, dofs[e, 0], i]
            forces[:] = 0.0
            for q in range(points):
                gradient[:], flux[:] = 0.0, 0.0
                for a in range(1, nloc):
                    for i in range(c):
                        for x in range(k):
                            gradient[i, x] += d[q, a, x] * local[a, i]
                for i in range(c):
                    for j in range(c):
                        for x in range(k):
                            for y in range(k):
                                flux[j, y] += gradient[i, x] * h[e, i, j, x, y]
                for i in range(c):
                    for x in range(k):
                        flux[i, x] /= points
                        energy[load] += gradient[i, x] * flux[i, x]
                        for a in range(nloc):
                            forces[a, i] += d[q, a, x] * flux[i, x]
            for a in range(nloc):
                for i in range(c):
                    result[load, dofs[e, a], i] += forces[a, i]


def scalar_stiffness(space: Space, simplices: Ints, coefficient: Floats) -> Stiffness:
    """Return the form integral c grad u . grad v over simplices (n, k + 1), c (n,) or (n, dim, dim)."""
    own = stretched(space.mesh.points, simplices, coefficient)
    inverse, measure = jacobians(own.points, own.simplices)
    h = _metric(inverse, measure * own.coefficient)
    return Stiffness(space, (StiffnessPart(space.dofs(simplices), h[:, None, None], space.order),))


def _metric(inverse: Floats, weight: Floats) -> Floats:
    """Return weight J^+ J^+^T (n, k, k) of each simplex."""
    if HAS_NUMBA:
        return np.asarray(_square(inverse, weight))
    return np.asarray((inverse * weight[:, None, None]) @ inverse.swapaxes(1, 2))


@compiled
def _square(inverse: Any, weight: Any) -> Any:
    """Return the same as _metric, compiled: many times faster than products of small matrices."""
    n, k, dim = inverse.shape
    h = np.empty((n, k, k))
    for e in range(n):
        for a in range(k):
            for b in range(a + 1):
                total = 0.0
                for x in range(dim):
                    total += inverse[e, a, x] * inverse[e, b, x]
                h[e, a, b] = h[e, b, a] = weight[e] * total
    return h


def vector_stiffness(space: Space, simplices: Ints, moduli: Floats) -> Stiffness:
    """Return the form integral c_ikjl d_k u_i d_l v_j over simplices (n, k + 1), moduli c (n, dim, dim, dim, dim).

    Unknowns are numbered dim x dof + component.
    """
    inverse, measure = jacobians(space.mesh.points, simplices)
    left = inverse[:, None, None] * measure[:, None, None, None, None]
    h = left @ moduli.swapaxes(2, 3) @ inverse.swapaxes(1, 2)[:, None, None]
    return Stiffness(space, (StiffnessPart(space.dofs(simplices), h, space.order),))
