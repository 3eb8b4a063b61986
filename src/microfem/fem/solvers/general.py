"""Direct solvers of matrices that are not symmetric, real or complex: MKL PARDISO if it is installed, else SuperLU.

Couplings of fields give such matrices: transport with a current, kinetics, impedance. Both solvers keep the factors for
further right-hand sides and for transposed systems, whose solutions are the dual solutions of error estimates; PARDISO
also keeps its analysis for matrices with the same sparsity.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from microfem.base.errors import SolveError
from microfem.fem.solvers.balanced import Balanced
from microfem.fem.solvers.factors import GeneralFactors, Numbers, failed_factorisation
from microfem.fem.solvers.pardiso import COMPLEX, GENERAL, Pardiso
from microfem.fem.solvers.settings import SolverSettings


def factorise_general(matrix: sp.csr_matrix, settings: SolverSettings = SolverSettings()) -> GeneralFactors:
    """Factorise a square matrix, real or complex (columns sorted, diagonal stored), with rows and columns balanced.

    Raises:
        SolveError: the matrix is singular, or the solver of the settings is not installed or only for symmetric ones.
    """
    wanted = settings.linear.direct
    if wanted not in ("", Pardiso.name, GeneralSuperLU.name):
        raise SolveError(f"the direct solver {wanted} is for symmetric matrices alone; use PARDISO or SuperLU")
    if wanted != GeneralSuperLU.name:
        try:
            mtype = COMPLEX if np.iscomplexobj(matrix.data) else GENERAL
            return Balanced(matrix, lambda scaled: Pardiso(scaled, settings, mtype))
        except ImportError:
            if wanted:
                raise SolveError(f"the direct solver {wanted} is not installed") from None
    return Balanced(matrix, GeneralSuperLU)


class GeneralSuperLU:
    """The solver in scipy: slower, with more memory, always installed."""

    name = "SuperLU"

    def __init__(self, matrix: sp.csr_matrix) -> None:
        """Factorise."""
        self.renew(matrix)

    def renew(self, matrix: sp.csr_matrix) -> None:
        """Factorise a matrix; the analysis is repeated."""
        from scipy.sparse.linalg import splu

        self._dtype = matrix.dtype
        try:
            self._factors = splu(matrix.tocsc())
        except RuntimeError as error:
            raise failed_factorisation(error) from error

    def solve(self, right: Numbers, transposed: bool = False) -> Numbers:
        """Return x of A x = b, or of A^T x = b."""
        columns = np.asarray(right, dtype=self._dtype).T.copy()
        return np.ascontiguousarray(self._factors.solve(columns, "T" if transposed else "N").T)

    def close(self) -> None:
        """Discard the factors."""
        self._factors = None
