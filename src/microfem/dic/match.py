"""Subsets of an image found in another one, by the inverse compositional Gauss-Newton method.

The sum of squared differences of grey levels, each less its mean and over its norm (ZNSSD), is least over the
displacement of a subset and its gradient; B. Pan, K. Li and W. Tong, Exp. Mech. 53 (2013) 1277. With quadratic shape
functions the second gradients are unknowns too; Y. Gao et al., Opt. Lasers Eng. 65 (2015) 73.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from microfem.dic.records import Bools, Floats, Shape
from microfem.dic.splines import SplineImage, sampled
from microfem.fem.compiled import at_once, compiled, threads

Ints = NDArray[np.int64]

TERMS = {"affine": 3, "quadratic": 6}  # of a shape function: 1, x, y, x2 / 2, x y, y2 / 2
SINGULAR = 1e-10
CHUNK = 64  # points of a call: more calls than threads keep them busy


class Fate(IntEnum):
    """What became of a point."""

    FOUND = 0
    OUTSIDE = 1
    FLAT = 2
    DIVERGED = 3
    UNLIKE = 4
    OUTLIER = 5
    UNTRIED = 6


WHY = {
    Fate.OUTSIDE: "the subset leaves the image or its mask",
    Fate.FLAT: "the subset has no contrast",
    Fate.DIVERGED: "no convergence",
    Fate.UNLIKE: "the subsets are not alike",
    Fate.OUTLIER: "far from its neighbours",
    Fate.UNTRIED: "no neighbour was found",
}


@dataclass(frozen=True, kw_only=True)
class MatchSettings:
    """How subsets are matched.

    subset: side, px, odd; shape: of its functions; blur: of both images before, px; cut: least zero-mean normalised
    cross-correlation of a point that counts; change: largest displacement of a subset's corner in the last iteration,
    px; iterations: most of them.
    """

    subset: int = 17
    shape: Shape = "affine"
    blur: float = 0.0
    cut: float = 0.9
    change: float = 1e-3
    iterations: int = 40

    @property
    def radius(self) -> int:
        """Pixels from the centre of a subset to its side."""
        return self.subset // 2


@dataclass(frozen=True, kw_only=True)
class Matches:
    """Where subsets were found.

    warp (n, 2, m): along x (columns) and y (rows) the displacement, px, its gradient, and its second gradients;
    likeness (n,): zero-mean normalised cross-correlation; fate (n,): a number of `Fate`; deviation (n, 2): standard
    deviation of the displacement from the noise that the difference of the subsets shows, px.
    """

    warp: Floats
    likeness: Floats
    fate: Ints
    deviation: Floats

    @property
    def found(self) -> Bools:
        """Mask of the points that were found."""
        return np.asarray(self.fate == Fate.FOUND)


def unmatched(count: int, shape: Shape) -> Matches:
    """Return matches of points that were not tried yet."""
    return Matches(
        warp=np.zeros((count, 2, TERMS[shape])),
        likeness=np.full(count, -1.0),
        fate=np.full(count, int(Fate.UNTRIED)),
        deviation=np.full((count, 2), np.nan),
    )


def match(
    reference: SplineImage, image: SplineImage, mask: Bools, points: Ints, guess: Floats, settings: MatchSettings
) -> Matches:
    """Return where the subsets around points lie in an image.

    points (n, 2): columns and rows in the reference, px; guess (n, 2, m): first guesses of their warps; mask (rows,
    columns): pixels of the reference that count. Points are matched in parallel, each by itself.
    """
    found = unmatched(len(points), settings.shape)
    found.warp[:] = guess
    numbers = np.array([settings.change, settings.cut])
    shared = (
        reference.grey, *reference.slopes, image.coefficients, mask, points, settings.radius, settings.iterations,
        numbers, found.warp, found.likeness, found.fate, found.deviation,
    )  # fmt: skip
    size = min(CHUNK, -(-len(points) // threads()) or 1)
    at_once(_match, [(low, min(low + size, len(points)), *shared) for low in range(0, len(points), size)])
    return found


@compiled
def _match(
    low: int, high: int, grey: Floats, along: Floats, across: Floats, coefficients: Floats, mask: Bools, points: Ints,
    radius: int, iterations: int, numbers: Floats, warp: Floats, likeness: Floats, fate: Ints, deviation: Floats,
) -> None:  # fmt: skip
    """Match the points from low to high; see `match`."""
    most, terms = (2 * radius + 1) ** 2, warp.shape[2]
    place, own = np.empty((most, terms)), np.empty(most)
    descent = np.empty((most, 2 * terms))
    for k in range(low, high):
        column, row = points[k]
        count = _subset(grey, along, across, mask, column, row, radius, place, own, descent)
        if count == 0:
            fate[k] = 1
            continue
        norm = _centred(own, count)
        hessian = descent[:count].T @ descent[:count]
        if norm <= 1e-6 * count or not _invertible(hessian):
            fate[k] = 2
            continue
        inverse = np.linalg.inv(hessian)
        fate[k], likeness[k], rest = _iterate(
            coefficients, column, row, radius, place[:count], own[:count], descent[:count], inverse, norm, iterations,
            numbers, warp[k],
        )  # fmt: skip
        for axis in range(2):
            deviation[k, axis] = np.sqrt(max(inverse[axis * terms, axis * terms], 0.0) * rest / count)


@compiled
def _subset(
    grey: Floats, along: Floats, across: Floats, mask: Bools, column: int, row: int, radius: int, place: Floats,
    own: Floats, descent: Floats,
) -> int:  # fmt: skip
    """Fill in places, grey levels and steepest descent of a subset's pixels; return their number, 0 if too few."""
    terms, count = place.shape[1], 0
    if row < radius or column < radius or row + radius >= grey.shape[0] or column + radius >= grey.shape[1]:
        return 0
    for y in range(-radius, radius + 1):
        for x in range(-radius, radius + 1):
            if not mask[row + y, column + x]:
                continue
            shape_terms(float(x), float(y), place[count])
            own[count] = grey[row + y, column + x]
            for m in range(terms):
                descent[count, m] = along[row + y, column + x] * place[count, m]
                descent[count, terms + m] = across[row + y, column + x] * place[count, m]
            count += 1
    return count if count >= 0.5 * (2 * radius + 1) ** 2 else 0


@compiled
def shape_terms(x: float, y: float, terms: Floats) -> None:
    """Fill in the terms of a shape function: 1, x, y, x2 / 2, x y, y2 / 2."""
    terms[0], terms[1], terms[2] = 1.0, x, y
    if len(terms) > 3:
        terms[3], terms[4], terms[5] = 0.5 * x * x, x * y, 0.5 * y * y


@compiled
def _centred(values: Floats, count: int) -> float:
    """Take the mean off values; return their norm."""
    mean, square = values[:count].mean(), 0.0
    for k in range(count):
        values[k] -= mean
        square += values[k] * values[k]
    return np.sqrt(square)


@compiled
def _invertible(hessian: Floats) -> bool:
    """Tell whether a symmetric matrix is far from singular; scaled to a unit diagonal its determinant is at most 1."""
    scale = np.sqrt(np.diag(hessian))
    if scale.min() <= 0.0:
        return False
    return np.linalg.det(hessian / np.outer(scale, scale)) > SINGULAR


@compiled
def _iterate(
    coefficients: Floats, column: int, row: int, radius: int, place: Floats, own: Floats, descent: Floats,
    inverse: Floats, norm: float, iterations: int, numbers: Floats, warp: Floats,
) -> tuple[int, float, float]:  # fmt: skip
    """Find the warp of one subset; return its fate, its likeness and the sum of squared differences left."""
    count, terms = place.shape
    other, likeness, rest = np.empty(count), -1.0, np.nan
    step, reach = np.empty((2, terms)), np.empty(terms)
    shape_terms(float(radius), float(radius), reach)
    for _ in range(iterations):
        for k in range(count):
            x, y = float(column), float(row)
            for m in range(terms):
                if m == 1:
                    x += place[k, 1]
                if m == 2:
                    y += place[k, 2]
                x += warp[0, m] * place[k, m]
                y += warp[1, m] * place[k, m]
            if not (1.0 <= x < coefficients.shape[1] - 2.0 and 1.0 <= y < coefficients.shape[0] - 2.0):
                return 1, -1.0, np.nan
            other[k] = sampled(coefficients, x, y)
        scale = _centred(other, count)
        if scale <= 1e-6 * count:
            return 2, -1.0, np.nan
        other *= norm / scale
        likeness = float(other @ own) / norm**2
        difference = other - own
        rest = float(difference @ difference)
        step[:] = (inverse @ (descent.T @ difference)).reshape(2, terms)
        _composed(warp, step)
        if max(np.abs(step[0]) @ reach, np.abs(step[1]) @ reach) < numbers[0]:
            return (0 if likeness >= numbers[1] else 4), likeness, rest
    return 3, likeness, rest


@compiled
def _composed(warp: Floats, step: Floats) -> None:
    """Replace a warp by itself behind the inverse of a step."""
    whole = _matrix(warp) @ np.linalg.inv(_matrix(step))
    warp[:] = whole[1:3]
    warp[0, 1] -= 1.0
    warp[1, 2] -= 1.0
    if warp.shape[1] > 3:
        warp[:, 3] *= 2.0
        warp[:, 5] *= 2.0


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
