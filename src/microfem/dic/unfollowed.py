"""What a pattern adds to a displacement where a subset cannot follow: its own weights of the rest of the fit.

Beside kinks the shape functions leave r = F^-1 (phi - W), see `subsets`. A matcher weighs it by grad f grad f^T, whose
mean over patterns is s^2, and whose scatter in a subset of n pixels moves the fit, with W the gradient of its warp, by

    du = grad W / n sum w r,  w = grad f grad f^T / s^2 - 1.

Slopes of a Gaussian pattern have E[w_jk w_lm] = d_jl d_km + d_jm d_kl, and are alike over an area a = 1.5 pi s2, so

    cov(du_p, du_q) = a / (n_p n_q) sum of (F_p . F_q) (r_p . r_q) + (F_p . r_q) (F_q . r_p)

for each component, F its row of the gradient, over the pixels that two subsets share.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.dic.gauge import pairs_within
from microfem.dic.records import Floats
from microfem.dic.subsets import Fits, Motion
from microfem.dic.warps import shape_terms
from microfem.fem.compiled import compiled

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Ints = NDArray[np.int64]

ALIKE = 1.5 * np.pi  # of s2: integral of the squared correlation of slopes
LEAST = 1e-3  # px: rest of a fit that moves nothing


def scatter(motion: Motion, fits: Fits, weights: Sequence[csr_array]) -> tuple[Floats, Floats]:
    """Return standard deviations of displacements (n, 2), px, and of their gradients (n, 2, 2), by the pattern.

    weights: of displacements in the gradients along each axis, see `gauge_weights`, 1/px.
    """
    every = covariances(motion, fits)
    moved = np.stack([one.diagonal() for one in every], axis=1)
    slopes = np.stack([[(B @ one).multiply(B).sum(axis=1) for B in weights] for one in every])
    return np.sqrt(np.maximum(moved, 0.0)), np.sqrt(np.maximum(np.moveaxis(slopes, 2, 0), 0.0))


def covariances(motion: Motion, fits: Fits) -> tuple[csr_array, csr_array]:
    """Return the covariances (n, n) of displacements along columns, and of those along rows, px2, by the pattern."""
    from scipy.sparse import csr_array

    moving = np.flatnonzero(fits.rest > LEAST)
    first = np.rint(fits.pixels[moving]).astype(np.int64) - fits.radius
    rest = np.zeros((len(moving), 2 * fits.radius + 1, 2 * fits.radius + 1, 2))
    _rest(motion.displacement, motion.weight, fits.pixels[moving], first, fits.warp[moving], rest)
    near, far = pairs_within(fits.pixels[moving], 2.0 * fits.radius + 1.0)
    shared = np.zeros((len(near), 2, 2))
    _products(near, far, first, rest, shared)
    rows, count, whole = np.eye(2) + fits.slopes[moving], fits.count[moving], (len(fits.count), len(fits.count))
    area = ALIKE * motion.spread**2 / (count[near] * count[far])
    found = []
    for axis in range(2):
        a, b = rows[near, axis], rows[far, axis]
        alike = np.einsum("nj,nj->n", a, b) * np.trace(shared, axis1=1, axis2=2)
        crossed = np.einsum("nj,nk,nkj->n", a, b, shared)
        found.append(csr_array((area * (alike + crossed), (moving[near], moving[far])), shape=whole))
    return found[0], found[1]


@compiled
def _rest(displacement: Floats, weight: Floats, pixels: Floats, first: Ints, warp: Floats, rest: Floats) -> None:
    """Fill in r (n, side, side, 2) of subsets, 0 off the device; first: column and row of their first pixels."""
    rows, columns = displacement.shape[:2]
    side, terms = rest.shape[1], warp.shape[2]
    base, radius = np.empty(terms), 0.5 * (side - 1)
    for k in range(len(rest)):
        for y in range(side):
            for x in range(side):
                i, j = first[k, 0] + x, first[k, 1] + y
                if not (0 <= i < columns and 0 <= j < rows) or np.isnan(displacement[j, i, 0]):
                    continue
                shape_terms((i - pixels[k, 0]) / radius, (j - pixels[k, 1]) / radius, base)
                for axis in range(2):
                    left = displacement[j, i, axis]
                    for a in range(terms):
                        left -= warp[k, axis, a] * base[a]
                    rest[k, y, x, 0] += weight[j, i, 0, axis] * left
                    rest[k, y, x, 1] += weight[j, i, 1, axis] * left


@compiled
def _products(near: Ints, far: Ints, first: Ints, rest: Floats, shared: Floats) -> None:
    """Fill in sums of r_p r_q^T (pairs, 2, 2) over the pixels that two subsets share."""
    side = rest.shape[1]
    for pair in range(len(near)):
        p, q = near[pair], far[pair]
        dx, dy = first[q, 0] - first[p, 0], first[q, 1] - first[p, 1]
        for y in range(max(dy, 0), min(side, side + dy)):
            for x in range(max(dx, 0), min(side, side + dx)):
                for j in range(2):
                    for k in range(2):
                        shared[pair, j, k] += rest[p, y, x, j] * rest[q, y - dy, x - dx, k]
