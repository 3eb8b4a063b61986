"""Symmetric positive definite systems with constraints; every residual is recomputed from the element matrices."""

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
from microfem.fem.solvers.direct import factorise
from microfem.fem.solvers.factors import Factors
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.upper import WalkedPlan, plan
from microfem.fem.space import Floats, Ints

NEGLIGIBLE = 1e-12  # energy, relative to that of the prescribed values alone, below which a solution is constant


@dataclass(frozen=True, kw_only=True)
class SystemSolution:
    """u and the reactions r = A u - f, both (nloads, n); r at the constrained degrees of freedom is their reaction.

    residual: sqrt(r . D^-1 r / a(u, u)) at the free degrees of freedom, D the diagonal of A: it does not depend on
    contrasts or units; method: name of the solver, with its iterations; seconds: for assembly and solve.
    """

    u: Floats
    reactions: Floats
    residual: float
    seconds: float
    method: str


class System:
    """A form between its free degrees of freedom, ready for any number of right-hand sides until it is closed.

    constrained: degrees of freedom with prescribed values; free: degrees of freedom to solve for, sorted; all others
    stay zero; repeated: more right-hand sides will follow, so that a factorisation pays up to a larger size.

    Raises:
        SolveError: the factorisation fails.
    """

    def __init__(
        self,
        form: Stiffness,
        constrained: Ints,
        free: Ints,
        repeated: bool = False,
        settings: SolverSettings = SolverSettings(),
    ) -> None:
        """Assemble, and factorise or build the multigrid levels."""
        started, self._settings = time.perf_counter(), settings
        self.constrained, self.free = constrained, free
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
            except SolveError as error:  # constraints may make the P2 matrix definite and not the P1 one
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
        self._release.atexit = False  # at exit the libraries may be unloaded before this runs

    @property
    def form(self) -> Stiffness:
        """The form of the system."""
        return self._form

    def renew(self, form: Stiffness) -> None:
        """Replace the form by one with other coefficients on the same simplices; sparsity and analysis are kept."""
        started = time.perf_counter()
        self._take(form)
        self._seconds = time.perf_counter() - started

    def solve(self, values: Floats, loads: Floats | None = None, guess: Floats | None = None) -> SystemSolution:
        """Solve A u = f with u = values (nloads, nconstrained) at the constrained degrees of freedom.

        loads: f (nloads, n), None for zero; guess: (nloads, n) start, for example the solution on a coarser mesh.

        Raises:
            SolveError: a residual is above the tolerance.
        """
        started, linear = time.perf_counter(), self._settings.linear
        u = np.zeros((len(values), self._form.size))
        if guess is not None:
            u[:, self.free] = guess[:, self.free]
        u[:, self.constrained] = values
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
        """Solve between the free degrees of freedom, directly if multigrid stalls."""
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
        """Free the memory of factors and levels; this also happens when the system is garbage-collected."""
        if self._inner:
            self._release()
        self._inner = None

    def __enter__(self) -> System:
        """Return the system itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the system."""
        self.close()


def is_iterative(form: Stiffness, count: int, repeated: bool, settings: SolverSettings) -> bool:
    """Tell whether multigrid is faster for `count` free degrees of freedom.

    Vector problems are not aggregated, which would need rigid-body modes: their P1 level is the coarsest.
    """
    kind = form.components == 1 or form.space.order == 2
    least = settings.linear.repeated_from if repeated else settings.linear.iterative_from
    return HAS_NUMBA and form.space.mesh.dim == 3 and kind and count >= least


def solve_constrained(
    form: Stiffness,
    constrained: Ints,
    values: Floats,
    free: Ints,
    loads: Floats | None = None,
    settings: SolverSettings = SolverSettings(),
) -> SystemSolution:
    """Solve A u = f once with u = values (nloads, nconstrained) at `constrained`; see System.

    Raises:
        SolveError: the factorisation fails, or a residual is above the tolerance.
    """
    with System(form, constrained, free, settings=settings) as system:
        return system.solve(values, loads)
