"""The film of least loss on a mesh, enclosed from both sides, and where the two sides differ.

For a thickness t, a flux J of divergence q, and a potential u that vanishes where the film is drained, the difference
of the upper and the lower bound of the loss is a sum over the triangles of

    mean |J + sigma t grad u|^2 / (sigma t)  +  (cap - t) (s - m)^+  +  (t - least) (m - s)^+,   s = sigma |grad u|^2,

none of which is negative: the first measures the mesh, as of W. Prager and J. L. Synge, the others the optimality.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.space import Floats
from microfem.fem.thickness.film import Film
from microfem.fem.thickness.interior_point import InteriorPoint
from microfem.fem.thickness.shares import best_film, loss_of, most_heat


@dataclass(frozen=True, kw_only=True)
class Enclosed:
    """A loss between a lower and an upper bound, in the units of the film.

    thickness: (n,) relative to the mean; u: (npoints,) potential whose lower bound it is; flux: (n, 2) J at the
    centroids, whose upper bound it is; of_cell: (n,) difference of the bounds; outer: (n, 2, 2) its distribution over
    directions, of that trace.
    """

    lower: float
    upper: float
    thickness: Floats
    u: Floats
    flux: Floats
    of_cell: Floats
    outer: Floats


@dataclass(frozen=True, kw_only=True)
class LeastLoss:
    """The best film and the even film of the same mass; unbalanced: share of the current that a flux misses."""

    best: Enclosed
    even: Enclosed
    iterations: int
    unbalanced: float


def least_loss(film: Film, settings: SolverSettings = SolverSettings()) -> LeastLoss:
    """Return the film of least loss for its mass, and the even one.

    Raises:
        SolveError: a factorisation fails, or the iteration diverges.
    """
    middles = InteriorPoint(film.at_middles, film.least, film.cap, settings)
    above = middles.solve()
    even_u, off = middles.potential(np.ones_like(above.t))
    u, unbalanced = middles.potential(above.t)
    middles.close()
    vertices = InteriorPoint(film.at_vertices, film.least, film.cap, settings)
    below = vertices.solve(above.t)
    vertices.close()
    even, best = (flux_of(film, *one) for one in ((even_u, np.ones_like(above.t)), (u, above.t)))
    return LeastLoss(
        best=enclosed(film, below.u, best, film.least, film.cap),
        even=enclosed(film, vertices.even, even, 1.0, 1.0),
        iterations=below.iterations + above.iterations,
        unbalanced=max(off, unbalanced),
    )


def flux_of(film: Film, u: Floats, thickness: Floats) -> Floats:
    """Return J (n, 2) at the centroids, from the potential at the middles of edges in a film of that thickness."""
    gradient = -2.0 * _gradient(film, film.at_middles.differences(u))
    return np.asarray(-(film.conductivity * thickness)[:, None] * gradient)


def _gradient(film: Film, differences: Floats) -> Floats:
    return np.asarray(np.einsum("nk,nkd->nd", differences, film.inverse))


def enclosed(film: Film, u: Floats, flux: Floats, least: float, cap: float) -> Enclosed:
    """Return the loss of the best film between two bounds of its thickness, from any potential and balanced flux.

    u: (npoints,), any multiple; flux: (n, 2) at the centroids.
    """
    on, area, sigma = film.at_vertices, film.area, film.conductivity
    squares = (flux**2).sum(axis=1) / sigma + film.at_middles.bubble
    thickness = best_film(squares, area, least, cap)
    most, level = most_heat(on.heat(u), area, least, cap)
    scale = float(on.load @ u) / most
    heat, level = scale**2 * on.heat(u), scale**2 * level
    gradient = scale * _gradient(film, on.differences(u))
    off = (flux + (sigma * thickness)[:, None] * gradient)[:, :, None]
    weight = np.divide(area, sigma * thickness, out=np.zeros_like(area), where=thickness > 0.0)[:, None, None]
    outer = weight * (off * off.swapaxes(1, 2) + film.moments)
    above = (cap - thickness) * np.maximum(heat - level, 0.0) if math.isfinite(cap) else 0.0
    idle = area * (above + (thickness - least) * np.maximum(level - heat, 0.0))
    return Enclosed(
        lower=scale * float(on.load @ u),
        upper=loss_of(squares, area, thickness),
        thickness=thickness,
        u=scale * u,
        flux=flux,
        of_cell=np.trace(outer, axis1=1, axis2=2) + idle,
        outer=outer + 0.5 * idle[:, None, None] * np.eye(2),
    )
