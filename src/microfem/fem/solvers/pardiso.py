"""MKL PARDISO: analysis, factorisation and solution as separate phases.

iparm below is that of MKL's manual, counted from 0.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any

import numpy as np
import scipy.sparse as sp

from microfem.fem.solvers.factors import Numbers, failed_factorisation
from microfem.fem.solvers.settings import SolverSettings

# MKL's types of matrices. Of symmetric ones the upper triangle is given, of the others the whole matrix. The type 3 of
# complex matrices with a symmetric pattern is no faster, and is wrong without a message where the diagonal has zeros.
DEFINITE, INDEFINITE, GENERAL, COMPLEX = 2, -2, 11, 13
MINIMUM_DEGREE = 25_000  # unknowns below which this ordering gives as little fill as METIS, five times as fast,
NARROW = 30.0  # unless rows are long, as those of displacements in 3D: most entries per row of the upper triangle
ANALYSE, FACTORISE, SOLVE = 11, 22, 33  # MKL's phases


@cache
def _solver(mtype: int) -> Any:
    """Load MKL once, since the search for it takes longer than a small solve; None where it cannot be loaded."""
    try:
        from pypardiso import PyPardisoSolver

        return PyPardisoSolver(mtype=mtype)
    except (ImportError, OSError):
        return None


class Pardiso:
    """The factors of a sparse matrix (columns sorted, diagonal stored); single precision if the matrix is."""

    name = "PARDISO"

    def __init__(self, matrix: sp.csr_matrix, settings: SolverSettings, mtype: int = DEFINITE) -> None:
        """Analyse and factorise.

        Raises:
            ImportError: MKL is not installed.
            SolveError: the matrix is singular, or not positive definite where it should be.
        """
        self._threads_from = settings.linear.threads_from
        solver = _solver(mtype)
        if solver is None:
            raise ImportError("MKL PARDISO is not installed, or cannot be loaded")
        self._solver = copy(solver)
        self._solver.pt, self._solver.iparm = np.zeros_like(self._solver.pt), _options(matrix, mtype)
        self.dtype, self._pivots = matrix.dtype, mtype != DEFINITE
        self._none = sp.csr_matrix(matrix.shape, dtype=matrix.dtype)  # the matrix is read only for refinement
        self._run(ANALYSE + 1, matrix)

    def renew(self, matrix: sp.csr_matrix) -> None:
        """Factorise a matrix with the same sparsity and other values."""
        self._run(FACTORISE, matrix)

    def _run(self, phase: int, matrix: sp.csr_matrix) -> None:
        self._matrix = matrix
        try:
            self._call(phase, matrix, np.zeros(1, dtype=matrix.dtype))
        except Exception as error:
            self.close()
            raise failed_factorisation(error) from error

    def _call(self, phase: int, matrix: sp.csr_matrix, right: Any) -> Any:
        self._solver.set_phase(phase)
        few = int(matrix.shape[0] < self._threads_from)
        before = self._solver.libmkl.MKL_Set_Num_Threads_Local(few)
        try:
            return self._solver._call_pardiso(matrix, right)
        finally:
            self._solver.libmkl.MKL_Set_Num_Threads_Local(before)

    def solve(self, right: Numbers, transposed: bool = False) -> Numbers:
        """Return x of A x = b, or of A^T x = b, for each row of b."""
        self._solver.iparm[11] = 2 * transposed
        matrix = self._matrix if self._pivots else self._none
        columns = np.asfortranarray(np.asarray(right, dtype=self.dtype).T)
        return np.ascontiguousarray(self._call(SOLVE, matrix, columns).T)

    def close(self) -> None:
        """Free MKL's memory, which it does not do by itself."""
        self._solver.free_memory(everything=True)


def _options(matrix: sp.csr_matrix, mtype: int) -> Any:
    options, count = np.zeros(64, dtype=np.int32), matrix.shape[0]
    symmetric = mtype in (DEFINITE, INDEFINITE)
    narrow = matrix.nnz < (NARROW if symmetric else 2.0 * NARROW) * count
    single = matrix.dtype in (np.float32, np.complex64)
    options[:2] = 1, 0 if count < MINIMUM_DEGREE and narrow else 2
    options[7] = int(mtype == INDEFINITE and not single)  # steps of refinement; with 0 two, where pivots were perturbed
    # Pivots below 1e-8 (1e-5, 1e-13) of the matrix are perturbed.
    options[9] = (5 if single else 8) if mtype == INDEFINITE else 13
    options[10] = options[12] = int(not symmetric)  # scaling and matching: zeros on the diagonal
    options[27] = single
    return options
