"""Nonlinear equilibrium along a load path: Newton's method with predictors, back-tracking and steps that adapt.

    r(x, t) = 0,   x = x_g(t) on what is given,   t the factor of the load.

The first iteration of a step moves what is given by the linearised problem, K_ff dx_f = -r_f - K_fg dx_g, so that no
cell is torn by its neighbours' jump; where a step has gone before, the secant through the last two is tried first. A
correction is halved until the trial is admissible (no cell inside out) and its residual has not grown out of bounds.
A step that fails is cut, one that was easy lets the next grow. Every converged step is kept. After P. Wriggers,
Nonlinear Finite Element Methods, Springer 2008, ch. 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import scipy.sparse as sp

from microfem.base.errors import SolveError
from microfem.base.progress import tell
from microfem.fem.solvers.lagged import Lagged
from microfem.fem.solvers.settings import NewtonSettings, SolverSettings
from microfem.fem.space import Floats, Ints


@dataclass(frozen=True)
class Linear:
    """A problem near x: out-of-balance forces r (n,), K @ each row of the changes asked for (m, n), upper K_ff."""

    forces: Floats
    lifts: Floats
    upper: sp.csr_matrix


class EquilibriumProblem(Protocol):
    """A discrete equilibrium of unknowns x (n,)."""

    @property
    def given(self) -> Ints:
        """Unknowns with stated values."""

    @property
    def free(self) -> Ints:
        """Unknowns that are solved for, sorted; others do not exist."""

    @property
    def slides(self) -> Floats:
        """Motions (k, ngiven) of what is given that are free, zero rows if none: their forces must vanish."""

    def values(self, load: float) -> Floats:
        """Return the stated values (ngiven,) at a load, before any slide."""

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return r (n,), inner less outer forces; None if x is inadmissible."""

    def error(self, x: Floats, forces: Floats, load: float) -> float:
        """Return the size of forces that should vanish, relative to the forces at work."""

    def place(self, forces: Floats) -> str:
        """Return the name of the region where forces (n,) are largest, for messages."""

    def linearise(self, x: Floats, load: float, changes: Floats) -> Linear:
        """Return r, K @ changes and the upper triangle of K_ff, sparsity the same each time."""

    def commit(self, x: Floats, load: float) -> None:
        """Take x as the history of what follows."""


@dataclass(frozen=True)
class Equilibrium:
    """A converged step: factor of the load, unknowns, residual, iterations that it took."""

    load: float
    x: Floats
    residual: float
    iterations: int


@dataclass(frozen=True)
class Path:
    """Converged steps in order; stopped: why the path ended before its end, "" if it did not."""

    steps: tuple[Equilibrium, ...]
    stopped: str = ""

    @property
    def iterations(self) -> int:
        """Iterations of all steps that converged."""
        return sum(step.iterations for step in self.steps)


@dataclass(kw_only=True)
class _Walk:
    """Where a path stands; the factors' analysis is kept from step to step.

    recent: the last equilibria since the path turned, which tell what comes next.
    """

    problem: EquilibriumProblem
    origin: Floats
    recent: list[Equilibrium]
    system: Lagged
    settings: NewtonSettings
    steps: list[Equilibrium] = field(default_factory=list)
    reach: float = 0.0  # size of the largest change along the path, of free unknowns


def follow(
    problem: EquilibriumProblem,
    start: Floats,
    marks: Sequence[float],
    first: float = 1.0,
    reach: float = 1.0,
    begin: float = 0.0,
    settings: SolverSettings = SolverSettings(),
) -> Path:
    """Walk through equilibria from load `begin` at `start` to each mark in turn; every step that converges is kept.

    marks: loads to be met exactly, in order; first: part of the first leg to try at once; settings: with a
    least step of 1 where `start` is of use at the first mark only.

    Raises:
        SolveError: not even the smallest first step converges.
    """
    at, part, forward = Equilibrium(begin, start, 0.0, 0), first, 0.0
    walk, newton = (
        _Walk(
            problem=problem, origin=start, recent=[at], system=Lagged(settings), settings=settings.newton, reach=reach
        ),
        settings.newton,
    )
    try:
        for mark in marks:
            leg = mark - at.load
            if leg * forward < 0.0:
                walk.recent = [at]
            forward = leg
            while at.load != mark:
                goal = at.load + part * leg
                goal = mark if abs(mark - goal) < 1e-9 * abs(leg) or (mark - goal) * leg < 0.0 else goal
                found, why = _step(walk, at.x, at.load, goal)
                if found is None:
                    part = newton.cut * (goal - at.load) / leg
                    if part < newton.least_step:
                        return _ended(walk, f"stopped at {at.load:.4g} of the load, on the way to {goal:.4g}: {why}")
                    continue
                at = found
                problem.commit(at.x, at.load)
                walk.steps.append(at)
                walk.recent = [*walk.recent[-2:], at]
                tell(f"load {at.load:.4g}, {at.iterations} iterations")
                part = min(1.0, part * newton.growth) if at.iterations <= newton.easy else part
        return _ended(walk, "")
    finally:
        walk.system.close()


def _ended(walk: _Walk, stopped: str) -> Path:
    if not walk.steps:
        raise SolveError(stopped or "the path has no steps")
    return Path(tuple(walk.steps), stopped)


@dataclass
class _Try:
    """A step on its way: unknowns, slides so far (k,), relative residual, size of the last correction."""

    x: Floats
    slid: Floats
    error: float = np.inf
    change: float = np.inf


def _step(walk: _Walk, x: Floats, load: float, goal: float) -> tuple[Equilibrium | None, str]:
    """Return the equilibrium at `goal`, or None and why it was not found."""
    problem, newton = walk.problem, walk.settings
    wanted = problem.values(goal)
    now = _extrapolated(walk, goal) or _Try(x, _slid(problem, x, load))
    for count in range(1, newton.iterations + 1):
        try:
            why = _correct(walk, now, wanted, goal)
        except SolveError as error:
            return None, str(error)
        if why:
            return None, why
        reach = max(walk.reach, float(np.abs(now.x - walk.origin)[problem.free].max(initial=0.0)))
        small = now.change <= newton.correction * reach and now.error <= newton.rough
        if now.error <= newton.residual or small:
            walk.reach = reach  # not before: an iterate far off would make every correction small
            return Equilibrium(goal, now.x, now.error, count), ""
    return (
        None,
        f"{newton.iterations} iterations left a residual of {now.error:.1e} of the forces{_place(problem, now, goal)}",
    )


def _correct(walk: _Walk, now: _Try, wanted: Floats, goal: float) -> str:
    """Take one Newton correction, shortened if need be; return why it cannot be taken, or ""."""
    problem, newton = walk.problem, walk.settings
    given, free, slides = problem.given, problem.free, problem.slides
    pending = np.zeros((1 + len(slides), len(now.x)))
    pending[0, given] = wanted + now.slid @ slides - now.x[given]
    pending[1:, given] = slides
    linear = problem.linearise(now.x, goal, pending)
    out = linear.forces + linear.lifts[0]
    found = walk.system.solve(linear.upper, -np.vstack([out[free], linear.lifts[1:][:, free]]))
    along = linear.lifts[1:]
    system = slides @ along[:, given].T + along[:, free] @ found[1:].T
    right = -slides @ out[given] - along[:, free] @ found[0]
    slid = np.linalg.solve(system, right) if len(slides) else np.zeros(0)
    step = pending[0].copy()
    step[free] = found[0] + slid @ found[1:]
    step[given] += slid @ slides
    if not np.isfinite(step).all():
        return "the tangent is singular"
    moved = bool(np.abs(pending[0]).max(initial=0.0) > 0.0)
    part = 1.0
    for _ in range(newton.halvings):
        x = now.x + part * step
        forces = problem.forces(x, goal)
        if forces is not None:
            error = problem.error(x, _loose(problem, forces), goal)
            if error <= newton.residual or moved or error <= newton.allowed * now.error:
                now.x, now.slid = x, now.slid + part * slid
                now.change, now.error = float(np.abs(part * step).max()), error if part == 1.0 or not moved else np.inf
                return ""
        part *= 0.5
    return f"no part of the correction is admissible{_place(problem, now, goal)}"


def _loose(problem: EquilibriumProblem, forces: Floats) -> Floats:
    """Return the forces that must vanish: those at free unknowns, and along slides."""
    left = np.zeros_like(forces)
    left[problem.free] = forces[problem.free]
    slides = problem.slides
    if len(slides):
        norm = (slides**2).sum(axis=1)
        left[problem.given] = (slides @ forces[problem.given] / norm) @ slides
    return left


def _slid(problem: EquilibriumProblem, x: Floats, load: float) -> Floats:
    """Return how far what is given has slid."""
    if not len(problem.slides):
        return np.zeros(0)
    off = x[problem.given] - problem.values(load)
    return np.asarray(np.linalg.lstsq(problem.slides.T, off, rcond=None)[0])


def _extrapolated(walk: _Walk, goal: float) -> _Try | None:
    """Return a start through the last equilibria (a secant, or a parabola through three), if it is admissible."""
    problem, last = walk.problem, walk.recent
    if len(last) < 2:
        return None
    weights = np.array([np.prod([(goal - b.load) / (a.load - b.load) for b in last if b is not a]) for a in last])
    there = weights @ np.array([step.x for step in last])
    slid = weights @ np.array([_slid(problem, step.x, step.load) for step in last])
    there[problem.given] = problem.values(goal) + slid @ problem.slides
    return None if problem.forces(there, goal) is None else _Try(there, slid)


def _place(problem: EquilibriumProblem, now: _Try, goal: float) -> str:
    forces = problem.forces(now.x, goal)
    told = "" if forces is None else problem.place(_loose(problem, forces))
    return f", most of it in {told}" if told else ""
