"""Metrics of a collector of the best thickness; losses have proven bounds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from microfem.metrics.metric import metric
from microfem.physics import Case
from microfem.physics.potential.thickness import ThicknessCase, ThicknessSolution

AT = 1e-6  # relative to a bound of the thickness: distance within which it is reached

Bounds = Callable[[ThicknessSolution], tuple[float, float]]


def _loss(name: str) -> Bounds:
    """Return the bounds of a loss, uW."""
    return lambda solution: solution.losses[name]


def _ratio(name: str, other: str) -> Bounds:
    """Return the bounds of the ratio of two losses."""

    def bounds(solution: ThicknessSolution) -> tuple[float, float]:
        (low, high), (other_low, other_high) = solution.losses[name], solution.losses[other]
        return low / other_high, high / other_low

    return bounds


def _no_steps(case: Case) -> str:
    """Return why a case has no film in steps, "" if it has one."""
    return "" if isinstance(case, ThicknessCase) and case.steps else "the case states no steps, such as steps: 4"


@metric("uW", on=("thickness",), better="lower", interval=_loss("loss"))
def collector_loss(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector of the best thickness; its bounds hold for the best film and for the film shown."""
    return 0.5 * sum(solution.losses["loss"])


@metric("1", on=("thickness",), better="lower", interval=_ratio("loss", "even_loss"))
def loss_against_even(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector of the best thickness over that of the even film of the same mass."""
    return 0.5 * sum(_ratio("loss", "even_loss")(solution))


@metric("uW", on=("thickness",), better="lower", interval=_loss("stepped_loss"), suits=_no_steps)
def stepped_loss(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector in steps of thickness, of the same mass; the case states `steps`."""
    return 0.5 * sum(solution.losses["stepped_loss"])


@metric("1", on=("thickness",), better="lower", of_solve=True)
def thickness_gap(solution: ThicknessSolution) -> float:
    """Largest share of its loss that any other film of the same mass could save: 1 - lower / upper bound."""
    low, high = solution.losses["loss"]
    return 1.0 - low / high


@metric("1", on=("thickness",))
def share_at_cap(solution: ThicknessSolution) -> float:
    """Share of the collector's area that is as thick as the cap; 0 without a cap."""
    film, thickness = solution.film, solution.found.best.thickness
    return float(film.area[thickness > (1.0 - AT) * film.cap].sum()) if np.isfinite(film.cap) else 0.0
