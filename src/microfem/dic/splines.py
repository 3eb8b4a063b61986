"""Images as cubic B-splines, so that they have a value and a gradient between their pixels.

M. Unser, A. Aldroubi and M. Eden, IEEE Trans. Signal Process. 41 (1993) 821.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.fem.compiled import compiled

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SplineImage:
    """An image by its grey levels and the coefficients of its spline, each (rows, columns).

    slopes: grey levels per pixel along the columns and along the rows, at the pixels.
    """

    grey: Floats
    coefficients: Floats
    slopes: tuple[Floats, Floats]


def spline_image(grey: Floats, blur: float = 0.0) -> SplineImage:
    """Return an image as a spline; blur: standard deviation of a Gaussian filter before, px, 0 for none."""
    from scipy.ndimage import convolve1d, gaussian_filter, spline_filter

    smooth = gaussian_filter(grey, blur, mode="mirror") if blur > 0.0 else np.ascontiguousarray(grey, dtype=float)
    coefficients = spline_filter(smooth, order=3, mode="mirror")
    mean, difference = np.array([1.0, 4.0, 1.0]) / 6.0, np.array([0.5, 0.0, -0.5])
    along = [convolve1d(convolve1d(coefficients, difference, axis=k), mean, axis=1 - k) for k in (1, 0)]
    return SplineImage(grey=smooth, coefficients=coefficients, slopes=(along[0], along[1]))


@compiled
def sampled(coefficients: Floats, x: float, y: float) -> float:
    """Return the grey level at column x and row y, at least 1 and at most 3 less than the size.

    Indices are unsigned, since a signed one costs a branch: it could count from the end.
    """
    t, s = x - np.floor(x), y - np.floor(y)
    left, top, one = np.uint64(int(x) - 1), np.uint64(int(y) - 1), np.uint64(1)
    t2, s2 = t * t, s * s
    t3, s3 = t2 * t, s2 * s
    a, b, c, d = 1.0 - 3.0 * t + 3.0 * t2 - t3, 4.0 - 6.0 * t2 + 3.0 * t3, 1.0 + 3.0 * t + 3.0 * t2 - 3.0 * t3, t3
    weights = 1.0 - 3.0 * s + 3.0 * s2 - s3, 4.0 - 6.0 * s2 + 3.0 * s3, 1.0 + 3.0 * s + 3.0 * s2 - 3.0 * s3, s3
    total, line = 0.0, top
    for weight in weights:
        total += weight * (
            a * coefficients[line, left]
            + b * coefficients[line, left + one]
            + c * coefficients[line, left + one + one]
            + d * coefficients[line, left + one + one + one]
        )
        line += one
    return total / 36.0
