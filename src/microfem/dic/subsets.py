"""What subsets would find of a known displacement: the fit of their shape functions that a matcher makes.

A matcher compares grey levels f of the reference with those of the image at W(x), the place to which a warp puts x; the
device puts it at phi(x). What is seen there lies off by r = F^-1 (phi - W), F = grad phi, in the reference. A fit ends
where f(x + r) - f(x) has nothing along grad f times the shape functions b. Over many Gaussian patterns, whose grey
levels correlate by exp(-d2 / 4 s2) over a distance d, that is

    sum over pixels of b p(r) F^-1 (phi - W) = 0,  p = exp(-r2 / 4 s2),

a linear system for the coefficients of W, and some more of them where r is no longer small. F^-1 weighs what is
stretched less: its grey levels are flat in the image. Unlike a mean it sees kinks where the device is stiff.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.dic.records import Floats, Shape
from microfem.dic.warps import TERMS, shape_terms
from microfem.fem.compiled import at_once, compiled, threads

Ints = NDArray[np.int64]

CHUNK = 512  # points of a call
LEAST = 0.5  # share of a subset's pixels on the device, as in the matcher
NEAR = 0.3  # of s: r up to which p is 1
ROUNDS = 4  # of the linear system where it is not
FOLDED = 1e-6  # determinant of an F without an inverse


@dataclass(frozen=True, kw_only=True)
class Motion:
    """A known displacement at pixels, (rows, columns, 2) along columns and rows, px, nan off the device; weight (rows,
    columns, 2, 2): F^-1; spread: s of the pattern, px.
    """

    displacement: Floats
    weight: Floats
    spread: float


def motion_of(displacement: Floats, spread: float) -> Motion:
    """Return a displacement with its F^-1, from differences of pixels on the device, 1 where F has no inverse."""
    weight = np.zeros((*displacement.shape, 2))
    _weights(displacement, weight)
    return Motion(displacement=displacement, weight=weight, spread=spread)


@dataclass(frozen=True, kw_only=True)
class Fits:
    """Warps of subsets, nan where there is none.

    pixels (n, 2): columns and rows of the points; warp (n, 2, m): coefficients of their displacements, px, in the terms
    of the shape function, whose places are in radii; count (n,): pixels of each subset; rest (n,): largest r, px;
    radius: px.
    """

    pixels: Floats
    warp: Floats
    count: Ints
    rest: Floats
    radius: int

    @property
    def values(self) -> Floats:
        """Displacements (n, 2) at the points, px."""
        return np.asarray(self.warp[..., 0])

    @property
    def slopes(self) -> Floats:
        """Their gradients (n, 2, 2) along columns and rows."""
        return np.asarray(self.warp[..., 1:3] / self.radius)


def fitted(motion: Motion, pixels: Floats, radius: int, shape: Shape) -> Fits:
    """Return the warps that subsets around points would find.

    pixels (n, 2): columns and rows of the points, which need not be whole; radius: of a subset, px. A rigid subset
    finds the value of an affine one.
    """
    terms = TERMS["affine" if shape == "rigid" else shape]
    warp, count = np.full((len(pixels), 2, terms), np.nan), np.zeros(len(pixels), dtype=np.int64)
    rest, places = np.zeros(len(pixels)), np.ascontiguousarray(pixels, dtype=float)
    size = min(CHUNK, -(-len(pixels) // threads()) or 1)
    shared = (motion.displacement, motion.weight, motion.spread, places, radius, warp, count, rest)
    at_once(_fit, [(low, min(low + size, len(pixels)), *shared) for low in range(0, len(pixels), size)])
    return Fits(pixels=places, warp=warp, count=count, rest=rest, radius=radius)


@compiled
def _fit(
    low: int, high: int, displacement: Floats, weight: Floats, spread: float, pixels: Floats, radius: int, warp: Floats,
    count: Ints, rest: Floats,
) -> None:  # fmt: skip
    """Fill in the warps of the points from low to high."""
    rows, columns = displacement.shape[:2]
    terms, most = warp.shape[2], (2 * radius + 1) ** 2
    base, left = np.empty((most, terms)), np.empty((most, 2))
    inverse, near = np.empty((most, 2, 2)), np.empty(most)
    for k in range(low, high):
        column, row = int(np.round(pixels[k, 0])), int(np.round(pixels[k, 1]))
        if not (0 <= column < columns and 0 <= row < rows) or np.isnan(displacement[row, column, 0]):
            continue
        own, n = displacement[row, column], 0
        for j in range(max(row - radius, 0), min(row + radius, rows - 1) + 1):
            for i in range(max(column - radius, 0), min(column + radius, columns - 1) + 1):
                if np.isnan(displacement[j, i, 0]):
                    continue
                shape_terms((i - pixels[k, 0]) / radius, (j - pixels[k, 1]) / radius, base[n])
                left[n, 0], left[n, 1] = displacement[j, i, 0] - own[0], displacement[j, i, 1] - own[1]
                for a in range(2):
                    inverse[n, a, 0], inverse[n, a, 1] = weight[j, i, a, 0], weight[j, i, a, 1]
                near[n] = 1.0
                n += 1
        count[k] = n
        if n >= LEAST * most:
            rest[k] = _rounds(base[:n], inverse[:n], near[:n], left[:n], spread, warp[k])
            warp[k, 0, 0] += own[0]
            warp[k, 1, 0] += own[1]


@compiled
def _rounds(base: Floats, inverse: Floats, near: Floats, left: Floats, spread: float, warp: Floats) -> float:
    """Fill in the warp of a subset from displacements left (n, 2) at its pixels; return the largest r."""
    warp[:], largest, part = 0.0, 0.0, np.empty_like(warp)
    for _ in range(ROUNDS):
        _solve(base, inverse, near, left, part)
        warp += part
        largest = 0.0
        for n in range(len(base)):
            for axis in range(2):
                for a in range(base.shape[1]):
                    left[n, axis] -= part[axis, a] * base[n, a]
            x = inverse[n, 0, 0] * left[n, 0] + inverse[n, 0, 1] * left[n, 1]
            y = inverse[n, 1, 0] * left[n, 0] + inverse[n, 1, 1] * left[n, 1]
            square = x * x + y * y
            near[n] = np.exp(-square / (2.0 * spread) ** 2)
            largest = max(largest, square)
        if largest < (NEAR * spread) ** 2:
            break
    return np.sqrt(largest)


@compiled
def _solve(base: Floats, inverse: Floats, near: Floats, left: Floats, part: Floats) -> None:
    """Fill in the warp (2, m) that takes most of displacements away."""
    terms = base.shape[1]
    matrix, right = np.zeros((2 * terms, 2 * terms)), np.zeros(2 * terms)
    for n in range(len(base)):
        for i in range(2):
            first, second = near[n] * inverse[n, i, 0], near[n] * inverse[n, i, 1]
            value = first * left[n, 0] + second * left[n, 1]
            for a in range(terms):
                right[i * terms + a] += base[n, a] * value
                for b in range(a + 1):
                    product = base[n, a] * base[n, b]
                    matrix[i * terms + a, b] += first * product
                    matrix[i * terms + a, terms + b] += second * product
    for i in range(2):
        for j in range(2):
            for a in range(terms):
                for b in range(a):
                    matrix[i * terms + b, j * terms + a] = matrix[i * terms + a, j * terms + b]
    fit = np.linalg.solve(matrix, right)
    part[0], part[1] = fit[:terms], fit[terms:]


@compiled
def _weights(displacement: Floats, weight: Floats) -> None:
    """Fill in F^-1 at all pixels of the device."""
    rows, columns = displacement.shape[:2]
    change = np.zeros((2, 2))
    for j in range(rows):
        for i in range(columns):
            if np.isnan(displacement[j, i, 0]):
                continue
            left = 1 if i > 0 and not np.isnan(displacement[j, i - 1, 0]) else 0
            right = 1 if i + 1 < columns and not np.isnan(displacement[j, i + 1, 0]) else 0
            above = 1 if j > 0 and not np.isnan(displacement[j - 1, i, 0]) else 0
            below = 1 if j + 1 < rows and not np.isnan(displacement[j + 1, i, 0]) else 0
            for k in range(2):
                across = displacement[j, i + right, k] - displacement[j, i - left, k]
                down = displacement[j + below, i, k] - displacement[j - above, i, k]
                change[k, 0] = across / max(left + right, 1)
                change[k, 1] = down / max(above + below, 1)
            a, b, c, d = 1.0 + change[0, 0], change[0, 1], change[1, 0], 1.0 + change[1, 1]
            area = a * d - b * c
            weight[j, i, 0, 0] = weight[j, i, 1, 1] = 1.0
            if area > FOLDED:
                weight[j, i, 0, 0], weight[j, i, 0, 1] = d / area, -b / area
                weight[j, i, 1, 0], weight[j, i, 1, 1] = -c / area, a / area
