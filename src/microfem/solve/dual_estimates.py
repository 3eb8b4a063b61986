"""Errors of metrics by a dual solution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.metrics import METRICS, Call
from microfem.metrics.quantity_of_interest import QuantityOfInterest
from microfem.physics import Solution

if TYPE_CHECKING:
    from microfem.fem.error_estimates.dual_solution import Dual


def qoi_error(solution: Solution, call: Call) -> float | None:
    """Return an estimate of |J(u) - J(u_h)| of a metric, in its unit; None where none can be defended.

    solution: the one that the metric was evaluated on; call: with its options. It costs one or two solves with a
    matrix that is factorised already. The estimate is no bound.
    """
    kind = METRICS.get(call.name)
    options = kind.model(**call.options).model_dump()
    try:
        if kind.error is not None:
            return kind.error(solution, **options)
        if kind.qoi is None or solution.dual is None:
            return None
        qoi = kind.qoi(solution, **options)
    except MicrofemError:  # the metric itself is refused
        return None
    return estimate(solution.dual, qoi)


def estimate(dual: Dual, qoi: QuantityOfInterest) -> float | None:
    """Return the estimated error of a qoi.

    It is the largest of the cells' sum; of what they would sum to if their signs were random, since the sum may vanish
    by chance: the root of the sum of their squares; and of the sum by the way that sees what the first may miss: the
    error of the dual solution too or, for a flux through a terminal, the flux that balances. It is never below `least`.
    """
    if qoi.load is None:
        return None if qoi.change is None else max(abs(qoi.change), qoi.least)
    z = dual.solve(qoi.load)
    if qoi.change is None or qoi.of_cell is None:
        weighed = dual.weighted_residuals(z)
        return max(abs(float(weighed.sum())), float(np.linalg.norm(weighed)), qoi.least)
    forbidden = dual.orthogonal(z)
    whole = qoi.change - float(forbidden.sum())
    other = float(dual.weighted_residuals(z).sum()) if qoi.trace is None else dual.unseen(qoi.trace, qoi.load)
    return max(abs(whole), abs(other), float(np.linalg.norm(qoi.of_cell - forbidden)), qoi.least)
