"""Symmetric systems that change little from one to the next: earlier factors precondition the new matrix.

In 3D a factorisation costs as much as some thirty solutions with it, and half as much in single precision. GMRES
reaches the accuracy that a Newton correction needs in two steps with factors in single precision, and in a few more
with factors of an earlier matrix; where it would need many, the matrix is factorised again.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from microfem.fem.solvers.direct import factorise_indefinite
from microfem.fem.solvers.factors import Factors
from microfem.fem.solvers.krylov import gmres
from microfem.fem.solvers.settings import LinearSettings, SolverSettings
from microfem.fem.space import Floats


class Lagged:
    """Solver of successive systems with the same sparsity, until it is closed."""

    def __init__(self, settings: SolverSettings = SolverSettings()) -> None:
        """Start without factors."""
        self._settings = settings
        self._factors: Factors | None = None
        self._single = True  # whether single precision has been enough so far
        self.fresh = False  # whether the last system has factors of its own

    def solve(self, upper: sp.csr_matrix, right: Floats) -> Floats:
        """Return x (nloads, n) of A x = b for each row of b; upper: upper triangle of A, its diagonal stored.

        Raises:
            SolveError: the matrix is singular.
        """
        n, linear = upper.shape[0], self._settings.linear
        if n < linear.reuse_from or upper.nnz < linear.reuse_row * n:
            return self._renewed(upper).solve(right)
        if self._factors is not None:
            solution = _iterate(self._factors, upper, right, linear)
            if solution is not None:
                self.fresh = False
                return solution
        if self._single:
            solution = _iterate(self._renewed(upper.astype(np.float32)), upper, right, linear)
            if solution is not None:
                return solution
            self.close()
            self._single = False
        return self._renewed(upper).solve(right)

    def _renewed(self, upper: sp.csr_matrix) -> Factors:
        """Return the factors of this matrix, in its own precision."""
        old, self._factors = self._factors, None  # factors that fail are closed, and MKL crashes if they are used again
        if old is None:
            self._factors = factorise_indefinite(upper, self._settings)
        else:
            old.renew(upper)
            self._factors = old
        self.fresh = True
        return self._factors

    def close(self) -> None:
        """Free the memory of the factors."""
        if self._factors is not None:
            self._factors.close()
        self._factors = None


def _iterate(factors: Factors, upper: sp.csr_matrix, right: Floats, linear: LinearSettings) -> Floats | None:
    """Return the solutions (nloads, n) of GMRES, None if one needs more than a few steps."""
    lower, diagonal = upper.T, upper.data[upper.indptr[:-1]]
    solutions = []
    for row in right:
        x = gmres(
            lambda x: upper @ x + lower @ x - diagonal * x,
            lambda b: factors.solve(b[None].astype(factors.dtype))[0].astype(float),
            row,
            linear.reuse_tolerance,
            linear.reuse_iterations,
        )
        if x is None:
            return None
        solutions.append(x)
    return np.array(solutions)
