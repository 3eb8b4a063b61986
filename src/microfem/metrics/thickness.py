"""Metrics of a collector of the best thickness; losses have proven bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from microfem.metrics.metric import metric
from microfem.physics import Case
from microfem.physics.potential.thickness import ThicknessCase, ThicknessSolution

AT = 1e-6  # relative to a bound of the thickness: distance within which it is reached

BENT = 4.0  # relative effect on a loss of a relative area: that of a disc, which has 2, twice


def _ends(solution: ThicknessSolution, name: str, over: str) -> tuple[float, float]:
    """Return the bounds of a loss, uW, or of its ratio to another one, on the collector as it is meshed."""
    low, high = solution.losses[name]
    if not over:
        return low, high
    other_low, other_high = solution.losses[over]
    return low / other_high, high / other_low


def _proven(name: str, over: str = "") -> Callable[..., Sequence[float]]:
    """Return the bounds where the outline of the collector is exact, nothing where chords stand for curves."""
    return lambda solution: () if solution.bent else _ends(solution, name, over)


def _estimated(name: str, over: str = "") -> Callable[..., float]:
    """Return half the distance of the bounds, and what the area beside the chords may change."""

    def error(solution: ThicknessSolution) -> float:
        low, high = _ends(solution, name, over)
        return 0.5 * (high - low) + BENT * solution.bent * high

    return error


def _middle(solution: ThicknessSolution, name: str, over: str = "") -> float:
    return 0.5 * sum(_ends(solution, name, over))


def _no_steps(case: Case) -> str:
    """Return why a case has no film in steps, "" if it has one."""
    return "" if isinstance(case, ThicknessCase) and case.steps else "the case states no steps, such as steps: 4"


@metric("uW", on=("thickness",), better="lower", interval=_proven("loss"), error=_estimated("loss"))
def collector_loss(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector of the best thickness; its bounds hold for the best film and for the film shown."""
    return _middle(solution, "loss")


@metric(
    "1", on=("thickness",), better="lower", interval=_proven("loss", "even_loss"), error=_estimated("loss", "even_loss")
)
def loss_against_even(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector of the best thickness over that of the even film of the same mass."""
    return _middle(solution, "loss", "even_loss")


@metric(
    "uW",
    on=("thickness",),
    better="lower",
    interval=_proven("stepped_loss"),
    error=_estimated("stepped_loss"),
    suits=_no_steps,
)
def stepped_loss(solution: ThicknessSolution) -> float:
    """Ohmic loss of the collector in steps of thickness, of the same mass; the case states `steps`."""
    return _middle(solution, "stepped_loss")


@metric("1", on=("thickness",), better="lower", of_solve=True)
def thickness_gap(solution: ThicknessSolution) -> float:
    """Largest share of its loss that any other film of the same mass could save: 1 - lower / upper bound."""
    low, high = solution.losses["loss"]
    return 1.0 - low / high


@metric("1", on=("thickness",), scale=lambda _: 1.0)
def share_at_cap(solution: ThicknessSolution) -> float:
    """Share of the collector's area that is as thick as the cap; 0 without a cap."""
    film, thickness = solution.film, solution.found.best.thickness
    return float(film.area[thickness > (1.0 - AT) * film.cap].sum()) if np.isfinite(film.cap) else 0.0
