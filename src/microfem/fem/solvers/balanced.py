"""Rows and columns of a matrix scaled to equal size before each factorisation.

Fields of several units stand in one matrix, and the slope of time steps changes the weight of some rows by twenty
powers of ten. Solvers scale a matrix once, when they analyse it; with later values small pivots would be taken for
zeros. Powers of two scale without rounding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from microfem.fem.solvers.factors import GeneralFactors, Numbers, Reals


class Balanced:
    """Factors of a square matrix by another solver, which gets it scaled: (R A C) (C^-1 x) = R b."""

    def __init__(self, matrix: sp.csr_matrix, factorise: Callable[[sp.csr_matrix], GeneralFactors]) -> None:
        """Factorise a matrix (columns sorted, diagonal stored)."""
        self._factors = factorise(self._scaled(matrix))
        self.name = self._factors.name

    def renew(self, matrix: sp.csr_matrix) -> None:
        """Factorise a matrix with the same sparsity and other values."""
        self._factors.renew(self._scaled(matrix))

    def solve(self, right: Numbers, transposed: bool = False) -> Numbers:
        """Return x of A x = b, or of A^T x = b (not conjugated), for each row of b or for one b."""
        before, after = (self._columns, self._rows) if transposed else (self._rows, self._columns)
        return self._factors.solve(right * before, transposed) * after

    def close(self) -> None:
        """Free the memory."""
        self._factors.close()

    def _scaled(self, matrix: sp.csr_matrix) -> sp.csr_matrix:
        size = np.abs(matrix.data)
        lengths = np.diff(matrix.indptr)
        self._rows = _inverse(np.maximum.reduceat(size, matrix.indptr[:-1]))
        by_row = np.repeat(self._rows, lengths)
        in_column = np.bincount(matrix.indices, size * by_row, matrix.shape[1])
        self._columns = _inverse(in_column.astype(size.dtype))
        data = matrix.data * (by_row * self._columns[matrix.indices])
        return sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _inverse(sizes: Reals) -> Reals:
    """Return powers of two near the inverse of sizes; 1 for zeros, so that a singular matrix stays one."""
    _, exponent = np.frexp(sizes)
    return np.where(sizes > 0.0, np.ldexp(sizes.dtype.type(1.0), -exponent), sizes.dtype.type(1.0))
