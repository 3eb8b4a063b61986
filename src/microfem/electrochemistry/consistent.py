"""Potentials and currents after a switch: what the concentrations, the fillings and the double layers ask for."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.base.units import format_quantity
from microfem.fem.solvers.time_steps import TimeProblem

Floats = NDArray[np.float64]

SHORT = 1e-12  # s: the step that finds potentials and currents after a switch, in which nothing else changes
SHORT_CHARGING = 1e-10  # s: of a double layer, whose current is a difference of potentials in that step
STEP_ITERATIONS = 60
SHRINKS = 0.1  # ratio of two corrections above which such a step has new factors
CONVERGED = 1e-9  # largest last correction of such a step, relative to the scales of the norm


class Equations(Protocol):
    """What a start needs of equations: their double layers, and which unknowns have derivatives in them."""

    @property
    def layers(self) -> Sized:
        """The double layers."""

    @property
    def differential(self) -> NDArray[np.bool_]:
        """Mask of the unknowns whose derivatives stand in the equations."""


def with_consistent_start(problem: TimeProblem, equations: Equations, tolerance: float) -> TimeProblem:
    """Return a problem in time that finds the potentials and currents of its start; tolerance: that of its norm."""

    def consistent(t: float, y: Floats) -> Floats:
        if len(equations.layers):  # their drops of potential change in any step; two steps tell what they were before
            once = implicit_step(problem, tolerance, t, y, SHORT_CHARGING)
            twice = implicit_step(problem, tolerance, t + SHORT_CHARGING, once, SHORT_CHARGING)
            return problem.projected(t, np.where(equations.differential, y, 2.0 * once - twice))
        after = implicit_step(problem, tolerance, t, y, SHORT)
        return problem.projected(t, np.where(equations.differential, y, after))

    return replace(problem, consistent=consistent)


def implicit_step(problem: TimeProblem, tolerance: float, t: float, y: Floats, length: float) -> Floats:
    """Return the unknowns after one implicit step of Euler from t, by a damped method of Newton.

    Raises:
        SolveError: there are none.
    """
    now, slope, solve, before, size = y.copy(), 1.0 / length, None, np.inf, np.inf
    for _ in range(STEP_ITERATIONS):
        rate = slope * (now - y)
        if solve is None or size > SHRINKS * before:
            solve = problem.factorise(t + length, now, rate, slope)
        change = solve(-problem.residual(t + length, now, rate))
        change *= problem.admissible(now, change)
        now, before, size = now + change, size, problem.norm(change, now) * tolerance
        if size < CONVERGED:
            return now
    raise SolveError(
        f"no potentials carry the stated current or voltage at t = {format_quantity(t, 's')}: it may be beyond "
        "what the electrolyte or the kinetics allow"
    )
