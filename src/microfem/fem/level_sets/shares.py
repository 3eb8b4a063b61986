"""The share of a simplex in which a linear function exceeds a level, and its derivatives by the function.

The share above t of a function with corner values v0 <= ... <= vk is the divided difference of (v - t)+^k over them
(H. B. Curry and I. J. Schoenberg, J. Analyse Math. 17 (1966) 71), so the recursion of B-splines holds, all of
whose terms are positive:  F(v0..vk) = ((vk - t) F(v1..vk) + (t - v0) F(v0..vk-1)) / (vk - v0).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq

from microfem.fem.error_estimates.pieces import corner_values, to_corners
from microfem.fem.space import Floats

TINY = 1e-300  # avoids division by zero


def share_above(values: Floats, level: float) -> Floats:
    """Return the share (n,) of each simplex in which a linear function exceeds a level.

    values: (n, k + 1) of the function at the quadrature points.
    """
    return _share(np.sort(corner_values(values), axis=1), level)


def share_slopes(values: Floats, level: float) -> Floats:
    """Return the derivatives (n, k + 1) of the shares by the values at the quadrature points."""
    corners = corner_values(values)
    slopes = np.empty_like(corners)
    for i in range(corners.shape[1]):  # the derivative of a divided difference by v_i has v_i twice
        knots = np.sort(np.column_stack([corners, corners[:, i]]), axis=1)
        rise = _share(knots[:, 1:], level) - _share(knots[:, :-1], level)
        slopes[:, i] = rise / np.maximum(np.ptp(knots, axis=1), TINY)
    return np.asarray(slopes @ to_corners(corners.shape[1] - 1))


def find_level(values: Sequence[Floats], weights: Sequence[Floats], share: float) -> float:
    """Return the level that linear functions exceed in a share of the measure of their simplices.

    values: (n, k + 1) at the quadrature points, in blocks of simplices; weights: (n,) measure of each point.
    """
    measures = [weight * value.shape[1] for value, weight in zip(values, weights, strict=True)]
    target = share * sum(float(measure.sum()) for measure in measures)

    def excess(level: float) -> float:
        return sum(float(m @ share_above(v, level)) for v, m in zip(values, measures, strict=True)) - target

    corners = np.concatenate([corner_values(v).ravel() for v in values])
    low, high = float(corners.min()), float(corners.max())
    return float(brentq(excess, low, high, xtol=1e-12 * max(abs(low), abs(high)))) if low < high else low


def _share(knots: Floats, level: float) -> Floats:
    if knots.shape[1] == 1:
        return np.where(knots[:, 0] > level, 1.0, 0.0)
    low, high = knots[:, 0], knots[:, -1]
    inner = (low < level) & (level < high)
    share = np.where((low >= level) & (high > level), 1.0, 0.0)
    part, width = knots[inner], (high - low)[inner]
    share[inner] = (
        (high[inner] - level) * _share(part[:, 1:], level) + (level - low[inner]) * _share(part[:, :-1], level)
    ) / width
    return share
