"""What every factorisation of a sparse matrix can do."""

from __future__ import annotations

from typing import Any, Protocol

import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.base.errors import SolveError

Reals = NDArray[Any]
Numbers = NDArray[Any]  # real or complex


class Factors(Protocol):
    """The factors of a symmetric matrix, stored until they are closed."""

    name: str
    dtype: Any  # the precision of the matrix

    def renew(self, upper: sp.csr_matrix) -> None:
        """Factorise a matrix with the same sparsity and other values."""

    def solve(self, right: Reals) -> Reals:
        """Return x (nloads, n) of A x = b for each row of b (nloads, n), in the precision of the matrix."""

    def close(self) -> None:
        """Free the memory."""


class GeneralFactors(Protocol):
    """The factors of any square matrix, real or complex, stored until they are closed."""

    name: str

    def renew(self, matrix: sp.csr_matrix) -> None:
        """Factorise a matrix with the same sparsity and other values."""

    def solve(self, right: Numbers, transposed: bool = False) -> Numbers:
        """Return x of A x = b, or of A^T x = b (not conjugated), for each row of b (nloads, n) or for one b (n,)."""

    def close(self) -> None:
        """Free the memory."""


def failed_factorisation(error: Exception) -> SolveError:
    """Return the error of a factorisation that failed."""
    return SolveError(f"factorisation failed: {error}; is a part not constrained?")
