"""Speckle patterns on a device, and what an image tells about its own pattern."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.dic.records import Floats

SAMPLES = 4.0  # of a texture per dot
HARD = 1.2  # slope of the grey level at the mean of the noise: edges of dots are steep, and yet band-limited
WIDTH = 0.36  # standard deviation of the filter over the dot's diameter: half the autocorrelation lies within a dot
LOCAL = 61  # px: side of the squares whose mean is the light, and not the pattern
WRAP = 3  # samples repeated beyond the period, as a spline needs


@dataclass(frozen=True, kw_only=True)
class Speckle:
    """A random pattern that repeats, by the coefficients of its cubic spline.

    coefficients (n + 2 WRAP, m + 2 WRAP): of grey levels from -1 to 1; spacing: of the samples, um; period: number of
    samples (n, m) after which it repeats.
    """

    coefficients: Floats
    spacing: float
    period: tuple[int, int]


def speckle(dot: float, size: tuple[float, float], seed: int = 0) -> Speckle:
    """Return a pattern of dots of a diameter, um, that covers a size (width, height), um, before it repeats.

    The noise is band-limited, so that an image of it has nothing between its pixels that it does not show.
    """
    from scipy.ndimage import gaussian_filter, spline_filter

    spacing = dot / SAMPLES
    period = tuple(max(int(np.ceil(one / spacing)), 8 * int(SAMPLES)) for one in reversed(size))
    noise = np.random.default_rng(seed).standard_normal(period)
    smooth = gaussian_filter(noise, WIDTH * SAMPLES, mode="wrap")
    grey = np.tanh(HARD * smooth / smooth.std())
    coefficients = np.pad(spline_filter(grey, order=3, mode="grid-wrap"), WRAP, mode="wrap")
    return Speckle(coefficients=coefficients, spacing=spacing, period=(period[0], period[1]))


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What an image tells about its pattern.

    size: of its speckles, px, the width at half of the autocorrelation; contrast: standard deviation of the grey levels
    over their mean; slope: mean gradient, grey levels per px; saturated: share of pixels at an end of the range.
    """

    size: float
    contrast: float
    slope: float
    saturated: float


def pattern_of(grey: Floats) -> Pattern:
    """Return what an image (rows, columns) tells about its pattern; what is coarser than LOCAL is no pattern."""
    from scipy.ndimage import uniform_filter

    flat = grey - uniform_filter(grey, LOCAL, mode="mirror")
    spread = float(flat.std())
    down, right = np.gradient(grey)
    ends = float(np.mean((grey <= grey.min()) | (grey >= grey.max())))
    return Pattern(
        size=_half_width(flat) if spread > 0.0 else float("nan"),
        contrast=spread / max(float(grey.mean()), 1e-300),
        slope=float(np.hypot(down, right).mean()),
        saturated=ends if spread > 0.0 else 1.0,
    )


def _half_width(flat: Floats) -> float:
    """Return the full width at half of the autocorrelation, px, its mean along rows and columns."""
    widths = []
    for axis in (0, 1):
        spectrum = np.abs(np.fft.rfft(flat, 2 * flat.shape[axis], axis=axis)) ** 2
        every = np.fft.irfft(spectrum, axis=axis).sum(axis=1 - axis)[: flat.shape[axis]]
        every = every / every[0] * flat.shape[axis] / (flat.shape[axis] - np.arange(flat.shape[axis]))
        below = int(np.argmax(every < 0.5)) if (every < 0.5).any() else len(every) - 1
        above = every[below - 1]
        widths.append(2.0 * (below - 1 + (above - 0.5) / max(above - every[below], 1e-300)))
    return float(np.mean(widths))
