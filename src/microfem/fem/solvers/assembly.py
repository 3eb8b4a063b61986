"""Stiffness of affine simplices, factorised into geometry with material (n, k2) and reference products (k2, nloc2).

The element matrix of  integral c_ikjl d_k u_i d_l v_j  is, with gradients on the reference simplex,
sum_ab H_ij,ab R_ab, where R_ab, the mean of d_a phi x d_b phi, is the same for all simplices of a kind and H holds
geometry and material. This holds for cells and for sheets, simplices of lower dimension embedded in space.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from microfem.fem.compiled import HAS_NUMBA, compiled
from microfem.fem.space import (
    Floats,
    Ints,
    Space,
    jacobians,
    quadrature,
    shape_gradients,
    shape_values,
    simplex_rule,
)
from microfem.fem.tensors import stretched

CHUNK = 50_000  # simplices that are processed at once, to limit memory


@dataclass(frozen=True)
class StiffnessPart:
    """Simplices of one kind: dofs (n, nloc), H (n, c, c, k, k), and the order of their shape functions.

    across: 0, or the dimension of pairs of facets: dofs of the near facets, then of the far ones, and in place of a
    gradient the jump of u from near to far, of one component.
    """

    dofs: Ints
    h: Floats
    order: int
    across: int = 0

    @property
    def shapes(self) -> Floats:
        """Reference gradients, or jumps, (nq, nloc, k) at the quadrature points: one point where they are constant."""
        k = self.h.shape[-1]
        if self.across:
            return jumps(self.across, self.order)
        return shape_gradients(k, self.order, quadrature(k)[: 1 if self.order == 1 else None])

    @property
    def products(self) -> Floats:
        """The means R (nloc, nloc, k x k) of products of gradients, or of jumps."""
        return squared(self.across, self.order) if self.across else reference_products(self.h.shape[-1], self.order)

    def lowered(self) -> StiffnessPart:
        """Return the same part with P1 functions."""
        sides = np.split(self.dofs, 2, axis=1) if self.across else [self.dofs]
        kept = (self.across or self.h.shape[-1]) + 1
        return replace(self, dofs=np.hstack([side[:, :kept] for side in sides]), order=1)


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
                _apply(part.dofs, part.h, part.shapes, u.reshape(shape), result.reshape(shape), energy)
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
                yield replace(part, dofs=part.dofs[piece], h=part.h[piece])


def _gradients(part: StiffnessPart, u: Floats) -> Floats:
    """Return reference gradients at the quadrature points, (nloads, n, nq, c x k).

    Gradients are formed from differences to the first node, so that metal at a constant potential adds no round-off
    to the small fluxes around it.
    """
    n, c, _, k, _ = part.h.shape
    d = part.shapes
    local = u.reshape(len(u), -1, c)[:, part.dofs]
    local -= local[:, :, :1].copy()
    gradient = local.swapaxes(2, 3).reshape(-1, d.shape[1]) @ d.transpose(1, 0, 2).reshape(d.shape[1], -1)
    return gradient.reshape(len(u), n, c, len(d), k).swapaxes(2, 3).reshape(len(u), n, len(d), c * k)


def _laws(part: StiffnessPart) -> Floats:
    """Return the matrices from gradients to fluxes times the weight of a quadrature point, (n, c x k, c x k)."""
    n, c, _, k, _ = part.h.shape
    return part.h.swapaxes(2, 3).reshape(n, c * k, c * k) / len(part.shapes)


def _forces(part: StiffnessPart, flux: Floats) -> Floats:
    """Return the nodal forces (n, c, nloc) of fluxes (n, nq, c x k)."""
    n, c, _, k, _ = part.h.shape
    d = part.shapes
    along = flux.reshape(n, len(d), c, k).swapaxes(1, 2).reshape(n * c, -1)
    return (along @ d.swapaxes(1, 2).reshape(-1, d.shape[1])).reshape(n, c, -1)


@cache
def reference_products(dim: int, order: int) -> Floats:
    """Return R (nloc, nloc, dim x dim): the mean over the reference simplex of d_a phi_m d_b phi_n."""
    d = shape_gradients(dim, order, quadrature(dim))
    count = d.shape[1]
    mean = np.einsum("qma,qnb->mnab", d, d) / len(d)
    return np.ascontiguousarray(mean.reshape(count, count, dim * dim))


@cache
def jumps(dim: int, order: int) -> Floats:
    """Return the jumps (nq, 2 nloc, 1) of shape functions of pairs of facets at points of equal weight.

    The rule is exact for the square of a jump; the roots of its weights are part of the jumps.
    """
    rule = simplex_rule(dim, 2 * order)
    values = shape_values(dim, order, tuple(tuple(map(float, point[1:])) for point in rule.points))
    values = values * np.sqrt(rule.weights * len(rule.weights))[:, None]
    return np.ascontiguousarray(np.hstack([-values, values])[..., None])


@cache
def squared(dim: int, order: int) -> Floats:
    """Return the means (2 nloc, 2 nloc, 1) of products of jumps of pairs of facets."""
    d = jumps(dim, order)[..., 0]
    return np.ascontiguousarray((d.T @ d / len(d))[..., None])


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


def jump_stiffness(space: Space, near: Ints, far: Ints, coefficient: Floats) -> Stiffness:
    """Return the form integral c [u] [v] over pairs of facets (n, dim) in one place, c (n,), [u] = u far - u near."""
    measure = jacobians(space.mesh.points, near)[1]
    dofs = np.hstack([space.dofs(near), space.dofs(far)])
    h = (coefficient * measure)[:, None, None, None, None]
    return Stiffness(space, (StiffnessPart(dofs, h, space.order, across=near.shape[1] - 1),))


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
