"""Tensors as coefficients c of div(c grad u) = 0: a simplex with a tensor is one with a number on stretched sides.

With  c = s (W W^T)^-1  and a W that keeps the measure of the simplex, x -> W^T x turns the energies of gradients and
fluxes q = c grad u into those of the number s:

    integral grad u . c grad u = integral s |W^-1 grad u|^2,   integral q . c^-1 q = integral |W^T q|^2 / s

(L. J. van der Pauw, Philips Res. Rep. 16 (1961) 187). The flux through each side stays the same. So all that is known
of numbers, with bounds and films, is known of tensors. On a film, a simplex of lower dimension, s is the sheet's along
the film without current across it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.fem.space import Floats, Ints, jacobians

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Stretched:
    """Simplices (n, k + 1) of points (m, dim) with a coefficient (n,), the same in effect as others with a tensor.

    root: (n, dim, dim) W of each simplex, None where the coefficient is a number and the simplices are the others.
    """

    points: Floats
    simplices: Ints
    coefficient: Floats
    root: Floats | None

    @property
    def corners(self) -> Floats:
        """Positions of the vertices, (n, k + 1, dim)."""
        return np.asarray(self.points[self.simplices])

    def of_gradients(self, outer: Floats) -> Floats:
        """Return outer products of fluxes (n, dim, dim) as those of gradients before the stretch, of the same trace."""
        if self.root is None:
            return outer
        back = self.root @ outer @ self.root.swapaxes(1, 2)
        old, new = (np.trace(one, axis1=1, axis2=2) for one in (outer, back))
        return np.asarray(back * np.divide(old, new, out=np.zeros_like(old), where=new > 0.0)[:, None, None])


def stretched(points: Floats, simplices: Ints, coefficient: Floats) -> Stretched:
    """Return simplices (n, k + 1) with a coefficient (n,), or (n, dim, dim) positive definite or 0, as of a number."""
    if coefficient.ndim == 1:
        return Stretched(points, simplices, coefficient, None)
    dim, k = points.shape[1], simplices.shape[1] - 1
    there = conducts(coefficient)
    root = np.linalg.cholesky(np.linalg.inv(np.where(there[:, None, None], coefficient, np.eye(dim))))
    corners = points[simplices]
    moved = ((corners - corners[:, :1]) @ root).reshape(-1, dim)
    own = np.arange(len(moved)).reshape(simplices.shape)
    growth = (jacobians(moved, own)[1] / jacobians(points, simplices)[1]) ** (1.0 / k)
    moved /= np.repeat(growth, k + 1)[:, None]
    return Stretched(moved, own, there / growth**2, root / growth[:, None, None])


def conducts(coefficient: Floats) -> Bools:
    """Tell where a coefficient, (n,) or (n, dim, dim) positive definite or 0, is above 0."""
    return np.asarray((coefficient if coefficient.ndim == 1 else coefficient[:, 0, 0]) > 0.0)


def scaled(coefficient: Floats, factor: Floats | float) -> Floats:
    """Return a coefficient, (n,) or (n, dim, dim), times a factor (n,)."""
    factor = np.asarray(factor)
    return coefficient * (factor if coefficient.ndim == 1 else factor[..., None, None])


def times(coefficient: Floats, vectors: Floats) -> Floats:
    """Return c v of vectors (n, ..., dim) with a coefficient (n,) or (n, dim, dim)."""
    if coefficient.ndim == 1:
        return coefficient.reshape(-1, *[1] * (vectors.ndim - 1)) * vectors
    return np.asarray(np.einsum("nij,n...j->n...i", coefficient, vectors))


def as_tensors(coefficient: Floats, dim: int) -> Floats:
    """Return a coefficient, (n,) or (n, dim, dim), as tensors (n, dim, dim)."""
    return coefficient if coefficient.ndim == 3 else coefficient[:, None, None] * np.eye(dim)


def joined(coefficients: Sequence[Floats], dim: int) -> Floats:
    """Return coefficients one after the other: numbers (n,), or tensors (n, dim, dim) if any of them is one."""
    tensors = any(one.ndim == 3 for one in coefficients)
    parts = [as_tensors(one, dim) if tensors else one for one in coefficients]
    return np.concatenate([np.zeros((0, dim, dim) if tensors else 0), *parts])


def modulus(one: Floats, other: Floats, dim: int) -> Floats:
    """Return sqrt(a^2 + b^2) of two coefficients, the size of a + i b."""
    if one.ndim == other.ndim == 1:
        return np.hypot(one, other)
    a, b = as_tensors(one, dim), as_tensors(other, dim)
    size, axes = np.linalg.eigh(a @ a + b @ b)
    return np.asarray((axes * np.sqrt(np.maximum(size, 0.0))[:, None]) @ axes.swapaxes(1, 2))
