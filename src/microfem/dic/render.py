"""Images of a speckled device as a camera takes them, from its triangles before and after a deformation.

Each sample of a pixel lies in one triangle, whose affine map takes it back to the undeformed device, where the pattern
is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.dic.camera import Camera, device_place
from microfem.dic.records import Bools, Floats
from microfem.dic.speckle import WRAP, Speckle
from microfem.dic.splines import sampled
from microfem.fem.compiled import compiled

Ints = NDArray[np.int64]

SAMPLES = 2  # along each side of a pixel
INSIDE = -1e-9  # least barycentric coordinate of a point in a triangle


@dataclass(frozen=True, kw_only=True)
class Lighting:
    """Mean and half range of the pattern's light, and the light of the background, each from 0 to 1."""

    mean: float = 0.5
    contrast: float = 0.35
    background: float = 0.1


def render(
    flat: Floats, moved: Floats, triangles: Ints, pattern: Speckle, camera: Camera, lighting: Lighting | None = None,
    samples: int = SAMPLES,
) -> Floats:  # fmt: skip
    """Return the light (rows, columns) of an image.

    flat, moved (n, 2): vertices of the undeformed and the deformed device, um; triangles (m, 3); samples: along a side
    of each pixel.
    """
    light = lighting or Lighting()
    columns, rows = camera.size
    corners = (camera.pixels(moved) + 0.5) * samples - 0.5
    total, seen = np.zeros((rows, columns)), np.zeros((rows * samples, columns * samples), dtype=np.bool_)
    _fill(
        camera.numbers, samples, corners, flat, moved, triangles, pattern.coefficients, pattern.spacing,
        np.array(pattern.period), total, seen,
    )  # fmt: skip
    share = seen.reshape(rows, samples, columns, samples).mean(axis=(1, 3))
    grey = light.mean * share + light.contrast * total / samples**2
    return np.asarray(grey + light.background * (1.0 - share))


@compiled
def _fill(
    camera: Floats, samples: int, corners: Floats, flat: Floats, moved: Floats, triangles: Ints, coefficients: Floats,
    spacing: float, period: Ints, total: Floats, seen: Bools,
) -> None:  # fmt: skip
    """Add the pattern at the samples in each triangle to their pixels; corners: of the triangles, in samples."""
    rows, columns = seen.shape
    for k in range(len(triangles)):
        a, b, c = triangles[k]
        left = min(corners[a, 0], corners[b, 0], corners[c, 0]) - 1.0
        right = max(corners[a, 0], corners[b, 0], corners[c, 0]) + 1.0
        top = min(corners[a, 1], corners[b, 1], corners[c, 1]) - 1.0
        bottom = max(corners[a, 1], corners[b, 1], corners[c, 1]) + 1.0
        if not (right >= 0.0 and bottom >= 0.0 and left <= columns - 1.0 and top <= rows - 1.0):
            continue
        ax, ay = moved[a]
        bx, by, cx, cy = moved[b, 0] - ax, moved[b, 1] - ay, moved[c, 0] - ax, moved[c, 1] - ay
        area = bx * cy - by * cx
        if area == 0.0:
            continue
        for row in range(max(int(top), 0), min(int(bottom) + 1, rows - 1) + 1):
            for column in range(max(int(left), 0), min(int(right) + 1, columns - 1) + 1):
                if seen[row, column]:
                    continue
                x, y = device_place((column + 0.5) / samples - 0.5, (row + 0.5) / samples - 0.5, camera)
                s, t = ((x - ax) * cy - (y - ay) * cx) / area, (bx * (y - ay) - by * (x - ax)) / area
                if s < INSIDE or t < INSIDE or s + t > 1.0 - INSIDE:
                    continue
                u = flat[a, 0] + s * (flat[b, 0] - flat[a, 0]) + t * (flat[c, 0] - flat[a, 0])
                v = flat[a, 1] + s * (flat[b, 1] - flat[a, 1]) + t * (flat[c, 1] - flat[a, 1])
                seen[row, column] = True
                total[row // samples, column // samples] += sampled(
                    coefficients, _within(u / spacing, period[1]) + WRAP, _within(v / spacing, period[0]) + WRAP
                )


@compiled
def _within(value: float, period: int) -> float:
    """Return a number moved by periods into the first one."""
    while value < 0.0:
        value += period
    while value >= period:
        value -= period
    return value
