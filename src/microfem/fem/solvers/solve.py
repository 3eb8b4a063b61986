"""Symmetric positive systems with some unknowns given; every residual is recomputed from the simplices."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from weakref import finalize

import numpy as np

from microfem.base.errors import SolveError
from microfem.fem.compiled import HAS_NUMBA
from microfem.fem.solvers.assembly import Stiffness
from microfem.fem.solvers.conjugate import Conjugate, Stalled
from microfem.fem.solvers.direct import Factors, factorise
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.upper import WalkedPlan, plan
from microfem.fem.space import Floats, Ints

NEGLIGIBLE = 1e-12  # energy, relative to that of the given values alone, below which a solution counts as constant


@dataclass(frozen=True, kw_only=True)
class SystemSolution:
    """u and the residual r = A u - f, both (nloads, n); r at the given unknowns is what holds them there.

    residual: sqrt(r . D^-1 r / a(u, u)) at the free unknowns, D the diagonal of A: no contrast or unit changes it;
    method: how it was solved.
    """

    u: Floats
    reactions: Floats
    residual: float
    seconds: float
    method: str


class System:
    """A form between its free unknowns, ready for any number of right-hand sides, until it is closed.

    given: unknowns with stated values; free: unknowns to solve for, sorted; all others stay zero; repeated: more
    right-hand sides will follow, for which factors are worth their while longer.

    Raises:
        SolveError: the factorisation fails.
    """

    def __init__(
        self,
        form: Stiffness,
        given: Ints,
        free: Ints,
        repeated: bool = False,
        settings: SolverSettings = SolverSettings(),
    ) -> None:
        """Assemble, and factorise or build the levels of multigrid."""
        started, self._settings = time.perf_counter(), settings
        self.given, self.free = given, free
        self._plan, self._note, self._repeated = plan(form, free), "", repeated
        self._inner: Conjugate | Factors | None = None
        self._take(form)
        self._seconds = time.perf_counter() - started

    def _take(self, form: Stiffness) -> None:
        self._form = form
        if isinstance(self._plan, WalkedPlan) and self._may_iterate():
            matrix = self._plan.blocks(form)
            self._scale = 1.0 / np.sqrt(matrix.diagonal[matrix.free])
            try:
                if isinstance(self._inner, Conjugate):
                    self._inner.renew(form, matrix)
                else:
                    self._keep(Conjugate(form, self.free, matrix, self._settings))
            except SolveError as error:  # what is given may hold P2 functions and not P1 ones
                self.close()
                self._note = f" (no multigrid: {error})"
            else:
                return
        upper = self._plan.upper(form)
        self._scale = 1.0 / np.sqrt(upper.diagonal())
        if self._inner and not isinstance(self._inner, Conjugate):
            self._inner.renew(upper)
        elif len(self.free):
            self._keep(factorise(upper, self._settings))

    def _may_iterate(self) -> bool:
        return not self._note and is_iterative(self._form, len(self.free), self._repeated, self._settings)

    def _keep(self, inner: Conjugate | Factors) -> None:
        self._inner, self._release = inner, finalize(self, inner.close)
        self._release.atexit = False  # memory goes with the process; its libraries may be gone before

    @property
    def form(self) -> Stiffness:
        """The form that is solved."""
        return self._form

    def renew(self, form: Stiffness) -> None:
        """Take a form with other coefficients on the same simplices; sparsity and analysis are kept."""
        started = time.perf_counter()
        self._take(form)
        self._seconds = time.perf_counter() - started

    def solve(self, values: Floats, loads: Floats | None = None, guess: Floats | None = None) -> SystemSolution:
        """Solve A u = f with u = values (nloads, ngiven) at the given unknowns.

        loads: f (nloads, n), None for zero; guess: (nloads, n) to start from, from a coarser mesh for example.

        Raises:
            SolveError: a residual misses the tolerance.
        """
        started, linear = time.perf_counter(), self._settings.linear
        u = np.zeros((len(values), self._form.size))
        if guess is not None:
            u[:, self.free] = guess[:, self.free]
        u[:, self.given] = values
        f = np.zeros_like(u) if loads is None else loads
        force, energy = self._form.apply(u)
        least = NEGLIGIBLE * energy
        left = [np.inf]
        while left[-1] > linear.enough and (len(left) < 3 or left[-1] < 0.5 * left[-2]):
            step = self._step((f - force)[:, self.free], energy)
            if len(left) > 1 and not step.any():
                break
            u[:, self.free] += step
            force, energy = self._form.apply(u)
            left.append(self._norm((f - force)[:, self.free], np.maximum(energy, least)))
        if not left[-1] < linear.tolerance:
            raise SolveError(
                f"the linear solve left a residual of {left[-1]:.2e}, above {linear.tolerance:.0e}; "
                "the system is singular or too badly scaled"
            )
        method = self._inner.name + self._note if self._inner else "nothing to solve"
        return SystemSolution(
            u=u,
            reactions=force - f,
            residual=left[-1],
            seconds=self._seconds + time.perf_counter() - started,
            method=method,
        )

    def _step(self, right: Floats, energy: Floats) -> Floats:
        """Solve between free unknowns, directly if multigrid stalls."""
        inner = self._inner
        if inner is None:
            return right
        if not isinstance(inner, Conjugate):
            return inner.solve(right)
        try:
            return inner.solve(right, energy)
        except Stalled as error:
            self.close()
            self._note = f" ({error})"
        try:
            factors = factorise(self._plan.upper(self._form), self._settings)
        except SolveError as error:
            raise SolveError(f"{error}{self._note}") from error
        self._keep(factors)
        return factors.solve(right)

    def _norm(self, r: Floats, energy: Floats) -> float:
        squares = ((r * self._scale) ** 2).sum(axis=1)
        return float(np.sqrt(np.divide(squares, energy, out=np.zeros_like(energy), where=squares > 0.0)).max())

    def close(self) -> None:
        """Give the memory of factors and levels back, as happens when nothing refers to the system any more."""
        if self._inner:
            self._release()
        self._inner = None

    def __enter__(self) -> System:
        """Return the system itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()


def is_iterative(form: Stiffness, count: int, repeated: bool, settings: SolverSettings) -> bool:
    """Tell whether multigrid is the better way for that many free unknowns.

    Vector problems have no aggregates, which would need rigid motions: their P1 level is the coarsest.
    """
    kind = form.components == 1 or form.space.order == 2
    least = settings.linear.repeated_from if repeated else settings.linear.iterative_from
    return HAS_NUMBA and form.space.mesh.dim == 3 and kind and count >= least


def solve_given(
    form: Stiffness,
    given: Ints,
    values: Floats,
    free: Ints,
    loads: Floats | None = None,
    settings: SolverSettings = SolverSettings(),
) -> SystemSolution:
    """Solve A u = f once, see System: u = values (nloads, ngiven) on `given`.

    Raises:
        SolveError: the factorisation fails or a residual misses the tolerance.
    """
    with System(form, given, free, settings=settings) as system:
        return system.solve(values, loads)
