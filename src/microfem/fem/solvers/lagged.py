"""Symmetric systems that change little from one to the next: old factors precondition the new matrix.

In 3D a factorisation costs as much as some thirty solutions with it. Where the old factors still bring GMRES (Y. Saad
and M. H. Schultz, SIAM J. Sci. Stat. Comput. 7 (1986) 856) to its end in a few steps, no new ones are made.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator, gmres

from microfem.fem.solvers.direct import Factors, factorise_indefinite
from microfem.fem.space import Floats

WORTH_SIZE, WORTH_ROW = 8_000, 30.0  # unknowns, and entries of a row, from which old factors are worth a try
ENOUGH = 1e-4  # residual of a correction, relative to the right-hand side
FEW = 10  # steps of GMRES, after which new factors are made


class Lagged:
    """Solves one system after another with the same sparsity until it is closed."""

    def __init__(self) -> None:
        """Start without factors."""
        self._factors: Factors | None = None
        self.fresh = False  # whether the last system has factors of its own

    def solve(self, upper: sp.csr_matrix, right: Floats) -> Floats:
        """Return x (nloads, n) of A x = b for rows of b, A given by its upper triangle.

        Raises:
            SolveError: the matrix is singular.
        """
        if self._factors is not None:
            found = self._iterate(self._factors, upper, right)
            if found is not None:
                self.fresh = False
                return found
            self._renew(self._factors, upper)
        else:
            self._factors = factorise_indefinite(upper)
        self.fresh = True
        return self._factors.solve(right)

    def _renew(self, factors: Factors, upper: sp.csr_matrix) -> None:
        """Make new factors in place of the old ones; those that fail are closed, and MKL would fall over their use."""
        self._factors = None
        factors.renew(upper)
        self._factors = factors

    def _iterate(self, factors: Factors, upper: sp.csr_matrix, right: Floats) -> Floats | None:
        """Return the solutions if old factors give them in a few steps."""
        n = upper.shape[0]
        if n < WORTH_SIZE or upper.nnz < WORTH_ROW * n:
            return None
        lower, diagonal = upper.T, upper.diagonal()
        whole = LinearOperator(
            (n, n), lambda x: upper @ x.ravel() + lower @ x.ravel() - diagonal * x.ravel(), dtype=float
        )
        inverse = LinearOperator((n, n), lambda x: factors.solve(x.reshape(1, -1))[0], dtype=float)
        found = []
        for row in right:
            x, failed = gmres(whole, row, rtol=ENOUGH, atol=0.0, restart=FEW, maxiter=1, M=inverse)
            if failed or not np.isfinite(x).all():
                return None
            found.append(x)
        return np.array(found)

    def close(self) -> None:
        """Give back the memory of the factors."""
        if self._factors is not None:
            self._factors.close()
        self._factors = None
