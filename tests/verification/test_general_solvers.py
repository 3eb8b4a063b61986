"""Direct solves of nonsymmetric and complex matrices against numpy's dense solver, which shares nothing with them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.solvers.factors import GeneralFactors, Numbers
from microfem.fem.solvers.general import factorise_general
from microfem.fem.solvers.krylov import gmres
from microfem.fem.solvers.settings import LinearSettings, SolverSettings

SOLVERS = "PARDISO", "SuperLU"


def settings(direct: str) -> SolverSettings:
    return SolverSettings(linear=LinearSettings(direct=direct))  # type: ignore[arg-type]


def random_matrix(complex_ones: bool, symmetric_pattern: bool, seed: int = 5, count: int = 120) -> sp.csr_matrix:
    """Return a matrix with zeros on half of its diagonal, as a constraint has."""
    chance = np.random.default_rng(seed)
    dense = np.where(chance.random((count, count)) < 0.08, chance.normal(size=(count, count)), 0.0)
    if symmetric_pattern:
        there = (dense != 0.0) | (dense.T != 0.0)
        dense = np.where(there, chance.normal(size=(count, count)), 0.0)
    number = np.arange(count)
    dense[number, (number + 1) % count] += 3.0
    dense[(number + 1) % count, number] += 2.0
    dense[number, number] = 1.0
    whole = dense + 1j * np.where(dense != 0.0, chance.normal(size=dense.shape), 0.0) if complex_ones else dense
    matrix = sp.csr_matrix(whole)
    matrix.data[matrix.indices == np.repeat(number, np.diff(matrix.indptr))] = np.tile([0.0, 1.0], count // 2)
    matrix.sort_indices()
    return matrix


@pytest.mark.parametrize("direct", SOLVERS)
@pytest.mark.parametrize("symmetric_pattern", [True, False], ids=["symmetric pattern", "any pattern"])
@pytest.mark.parametrize("complex_ones", [False, True], ids=["real", "complex"])
def test_solutions_are_those_of_a_dense_solver(direct: str, complex_ones: bool, symmetric_pattern: bool) -> None:
    matrix = random_matrix(complex_ones, symmetric_pattern)
    right = np.random.default_rng(1).normal(size=(3, matrix.shape[0])).astype(matrix.dtype)
    factors = factorise_general(matrix, settings(direct))
    dense = matrix.toarray()
    assert factors.name == direct
    assert factors.solve(right) == pytest.approx(np.linalg.solve(dense, right.T).T, rel=1e-9, abs=1e-11)
    assert factors.solve(right[0]) == pytest.approx(np.linalg.solve(dense, right[0]), rel=1e-9, abs=1e-11)
    dual = factors.solve(right, transposed=True)
    assert dual == pytest.approx(np.linalg.solve(dense.T, right.T).T, rel=1e-9, abs=1e-11)
    assert np.abs(dual - factors.solve(right)).max() > 1e-3  # the matrix is not symmetric
    scaled = matrix.copy()
    scaled.data *= np.linspace(1.0, 2.0, matrix.nnz)
    factors.renew(scaled)
    assert factors.solve(right) == pytest.approx(np.linalg.solve(scaled.toarray(), right.T).T, rel=1e-9, abs=1e-11)
    factors.close()


def test_a_singular_matrix_is_refused() -> None:
    singular = sp.csr_matrix(np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 1.0]]))
    with pytest.raises(SolveError, match="factorisation failed"):
        factorise_general(singular, settings("SuperLU"))


def test_a_singular_matrix_leaves_a_residual() -> None:
    """PARDISO perturbs pivots instead: its answer to a system without a solution does not pass for one."""
    singular = sp.csr_matrix(np.array([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 1.0]]))
    right = np.array([1.0, 0.0, 1.0])
    solution = factorise_general(singular, settings("PARDISO")).solve(right)
    assert np.abs(singular @ solution - right).max() > 0.1


def test_a_solver_of_symmetric_matrices_is_refused() -> None:
    with pytest.raises(SolveError, match="CHOLMOD is for symmetric matrices alone"):
        factorise_general(sp.identity(3, format="csr"), settings("CHOLMOD"))


@pytest.mark.parametrize("complex_ones", [False, True], ids=["real", "complex"])
def test_gmres_with_a_preconditioner_of_the_caller(complex_ones: bool) -> None:
    """Factors of a matrix that differs by a few per cent; the exact factors need one step, none never ends."""
    matrix = random_matrix(complex_ones, symmetric_pattern=True)
    right = np.random.default_rng(2).normal(size=matrix.shape[0]).astype(matrix.dtype)
    wanted = np.linalg.solve(matrix.toarray(), right)
    changed = matrix.copy()
    changed.data *= 1.0 + 0.02 * np.random.default_rng(3).normal(size=matrix.nnz)
    asked = []

    def near(factors: GeneralFactors) -> Callable[[Numbers], Numbers]:
        def solve(b: Numbers) -> Numbers:
            asked.append(1)
            return factors.solve(b)

        return solve

    found = gmres(lambda x: matrix @ x, near(factorise_general(changed)), right, 1e-10, 60)
    assert found == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    assert 2 < len(asked) < 60
    asked.clear()
    exact = gmres(lambda x: matrix @ x, near(factorise_general(matrix)), right, 1e-10, 60)
    assert exact == pytest.approx(wanted, rel=1e-8, abs=1e-10)
    assert len(asked) == 1
    assert gmres(lambda x: matrix @ x, lambda b: b, right, 1e-10, 6) is None
    assert gmres(lambda x: matrix @ x, lambda b: b, 0.0 * right, 1e-10, 6) == pytest.approx(0.0)


@pytest.mark.parametrize("direct", SOLVERS)
def test_factors_in_single_precision_take_any_right_hand_side(direct: str) -> None:
    matrix = random_matrix(complex_ones=False, symmetric_pattern=True)
    right = np.random.default_rng(1).normal(size=matrix.shape[0])
    found = factorise_general(matrix.astype(np.float32), settings(direct)).solve(right)
    off = np.abs(matrix @ found.astype(float) - right).max()
    assert found.dtype == np.float32
    assert 1e-12 < off < 1e-2


@pytest.mark.parametrize("direct", SOLVERS)
@pytest.mark.parametrize("transposed", [False, True], ids=["", "transposed"])
def test_values_may_change_by_twenty_powers_of_ten_after_the_analysis(direct: str, transposed: bool) -> None:
    """As the slope of time steps does between the start, where it is 1e12, and long steps."""
    matrix = random_matrix(complex_ones=False, symmetric_pattern=False)
    count = matrix.shape[0]
    early = np.where(np.arange(count) < count // 2, 1e12, 1.0)
    late = 1e-8 / early

    def scaled(rows: NDArray[np.float64]) -> sp.csr_matrix:
        data = matrix.data * np.repeat(rows, np.diff(matrix.indptr))
        return sp.csr_matrix((data, matrix.indices, matrix.indptr), shape=matrix.shape)

    factors = factorise_general(scaled(early), settings(direct))
    factors.renew(scaled(late))
    size = 1.0 / late if transposed else np.ones(count)
    wanted = np.random.default_rng(4).normal(size=count)
    right = (scaled(late).T if transposed else scaled(late)) @ (size * wanted)
    assert factors.solve(right, transposed) / size == pytest.approx(wanted, rel=1e-7, abs=1e-7)
