"""Search by gradient: sequential quadratic programming on exact derivatives (SLSQP of D. Kraft, in scipy).

Parameters go from 0 to 1 between their bounds. Objective and constraints are divided by what they are at the start.
One evaluation gives all values and all derivatives. What is found is a local optimum: several starts tell more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from microfem.errors import MicrofemError
from microfem.optimise.following import Point
from microfem.physics.physics import Floats

TOLERANCE = 1e-4  # relative change of the objective at which the search ends


@dataclass(frozen=True)
class Range:
    """The bounds of a parameter, in its unit."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Limit:
    """Bounds of a metric, in its unit."""

    metric: str
    low: float
    high: float


@dataclass(frozen=True)
class Found:
    """Where a search by gradient ended: parameters, what they give, evaluations, and how it ended."""

    params: Mapping[str, float]
    point: Point
    evaluations: int
    ended: str


class _Enough(Exception):
    """The budget is used up."""


def descend(
    evaluate: Callable[[Mapping[str, float]], Point],
    ranges: Sequence[Range],
    start: Mapping[str, float],
    objective: str,
    maximise: bool,
    limits: Sequence[Limit],
    most: int,
) -> Found:
    """Search from a start for the best objective within limits, in at most `most` evaluations.

    Raises:
        MicrofemError: the start itself cannot be evaluated.
    """
    from scipy.optimize import minimize

    seen: dict[bytes, tuple[dict[str, float], Point]] = {}
    width = np.array([one.high - one.low for one in ranges])
    low = np.array([one.low for one in ranges])

    def params_at(x: Floats) -> dict[str, float]:
        values = np.clip(low + x * width, low, low + width)
        return {one.name: float(value) for one, value in zip(ranges, values, strict=True)}

    def at(x: Floats) -> Point:
        key = x.tobytes()
        if key not in seen:
            if len(seen) >= most:
                raise _Enough
            seen[key] = (params_at(x), evaluate(params_at(x)))
        return seen[key][1]

    def slopes(x: Floats, metric: str) -> Floats:
        return np.array([at(x).slopes[metric][one.name] for one in ranges]) * width

    begin = np.clip((np.array([start[one.name] for one in ranges]) - low) / width, 0.0, 1.0)
    first = at(begin)
    scale = (-1.0 if maximise else 1.0) / max(abs(first.values[objective]), 1e-300)
    constraints = []
    for one in limits:
        for bound, sign in ((one.low, 1.0), (one.high, -1.0)):
            if np.isfinite(bound):
                size = sign / max(abs(bound), abs(first.values[one.metric]), 1e-300)
                constraints.append({
                    "type": "ineq",
                    "fun": lambda x, m=one.metric, b=bound, s=size: s * (at(x).values[m] - b),
                    "jac": lambda x, m=one.metric, s=size: s * slopes(x, m),
                })  # fmt: skip
    try:
        found = minimize(lambda x: scale * at(x).values[objective], begin, jac=lambda x: scale * slopes(x, objective),
                         method="SLSQP", bounds=[(0.0, 1.0)] * len(ranges), constraints=constraints,
                         options={"ftol": TOLERANCE, "maxiter": most})  # fmt: skip
        ended = str(found.message)
    except _Enough:
        ended = f"the budget of {most} evaluations is used up"
    except MicrofemError as error:
        ended = f"a point cannot be evaluated: {error}"
    params, point = min(seen.values(), key=lambda one: _rank(one[1], objective, scale, limits))
    return Found(params, point, len(seen), ended)


def _rank(point: Point, objective: str, scale: float, limits: Sequence[Limit]) -> tuple[float, float]:
    """Return by how much limits are missed, and the objective: the least is best."""
    missed = [max((one.low - point.values[one.metric]), (point.values[one.metric] - one.high), 0.0)
              / max(abs(point.values[one.metric]), 1e-300) for one in limits]  # fmt: skip
    worst = max(missed, default=0.0)
    return (worst if worst > TOLERANCE else 0.0), scale * point.values[objective]
