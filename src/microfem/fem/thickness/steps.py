"""A film in a few steps of thickness, of the same mass: what a set of masks makes of the best film."""

from __future__ import annotations

import numpy as np

from microfem.fem.space import Floats, Ints
from microfem.fem.thickness.film import CollectorFilm
from microfem.fem.thickness.shares import best_film

BINS = 256  # of equal area, between which the steps are sought
SWEEPS = 2  # of means around vertices, so that outlines are no thicker than the mesh needs


def in_steps(film: CollectorFilm, thickness: Floats, squares: Floats, count: int) -> Floats:
    """Return a film (n,) of at most `count` thicknesses, with the mass of the film and the least loss for its flux.

    squares: (n,) mean of |J|^2 / sigma. Triangles are sorted by thickness, and cut into groups where the loss of the
    flux is least: that of groups of area A with the sum B of squares is (sum sqrt(A B))^2 over the mass.
    """
    order = np.argsort(_smooth(film, thickness), kind="stable")
    area, flux = film.area[order], (film.area * squares)[order]
    ends = np.unique(np.searchsorted(np.cumsum(area), np.arange(1, BINS) / BINS))
    ends = np.concatenate([[0], ends[(ends > 0) & (ends < len(order))], [len(order)]])
    areas, fluxes = (np.concatenate([[0.0], np.cumsum(one)])[ends] for one in (area, flux))
    bins = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
    group = np.asarray(np.searchsorted(_cuts(areas, fluxes, count), bins, side="right"))
    areas, fluxes = (np.asarray(np.bincount(group, one), dtype=float) for one in (area, flux))
    steps = best_film(fluxes / areas, areas, film.least, film.cap)
    result = np.empty_like(thickness)
    result[order] = steps[group]
    return result


def _smooth(film: CollectorFilm, thickness: Floats) -> Floats:
    """Return the thickness as means over the vertices of each triangle of means over the triangles around them."""
    nodes, count = film.corners, len(film.mesh.points)
    weight = np.repeat(film.area, 3)
    around = np.bincount(nodes.ravel(), weight, count)
    for _ in range(SWEEPS):
        at = np.bincount(nodes.ravel(), weight * np.repeat(thickness, 3), count)
        thickness = np.divide(at, around, out=np.zeros_like(at), where=around > 0.0)[nodes].mean(axis=1)
    return thickness


def _cuts(area: Floats, flux: Floats, count: int) -> Ints:
    """Return the numbers (count - 1,) of the first bins of all groups but the first, by dynamic programming.

    area, flux: (nbins + 1,) sums over the bins up to each end.
    """
    spans = [np.maximum(one[None, :] - one[:, None], 0.0) for one in (area, flux)]
    cost = np.where(np.tri(len(area), dtype=bool), np.inf, np.sqrt(spans[0] * spans[1]))  # from one end to another
    least, before = cost[0], []
    for _ in range(min(count, len(area) - 1) - 1):
        through = least[:, None] + cost
        before.append(through.argmin(axis=0))
        least = through.min(axis=0)
    cuts, end = [], len(area) - 1
    for choice in reversed(before):
        end = int(choice[end])
        cuts.append(end)
    return np.array(cuts[::-1], dtype=np.int64)
