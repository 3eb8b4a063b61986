"""Errors of metrics by a dual solution: what a metric registers beside its value, and the estimate made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from microfem.errors import MicrofemError
from microfem.metrics.metric import METRICS, MetricCall
from microfem.physics import Solution

if TYPE_CHECKING:
    from microfem.physics.physics import Floats

SAFETY = 1.5  # by which estimates are enlarged


@dataclass(frozen=True)
class Goal:
    """How a metric changes with its solution.

    load: (ndofs, m) its derivative J' with the degrees of freedom, in the metric's unit over that of the solution;
    None where it has none to be solved for. known: the part of J(u) - J(u_h) that is found without a dual solution.
    """

    load: Floats | None
    known: float = 0.0


def goal_error(solution: Solution, call: MetricCall) -> float | None:
    """Return an estimate of |J(u) - J(u_h)| of a metric, in its unit; None where none can be defended.

    solution: the one that the metric was evaluated on; call: with its options. It costs one solve with a matrix that
    is factorised already. The estimate is no bound: it is SAFETY times what recovered gradients tell.
    """
    kind = METRICS.get(call.metric)
    if kind.goal is None or solution.dual is None:
        return None
    try:
        goal = kind.goal(solution, **kind.model(**call.options).model_dump())
    except MicrofemError:  # the metric itself is refused, or says so
        return None
    missing = 0.0 if goal.load is None else solution.dual.missing(solution.dual.solve(goal.load))
    return SAFETY * abs(missing + goal.known)
