"""The film of a given mass, between a least thickness and a cap, that is best for a known field.

Areas a have the sum 1 and thicknesses the mean 1. Every potential u and every balanced flux J enclose the least loss P,

    (integral q u)^2 / max_t integral t sigma |grad u|^2   <=   P   <=   min_t integral |J|^2 / (sigma t),

since P(t) = max_u (integral q u)^2 / integral sigma t |grad u|^2 = min_J integral |J|^2 / (sigma t).
"""

from __future__ import annotations

import numpy as np

from microfem.fem.space import Floats

STILL = 1e-12  # least flux, relative to the largest
BISECTIONS = 200  # of the multiplier of the mass, down to the last digit


Bound = Floats | float  # of the thickness, the same everywhere or that of each triangle


def most_heat(heat: Floats, area: Floats, least: Bound, cap: Bound) -> tuple[float, float]:
    """Return the largest sum of t x heat over all films, and the multiplier of the mass at which it is reached.

    heat: (n,) sigma |grad u|^2; the film is as thick as its cap where the heat is above the multiplier.
    """
    left = 1.0 - float((area * least).sum())
    if np.isinf(cap).all():
        level = float(heat.max())
    else:
        order = np.argsort(-heat)
        filled = int(np.searchsorted(np.cumsum((area * (cap - least))[order]), left))
        level = float(heat[order[min(filled, len(order) - 1)]])
    return float((area * (least * heat + over(cap, least, heat - level))).sum()) + level * left, level


def over(cap: Bound, thickness: Bound, excess: Floats) -> Floats:
    """Return (cap - t) x excess (n,) where it is above 0, and 0 where there is none or no cap."""
    return np.where((excess > 0.0) & np.isfinite(cap), (np.where(np.isfinite(cap), cap, 0.0) - thickness) * excess, 0.0)


def best_film(flux: Floats, area: Floats, least: Bound, cap: Bound) -> Floats:
    """Return the thickness (n,) with the least sum of flux / t; flux: (n,) mean of |J|^2 / sigma in each triangle.

    It is in proportion to |J|, between its bounds.
    """
    size = np.sqrt(flux)
    size = np.maximum(size, STILL * size.max())  # what is left of the mass lies where nothing flows
    low, high = 0.0, 1.0 / float((area * size).sum())
    while (high * size < cap).any() and (area * np.clip(high * size, least, cap)).sum() < 1.0:
        low, high = high, 2.0 * high
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        enough = (area * np.clip(middle * size, least, cap)).sum() >= 1.0
        low, high = (low, middle) if enough else (middle, high)
    return np.asarray(np.clip(low * size, least, cap))


def loss_of(flux: Floats, area: Floats, thickness: Floats) -> float:
    """Return the sum of flux / t, without the triangles in which nothing flows."""
    return float((area * np.divide(flux, thickness, out=np.zeros_like(flux), where=flux > 0.0)).sum())
