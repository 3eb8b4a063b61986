"""Warps of subsets: polynomials that tell where pixels about a point go, and how they are put behind one another.

A warp (2, m) holds the displacement along columns and rows, px, and its derivatives: m = 3 affine, 6 quadratic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microfem.dic.records import Floats
from microfem.fem.compiled import compiled

Ints = NDArray[np.int64]

TERMS = {"affine": 3, "quadratic": 6}  # of a shape function: 1, x, y, x2 / 2, x y, y2 / 2
SINGULAR = 1e-10


@compiled
def shape_terms(x: float, y: float, terms: Floats) -> None:
    """Fill in the terms of a shape function: 1, x, y, x2 / 2, x y, y2 / 2."""
    terms[0], terms[1], terms[2] = 1.0, x, y
    if len(terms) > 3:
        terms[3], terms[4], terms[5] = 0.5 * x * x, x * y, 0.5 * y * y


@compiled
def composed(warp: Floats, step: Floats) -> bool:
    """Replace a warp by itself behind the inverse of a step; tell whether there is one."""
    back, determinant = inverse_of(_matrix(step))
    if determinant <= SINGULAR:
        return False
    whole, terms = _matrix(warp), warp.shape[1]
    for axis in range(2):
        for m in range(terms):
            warp[axis, m] = 0.0
            for k in range(terms):
                warp[axis, m] += whole[1 + axis, k] * back[k, m]
    warp[0, 1] -= 1.0
    warp[1, 2] -= 1.0
    if warp.shape[1] > 3:
        warp[:, 3] *= 2.0
        warp[:, 5] *= 2.0
    return True


@compiled
def _matrix(warp: Floats) -> Floats:
    """Return the matrix of 1, x, y, x2, x y, y2 behind a warp in those before it, terms above the second left out."""
    terms = warp.shape[1]
    matrix = np.zeros((terms, terms))
    matrix[0, 0] = 1.0
    matrix[1:3] = warp
    matrix[1, 1] += 1.0
    matrix[2, 2] += 1.0
    if terms > 3:
        matrix[1:3, 3] *= 0.5
        matrix[1:3, 5] *= 0.5
        matrix[3] = _product(matrix[1], matrix[1])
        matrix[4] = _product(matrix[1], matrix[2])
        matrix[5] = _product(matrix[2], matrix[2])
    return matrix


@compiled
def _product(a: Floats, b: Floats) -> Floats:
    """Return the product of two polynomials in 1, x, y, x2, x y, y2 without terms above the second."""
    product: Floats = a[0] * b + b[0] * a
    product[0] = a[0] * b[0]
    product[3] += a[1] * b[1]
    product[4] += a[1] * b[2] + a[2] * b[1]
    product[5] += a[2] * b[2]
    return product


@compiled
def inverse_of(matrix: Floats) -> tuple[Floats, float]:
    """Return the inverse of a matrix of positive pivots and its determinant at unit diagonal, 0 if it has another.

    Gauss-Jordan elimination: a library's routine would wait for the other threads at its lock.
    """
    size, determinant, inverse = len(matrix), 1.0, matrix.copy()
    for c in range(size):
        pivot = inverse[c, c]
        if not (pivot > 0.0 and matrix[c, c] > 0.0):
            return inverse, 0.0
        determinant *= pivot / matrix[c, c]
        inverse[c, c] = 1.0
        for k in range(size):
            inverse[c, k] /= pivot
        for r in range(size):
            if r != c:
                factor, inverse[r, c] = inverse[r, c], 0.0
                for k in range(size):
                    inverse[r, k] -= factor * inverse[c, k]
    return inverse, determinant


def moved(warp: Floats, away: Floats | Ints) -> Floats:
    """Return warps (..., 2, m) about points that lie away (..., 2), px, from those where they are known."""
    x, y = np.moveaxis(np.asarray(away, dtype=float), -1, 0)
    there = warp.copy()
    there[..., 0] += warp[..., 1] * x[..., None] + warp[..., 2] * y[..., None]
    if warp.shape[-1] > 3:
        first, mixed, last = warp[..., 3], warp[..., 4], warp[..., 5]
        there[..., 0] += 0.5 * first * x[..., None] ** 2 + mixed * (x * y)[..., None] + 0.5 * last * y[..., None] ** 2
        there[..., 1] += first * x[..., None] + mixed * y[..., None]
        there[..., 2] += mixed * x[..., None] + last * y[..., None]
    return there
