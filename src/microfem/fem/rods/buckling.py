"""Stability of equilibria, bifurcation, and the stable equilibria beyond it.

An equilibrium is stable if the tangent stiffness K between the free degrees of freedom is positive definite: it is then
a minimum of the potential. From an unstable one the body follows the mode of the lowest eigenvalue to a minimum of the
potential, by Newton's method on K + s 1, s large enough to make it definite (J. Nocedal and S. J. Wright, Numerical
Optimization, 2nd ed., Springer 2006, ch. 3.4). No imperfection is needed. For slender bodies numbered along their
length, so that K has a narrow band.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import scipy.linalg as sl
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator, eigsh

from microfem.base.errors import SolveError
from microfem.fem.solvers.newton import Equilibrium, EquilibriumProblem, Path, follow
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.space import Floats

LEAST_SHIFT = 1e-12  # first shift, relative to the largest entry of K
FIRST, DECREASE, HALVINGS = 1e-3, 1e-4, 40  # size of a mode, Armijo decrease, most halvings of a correction


class Potential(EquilibriumProblem, Protocol):
    """An equilibrium problem whose forces are the derivatives of a potential."""

    def energy(self, x: Floats, load: float) -> float:
        """Return the potential."""


class _Band:
    """A symmetric matrix with a narrow band."""

    def __init__(self, upper: sp.csr_matrix) -> None:
        """Store the upper triangle by diagonals."""
        entries = upper.tocoo()
        width = int((entries.col - entries.row).max(initial=0))
        self.upper, self.rows = upper, np.zeros((width + 1, upper.shape[0]))
        self.rows[width + entries.row - entries.col, entries.col] = entries.data

    def factor(self, shift: float) -> Floats | None:
        """Return the Cholesky factor of K + shift 1, None if that is not positive definite."""
        rows = self.rows.copy()
        rows[-1] += shift
        try:
            return np.asarray(sl.cholesky_banded(rows))
        except np.linalg.LinAlgError:
            return None

    def shift(self) -> tuple[float, Floats]:
        """Return a shift that makes K positive definite, at most about four times the least one, and the factor."""
        shift = 0.0
        while (factor := self.factor(shift)) is None:
            shift = max(4.0 * shift, LEAST_SHIFT * float(np.abs(self.rows).max()))
            if not np.isfinite(shift):
                raise SolveError("the stiffness is not finite")
        return shift, factor


def lowest_mode(upper: sp.csr_matrix) -> tuple[float, Floats]:
    """Return the lowest eigenvalue of a banded symmetric matrix and its eigenvector (n,), largest entry above 0."""
    band = _Band(upper)
    shift, factor = band.shift()
    whole = upper + sp.triu(upper, 1).T
    n = upper.shape[0]
    inverse = LinearOperator((n, n), matvec=lambda b: sl.cho_solve_banded((factor, False), b), dtype=float)
    values, vectors = eigsh(whole, 1, sigma=-shift, OPinv=inverse, v0=np.cos(np.arange(n)))
    mode = vectors[:, 0]
    return float(values[0]), mode * np.sign(mode[np.abs(mode).argmax()])


def is_stable(problem: EquilibriumProblem, x: Floats, load: float) -> bool:
    """Tell whether an equilibrium is a minimum of the potential."""
    return _Band(_stiffness(problem, x, load)).factor(0.0) is not None


def _stiffness(problem: EquilibriumProblem, x: Floats, load: float) -> sp.csr_matrix:
    return problem.linearise(x, load, np.zeros((1, len(x)))).upper_triangle


def settle(problem: Potential, x: Floats, load: float, settings: SolverSettings = SolverSettings()) -> Equilibrium:
    """Return the stable equilibrium that the lowest mode of an unstable equilibrium leads to.

    Raises:
        SolveError: no minimum of the potential is found.
    """
    _, mode = lowest_mode(_stiffness(problem, x, load))
    step = np.zeros_like(x)
    step[problem.free] = FIRST * mode / np.abs(mode).max()
    energy = problem.energy(x, load)
    while problem.forces(x + 2.0 * step, load) is not None and (lower := problem.energy(x + 2.0 * step, load)) < energy:
        step, energy = 2.0 * step, lower
    x, most, residual = x + step, settings.stability.iterations, settings.newton.residual
    for count in range(1, most + 1):
        forces = problem.forces(x, load)
        assert forces is not None
        residual_forces = np.zeros_like(forces)
        residual_forces[problem.free] = forces[problem.free]
        error = problem.error(x, residual_forces, load)
        shift, factor = _Band(_stiffness(problem, x, load)).shift()
        step = np.zeros_like(x)
        step[problem.free] = -sl.cho_solve_banded((factor, False), forces[problem.free])
        small = float(np.abs(step).max()) < residual * max(1.0, float(np.abs(x).max()))
        if shift == 0.0 and (error <= residual or small):
            return Equilibrium(load, x, error, count)
        x = _down(problem, x, load, step, float(forces @ step))
    raise SolveError(f"no stable equilibrium was found in {most} iterations at {load:.4g} of the load")


def _down(problem: Potential, x: Floats, load: float, step: Floats, slope: float) -> Floats:
    """Return x plus the part of the step that lowers the potential, within its round-off."""
    energy, part = problem.energy(x, load), 1.0
    for _ in range(HALVINGS):
        there = x + part * step
        if problem.forces(there, load) is not None:
            change = problem.energy(there, load) - energy
            if change <= DECREASE * part * slope + 1e-13 * abs(energy):
                return there
        part *= 0.5
    raise SolveError(f"the potential does not decrease any more at {load:.4g} of the load")


def follow_stable(
    problem: Potential, start: Floats, load_factors: Sequence[float], settings: SolverSettings = SolverSettings()
) -> Path:
    """Follow stable equilibria from load 0, where x = `start`, to each of `load_factors`; unstable ones are left.

    An interval in which that fails is halved.

    Raises:
        SolveError: no step converges.
    """
    at, steps = Equilibrium(0.0, start, 0.0, 0), list[Equilibrium]()
    todo = list(reversed(load_factors))
    while todo:
        try:
            path = follow(problem, at.x, [todo[-1]], begin=at.load, settings=settings)
            if path.stopped:
                raise SolveError(path.stopped)
            last = path.steps[-1]
            at = last if is_stable(problem, last.x, last.load) else settle(problem, last.x, last.load, settings)
        except SolveError as error:
            if abs(todo[-1] - at.load) < settings.stability.least_leg * abs(load_factors[0]):
                if not steps:
                    raise
                return Path(tuple(steps), str(error))
            todo.append(0.5 * (at.load + todo[-1]))
            continue
        todo.pop()
        steps.append(at)
    return Path(tuple(steps))


def find_buckling(
    problem: EquilibriumProblem,
    start: Floats,
    path: Path,
    sideways: EquilibriumProblem,
    settings: SolverSettings = SolverSettings(),
) -> tuple[float, Floats] | None:
    """Return the load factor and the mode (n,) at which a path of `problem` becomes unstable, None if it stays stable.

    sideways: the same body with more free degrees of freedom; stability is lost in these. start: stable equilibrium at
    load 0. Equilibria are solved between the last stable step and the next, repeatedly; the load factor is the root of
    the polynomial through the lowest eigenvalues of the last five.
    """
    extra = np.isin(sideways.free, problem.free, invert=True)

    def block(step: Equilibrium) -> sp.csr_matrix:
        upper = _stiffness(sideways, step.x, step.load)
        return sp.csr_matrix(upper[extra][:, extra])

    near = [Equilibrium(0.0, start, 0.0, 0), *path.steps]
    while True:
        stable = [_Band(block(step)).factor(0.0) is not None for step in near]
        if all(stable):
            return None
        first = stable.index(False)
        if near[-1].load - near[0].load < settings.stability.interval * near[first].load:
            break
        near = _between(problem, near[first - 1], near[first], settings)
    modes = [lowest_mode(block(step)) for step in near]
    loads, lowest = np.array([s.load for s in near]), np.array([value for value, _ in modes])
    part = (loads - loads[0]) / (loads[-1] - loads[0])
    fit = np.polynomial.Polynomial.fit(part, lowest / np.abs(lowest).max(), len(part) - 1)
    low, high = part[first - 1], part[first]
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fit(middle) > 0.0 else (low, middle)
    mode = np.zeros(len(start))
    mode[sideways.free[extra]] = modes[first][1]
    return float(loads[0] + low * (loads[-1] - loads[0])), mode


def _between(
    problem: EquilibriumProblem, before: Equilibrium, after: Equilibrium, settings: SolverSettings
) -> list[Equilibrium]:
    """Return two equilibria with three others between them."""
    loads = list(before.load + (after.load - before.load) * np.array([0.25, 0.5, 0.75]))
    path = follow(problem, before.x, loads, begin=before.load, settings=settings)
    return [before, *(step for step in path.steps if step.load in loads), after]
