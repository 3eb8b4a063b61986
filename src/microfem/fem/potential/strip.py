"""The energy of a potential between two planes x = const, which need not follow edges of the mesh."""

from __future__ import annotations

import numpy as np

from microfem.fem.error_estimates.clip import cut_off, whole
from microfem.fem.space import Floats, Space, gradients, quadrature
from microfem.fem.tensors import conducts, times


def share_between(space: Space, coefficient: Floats, values: Floats, x0: float, x1: float) -> float:
    """Return the share of the energy, integral c |grad u|2, between the planes at x0 and x1 (um).

    coefficient: (ncells,) or (ncells, dim, dim) c, 0 where u has no values; values: (ndofs,) of u. The gradient is
    linear in each cell, so that its square is integrated exactly, also over the parts of cells that the planes cut.
    """
    mesh, k = space.mesh, space.mesh.dim
    at = np.array(quadrature(k))
    corners = np.linalg.inv(np.column_stack([1.0 - at.sum(axis=1), at]))  # values at corners from those at the points
    slopes = np.einsum("aq,cqi->cai", corners, gradients(space, np.nan_to_num(values)))
    slopes[~conducts(coefficient)] = 0.0
    parts, x = whole(len(mesh.cells), k), mesh.points[mesh.cells, 0]
    energy = _energies(slopes, coefficient) * mesh.volumes
    for sign, plane in ((1.0, x0), (-1.0, x1)):
        away = np.einsum("nab,nb->na", parts.corners, sign * (x[parts.parent] - plane))
        parts, _ = cut_off(parts, away)
    inside = np.einsum("nab,nbi->nai", parts.corners, slopes[parts.parent])
    within = _energies(inside, coefficient[parts.parent]) * mesh.volumes[parts.parent] * parts.share
    return float(within.sum() / energy.sum())


def _energies(slopes: Floats, coefficient: Floats) -> Floats:
    """Return the means of c |g|2 over simplices, from a linear g (n, k + 1, dim) at their corners, (n,)."""
    corners = slopes.shape[1]
    every = np.concatenate([slopes, slopes.sum(axis=1, keepdims=True)], axis=1)
    return np.asarray(np.einsum("nai,nai->n", every, times(coefficient, every)) / (corners * (corners + 1)))
