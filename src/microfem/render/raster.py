"""Rasterisation: for each pixel its triangle and the barycentric weights in it."""

from __future__ import annotations

import numpy as np

from microfem.results.stored import Floats, Ints

MOST_PIXELS = 4_000_000  # pixels that are tested at once
EDGE = 1e-6  # tolerance of the weights, so that no pixel falls between two triangles


def rasterise(corners: Floats, box: Floats, shape: tuple[int, int]) -> tuple[Ints, Floats]:
    """Return the triangle (height, width) at the centre of each pixel, -1 for none, and its barycentric weights.

    The weights are (height, width, 3). corners: (m, 3, 2); box: lowest and highest corner (2, 2) of the picture;
    shape: height and width in pixels. The first row of pixels is the lowest.
    """
    high, wide = shape
    owner, weights = np.full(shape, -1), np.zeros((*shape, 3))
    placed = (corners - box[0]) / (box[1] - box[0]) * [wide, high] - 0.5  # centres of pixels are whole numbers
    first = np.clip(np.ceil(placed.min(axis=1) - EDGE), 0, [wide, high]).astype(int)
    count = np.clip(np.floor(placed.max(axis=1) + EDGE) + 1, 0, [wide, high]).astype(int) - first
    some = np.flatnonzero((count > 0).all(axis=1))
    power = np.ceil(np.log2(np.maximum(count, 1))).astype(int)
    for size in np.unique(power[some], axis=0):
        alike = some[(power[some] == size).all(axis=1)]
        wide_, high_ = 2 ** int(size[0]), 2 ** int(size[1])
        for part in np.array_split(alike, max(1, len(alike) * wide_ * high_ // MOST_PIXELS)):
            x = np.minimum(first[part, 0, None, None] + np.arange(wide_)[None, None, :], wide - 1)
            y = np.minimum(first[part, 1, None, None] + np.arange(high_)[None, :, None], high - 1)
            inner = _weights(placed[part], x, y)
            which, j, i = np.nonzero((inner >= -EDGE).all(axis=-1))
            rows, columns = y[which, j, 0], x[which, 0, i]
            owner[rows, columns] = part[which]
            weights[rows, columns] = inner[which, j, i]
    return owner, weights


def _weights(corners: Floats, x: Ints, y: Ints) -> Floats:
    """Return the barycentric weights (m, h, w, 3) of pixels in triangles (m, 3, 2)."""
    a, b, c = (corners[:, k, :, None, None] for k in range(3))
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    area = np.where(area == 0.0, np.nan, area)
    second = ((x - a[:, 0]) * (c - a)[:, 1] - (y - a[:, 1]) * (c - a)[:, 0]) / area
    third = ((b - a)[:, 0] * (y - a[:, 1]) - (b - a)[:, 1] * (x - a[:, 0])) / area
    return np.stack([1.0 - second - third, second, third], axis=-1)
