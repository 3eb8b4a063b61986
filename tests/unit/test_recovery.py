"""Levels of linear functions, pieces of simplices, and gradients recovered within their regions."""

from __future__ import annotations

import numpy as np
import pytest

from microfem.fem.error_estimates.pieces import corner_values, make_pieces
from microfem.fem.error_estimates.recovery import gradient_error, make_patches, node_mass
from microfem.fem.level_sets.shares import share_above, share_slopes
from microfem.fem.space import quadrature


@pytest.mark.parametrize("k", [1, 2, 3])
def test_shares_above_a_level_are_those_of_samples(k):
    """Against 200,000 random points of the simplex: standard error below 1.2e-3; slopes against differences."""
    rng = np.random.default_rng(0)
    values, level, step = rng.normal(size=(6, k + 1)), 0.1, 1e-6
    points = rng.dirichlet(np.ones(k + 1), 200_000)
    sampled = (corner_values(values) @ points.T > level).mean(axis=1)
    assert share_above(values, level) == pytest.approx(sampled, abs=5e-3)
    moved = [share_above(values + d, level) - share_above(values - d, level) for d in step * np.eye(k + 1)]
    assert share_slopes(values, level) == pytest.approx(np.stack(moved, axis=1) / (2.0 * step), abs=1e-8)
    assert share_above(np.ones((2, k + 1)), 1.5) == pytest.approx(0.0)
    assert share_above(np.ones((2, k + 1)), 0.5) == pytest.approx(1.0)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_pieces_cover_their_simplex_and_find_a_kink(k):
    """Means of squares stay exact; the mean of |x - 0.3| is its integral to 0.6 %."""
    inner = np.array(quadrature(k))
    x, weight = inner[None, :, :1], np.array([1.0 / (k + 1)])

    def kink(field):
        return np.abs(field[..., 0] - 0.3)

    pieces = make_pieces(x, weight, kink)
    assert pieces.weights @ (pieces.fields[..., 0] ** 2).sum(axis=1) == pytest.approx((x**2).mean(), rel=1e-12)
    assert pieces.spread(x) == pytest.approx(pieces.fields)
    ticks = (np.arange(100_000) + 0.5) / 100_000
    exact = np.average(np.abs(ticks - 0.3), weights=(1.0 - ticks) ** (k - 1))
    assert pieces.weights @ kink(pieces.fields).sum(axis=1) == pytest.approx(exact, rel=6e-3)


@pytest.mark.parametrize("cut", [False, True])
def test_a_jump_is_kept_between_materials_and_across_a_film(cut):
    """A gradient that is linear on either side of x = 1 is recovered as it is if, and only if, they are kept apart."""
    ticks = np.linspace(0.0, 2.0, 5)
    points = np.stack([g.ravel() for g in np.meshgrid(ticks, ticks, indexing="ij")], axis=1)
    low = (np.arange(4)[:, None] * 5 + np.arange(4)).ravel()
    cells = np.vstack([np.column_stack([low, low + 5, low + 6]), np.column_stack([low, low + 1, low + 6])])
    right = points[cells, 0].mean(axis=1) > 1.0
    inner = np.array(quadrature(2))
    at = np.einsum("qv,nvd->nqd", np.column_stack([1.0 - inner.sum(axis=1), inner]), points[cells])
    own = at + np.where(right, 5.0, 0.0)[:, None, None]
    line = np.flatnonzero(points[:, 0] == 1.0)
    keys = line[:-1] * len(points) + line[1:]
    none = np.zeros(0, dtype=np.int64)
    apart = make_patches(points, cells, 0 * right if cut else right.astype(int), keys if cut else none, 2)
    assert np.abs(gradient_error(apart, own)).max() < 1e-6
    mixed = make_patches(points, cells, 0 * right, none, 2)
    assert np.abs(gradient_error(mixed, own)).max() > 0.5


def test_masses_sum_to_one():
    for dim in (1, 2, 3):
        assert node_mass(dim).sum() == pytest.approx(1.0)
    assert node_mass(2, 1) == pytest.approx((1.0 + np.eye(3)) / 12.0)
