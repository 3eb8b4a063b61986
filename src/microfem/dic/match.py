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
from microfem.dic.warps import SINGULAR, TERMS, composed, inverse_of, shape_terms
from microfem.fem.compiled import at_once, compiled, quick, threads

Ints = NDArray[np.int64]

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
    place, descent = np.ones((terms, most)), np.empty((2 * terms, most))
    own, room = np.empty(most), np.empty((3, most))
    for k in range(low, high):
        column, row = points[k]
        count = _subset(grey, along, across, mask, column, row, radius, place, own, descent)
        if count == 0:
            fate[k] = 1
            continue
        norm = _centred(own, count)
        inverse, determinant = inverse_of(_products(descent, 2 * terms, count))
        if norm <= 1e-6 * count or determinant <= SINGULAR:
            fate[k] = 2
            continue
        fate[k], likeness[k], rest = _iterate(
            coefficients, column, row, radius, place, own, descent, count, room, inverse, norm, iterations, numbers,
            warp[k],
        )  # fmt: skip
        for axis in range(2):
            deviation[k, axis] = np.sqrt(max(inverse[axis * terms, axis * terms], 0.0) * rest / count)


@compiled
def _subset(
    grey: Floats, along: Floats, across: Floats, mask: Bools, column: int, row: int, radius: int, place: Floats,
    own: Floats, descent: Floats,
) -> int:  # fmt: skip
    """Fill in places, grey levels and steepest descent of a subset's pixels; return their number, 0 if too few.

    place (m, pixels) and descent (2 m, pixels) have one row a term, so that loops over pixels run in vector registers.
    """
    terms, count = len(place), 0
    if row < radius or column < radius or row + radius >= grey.shape[0] or column + radius >= grey.shape[1]:
        return 0
    for i in range(row - radius, row + radius + 1):
        for j in range(column - radius, column + radius + 1):
            line, at = np.uint64(i), np.uint64(j)
            if not mask[line, at]:
                continue
            place[1, count], place[2, count], own[count] = float(j - column), float(i - row), grey[line, at]
            descent[0, count], descent[terms, count] = along[line, at], across[line, at]
            count += 1
    if terms > 3:
        for k in range(count):
            x, y = place[1, k], place[2, k]
            place[3, k], place[4, k], place[5, k] = 0.5 * x * x, x * y, 0.5 * y * y
    for m in range(1, terms):
        for k in range(count):
            descent[m, k] = descent[0, k] * place[m, k]
            descent[terms + m, k] = descent[terms, k] * place[m, k]
    return count if count >= 0.5 * (2 * radius + 1) ** 2 else 0


@quick
def _products(rows: Floats, size: int, count: int) -> Floats:
    """Return the products of all pairs of the first rows, over their first columns."""
    products = np.empty((size, size))
    for a in range(size):
        for b in range(a + 1):
            products[a, b] = products[b, a] = _times(rows[a], rows[b], count)
    return products


@quick
def _centred(values: Floats, count: int) -> float:
    """Take the mean off values; return their norm."""
    mean, square = values[:count].mean(), 0.0
    for k in range(count):
        values[k] -= mean
        square += values[k] * values[k]
    return np.sqrt(square)


@compiled
def _iterate(
    coefficients: Floats, column: int, row: int, radius: int, place: Floats, own: Floats, descent: Floats, count: int,
    room: Floats, inverse: Floats, norm: float, iterations: int, numbers: Floats, warp: Floats,
) -> tuple[int, float, float]:  # fmt: skip
    """Find the warp of one subset; return its fate, its likeness and the sum of squared differences left."""
    terms, likeness, rest, before = len(place), -1.0, np.nan, 0.0
    other, step, reach = room[2], np.empty((2, terms)), np.empty(terms)
    limit, cut = numbers
    shape_terms(float(radius), float(radius), reach)
    for _ in range(iterations):
        _places(place, count, warp, column, row, room)
        for k in range(count):
            x, y = room[0, k], room[1, k]
            if not (1.0 <= x < coefficients.shape[1] - 2.0 and 1.0 <= y < coefficients.shape[0] - 2.0):
                return 1, -1.0, np.nan
            other[k] = sampled(coefficients, x, y)
        scale = _centred(other, count)
        if scale <= 1e-6 * count:
            return 2, -1.0, np.nan
        likeness, rest = _differences(other, own, count, norm, scale)
        _solved(inverse, descent, other, count, step)
        if not composed(warp, step):
            return 3, likeness, rest
        change = 0.0
        for axis in range(2):
            change = max(change, _times(np.abs(step[axis]), reach, terms))
        small = change < 10.0 * limit and change**2 < 0.2 * limit * before  # the next step would be below the limit
        if change < limit or small:
            return (0 if likeness >= cut else 4), likeness, rest
        before = change
    return 3, likeness, rest


@quick
def _places(place: Floats, count: int, warp: Floats, column: int, row: int, room: Floats) -> None:
    """Fill in the columns and rows at which a warp puts the pixels of a subset."""
    for axis in range(2):
        for k in range(count):
            room[axis, k] = (row if axis else column) + warp[axis, 0] + place[1 + axis, k]
        for m in range(1, len(place)):
            for k in range(count):
                room[axis, k] += warp[axis, m] * place[m, k]


@quick
def _differences(other: Floats, own: Floats, count: int, norm: float, scale: float) -> tuple[float, float]:
    """Replace grey levels by their differences; return the likeness and the sum of squared differences."""
    likeness, rest, factor = 0.0, 0.0, norm / scale
    for k in range(count):
        likeness += factor * other[k] * own[k]
        other[k] = factor * other[k] - own[k]
        rest += other[k] * other[k]
    return likeness / norm**2, rest


@quick
def _times(a: Floats, b: Floats, count: int) -> float:
    """Return the scalar product of the first entries of two vectors."""
    total = 0.0
    for k in range(count):
        total += a[k] * b[k]
    return total


@compiled
def _solved(inverse: Floats, descent: Floats, difference: Floats, count: int, step: Floats) -> None:
    """Fill in the step (2, m) that takes most of the differences away."""
    terms = step.shape[1]
    step[:] = 0.0
    for b in range(2 * terms):
        slope = _times(descent[b], difference, count)
        for a in range(2 * terms):
            step[a // terms, a % terms] += inverse[a, b] * slope
