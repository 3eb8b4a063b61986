"""Images as cubic B-splines, so that they have a value and a gradient between their pixels.

M. Unser, A. Aldroubi and M. Eden, IEEE Trans. Signal Process. 41 (1993) 821.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from microfem.fem.compiled import compiled

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SplineImage:
    """An image by its grey levels and the coefficients of its spline, each (rows, columns)."""

    grey: Floats
    coefficients: Floats

    @cached_property
    def slopes(self) -> tuple[Floats, Floats]:
        """Grey levels per pixel along the columns and along the rows, at the pixels; a reference alone needs them."""
        from scipy.ndimage import convolve1d

        mean, difference = np.array([1.0, 4.0, 1.0]) / 6.0, np.array([0.5, 0.0, -0.5])
        along, across = (
            convolve1d(convolve1d(self.coefficients, difference, axis=k), mean, axis=1 - k) for k in (1, 0)
        )
        return along, across


def spline_image(grey: Floats, blur: float = 0.0) -> SplineImage:
    """Return an image as a spline; blur: standard deviation of a Gaussian filter before, px, 0 for none."""
    from scipy.ndimage import gaussian_filter, spline_filter

    smooth = gaussian_filter(grey, blur, mode="mirror") if blur > 0.0 else np.ascontiguousarray(grey, dtype=float)
    coefficients = spline_filter(smooth, order=3, mode="mirror")
    return SplineImage(grey=smooth, coefficients=coefficients)


@compiled
def sampled(coefficients: Floats, x: float, y: float) -> float:
    """Return the grey level at column x and row y, at least 1 and at most 3 less than the size.

    Indices are unsigned, since a signed one costs a branch: it could count from the end. Sums run down the columns
    first, so that the compiler adds four columns at once.
    """
    t, s = x - np.floor(x), y - np.floor(y)
    left, top, one = np.uint64(int(x) - 1), np.uint64(int(y) - 1), np.uint64(1)
    e, f, g, h = _cubic(s)
    first, second, third, last = top, top + one, top + one + one, top + one + one + one
    total = 0.0
    for weight in _cubic(t):
        total += weight * (
            e * coefficients[first, left]
            + f * coefficients[second, left]
            + g * coefficients[third, left]
            + h * coefficients[last, left]
        )
        left += one
    return total / 36.0


@compiled
def _cubic(t: float) -> tuple[float, float, float, float]:
    """Return six times the values at a share t of a pixel of the four cubic B-splines that reach there."""
    t2 = t * t
    t3 = t2 * t
    return 1.0 - 3.0 * t + 3.0 * t2 - t3, 4.0 - 6.0 * t2 + 3.0 * t3, 1.0 + 3.0 * t + 3.0 * t2 - 3.0 * t3, t3
