"""Direct solvers of symmetric systems, from the upper triangle of the matrix.

MKL PARDISO if it is installed, else CHOLMOD through cvxopt, else SuperLU. Each keeps its symbolic analysis for
matrices with the same sparsity and its factors for further right-hand sides, until it is closed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from microfem.base.errors import SolveError
from microfem.fem.solvers.factors import Factors, Reals, failed_factorisation
from microfem.fem.solvers.pardiso import INDEFINITE, Pardiso
from microfem.fem.solvers.settings import SolverSettings


def factorise(upper: sp.csr_matrix, settings: SolverSettings = SolverSettings()) -> Factors:
    """Factorise a positive definite matrix, given its upper triangle (columns sorted, diagonal stored).

    Raises:
        SolveError: the matrix is not positive definite, or the solver of the settings is not installed.
    """
    name = settings.linear.direct
    for kind in (Pardiso, Cholmod, SuperLU):
        if name in ("", kind.name):
            try:
                return kind(upper, settings)
            except ImportError:
                continue
    raise SolveError(f"the direct solver {name} is not installed")


def factorise_indefinite(upper: sp.csr_matrix, settings: SolverSettings = SolverSettings()) -> Factors:
    """Factorise a symmetric indefinite matrix, such as that of displacements and pressures.

    Raises:
        SolveError: the matrix is singular.
    """
    try:
        return Pardiso(upper, settings, INDEFINITE)
    except ImportError:
        return SuperLU(upper, settings, indefinite=True)


class Cholmod:
    """CHOLMOD's supernodal factorisation."""

    name = "CHOLMOD"

    def __init__(self, upper: sp.csr_matrix, _: SolverSettings) -> None:
        """Analyse and factorise."""
        from cvxopt import cholmod

        self._cholmod = cholmod
        cholmod.options["supernodal"] = 2
        self.dtype = upper.dtype
        self._factors = cholmod.symbolic(_lower(upper))
        self.renew(upper)

    def renew(self, upper: sp.csr_matrix) -> None:
        """Factorise a matrix with the same sparsity and other values."""
        try:
            self._cholmod.numeric(_lower(upper), self._factors)
        except ArithmeticError as error:
            raise failed_factorisation(error) from error

    def solve(self, right: Reals) -> Reals:
        """Return x of A x = b for each row of b."""
        from cvxopt import matrix

        columns = matrix(np.asfortranarray(right.T))
        self._cholmod.solve(self._factors, columns)
        return np.ascontiguousarray(np.array(columns).T)

    def close(self) -> None:
        """Discard the factors."""
        self._factors = None


def _lower(upper: sp.csr_matrix) -> Any:
    """Return the lower triangle as a cvxopt matrix: the upper triangle read by columns."""
    from cvxopt import matrix, spmatrix

    rows = np.repeat(np.arange(upper.shape[0]), np.diff(upper.indptr))
    return spmatrix(matrix(upper.data), matrix(upper.indices.astype(int)), matrix(rows), upper.shape)


class SuperLU:
    """The solver in scipy: slower, with more memory, always installed."""

    name = "SuperLU"

    def __init__(self, upper: sp.csr_matrix, _: SolverSettings, indefinite: bool = False) -> None:
        """Factorise."""
        self._pivot = 0.1 if indefinite else 0.0
        self.dtype = upper.dtype
        self.renew(upper)

    def renew(self, upper: sp.csr_matrix) -> None:
        """Factorise a matrix with other values; the analysis is repeated."""
        from scipy.sparse.linalg import splu

        whole = upper.tocsc() + sp.triu(upper, 1, format="csc").T
        options = {"SymmetricMode": True}
        try:
            self._factors = splu(
                whole.tocsc(), permc_spec="MMD_AT_PLUS_A", options=options, diag_pivot_thresh=self._pivot
            )
        except RuntimeError as error:
            raise failed_factorisation(error) from error

    def solve(self, right: Reals) -> Reals:
        """Return x of A x = b for each row of b."""
        return np.ascontiguousarray(self._factors.solve(right.T.copy()).T)

    def close(self) -> None:
        """Discard the factors."""
        self._factors = None
