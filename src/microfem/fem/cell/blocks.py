"""Large systems of a cell: GMRES with factors of two diagonal blocks, the salt and the potentials.

The coupling back from the potentials to the salt is weak in a time step, so the factors of an earlier matrix serve for
a whole discharge: a few iterations replace each factorisation, at a third of its memory. The factors are in single
precision, since GMRES corrects them.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from microfem.base.errors import SolveError
from microfem.fem.solvers.factors import GeneralFactors, Numbers
from microfem.fem.solvers.general import factorise_general
from microfem.fem.solvers.krylov import gmres

TOLERANCE = 1e-3  # of a correction of Newton's method; beyond 1e-2 the steps of the whole method stall
MOST = 40  # iterations
SLOW = 12  # iterations after which new factors pay


class BlockFactors:
    """The factors of the blocks of an earlier matrix, and the present matrix.

    salt: number of its unknowns; scale: a large concentration, mol/m3, so that the residual that GMRES reduces is one
    of corrections of order one, not of rows that storage over a short step makes huge.
    """

    name = "GMRES"

    def __init__(self, matrix: sp.csr_matrix, salt: int, scale: float) -> None:
        self.salt = salt
        self._scale = np.where(np.arange(matrix.shape[0]) < salt, scale, 1.0)
        self._matrix, self._blocks = matrix, list[GeneralFactors]()
        self._coupling, self._fresh = matrix, False
        self._build(matrix)

    def renew(self, matrix: sp.csr_matrix) -> None:
        """Take another matrix with the same sparsity; its blocks are factorised when the earlier ones serve no more."""
        self._matrix, self._fresh = matrix, False

    def solve(self, right: Numbers, transposed: bool = False) -> Numbers:
        """Return x of A x = b, to a relative residual of TOLERANCE, in corrections.

        Raises:
            SolveError: the iterations do not converge, even with new factors.
        """
        assert not transposed
        x = self._iterate(right)
        if (x is None or self._iterations > SLOW) and not self._fresh:
            self._build(self._matrix)
            x = x if x is not None else self._iterate(right)
        if x is None:
            raise SolveError("the linear system of a time step does not converge")
        return x

    def _iterate(self, right: Numbers) -> Numbers | None:
        """Return the solution by GMRES, None if it converges too slowly."""
        self._iterations = 0
        first = self._precondition(right) / self._scale
        found = gmres(self._multiply, lambda x: x, first, TOLERANCE, MOST)
        return None if found is None else found * self._scale

    def _multiply(self, x: Numbers) -> Numbers:
        """Return the preconditioned matrix times scaled unknowns."""
        self._iterations += 1
        return self._precondition(np.asarray(self._matrix @ (x * self._scale))) / self._scale

    def _precondition(self, b: Numbers) -> Numbers:
        """Return about A^-1 b: the salt by itself, then the potentials with it."""
        salt, potentials = self._blocks
        first = salt.solve(b[: self.salt])
        second = potentials.solve(b[self.salt :] - self._coupling @ first)
        return np.concatenate([first, second])

    def _build(self, matrix: sp.csr_matrix) -> None:
        n, self._fresh = self.salt, True
        parts = [matrix[:n, :n], matrix[n:, n:]]
        single = [sp.csr_matrix(one, dtype=np.float32) for one in parts]
        for one in single:
            one.sort_indices()
        if self._blocks:
            for factors, one in zip(self._blocks, single, strict=True):
                factors.renew(one)
        else:
            self._blocks = [factorise_general(one) for one in single]
        self._coupling = matrix[n:, :n]

    def close(self) -> None:
        """Free the memory."""
        for one in self._blocks:
            one.close()
