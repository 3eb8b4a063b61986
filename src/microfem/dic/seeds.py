"""First guesses of displacements that may be large: windows found by cross-correlation, coarse, then fine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microfem.dic.grid import PixelGrid
from microfem.dic.match import MatchSettings
from microfem.dic.records import Bools, Floats
from microfem.dic.splines import SplineImage
from microfem.dic.warps import TERMS
from microfem.fem.compiled import at_once

Ints = NDArray[np.int64]

SEEDS = 5  # along each side of the grid
COARSE = 4  # pixels that are one in the coarse search
WINDOW = 2  # subsets along the side of a window
FINE = 6  # px: reach of the fine search
SPREAD = 1e-3  # least standard deviation of a window that can be found, relative to that of the image


def seed(
    reference: SplineImage, image: SplineImage, mask: Bools, grid: PixelGrid, settings: MatchSettings
) -> tuple[Ints, Floats]:
    """Return some points (k,) of a grid and first guesses (k, 2, m) of their warps, px, from the whole image."""
    chosen = _places(grid)
    half = WINDOW * settings.subset // 2 + COARSE
    inside = [k for k in chosen if _fits(mask.shape, grid.points[k], half)] or list(chosen)
    small, large = _reduced(reference.grey), _reduced(image.grey)
    warps = np.zeros((len(inside), 2, TERMS[settings.shape]))

    def find(number: int, row: int, column: int) -> None:
        coarse = _found(small, large, (row // COARSE, column // COARSE), max(half // COARSE, 3), None)
        near = (coarse[0] * COARSE, coarse[1] * COARSE)
        warps[number, ::-1, 0] = _found(reference.grey, image.grey, (row, column), half // 2, near)

    at_once(find, [(number, *map(int, grid.points[k, ::-1])) for number, k in enumerate(inside)])
    return np.array(inside, dtype=np.int64), warps


def _places(grid: PixelGrid) -> Ints:
    """Return points spread evenly over a grid."""
    from scipy.spatial import cKDTree

    rows, columns = (np.linspace(0.1, 0.9, SEEDS) * (size - 1) for size in grid.shape)
    wanted = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1).reshape(-1, 2)
    return np.unique(cKDTree(grid.places).query(wanted)[1])


def _fits(shape: tuple[int, ...], point: Ints, half: int) -> bool:
    column, row = point
    return bool(half <= row < shape[0] - half and half <= column < shape[1] - half)


def _reduced(grey: Floats) -> Floats:
    """Return an image of the means of squares of COARSE pixels."""
    rows, columns = (size // COARSE for size in grey.shape)
    return np.asarray(
        grey[: rows * COARSE, : columns * COARSE].reshape(rows, COARSE, columns, COARSE).mean(axis=(1, 3))
    )


def _found(
    reference: Floats, image: Floats, centre: tuple[int, int], half: int, near: tuple[int, int] | None
) -> tuple[int, int]:
    """Return the shift, rows and columns, at which a window around a centre is most alike.

    near: a shift around which it is sought within FINE pixels; None for the whole image.
    """
    from scipy.signal import fftconvolve

    top, left = (max(int(at) - half, 0) for at in centre)
    window = reference[top : int(centre[0]) + half + 1, left : int(centre[1]) + half + 1]
    first = (0, 0)
    if near is not None:
        first = (max(top + near[0] - FINE, 0), max(left + near[1] - FINE, 0))
        last = (top + near[0] + FINE + window.shape[0], left + near[1] + FINE + window.shape[1])
        image = image[first[0] : max(last[0], 0), first[1] : max(last[1], 0)]
    if image.shape[0] < window.shape[0] or image.shape[1] < window.shape[1]:
        return near or (0, 0)
    product = fftconvolve(image, (window - window.mean())[::-1, ::-1], mode="valid")
    level = image - image.mean()
    square = _sums(level**2, window.shape) - _sums(level, window.shape) ** 2 / window.size
    least = window.size * (SPREAD * image.std()) ** 2
    alike = product / np.sqrt(np.maximum(square, max(least, 1e-12)))
    row, column = np.unravel_index(int(alike.argmax()), alike.shape)
    return int(row) + first[0] - top, int(column) + first[1] - left


def _sums(values: Floats, shape: tuple[int, ...]) -> Floats:
    """Return the sums over all windows of a shape that lie inside, from sums over rectangles that start at a corner."""
    whole = np.pad(values, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    rows, columns = shape
    return np.asarray(
        whole[rows:, columns:] - whole[:-rows, columns:] - whole[rows:, :-columns] + whole[:-rows, :-columns]
    )
