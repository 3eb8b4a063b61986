"""What a gauge will show, before the experiment: its noise, and the share of a narrow strip's strain."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.dic.camera import Camera
from microfem.dic.match import MatchSettings, match
from microfem.dic.noise import static_noise
from microfem.dic.records import DicMap, DicSettings, Floats
from microfem.dic.render import render
from microfem.dic.speckle import speckle
from microfem.dic.splines import spline_image

GAUGES = 10  # along the side of the virtual pattern: a hundred that share no pixel
WIDEST = 1200  # px of that pattern
SPARE = 4  # px around the subsets
OF_MEDIAN = 1.17  # standard error of a median absolute deviation, times the root of the number of values


@dataclass(frozen=True, kw_only=True)
class ExpectedNoise:
    """Standard deviations of a displacement, um, and of a strain; error: of both, relative."""

    displacement: float
    strain: float
    error: float


@dataclass(frozen=True, kw_only=True)
class Sensor:
    """What blurs grey levels: dot: diameter of the pattern's dots, px; noise: standard deviation, grey levels; bits."""

    dot: float = 4.0
    noise: float = 2.0
    bits: int = 8


@lru_cache(maxsize=32)
def expected_noise(settings: DicSettings, sensor: Sensor, stretch: float = 1.0) -> ExpectedNoise:
    """Return the noise of a gauge by a virtual experiment: a pattern as it is, and stretched with its area kept.

    What the matcher finds is compared with the affine map that made the second image. A stretched pattern is found less
    well, since its grey levels lie between pixels and its dots are no squares of pixels any more.

    Raises:
        MicrofemError: the settings are incomplete, or the pattern cannot be followed.
    """
    subset, step, window, pixel = _known(settings)
    gauge = (window - 1) * step + subset
    side = min(GAUGES * gauge, WIDEST) + 2 * SPARE
    factors = np.array([stretch, stretch**-0.5])
    columns, rows = (int(np.ceil(side * max(factor, 1.0))) + 2 * SPARE for factor in factors)
    camera = Camera(pixel=1.0, size=(columns, rows), noise=sensor.noise, bits=sensor.bits)
    corners = 0.5 * side * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    pattern = speckle(sensor.dot, (float(side), float(side)))
    halves = np.array([[0, 1, 2], [0, 2, 3]])
    before, after = (
        camera.recorded(render(corners, corners * one, halves, pattern, camera), frame)
        for frame, one in enumerate((np.ones(2), factors))
    )
    along, down = (np.arange(first, first + side - subset, step) for first in _first(camera.size, side, subset))
    points = np.stack([one.ravel() for one in np.meshgrid(along, down)], axis=1)
    guess = np.zeros((len(points), 2, 3))
    guess[..., 0] = (points - camera.middle) * (factors - 1.0)
    guess[:, (0, 1), (1, 2)] = factors - 1.0
    mask = np.ones(before.shape, dtype=bool)
    found = match(spline_image(before), spline_image(after), mask, points, guess, MatchSettings(subset=subset))
    if found.found.mean() < 0.5:
        raise MicrofemError(f"a subset of {subset} px cannot follow the pattern to a stretch of {stretch:g}; widen it")
    places: Floats = np.multiply(points, pixel, dtype=np.float64)
    one = DicMap(points=places, displacement=found.warp[..., 0] * pixel, valid=found.found, settings=settings)
    noise = static_noise([one])
    error = OF_MEDIAN / math.sqrt(2.0) / max(side // gauge, 1)
    return ExpectedNoise(displacement=noise.displacement, strain=noise.gradient, error=error)


def _first(size: tuple[int, int], side: int, subset: int) -> tuple[int, int]:
    """Return the first column and row at which a subset lies within a pattern in the middle of an image."""
    return (size[0] - side + subset) // 2 + 1, (size[1] - side + subset) // 2 + 1


def strip_share(settings: DicSettings, width: float, crossed: bool = True, off: float = 0.0) -> float:
    """Return the share of a strip's strain, over what is beside it, that a gauge shows at a distance from its middle.

    width, off: um. A subset finds the mean of the displacement over its side, and a gauge the slope of the plane that
    fits best at the points of its window: exact for a strain that is the same all over the strip, and for its component
    along the normal of the strip (crossed) or along the strip.

    Raises:
        MicrofemError: the settings are incomplete.
    """
    subset, step, window, pixel = _known(settings)
    side, half = subset * pixel, 0.5 * width
    points = step * pixel * (np.arange(window) - 0.5 * (window - 1))
    low, high = (np.asarray(points + off + sign * 0.5 * side) for sign in (-1.0, 1.0))
    if not crossed:
        return float((np.clip(high, -half, half) - np.clip(low, -half, half)).mean() / side)
    moved = (_integral(high, half) - _integral(low, half)) / side
    return float(points @ moved / (points @ points))


def _integral(x: Floats, half: float) -> Floats:
    """Return the integral of the displacement clip(x, -half, half) of a strip of unit strain."""
    return np.asarray(np.where(np.abs(x) < half, 0.5 * x**2, half * np.abs(x) - 0.5 * half**2))


def widest_pixel(settings: DicSettings, width: float, share: float) -> float:
    """Return the largest pixel, um, at which a gauge of that many pixels shows a share of a strip's strain either way.

    Raises:
        MicrofemError: the settings are incomplete.
    """
    from scipy.optimize import brentq

    subset, step, window, _ = _known(settings)

    def beyond(pixel: float) -> float:
        finer = replace(settings, pixel=pixel)
        return min(strip_share(finer, width, crossed) for crossed in (True, False)) - share

    within = width / ((window - 1) * step + subset)  # where the strip holds the gauge
    return float(brentq(beyond, 0.5 * within, 1e4 * within, rtol=1e-9))


def _known(settings: DicSettings) -> tuple[int, int, int, float]:
    """Return subset, step, window and pixel."""
    known = settings.subset, settings.step, settings.window, settings.pixel
    if None in known:
        raise MicrofemError("a gauge needs a subset, a step, a window and a pixel; state all four")
    return known  # type: ignore[return-value]
