"""Symmetric systems that change little from one to the next: earlier factors precondition the new matrix.

In 3D a factorisation costs as much as some thirty solutions with it, and half as much in single precision. GMRES
reaches the accuracy that a Newton correction needs in two steps with factors in single precision, and in a few more
with factors of an earlier matrix; where it would need many, the matrix is factorised again. Y. Saad, SIAM J. Sci.
Comput. 14 (1993) 461.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from microfem.fem.solvers.direct import factorise_indefinite
from microfem.fem.solvers.factors import Factors
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
        x = _gmres(lambda x: upper @ x + lower @ x - diagonal * x, factors, row, linear)
        if x is None:
            return None
        solutions.append(x)
    return np.array(solutions)


def _gmres(
    multiply: Callable[[Floats], Floats], factors: Factors, right: Floats, linear: LinearSettings
) -> Floats | None:
    """Return x of A x = b, None as soon as the rate of convergence predicts more than a few steps."""
    size, few = float(np.linalg.norm(right)), linear.reuse_iterations
    if size == 0.0:
        return np.zeros_like(right)
    basis, tried, h = [right / size], list[Floats](), np.zeros((few + 1, few))
    for k in range(few):
        tried.append(factors.solve(basis[k][None].astype(factors.dtype))[0].astype(float))
        image = multiply(tried[k])
        for j, vector in enumerate(basis):
            h[j, k] = vector @ image
            image -= h[j, k] * vector
        h[k + 1, k] = np.linalg.norm(image)
        if not np.isfinite(h[k + 1, k]):
            return None
        first = np.eye(1, k + 2)[0]
        weights = np.linalg.lstsq(h[: k + 2, : k + 1], first, rcond=None)[0]
        left = float(np.linalg.norm(first - h[: k + 2, : k + 1] @ weights))
        if left <= linear.reuse_tolerance:
            return np.asarray(size * (weights @ np.array(tried)))
        if k > 0 and left ** (few / (k + 1)) > linear.reuse_tolerance:
            return None
        basis.append(image / h[k + 1, k])
    return None
