"""Direct solves of symmetric positive systems with some unknowns given; every residual is recomputed."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from microfem.errors import SolveError
from microfem.fem.space import Floats, Ints

TOLERANCE = 1e-8  # of the true residual, relative to the right-hand side


@dataclass(frozen=True)
class Solved:
    """u and the residual r = A u - f, both (nloads, n); r at the given unknowns is what holds them there."""

    u: Floats
    reactions: Floats
    residual: float
    seconds: float


def solve_given(matrix: sp.csr_matrix, given: Ints, values: Floats, free: Ints, loads: Floats | None = None) -> Solved:
    """Solve A u = f on `free` unknowns with u = values on `given` ones; all others stay zero.

    values: (nloads, ngiven); loads: (nloads, n) or None for zero.

    Raises:
        SolveError: the factorisation fails or a residual misses TOLERANCE.
    """
    started = time.perf_counter()
    u = np.zeros((len(values), matrix.shape[0]))
    u[:, given] = values
    f = np.zeros_like(u) if loads is None else loads
    right = (f - u @ matrix.T)[:, free]
    if len(free):
        u[:, free] += solve_positive(matrix[free][:, free], right)
    reactions = np.asarray(u @ matrix.T) - f
    scale = np.abs(right).max() if right.size else 0.0
    residual = float(np.abs(reactions[:, free]).max() / scale) if scale > 0.0 else 0.0
    if not residual < TOLERANCE:
        raise SolveError(f"the linear solve left a residual of {residual:.2e}, above {TOLERANCE:.0e}; "
                         "the system is singular or too badly scaled")  # fmt: skip
    return Solved(u, reactions, residual, time.perf_counter() - started)


def solve_positive(matrix: sp.csr_matrix, right: Floats) -> Floats:
    """Return x = A^-1 b for rows of b (nloads, n): by MKL PARDISO where it can be had, else by SuperLU.

    Raises:
        SolveError: the matrix is not positive definite.
    """
    try:
        from pypardiso import PyPardisoSolver
    except ImportError:
        return solve_superlu(matrix, right)
    upper = sp.triu(matrix, format="csr")
    upper.sort_indices()
    solver = PyPardisoSolver(mtype=2)
    try:
        solver.set_phase(13)
        found = np.asarray(solver._call_pardiso(upper, np.asfortranarray(right.T)))
    except Exception as error:
        raise SolveError(f"factorisation failed: {error}; is a part without any fixed point?") from error
    finally:
        solver.free_memory(everything=True)  # MKL holds the factors until it is told
    return np.ascontiguousarray(found.T)


def solve_superlu(matrix: sp.csr_matrix, right: Floats) -> Floats:
    """Do what `solve_positive` does, without MKL."""
    from scipy.sparse.linalg import splu

    try:
        factors = splu(
            matrix.tocsc(), permc_spec="MMD_AT_PLUS_A", options={"SymmetricMode": True}, diag_pivot_thresh=0.0
        )
    except RuntimeError as error:
        raise SolveError(f"factorisation failed: {error}; is a part without any fixed point?") from error
    return np.ascontiguousarray(factors.solve(right.T.copy()).T)
