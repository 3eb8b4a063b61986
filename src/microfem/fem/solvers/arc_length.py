"""Equilibria past limit points: the load is an unknown, and what is stated is how far each step goes.

    r(x, t) = 0,   d . (x - x_p, t - t_p) = 0,

with the predictor (x_p, t_p) on the tangent d of the path, so that both load and displacements may turn back where a
body snaps. E. Ramm, in: Nonlinear Finite Element Analysis in Structural Mechanics, Springer 1981, p. 63.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from microfem.base.errors import SolveError
from microfem.fem.solvers.direct import Factors, factorise_indefinite
from microfem.fem.solvers.newton import CORRECTION, CUT, GROW, LOOSE, MOST, RESIDUAL, Equilibrium, Path, Problem
from microfem.fem.space import Floats

NUDGE = 1e-4  # of the load, over which its influence on forces is taken as a difference
EASY = 4  # iterations below which the next step grows
LEAST = 1e-4  # of the first step: below, the path is given up


@dataclass
class _Arc:
    """A problem without slides and the factors that are kept from step to step."""

    problem: Problem
    factors: Factors | None = None

    def __post_init__(self) -> None:
        """Refuse what slides."""
        if len(self.problem.slides):
            raise SolveError("arc-length control does not let what is given slide")

    def full(self, x: Floats, load: float) -> Floats:
        """Return x with what is given at that load."""
        there = x.copy()
        there[self.problem.given] = self.problem.values(load)
        return there

    def solve(self, x: Floats, load: float) -> tuple[Floats, Floats]:
        """Return -K^-1 r and the change of free unknowns with the load at equilibrium, -K^-1 dr/dt."""
        problem, free = self.problem, self.problem.free
        pull = np.zeros((1, len(x)))
        high, low = problem.values(load + NUDGE), problem.values(load - NUDGE)
        pull[0, problem.given] = (high - low) / (2.0 * NUDGE)
        linear = problem.linearise(x, load, pull)
        above, below = problem.forces(x, load + NUDGE), problem.forces(x, load - NUDGE)
        if above is None or below is None:
            raise SolveError("no equilibrium is near")
        slope = linear.lifts[0] + (above - below) / (2.0 * NUDGE)
        if self.factors is None:
            self.factors = factorise_indefinite(linear.upper)
        else:
            self.factors.renew(linear.upper)
        found = self.factors.solve(-np.vstack([linear.forces[free], slope[free]]))
        return found[0], found[1]

    def tangent(self, x: Floats, load: float) -> Floats:
        """Return the unit tangent of the path (nfree + 1,), load last."""
        _, along = self.solve(x, load)
        return np.append(along, 1.0) / np.sqrt(along @ along + 1.0)

    def step(self, at: Equilibrium, tangent: Floats, length: float) -> Equilibrium | None:
        """Return the equilibrium about `length` along the tangent."""
        problem, free = self.problem, self.problem.free
        load = at.load + length * tangent[-1]
        x, change = at.x.copy(), np.inf
        x[free] += length * tangent[:-1]
        for count in range(1, MOST + 1):
            x = self.full(x, load)
            forces = problem.forces(x, load)
            if forces is None:
                return None
            loose = np.zeros_like(forces)
            loose[free] = forces[free]
            error = problem.error(x, loose, load)
            if error <= RESIDUAL or (error <= LOOSE and change <= CORRECTION * length):
                return Equilibrium(load, x, error, count)
            down, along = self.solve(x, load)
            more = -float(tangent[:-1] @ down) / float(tangent[:-1] @ along + tangent[-1])
            if not np.isfinite(more):
                return None
            step = down + more * along
            x[free] += step
            load, change = load + more, float(np.abs(step).max())
        return None


def follow_arc(
    problem: Problem, start: Floats, length: float, goes_on: Callable[[Equilibrium], bool], most: int = 400
) -> Path:
    """Walk along a path of equilibria from load 0 at `start`, towards higher loads at first.

    length: of a step, in unknowns and load together: root of the sum of squares; goes_on: whether to go on after an
    equilibrium; most: steps at most.

    Raises:
        SolveError: not even the smallest first step converges.
    """
    arc, at, steps = _Arc(problem), Equilibrium(0.0, start, 0.0, 0), list[Equilibrium]()
    before, part = np.append(np.zeros(len(problem.free)), 1.0), 1.0
    try:
        while len(steps) < most:
            tangent = arc.tangent(at.x, at.load)
            tangent *= np.sign(tangent @ before) or 1.0
            found = arc.step(at, tangent, part * length)
            if found is None:
                part *= CUT
                if part < LEAST:
                    return _ended(steps, f"stopped at {at.load:.4g} of the load: no step converges")
                continue
            problem.commit(found.x, found.load)
            before = np.append((found.x - at.x)[problem.free], found.load - at.load)
            at = found
            steps.append(at)
            if not goes_on(at):
                return _ended(steps, "")
            part = min(1.0, part * GROW) if at.iterations <= EASY else part
        return _ended(steps, f"{most} steps were not enough")
    finally:
        if arc.factors is not None:
            arc.factors.close()


def _ended(steps: list[Equilibrium], stopped: str) -> Path:
    if not steps:
        raise SolveError(stopped)
    return Path(tuple(steps), stopped)
