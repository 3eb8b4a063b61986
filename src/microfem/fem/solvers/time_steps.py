"""Implicit time steps of variable order and size for F(t, y, dy/dt) = 0, with algebraic equations among them.

Each step solves F(t, y, dy/dt) = 0 by Newton's method with factors that are kept as long as they serve. The problem
gives the norm in which the error of a step is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.solvers.backward_differences import (
    ERROR,
    HIGHEST,
    TimeState,
    advanced,
    first_state,
    prediction,
    rescaled,
    shifted,
)
from microfem.fem.solvers.settings import TimeSettings

Floats = NDArray[np.float64]
Solve: TypeAlias = Callable[[Floats], Floats]


@dataclass(frozen=True, kw_only=True)
class TimeProblem:
    """Equations F(t, y, dy/dt) = 0 in functions of them.

    residual: F (n,) of t, y (n,) and dy/dt (n,). It raises SolveError where F has no value; the step is then cut.
    factorise: of t, y, dy/dt and a slope s: the solution x of (dF/dy + s dF/d(dy/dt)) x = b, as a function of b.
    norm: of an error (n,) and y: 1 is the largest that is allowed.
    consistent: of t and y: y with its algebraic unknowns such that F(t, y, dy/dt) = 0 has a solution dy/dt.
    admissible: of y and a correction: the largest share of the correction that leaves y where F has a value, at most 1.
    projected: of t and y: y moved onto invariants of the problem, after each step.
    events: values (nevents,) of t and y; a change of sign ends the steps.
    """

    residual: Callable[[float, Floats, Floats], Floats]
    factorise: Callable[[float, Floats, Floats, float], Solve]
    norm: Callable[[Floats, Floats], float]
    consistent: Callable[[float, Floats], Floats] = lambda _, y: y
    admissible: Callable[[Floats, Floats], float] = lambda *_: 1.0
    projected: Callable[[float, Floats], Floats] = lambda _, y: y
    events: Callable[[float, Floats], Floats] = lambda *_: np.empty(0)


@dataclass(frozen=True, kw_only=True)
class TimeStep:
    """One step: the state at its end; event: number of the event that ended the steps, None for none."""

    state: TimeState
    event: int | None = None


@dataclass(kw_only=True)
class Counts:
    """What the steps of a problem cost so far."""

    steps: int = 0
    rejected: int = 0
    newton: int = 0
    factors: int = 0


@dataclass(kw_only=True)
class TimeStepper:
    """Takes time steps of one problem; factors are kept between steps, also over restarts."""

    problem: TimeProblem
    settings: TimeSettings = field(default_factory=TimeSettings)
    counts: Counts = field(default_factory=Counts)
    _solve: Solve | None = None
    _slope: float = 0.0
    _contraction: float = 1.0  # of the last Newton corrections with these factors

    def begin(self, t: float, y: Floats, until: float) -> TimeState:
        """Return the first state of a path from t to `until`, or from a jump in the equations on.

        Raises:
            SolveError: there is no consistent solution.
        """
        y = self.problem.consistent(t, np.asarray(y, dtype=float))
        rate = self._rate(t, y, until - t)
        size = self.problem.norm(rate, y)
        step = min(until - t, self.settings.first / size if size > 0.0 else np.inf)
        return first_state(t, y, rate, step)

    def steps(
        self, state: TimeState, until: float, milestones: Sequence[float] = (), passed: int | None = None
    ) -> Iterator[TimeStep]:
        """Yield one step after the other, the last of which ends at `until` or at an event.

        milestones: times at which a step must end, such as those of states to store; passed: number of the event at
        which the state stands, which the first step does not meet again.

        Raises:
            SolveError: the step had to be cut below the smallest one; the message tells the time.
        """
        targets = [*sorted(one for one in milestones if state.t < one < until), until]
        values = self.problem.events(state.t, state.y)
        if passed is not None:
            values[passed] = 0.0
        for target in targets:
            while state.t < target:
                before, state = state.t, self._step(state, target)
                values, event = self._event(before, values, state)
                if event is not None:
                    yield event
                    return
                yield TimeStep(state=state)

    def _event(self, before: float, values: Floats, state: TimeState) -> tuple[Floats, TimeStep | None]:
        """Return the values of the events after a step, and the step up to the first event in it."""
        from scipy.optimize import brentq

        now = self.problem.events(state.t, state.y)
        found = []
        for k in np.flatnonzero((values * now < 0.0) | ((now == 0.0) & (values != 0.0))):

            def value(t: float, k: int = int(k)) -> float:
                return float(self.problem.events(t, state.at(t))[k])

            exact = value(before) * value(state.t) < 0.0  # round-off may move an event out of the step
            found.append((brentq(value, before, state.t, xtol=1e-14 * state.step) if exact else state.t, int(k)))
        if not found:
            return now, None
        t, event = min(found)
        return now, TimeStep(state=shifted(state, t), event=event)

    def _step(self, state: TimeState, target: float) -> TimeState:
        """Return the state after one step towards a time."""
        settings, longest = self.settings, np.inf  # longest: below a step that failed
        while True:
            left = target - state.t
            if state.step < max(settings.least * abs(state.t), settings.least**2 * left):
                raise SolveError(f"the time step at t = {state.t:.6g} was cut to {state.step:.3g}")
            if state.step > (1.0 - settings.least) * left:
                state = rescaled(state, left)
            corrected = self._correct(state)
            if corrected is None:
                self.counts.rejected += 1
                longest = settings.cut * state.step
                state = rescaled(state, longest)
                continue
            correction, iterations = corrected
            ended = advanced(state, correction)
            error = self.problem.norm(ERROR[state.order] * correction, ended.y)
            safety = settings.safety * (2 * settings.iterations + 1) / (2 * settings.iterations + iterations)
            first = not state.equal and state.order == 1 and not state.differences[2].any()
            if error > 1.0 or (first and error < settings.easy and state.step < 0.5 * min(left, longest)):
                self.counts.rejected += error > 1.0
                factor = safety * max(error, 1e-12) ** (-1.0 / (state.order + 1))
                change = float(np.clip(factor, settings.smallest_change, 1.0 / settings.easy))
                state = rescaled(state, min(state.step * change, longest))
                continue
            self.counts.steps += 1
            return self._next(self._projected(ended), error, safety, t=target if state.step == left else ended.t)

    def _projected(self, state: TimeState) -> TimeState:
        differences = state.differences
        differences[0] = self.problem.projected(state.t, state.y)
        return replace(state, differences=differences)

    def _next(self, state: TimeState, error: float, safety: float, t: float) -> TimeState:
        """Return the state with the order and the step of the next step, once enough equal steps were taken.

        Order 1 is for the first steps alone: what follows from a derivative, such as the current of a double layer, has
        an error there that changes with the step, so that its differences would keep the order low.
        """
        state, order, known = replace(state, t=t), state.order, state.differences
        if state.equal < order + 1:
            return state
        norm, errors = self.problem.norm, {order: error}
        if order > 2:
            errors[order - 1] = norm(ERROR[order - 1] * known[order], state.y)
        if order < HIGHEST:
            errors[order + 1] = norm(ERROR[order + 1] * known[order + 2], state.y)
        factors = {k: max(one, 1e-12) ** (-1.0 / (k + 1)) for k, one in errors.items()}
        best = max(factors, key=lambda k: factors[k])
        factor = min(self.settings.largest_change, safety * factors[best])
        return rescaled(replace(state, order=best), state.step * max(factor, self.settings.smallest_change))

    def _correct(self, state: TimeState) -> tuple[Floats, int] | None:
        """Return the correction of a prediction and the number of Newton's iterations; None if it failed.

        Where kept factors do not serve, fresh ones at the last iterate do.
        """
        predicted, rate, slope = prediction(state)
        t, correction, spent = state.t + state.step, np.zeros_like(predicted), 0
        old = self._solve is not None and abs(slope / self._slope - 1.0) <= self.settings.stale
        for kept in (True, False) if old else (False,):
            try:
                if not kept:
                    self._renew(t, predicted + correction, rate + slope * correction, slope)
                correction, iterations, converged = self._iterated(t, predicted, rate, slope, correction, kept)
            except SolveError:
                correction, iterations, converged = np.zeros_like(predicted), 0, False
            spent += iterations
            if converged:
                return correction, spent
        return None

    def _iterated(
        self, t: float, predicted: Floats, rate: Floats, slope: float, correction: Floats, kept: bool
    ) -> tuple[Floats, int, bool]:
        """Return a correction after Newton's iterations, their number and whether they converged.

        With kept factors they end as soon as the last contraction will not lead there in the iterations that are left.
        """
        settings, start, before = self.settings, correction, 0.0
        expected = abs(slope - self._slope) / (slope + self._slope)
        self._contraction = max(self._contraction, expected, settings.contraction)
        for iteration in range(1, settings.iterations + 1):
            change = self._newton(t, predicted + correction, rate + slope * correction, slope)
            correction = correction + change
            size = self.problem.norm(change, predicted)
            if before:
                self._contraction = size / before
            stuck = before > 0.0 and self._contraction >= 1.0
            if not np.isfinite(size) or (stuck and max(size, before) > settings.noise):
                return start, iteration, False
            left = size * self._contraction / max(1.0 - self._contraction, 1e-3)
            if stuck or left < settings.newton:
                return correction, iteration, True
            if kept and before and left * self._contraction ** (settings.iterations - iteration) > settings.newton:
                return correction, iteration, False
            before = size
        return correction, settings.iterations, False

    def _renew(self, t: float, y: Floats, rate: Floats, slope: float) -> None:
        """Factorise."""
        self._solve, self._slope = self.problem.factorise(t, y, rate, slope), slope
        self._contraction = 0.5
        self.counts.factors += 1

    def _newton(self, t: float, y: Floats, rate: Floats, slope: float) -> Floats:
        """Return a correction of Newton's method, within the bounds of the problem.

        Factors for another slope give corrections that are too small or too large; the factor balances both kinds of
        unknowns, after A. C. Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363, section 2.3.
        """
        assert self._solve is not None
        self.counts.newton += 1
        change = self._solve(-self.problem.residual(t, y, rate)) * (2.0 / (1.0 + slope / self._slope))
        return change * self.problem.admissible(y, change)

    def _rate(self, t: float, y: Floats, span: float) -> Floats:
        """Return dy/dt at a consistent solution: from an implicit Euler step so short that its change is small."""
        step, small = self.settings.slope_span * span, self.settings.slope_change
        for _ in range(self.settings.start_iterations):
            change = self._euler(t, y, step)
            size = np.inf if change is None else self.problem.norm(change, y)
            if change is not None and size <= small:
                return change / step
            step *= max(0.5 * small / size, 1e-4)
        raise SolveError(f"there is no consistent start at t = {t:.6g}")

    def _euler(self, t: float, y: Floats, step: float) -> Floats | None:
        """Return the change of y in an implicit Euler step; None if Newton's method fails."""
        change, slope, solve, before, size = np.zeros_like(y), 1.0 / step, None, np.inf, np.inf
        try:
            for _ in range(self.settings.start_iterations):
                if solve is None or size > self.settings.shrinks * before:
                    solve = self.problem.factorise(t + step, y + change, slope * change, slope)
                    self.counts.factors += 1
                more = solve(-self.problem.residual(t + step, y + change, slope * change))
                more = more * self.problem.admissible(y + change, more)
                change, before, size = change + more, size, self.problem.norm(more, y)
                if size <= self.settings.newton * self.settings.slope_change:
                    return change
        except SolveError:
            pass
        return None


def held(
    problem: TimeProblem, differential: NDArray[np.bool_], step: float, most: int = 50
) -> Callable[[float, Floats], Floats]:
    """Return a function of t and y that solves for the algebraic unknowns, with the differential ones held.

    differential (n,): the unknowns whose derivatives stand in the equations; step: a time below those of the problem.
    """

    def consistent(t: float, y: Floats) -> Floats:
        y, slope = y.copy(), 1.0 / step
        for _ in range(most):
            solve = problem.factorise(t, y, np.zeros_like(y), slope)
            change = np.where(differential, 0.0, solve(-problem.residual(t, y, np.zeros_like(y))))
            y = y + change * problem.admissible(y, change)
            if problem.norm(change, y) < 1e-6:
                return y
        raise SolveError(f"the algebraic equations at t = {t:.6g} have no solution near the start")

    return consistent
