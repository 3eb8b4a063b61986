"""Errors of metrics by a dual solution: what a metric registers beside its value, and the estimate made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from microfem.errors import MicrofemError
from microfem.metrics.metric import METRICS, MetricCall
from microfem.physics import Solution

if TYPE_CHECKING:
    from microfem.physics.physics import Floats

@dataclass(frozen=True)
class Goal:
    """How a metric J changes with its solution.

    load: (ndofs, m) derivatives of J with the degrees of freedom; None where `change` needs no correction.
    change: J of the recovered gradient less J, in the unit of J.
    """

    load: Floats | None
    change: float


def goal_error(solution: Solution, call: MetricCall) -> float | None:
    """Return an estimate of |J(u) - J(u_h)| of a metric, in its unit; None where none can be defended.

    solution: the one that the metric was evaluated on; call: with its options. It costs one solve with a matrix that
    is factorised already. The estimate is no bound.
    """
    kind = METRICS.get(call.metric)
    if kind.goal is None or solution.dual is None:
        return None
    try:
        goal = kind.goal(solution, **kind.model(**call.options).model_dump())
    except MicrofemError:  # the metric itself is refused, or says so
        return None
    dual = solution.dual
    return abs(goal.change - (0.0 if goal.load is None else dual.forbidden(dual.solve(goal.load))))
