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
    """Return an estimate of |J(u) - J(u_h)| of a metric J, in its unit; None without a reliable estimate.

    solution: from which the metric is computed; call: the metric with its options. The cost is one or two solves with
    the factorised matrix. The estimate is no bound.
    """
    kind = METRICS.get(call.name)
    options = dict(kind.model(**call.options))
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
    """Return the estimated error of a quantity of interest, None without an estimate.

    It is the largest of three numbers, and never below `qoi.least`: the sum over the cells; the root of the sum of
    squares over the cells, since the sum may vanish by chance; and a second estimate of the sum, from the dual-weighted
    residuals or, for a flux through a terminal, from the balanced flux.
    """
    if qoi.load is None:
        return None if qoi.change is None else max(abs(qoi.change), qoi.least)
    z = dual.solve(qoi.load)
    if qoi.change is None or qoi.of_cell is None:
        residuals = dual.weighted_residuals(z)
        return max(abs(float(residuals.sum())), float(np.linalg.norm(residuals)), qoi.least)
    orthogonality_defect = dual.orthogonal(z)
    whole = qoi.change - float(orthogonality_defect.sum())
    other = float(dual.weighted_residuals(z).sum()) if qoi.trace is None else dual.unseen(qoi.trace, qoi.load)
    return max(abs(whole), abs(other), float(np.linalg.norm(qoi.of_cell - orthogonality_defect)), qoi.least)
