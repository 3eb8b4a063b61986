"""Symmetric positive systems with some unknowns given; every residual is recomputed from the simplices."""

from __future__ import annotations

import time
from dataclasses import dataclass
from types import TracebackType
from weakref import finalize

import numpy as np
import scipy.sparse as sp

from microfem.errors import SolveError
from microfem.fem.assembly import Stiffness
from microfem.fem.direct import factorise
from microfem.fem.space import Floats, Ints
from microfem.fem.upper import plan

TOLERANCE = 1e-8  # of the true residual, relative to the right-hand side
ENOUGH = 1e-13  # residual at which nothing is left to correct


@dataclass(frozen=True)
class Solved:
    """u and the residual r = A u - f, both (nloads, n); r at the given unknowns is what holds them there.

    residual: largest entry of r at the free unknowns, relative to the right-hand side; method: how it was solved.
    """

    u: Floats
    reactions: Floats
    residual: float
    seconds: float
    method: str


class System:
    """A form between its free unknowns, factorised once for any number of right-hand sides, until it is closed.

    given: unknowns with stated values; free: unknowns to solve for, sorted; all others stay zero.

    Raises:
        SolveError: the factorisation fails.
    """

    def __init__(self, form: Stiffness, given: Ints, free: Ints) -> None:
        """Assemble and factorise."""
        started = time.perf_counter()
        self.given, self.free = given, free
        self._plan, self._form = plan(form, free), form
        self._factors = factorise(self.upper) if len(free) else None
        self._release = finalize(self, self._factors.close) if self._factors else None
        self._seconds = time.perf_counter() - started

    @property
    def form(self) -> Stiffness:
        """The form that is solved."""
        return self._form

    @property
    def upper(self) -> sp.csr_matrix:
        """The upper triangle between free unknowns."""
        return self._plan.upper(self._form)

    @property
    def method(self) -> str:
        """How systems are solved, in a few words."""
        return self._factors.name if self._factors else "nothing to solve"

    def renew(self, form: Stiffness) -> None:
        """Take a form with other coefficients on the same simplices; the analysis is kept."""
        started = time.perf_counter()
        self._form = form
        if self._factors:
            self._factors.renew(self.upper)
        self._seconds = time.perf_counter() - started

    def solve(self, values: Floats, loads: Floats | None = None) -> Solved:
        """Solve A u = f with u = values (nloads, ngiven) at the given unknowns; loads f: (nloads, n), None for zero.

        Raises:
            SolveError: a residual misses TOLERANCE.
        """
        started = time.perf_counter()
        u = np.zeros((len(values), self._form.size))
        u[:, self.given] = values
        f = np.zeros_like(u) if loads is None else loads
        reactions = self._form.apply(u) - f
        scale = float(np.abs(reactions[:, self.free]).max(initial=0.0))
        left = [1.0 if scale > 0.0 else 0.0]
        while self._factors and left[-1] > ENOUGH and (len(left) < 3 or left[-1] < 0.5 * left[-2]):
            u[:, self.free] -= self._factors.solve(reactions[:, self.free])
            reactions = self._form.apply(u) - f
            left.append(float(np.abs(reactions[:, self.free]).max()) / scale)
        if not left[-1] < TOLERANCE:
            raise SolveError(f"the linear solve left a residual of {left[-1]:.2e}, above {TOLERANCE:.0e}; "
                             "the system is singular or too badly scaled")  # fmt: skip
        return Solved(u, reactions, left[-1], self._seconds + time.perf_counter() - started, self.method)

    def close(self) -> None:
        """Give the memory of the factors back, which else happens when nothing refers to the system any more."""
        if self._release:
            self._release()

    def __enter__(self) -> System:
        """Return the system itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close it."""
        self.close()


def solve_given(form: Stiffness, given: Ints, values: Floats, free: Ints, loads: Floats | None = None) -> Solved:
    """Solve A u = f once, see System: u = values (nloads, ngiven) on `given`.

    Raises:
        SolveError: the factorisation fails or a residual misses TOLERANCE.
    """
    with System(form, given, free) as system:
        return system.solve(values, loads)
