"""The film of least loss on a mesh, enclosed from both sides, and where the two sides differ.

For a thickness t, a flux J of divergence q, and a potential u that vanishes where the film is drained, the difference
of the upper and the lower bound of the loss is a sum over the triangles of

    mean |J + sigma t grad u|^2 / (sigma t)  +  (cap - t) (s - m)^+  +  (t - least) (m - s)^+,   s = sigma |grad u|^2,

none of which is negative: the first measures the mesh, as of W. Prager and J. L. Synge, the others the optimality.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.space import Floats
from microfem.fem.thickness.film import CollectorFilm
from microfem.fem.thickness.interior_point import InteriorPoint
from microfem.fem.thickness.shares import Bound, best_film, loss_of, most_heat, over
from microfem.fem.thickness.steps import in_steps


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
    """The best film, the even film of the same mass, and the film in steps, None where none are sought.

    unbalanced: share of the current that a flux misses; unfinished: gap at which the slower of the iterations stopped.
    """

    best: Enclosed
    even: Enclosed
    stepped: Enclosed | None
    unbalanced: float
    unfinished: float


def least_loss(film: CollectorFilm, steps: int = 0, settings: SolverSettings = SolverSettings()) -> LeastLoss:
    """Return the film of least loss for its mass, the even one, and one of so many thicknesses, none for 0.

    Raises:
        SolveError: a factorisation fails, or the iteration diverges.
    """
    middles, vertices = (
        InteriorPoint(on, film.least, film.cap, settings) for on in (film.at_middles, film.at_vertices)
    )
    above = middles.solve()
    below = vertices.solve(above.t)
    flux, unbalanced = flux_in(film, middles, above.t)
    best = enclosed(film, below.u, flux, film.least, film.cap)
    even, off = _of_film(film, middles, vertices, np.ones_like(above.t))
    stepped = None
    if steps:
        shape = in_steps(film, best.thickness, squares_of(film, best.flux), steps)
        stepped, _ = _of_film(film, middles, vertices, shape)
    middles.close()
    vertices.close()
    return LeastLoss(
        best=best,
        even=even,
        stepped=stepped,
        unbalanced=max(off, unbalanced),
        unfinished=max(below.gap, above.gap),
    )


def _of_film(
    film: CollectorFilm, middles: InteriorPoint, vertices: InteriorPoint, thickness: Floats
) -> tuple[Enclosed, float]:
    """Return the loss of a film of a stated thickness (n,), enclosed, and the unbalanced share of its current."""
    flux, off = flux_in(film, middles, thickness)
    return enclosed(film, vertices.potential(thickness)[0], flux, thickness, thickness), off


def flux_in(film: CollectorFilm, middles: InteriorPoint, thickness: Floats) -> tuple[Floats, float]:
    """Return the balanced flux J (n, 2) at the centroids in a film of that thickness, and its unbalanced share."""
    u, off = middles.potential(thickness)
    gradient = -2.0 * _gradient(film, film.at_middles.differences(u))
    return np.asarray(-(film.conductivity * thickness)[:, None] * gradient), off


def squares_of(film: CollectorFilm, flux: Floats) -> Floats:
    """Return the mean of |J|^2 / sigma in each triangle, (n,), from the flux (n, 2) at its centroid."""
    return np.asarray((flux**2).sum(axis=1) / film.conductivity + film.at_middles.bubble)


def _gradient(film: CollectorFilm, differences: Floats) -> Floats:
    return np.asarray(np.einsum("nk,nkd->nd", differences, film.inverse))


def enclosed(film: CollectorFilm, u: Floats, flux: Floats, least: Bound, cap: Bound) -> Enclosed:
    """Return the loss of the best film between two bounds of its thickness, from any potential and balanced flux.

    u: (npoints,), any multiple; flux: (n, 2) at the centroids; equal bounds are a film of stated thickness (n,).
    """
    on, area, sigma = film.at_vertices, film.area, film.conductivity
    squares = squares_of(film, flux)
    thickness = best_film(squares, area, least, cap)
    most, level = most_heat(on.heat(u), area, least, cap)
    scale = float(on.load @ u) / most if most > 0.0 else 0.0
    heat, level = scale**2 * on.heat(u), scale**2 * level
    gradient = scale * _gradient(film, on.differences(u))
    off = (flux + (sigma * thickness)[:, None] * gradient)[:, :, None]
    weight = np.divide(area, sigma * thickness, out=np.zeros_like(area), where=thickness > 0.0)[:, None, None]
    outer = weight * (off * off.swapaxes(1, 2) + film.moments)
    idle = area * (over(cap, thickness, heat - level) + (thickness - least) * np.maximum(level - heat, 0.0))
    return Enclosed(
        lower=scale * float(on.load @ u),
        upper=loss_of(squares, area, thickness),
        thickness=thickness,
        u=scale * u,
        flux=flux,
        of_cell=np.trace(outer, axis1=1, axis2=2) + idle,
        outer=outer + 0.5 * idle[:, None, None] * np.eye(2),
    )
