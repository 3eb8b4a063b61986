"""Direct solvers of symmetric systems, from the upper triangle of the matrix.

MKL PARDISO if it is installed, else CHOLMOD through cvxopt, else SuperLU. Each keeps its symbolic analysis for
matrices with the same sparsity and its factors for further right-hand sides, until it is closed.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.solvers.settings import SolverSettings

Reals = NDArray[Any]


class Factors(Protocol):
    """A factorisation that is stored until it is closed."""

    name: str
    dtype: Any  # the precision of the matrix

    def renew(self, upper: sp.csr_matrix) -> None:
        """Factorise a matrix with the same sparsity and other values."""

    def solve(self, right: Reals) -> Reals:
        """Return x (nloads, n) of A x = b for each row of b (nloads, n), in the precision of the matrix."""

    def close(self) -> None:
        """Free the memory."""


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
        return Pardiso(upper, settings, indefinite=True)
    except ImportError:
        return SuperLU(upper, settings, indefinite=True)


def _failed(error: Exception) -> SolveError:
    return SolveError(f"factorisation failed: {error}; is a part not constrained?")


MINIMUM_DEGREE = 25_000  # unknowns below which this ordering gives as little fill as METIS, five times as fast,
NARROW = 30.0  # unless rows are long, as those of displacements in 3D: most entries per row of the upper triangle


@cache
def _pardiso(mtype: int) -> Any:
    """Load MKL once, since the search for it takes longer than a small solve; None where it cannot be loaded."""
    try:
        from pypardiso import PyPardisoSolver

        return PyPardisoSolver(mtype=mtype)
    except (ImportError, OSError):
        return None


class Pardiso:
    """MKL PARDISO, analysis and factorisation as separate phases; single precision if the matrix is."""

    name = "PARDISO"

    def __init__(self, upper: sp.csr_matrix, settings: SolverSettings, indefinite: bool = False) -> None:
        """Analyse and factorise."""
        self._threads_from = settings.linear.threads_from
        solver = _pardiso(-2 if indefinite else 2)
        if solver is None:
            raise ImportError("MKL PARDISO is not installed, or cannot be loaded")
        self._solver = copy(solver)
        self._solver.pt, self._solver.iparm = np.zeros_like(self._solver.pt), np.zeros_like(self._solver.iparm)
        count = upper.shape[0]
        self._solver.iparm[:2] = 1, 0 if count < MINIMUM_DEGREE and upper.nnz < NARROW * count else 2
        self._solver.iparm[7] = int(
            indefinite and upper.dtype == np.float64
        )  # iterative refinement where pivots were perturbed
        rough = 5 if upper.dtype == np.float32 else 8
        self._solver.iparm[9] = rough if indefinite else 13  # pivots below 1e-8 (1e-5) of the matrix are perturbed
        self._solver.iparm[27] = upper.dtype == np.float32
        self.dtype = upper.dtype
        self._none = sp.csr_matrix(upper.shape, dtype=upper.dtype)  # the matrix is read only for iterative refinement
        self._run(12, upper)

    def renew(self, upper: sp.csr_matrix) -> None:
        """Factorise a matrix with the same sparsity and other values."""
        self._run(22, upper)

    def _run(self, phase: int, upper: sp.csr_matrix) -> None:
        self._upper = upper
        try:
            self._call(phase, upper, np.zeros(1, dtype=upper.dtype))
        except Exception as error:
            self.close()
            raise _failed(error) from error

    def _call(self, phase: int, matrix: sp.csr_matrix, right: Any) -> Any:
        self._solver.set_phase(phase)
        few = int(matrix.shape[0] < self._threads_from)
        before = self._solver.libmkl.MKL_Set_Num_Threads_Local(few)
        try:
            return self._solver._call_pardiso(matrix, right)
        finally:
            self._solver.libmkl.MKL_Set_Num_Threads_Local(before)

    def solve(self, right: Reals) -> Reals:
        """Return x of A x = b for each row of b."""
        matrix = self._upper if self._solver.iparm[7] else self._none
        return np.ascontiguousarray(self._call(33, matrix, np.asfortranarray(right.T)).T)

    def close(self) -> None:
        """Free MKL's memory, which it does not do by itself."""
        self._solver.free_memory(everything=True)


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
            raise _failed(error) from error

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
            raise _failed(error) from error

    def solve(self, right: Reals) -> Reals:
        """Return x of A x = b for each row of b."""
        return np.ascontiguousarray(self._factors.solve(right.T.copy()).T)

    def close(self) -> None:
        """Discard the factors."""
        self._factors = None
