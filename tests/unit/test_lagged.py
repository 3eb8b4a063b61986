"""Systems that change little: solutions by rough and by old factors are those of the matrix at hand."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from microfem.fem.solvers.lagged import Lagged
from microfem.fem.solvers.settings import LinearSettings, SolverSettings


def system(change: float, seed: int = 5) -> sp.csr_matrix:
    """Return a symmetric indefinite matrix (300, 300) that depends on a number."""
    rng = np.random.default_rng(seed)
    size = 300
    rows = sp.random(size, size, 0.05, random_state=rng) + change * sp.random(size, size, 0.05, random_state=rng)
    signs = sp.diags(np.where(np.arange(size) < 200, 8.0, -8.0))
    return sp.csr_matrix(rows + rows.T + signs)


LINEAR = LinearSettings(reuse_from=10, reuse_row=1.0)  # small systems are worth it


def residual(whole: sp.csr_matrix, found: np.ndarray, right: np.ndarray) -> float:
    return float(np.linalg.norm(whole @ found.T - right.T, axis=0).max() / np.linalg.norm(right, axis=1).min())


def test_old_factors_solve_what_changed_little_and_are_renewed_for_what_changed_much() -> None:
    right, lag = np.random.default_rng(1).normal(size=(2, 300)), Lagged(SolverSettings(linear=LINEAR))
    for change, fresh in ((1e-9, True), (1e-3, False), (5.0, True)):
        whole = system(change)
        found = lag.solve(sp.csr_matrix(sp.triu(whole)), right)
        assert residual(whole, found, right) <= 2.0 * LINEAR.reuse_tolerance
        assert lag.fresh is fresh
    lag.close()


def test_what_single_precision_cannot_solve_is_solved_in_double() -> None:
    """Two unknowns tied with 1e12 times their own stiffness: their common motion is lost in seven digits."""
    whole = system(0.0).tolil()
    whole[:2, :] = 0.0
    whole[:, :2] = 0.0
    tied = 1e12 * np.array([[1.0, -1.0], [-1.0, 1.0]]) + np.diag([1.0, 2.0])
    whole[:2, :2] = tied
    exact = sp.csr_matrix(whole)
    right = np.zeros((1, 300))
    right[0, :2] = 1.0
    lag = Lagged(SolverSettings(linear=LINEAR))
    found = lag.solve(sp.csr_matrix(sp.triu(exact)), right)
    lag.close()
    assert found[0, :2] == pytest.approx([2.0 / 3.0, 2.0 / 3.0], rel=1e-3)
