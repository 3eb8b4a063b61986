"""Backward differences of a solution in time: prediction, change of the step, interpolation.

The formulas are the numerical differentiation formulas of L. F. Shampine and M. W. Reichelt, SIAM J. Sci. Comput. 18
(1997) 1: order 1 to 5, equal steps, the leading coefficient fixed. A change of the step rescales the differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HIGHEST = 5  # order
KAPPA = np.array([0.0, -0.1850, -1.0 / 9.0, -0.0823, -0.0415, 0.0])  # table 1 of the source
GAMMA = np.hstack([0.0, np.cumsum(1.0 / np.arange(1.0, HIGHEST + 1.0))])
ALPHA = (1.0 - KAPPA) * GAMMA
ERROR = KAPPA * GAMMA + 1.0 / np.arange(1.0, HIGHEST + 2.0)  # local error relative to the next difference, by order


@dataclass(frozen=True, kw_only=True)
class TimeState:
    """A solution at one time with its history, from which the time steps go on; all in the units of the problem.

    t: time; differences (HIGHEST + 3, n): backward differences for the step `step`, the first is the solution; order:
    of the next step; equal: steps of this size and order so far.
    """

    t: float
    differences: Floats
    step: float
    order: int
    equal: int = 0

    @property
    def y(self) -> Floats:
        """The solution (n,)."""
        return np.asarray(self.differences[0])

    def at(self, t: float) -> Floats:
        """Return the solution (n,) at a time within the last step, from the polynomial through the last solutions."""
        number = np.arange(self.order)
        factors = np.cumprod((t - self.t + self.step * number) / (self.step * (1.0 + number)))
        return np.asarray(self.differences[0] + factors @ self.differences[1 : self.order + 1])


def first_state(t: float, y: Floats, rate: Floats, step: float) -> TimeState:
    """Return the state at the beginning of a path, with its derivative in time."""
    differences = np.zeros((HIGHEST + 3, len(y)))
    differences[0], differences[1] = y, step * rate
    return TimeState(t=t, differences=differences, step=step, order=1)


def rescaled(state: TimeState, step: float) -> TimeState:
    """Return a state for another step: the same polynomial through other points."""
    order, differences = state.order, state.differences.copy()
    change = _pascal(order, step / state.step) @ _pascal(order, 1.0)
    differences[: order + 1] = change.T @ differences[: order + 1]
    return TimeState(t=state.t, differences=differences, step=step, order=order)


def shifted(state: TimeState, t: float) -> TimeState:
    """Return a state at another time within the last step: the same polynomial through points that end there."""
    left = np.array([state.at(t - k * state.step) for k in range(state.order + 1)])
    differences = np.zeros_like(state.differences)
    for k in range(state.order + 1):
        differences[k], left = left[0], left[:-1] - left[1:]
    return TimeState(t=t, differences=differences, step=state.step, order=state.order)


def _pascal(order: int, factor: float) -> Floats:
    """Return the matrix (order + 1, order + 1) of the change of differences, section 2.1 of the source."""
    row, column = np.arange(1, order + 1)[:, None], np.arange(1, order + 1)
    matrix = np.zeros((order + 1, order + 1))
    matrix[0] = 1.0
    matrix[1:, 1:] = (row - 1.0 - factor * column) / row
    return np.asarray(np.cumprod(matrix, axis=0))


def prediction(state: TimeState) -> tuple[Floats, Floats, float]:
    """Return the predicted solution after a step, its derivative, and the change of the derivative per change of it."""
    order, known = state.order, state.differences
    slope = float(ALPHA[order] / state.step)
    rate = GAMMA[1 : order + 1] @ known[1 : order + 1] / state.step
    return known[: order + 1].sum(axis=0), np.asarray(rate), slope


def advanced(state: TimeState, correction: Floats) -> TimeState:
    """Return the state after a step whose solution is the prediction plus a correction."""
    order, differences = state.order, state.differences.copy()
    differences[order + 2] = correction - differences[order + 1]
    differences[order + 1] = correction
    for k in reversed(range(order + 1)):
        differences[k] += differences[k + 1]
    return TimeState(
        t=state.t + state.step, differences=differences, step=state.step, order=order, equal=state.equal + 1
    )
