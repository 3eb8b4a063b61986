"""Nonlinear equilibrium along a load path: Newton's method with predictors, line search and adaptive load steps.

    r(x, t) = 0,   x_c = g(t) at the constrained degrees of freedom,   t the load factor.

The first iteration of a step moves the constrained degrees of freedom by the linearised problem,
K_ff dx_f = -r_f - K_fc dx_c, so that their jump does not invert the cells beside them. After the first steps, the
polynomial through the last equilibria is the predictor. The line search halves a correction until the trial is
admissible (no cell is inverted) and its residual has not grown beyond a limit. A step that fails is cut; after a step
of few iterations the next one grows. Every converged step is kept. After P. Wriggers, Nonlinear Finite Element Methods,
Springer 2008, ch. 5.
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
    """A problem linearised at x.

    forces: residual r (n,); products: tangent stiffness K times each prescribed increment (m, n); upper_triangle: of
    K_ff, between the free degrees of freedom.
    """

    forces: Floats
    products: Floats
    upper_triangle: sp.csr_matrix


class EquilibriumProblem(Protocol):
    """A discrete equilibrium in the degrees of freedom x (n,)."""

    @property
    def constrained(self) -> Ints:
        """Constrained degrees of freedom (nconstrained,)."""

    @property
    def free(self) -> Ints:
        """Free degrees of freedom, sorted; numbers in neither set are not used."""

    @property
    def free_modes(self) -> Floats:
        """Free rigid-body modes (k, nconstrained) of the constrained degrees of freedom; no force acts along them."""

    def values(self, load: float) -> Floats:
        """Return the prescribed values (nconstrained,) at a load factor, without the free modes."""

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return r (n,), internal minus external forces; None if x is inadmissible."""

    def error(self, x: Floats, forces: Floats, load: float) -> float:
        """Return the norm of the residual forces (n,) relative to the internal forces."""

    def place(self, forces: Floats) -> str:
        """Return the name of the region where forces (n,) are largest, for messages."""

    def linearise(self, x: Floats, load: float, increments: Floats) -> Linear:
        """Return r, K @ increments (m, n) and the upper triangle of K_ff, which always has the same sparsity."""

    def commit(self, x: Floats, load: float) -> None:
        """Store x as the state from which the next step starts."""


@dataclass(frozen=True)
class Equilibrium:
    """A converged step: load factor, degrees of freedom x (n,), relative residual, number of iterations."""

    load: float
    x: Floats
    residual: float
    iterations: int


@dataclass(frozen=True)
class Path:
    """Converged steps in order; stopped: why the path ended early, "" if it reached its last load factor."""

    steps: tuple[Equilibrium, ...]
    stopped: str = ""

    @property
    def iterations(self) -> int:
        """Iterations of all converged steps."""
        return sum(step.iterations for step in self.steps)


@dataclass(kw_only=True)
class _Walk:
    """State of a path; the symbolic factorisation is kept from step to step.

    recent: the last equilibria since the load changed direction, for the predictor.
    """

    problem: EquilibriumProblem
    origin: Floats
    recent: list[Equilibrium]
    system: Lagged
    settings: NewtonSettings
    steps: list[Equilibrium] = field(default_factory=list)
    reach: float = 0.0  # largest displacement so far of a free degree of freedom


def follow(
    problem: EquilibriumProblem,
    start: Floats,
    load_factors: Sequence[float],
    first: float = 1.0,
    reach: float = 1.0,
    begin: float = 0.0,
    settings: SolverSettings = SolverSettings(),
) -> Path:
    """Follow the equilibria from the load factor `begin`, where x = `start`, to each of `load_factors` in turn.

    load_factors: met exactly, in order; first: part of the first interval to try at once; reach: least size of x that
    corrections are compared with; settings: with a least step of 1 where `start` is a good guess at the first load
    factor only.

    Raises:
        SolveError: the smallest first step does not converge.
    """
    at, part, forward = Equilibrium(begin, start, 0.0, 0), first, 0.0
    walk, newton = (
        _Walk(
            problem=problem, origin=start, recent=[at], system=Lagged(settings), settings=settings.newton, reach=reach
        ),
        settings.newton,
    )
    try:
        for end in load_factors:
            leg = end - at.load
            if leg * forward < 0.0:
                walk.recent = [at]
            forward = leg
            while at.load != end:
                target = at.load + part * leg
                target = end if abs(end - target) < 1e-9 * abs(leg) or (end - target) * leg < 0.0 else target
                step, why = _step(walk, at.x, at.load, target)
                if step is None:
                    part = newton.cut * (target - at.load) / leg
                    if part < newton.least_step:
                        return _ended(walk, f"stopped at {at.load:.4g} of the load, on the way to {target:.4g}: {why}")
                    continue
                at = step
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
    """An iterate: x, amounts of the free modes (k,), relative residual, largest entry of the last correction."""

    x: Floats
    amounts: Floats
    error: float = np.inf
    change: float = np.inf


def _step(walk: _Walk, x: Floats, load: float, target: float) -> tuple[Equilibrium | None, str]:
    """Return the equilibrium at load factor `target`, or None and the reason why it was not found."""
    problem, newton = walk.problem, walk.settings
    prescribed = problem.values(target)
    now = _extrapolated(walk, target) or _Try(x, _amounts(problem, x, load))
    for count in range(1, newton.iterations + 1):
        try:
            why = _correct(walk, now, prescribed, target)
        except SolveError as error:
            return None, str(error)
        if why:
            return None, why
        reach = max(walk.reach, float(np.abs(now.x - walk.origin)[problem.free].max(initial=0.0)))
        small = now.change <= newton.correction * reach and now.error <= newton.rough
        if now.error <= newton.residual or small:
            walk.reach = reach  # only now: a diverging iterate would make every correction look small
            return Equilibrium(target, now.x, now.error, count), ""
    place = _place(problem, now, target)
    return None, f"{newton.iterations} iterations left a residual of {now.error:.1e} of the forces{place}"


def _correct(walk: _Walk, now: _Try, prescribed: Floats, target: float) -> str:
    """Apply one Newton correction with line search; return "", or why no part of it is admissible."""
    problem, newton = walk.problem, walk.settings
    constrained, free, free_modes = problem.constrained, problem.free, problem.free_modes
    pending = np.zeros((1 + len(free_modes), len(now.x)))
    pending[0, constrained] = prescribed + now.amounts @ free_modes - now.x[constrained]
    pending[1:, constrained] = free_modes
    linear = problem.linearise(now.x, target, pending)
    residual, of_modes = linear.forces + linear.products[0], linear.products[1:]
    response = walk.system.solve(linear.upper_triangle, -np.vstack([residual[free], of_modes[:, free]]))
    system = free_modes @ of_modes[:, constrained].T + of_modes[:, free] @ response[1:].T
    right = -free_modes @ residual[constrained] - of_modes[:, free] @ response[0]
    amounts = np.linalg.solve(system, right) if len(free_modes) else np.zeros(0)
    step = pending[0].copy()
    step[free] = response[0] + amounts @ response[1:]
    step[constrained] += amounts @ free_modes
    if not np.isfinite(step).all():
        return "the tangent is singular"
    moved = bool(np.abs(pending[0]).max(initial=0.0) > 0.0)
    part = 1.0
    for _ in range(newton.halvings):
        x = now.x + part * step
        forces = problem.forces(x, target)
        if forces is not None:
            error = problem.error(x, _residual(problem, forces), target)
            if error <= newton.residual or moved or error <= newton.allowed * now.error:
                now.x, now.amounts = x, now.amounts + part * amounts
                now.change, now.error = float(np.abs(part * step).max()), error if part == 1.0 or not moved else np.inf
                return ""
        part *= 0.5
    return f"no part of the correction is admissible{_place(problem, now, target)}"


def _residual(problem: EquilibriumProblem, forces: Floats) -> Floats:
    """Return the forces (n,) that must vanish: at the free degrees of freedom and along the free modes."""
    left = np.zeros_like(forces)
    left[problem.free] = forces[problem.free]
    free_modes = problem.free_modes
    if len(free_modes):
        norm = (free_modes**2).sum(axis=1)
        left[problem.constrained] = (free_modes @ forces[problem.constrained] / norm) @ free_modes
    return left


def _amounts(problem: EquilibriumProblem, x: Floats, load: float) -> Floats:
    """Return the amounts (k,) of the free modes in x."""
    if not len(problem.free_modes):
        return np.zeros(0)
    motion = x[problem.constrained] - problem.values(load)
    return np.asarray(np.linalg.lstsq(problem.free_modes.T, motion, rcond=None)[0])


def _extrapolated(walk: _Walk, target: float) -> _Try | None:
    """Return the predictor through the last two or three equilibria (secant or parabola), None if inadmissible."""
    problem, last = walk.problem, walk.recent
    if len(last) < 2:
        return None
    weights = np.array([np.prod([(target - b.load) / (a.load - b.load) for b in last if b is not a]) for a in last])
    there = weights @ np.array([step.x for step in last])
    amounts = weights @ np.array([_amounts(problem, step.x, step.load) for step in last])
    there[problem.constrained] = problem.values(target) + amounts @ problem.free_modes
    return None if problem.forces(there, target) is None else _Try(there, amounts)


def _place(problem: EquilibriumProblem, now: _Try, target: float) -> str:
    forces = problem.forces(now.x, target)
    region = "" if forces is None else problem.place(_residual(problem, forces))
    return f", most of it in {region}" if region else ""
