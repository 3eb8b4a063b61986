"""How far a map is off by noise alone: from images of a device at rest, or from the noise that a map states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.gauge import displacement_gradient, strain, window_of
from microfem.dic.records import DicMap, DicSettings, Floats, Measure

MAD = 1.4826  # standard deviation of a normal distribution by its median absolute deviation


@dataclass(frozen=True, kw_only=True)
class Noise:
    """Standard deviations: of a displacement, um, and of its gradient through the gauge; static: measured at rest."""

    displacement: float
    gradient: float
    static: bool

    def stretched(self, gradient: Floats) -> tuple[Floats, Floats]:
        """Return both where a device has gradients (n, 2, 2), that of displacements (n, 2) and of gradients (n, 2, 2).

        A matcher errs by some part of a pixel of the reference, e, which the device carries along: by F e.
        """
        along = np.linalg.norm(np.eye(2) + gradient, axis=2)
        return self.displacement * along, np.repeat(self.gradient * along[..., None], 2, axis=2)


def strain_scatter(gradient: Floats, scatter: Floats, measure: Measure) -> Floats:
    """Return the standard deviations (n, 3) of strains at gradients (n, 2, 2) by those of their entries (n, 2, 2)."""
    square, here = np.zeros((len(gradient), 3)), strain(gradient, measure)
    for i in range(2):
        for j in range(2):
            nearby = gradient.copy()
            nearby[:, i, j] += scatter[:, i, j]
            square += (strain(nearby, measure) - here) ** 2
    return np.sqrt(square)


def static_noise(maps: Sequence[DicMap]) -> Noise:
    """Return the noise that maps of a device at rest show: robust, after rigid motions and the stretch of each map.

    Raises:
        MicrofemError: a map has too few points.
    """
    moved, slopes = [], []
    for one in maps:
        X, u = one.points[one.valid], one.displacement[one.valid]
        if len(X) < 4:
            raise MicrofemError(f"{one.name or one.source.file}: {len(X)} points at rest tell no noise")
        A = np.column_stack([np.ones(len(X)), X - X.mean(axis=0)])
        moved.append(u - A @ np.linalg.lstsq(A, u, rcond=None)[0])
        gradient = displacement_gradient(one.points, one.displacement, one.valid, window_of(one.settings))
        slopes.append(gradient[np.isfinite(gradient).all(axis=(1, 2))].reshape(-1, 4))
    return Noise(displacement=_scatter(moved), gradient=_scatter(slopes), static=True)


def _scatter(values: Sequence[Floats]) -> float:
    """Return the robust standard deviation of columns about their medians, their quadratic mean."""
    every = [MAD * np.median(np.abs(one - np.median(one, axis=0)), axis=0) for one in values]
    return float(np.sqrt(np.mean(np.square(every))))


def alike_by_blur(slopes: Sequence[Floats], blur: float) -> float:
    """Return how many times more a displacement errs than by noise that is each pixel's own, since a filter spreads it.

    slopes: of grey levels (rows, columns) along each axis; blur: standard deviation of a Gaussian filter of images, px.
    A displacement is a sum of noise times slopes, whose variance is that of the product of both spectra: over many
    subsets the mean of S_n S_g, over the product of their means.
    """
    from scipy.ndimage import gaussian_filter1d

    if blur == 0.0:
        return 1.0
    sides = [np.fft.fft(gaussian_filter1d(np.eye(1, side)[0], blur, mode="wrap")) for side in slopes[0].shape]
    noise, shares = np.abs(np.multiply.outer(*sides)) ** 2, []
    for one in slopes:
        pattern = np.abs(np.fft.fft2(one)) ** 2
        shares.append((noise * pattern).mean() / (noise.mean() * pattern.mean()))
    return math.sqrt(float(np.mean(shares)))


def stated_noise(settings: DicSettings) -> Noise | None:
    """Return the noise that a map states, None if it states none.

    The slope of a plane fit is a weighted sum of displacements; those of subsets that share pixels err alike, by the
    share (1 - dx / subset) (1 - dy / subset) of their pixels.
    """
    if settings.noise is None or settings.window is None or settings.step is None or settings.pixel is None:
        return None
    along = settings.step * (np.arange(settings.window) - 0.5 * (settings.window - 1))
    x, y = (one.ravel() for one in np.meshgrid(along, along))
    weight = x / (x @ x) / settings.pixel
    side = max(settings.subset or 1, 1)
    alike = [np.clip(1.0 - np.abs(np.subtract.outer(one, one)) / side, 0.0, None) for one in (x, y)]
    gradient = settings.noise * math.sqrt(float(weight @ (alike[0] * alike[1]) @ weight))
    return Noise(displacement=settings.noise, gradient=gradient, static=False)
