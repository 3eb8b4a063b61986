"""Points on a regular grid of pixels, as far as their subsets lie in an image and its mask."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.dic.records import Bools

Ints = NDArray[np.int64]

AROUND = tuple((row, column) for row in (-1, 0, 1) for column in (-1, 0, 1) if (row, column) != (0, 0))


@dataclass(frozen=True, kw_only=True)
class PixelGrid:
    """Points (n, 2), columns and rows of an image, px, and their places (n, 2), rows and columns in the grid."""

    points: Ints
    places: Ints
    shape: tuple[int, int]

    @property
    def numbers(self) -> Ints:
        """The number of the point at each place of the grid, -1 where there is none."""
        numbers = np.full(self.shape, -1)
        numbers[tuple(self.places.T)] = np.arange(len(self.points))
        return numbers

    def neighbours(self) -> Ints:
        """Return the numbers (n, 8) of the points around each point, -1 where there is none."""
        padded = np.pad(self.numbers, 1, constant_values=-1)
        rows, columns = self.places.T + 1
        return np.stack([padded[rows + down, columns + right] for down, right in AROUND], axis=1)


def pixel_grid(mask: Bools, radius: int, step: int) -> PixelGrid:
    """Return the points whose subset has its centre and at least half its pixels in the mask.

    radius: of a subset, step: between points, px.

    Raises:
        MicrofemError: there is none.
    """
    from scipy.ndimage import uniform_filter

    side, reach = 2 * radius + 1, radius + 1
    rows, columns = (np.arange(reach, size - reach, step) for size in mask.shape)
    share = uniform_filter(mask.astype(float), side)
    good = (share >= 0.5) & mask
    chosen = good[np.ix_(rows, columns)] if len(rows) and len(columns) else np.zeros((0, 0), dtype=bool)
    places = np.argwhere(chosen)
    if not len(places):
        size = f"{mask.shape[1]} x {mask.shape[0]} px with {int(mask.sum())} px in its mask"
        raise MicrofemError(f"no subset of {side} px fits an image of {size}; state a smaller subset or another mask")
    points = np.stack([columns[places[:, 1]], rows[places[:, 0]]], axis=1)
    return PixelGrid(points=points, places=places, shape=chosen.shape)
