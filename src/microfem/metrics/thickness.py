"""Metrics of a collector of the best thickness, all with proven bounds."""

from __future__ import annotations

import numpy as np

from microfem.metrics.metric import metric
from microfem.physics.potential.thickness import ThicknessSolution

AT = 1e-6  # relative to a bound of the thickness: distance within which it is reached


def _bounds(solution: ThicknessSolution) -> tuple[float, float]:
    return solution.loss


def _ratio_bounds(solution: ThicknessSolution) -> tuple[float, float]:
    (low, high), (even_low, even_high) = solution.loss, solution.even_loss
    return low / even_high, high / even_low


@metric("uW", on=("thickness",), better="lower", interval=_bounds)
def collector_loss(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector of the best thickness; its bounds hold for the best film and for the film shown."""
    return 0.5 * sum(solution.loss)


@metric("1", on=("thickness",), better="lower", interval=_ratio_bounds)
def loss_against_even(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector of the best thickness over that of the even film of the same mass."""
    return 0.5 * sum(_ratio_bounds(solution))


@metric("1", on=("thickness",), better="lower", of_solve=True)
def thickness_gap(solution: ThicknessSolution) -> float:
    """Largest share of its loss that any other film of the same mass could save: 1 - lower / upper bound."""
    low, high = solution.loss
    return 1.0 - low / high


@metric("1", on=("thickness",))
def share_at_cap(solution: ThicknessSolution) -> float:
    """Share of the collector's area that is as thick as the cap; 0 without a cap."""
    film = solution.film
    return (
        float(film.area[solution.found.best.thickness > (1.0 - AT) * film.cap].sum()) if np.isfinite(film.cap) else 0.0
    )
