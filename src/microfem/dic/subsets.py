"""What subsets would find of a known displacement: its least-squares fit by their shape functions over their pixels.

On a full square the value of an affine fit at the centre is the mean; at a rim, where pixels are missing, it is not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microfem.dic.records import Floats, Shape
from microfem.dic.warps import TERMS, shape_terms
from microfem.fem.compiled import at_once, compiled, threads

Ints = NDArray[np.int64]

CHUNK = 512  # points of a call
LEAST = 0.5  # share of a subset's pixels on the device, as in the matcher


def fitted(displacement: Floats, pixels: Floats, radius: int, shape: Shape) -> tuple[Floats, Floats]:
    """Return displacements (n, 2) and gradients (n, 2, 2) along columns and rows that subsets would find, nan for none.

    displacement (rows, columns, 2): at pixels, nan off the device; pixels (n, 2): columns and rows of the points, which
    need not be whole; radius: of a subset, px. Gradients are per px; a rigid subset finds the value of an affine one.
    """
    found, terms = np.full((len(pixels), 2, 3), np.nan), TERMS["affine" if shape == "rigid" else shape]
    size = min(CHUNK, -(-len(pixels) // threads()) or 1)
    shared = (displacement, np.ascontiguousarray(pixels, dtype=float), radius, terms, found)
    at_once(_fit, [(low, min(low + size, len(pixels)), *shared) for low in range(0, len(pixels), size)])
    return found[..., 0], found[..., 1:]


@compiled
def _fit(low: int, high: int, displacement: Floats, pixels: Floats, radius: int, terms: int, found: Floats) -> None:
    """Fill in displacements and gradients of the points from low to high."""
    rows, columns = displacement.shape[:2]
    base, matrix, right = np.empty(terms), np.empty((terms, terms)), np.empty((terms, 2))
    for k in range(low, high):
        column, row = int(np.round(pixels[k, 0])), int(np.round(pixels[k, 1]))
        if not (0 <= column < columns and 0 <= row < rows) or np.isnan(displacement[row, column, 0]):
            continue
        matrix[:], right[:], count = 0.0, 0.0, 0
        own = displacement[row, column]
        for j in range(max(row - radius, 0), min(row + radius, rows - 1) + 1):
            for i in range(max(column - radius, 0), min(column + radius, columns - 1) + 1):
                if np.isnan(displacement[j, i, 0]):
                    continue
                count += 1
                shape_terms((i - pixels[k, 0]) / radius, (j - pixels[k, 1]) / radius, base)
                for a in range(terms):
                    right[a, 0] += base[a] * (displacement[j, i, 0] - own[0])
                    right[a, 1] += base[a] * (displacement[j, i, 1] - own[1])
                    for b in range(terms):
                        matrix[a, b] += base[a] * base[b]
        if count < LEAST * (2 * radius + 1) ** 2:
            continue
        fit = np.linalg.solve(matrix, right)
        for axis in range(2):
            found[k, axis, 0] = own[axis] + fit[0, axis]
            found[k, axis, 1] = fit[1, axis] / radius
            found[k, axis, 2] = fit[2, axis] / radius
