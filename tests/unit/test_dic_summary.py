"""The strain of a map as a whole against the F that made it, its error and the noise against many noisy maps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from microfem.dic.records import DicMap, DicSettings
from microfem.dic.summary import described, global_strain, rough_noise

SIGMA = 0.05  # um
PLAIN = DicSettings()


def made(F: np.ndarray, noise: np.ndarray | float = 0.0, settings: DicSettings = PLAIN) -> DicMap:
    """Return a map of u = (F - 1) X + (3, -2) um on a grid of 40 x 50 points, 20 um apart."""
    x, y = np.meshgrid(np.arange(50) * 20.0, -np.arange(40) * 20.0)
    X = np.column_stack([x.ravel(), y.ravel()])
    u = X @ (F - np.eye(2)).T + (3.0, -2.0) + noise
    return DicMap(points=X, displacement=u, valid=np.ones(len(X), dtype=bool), settings=settings, shape=(40, 50))


def rotation(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s], [s, c]])


def test_stretch_and_rotation_are_told_apart() -> None:
    """F = R U with U = diag(3, 1/sqrt 3) and 30 degrees: nominal strain U - 1, Biot."""
    whole = global_strain(made(rotation(30.0) @ np.diag([3.0, 3.0**-0.5])))
    assert whole is not None
    assert whole.values == pytest.approx((2.0, 3.0**-0.5 - 1.0, 0.0, 30.0), abs=1e-9)
    assert whole.rest == pytest.approx(0.0, abs=1e-8)


def test_the_error_is_that_of_many_noisy_maps() -> None:
    rng = np.random.default_rng(1)
    F = np.array([[1.1, 0.02], [0.0, 0.95]])
    maps = [made(F, rng.normal(0.0, SIGMA, (2000, 2))) for _ in range(100)]
    found = [global_strain(one) for one in maps]
    values = np.array([one.values for one in found if one])
    errors = np.array([one.errors for one in found if one])
    assert np.sqrt((errors**2).mean(axis=0)) == pytest.approx(values.std(axis=0), rel=0.25)


def test_wrong_matches_are_left_out_and_counted() -> None:
    noise = np.random.default_rng(4).normal(0.0, SIGMA, (2000, 2))
    noise[::100] += 30.0
    whole = global_strain(made(np.diag([1.1, 0.95]), noise))
    assert whole is not None
    assert whole.left_out == 20
    assert whole.values[:2] == pytest.approx((0.1, -0.05), abs=5e-5)


def test_points_on_a_line_have_no_strain_as_a_whole() -> None:
    one = made(np.eye(2))
    line = one.points[:, 1] == 0.0
    flat = DicMap(
        points=one.points[line], displacement=one.displacement[line], valid=one.valid[line], settings=one.settings
    )
    assert global_strain(flat) is None
    assert "as a whole not known: fewer than 32 points, or points on a line" in "\n".join(described(flat))


@pytest.mark.parametrize("overlap", [1, 3])
def test_noise_is_found_also_where_subsets_overlap(overlap: int) -> None:
    """Each point errs by the mean of white noise over its subset, here of `overlap` steps: 2 px steps, 1 um a px."""
    rng = np.random.default_rng(2)
    fine = rng.normal(0.0, 1.0, (2, 40 * 4, 50 * 4))
    smooth = np.stack([uniform_filter(each, 4 * overlap, mode="wrap") for each in fine])[:, ::4, ::4]
    noise = (smooth / smooth.std() * SIGMA).reshape(2, -1).T
    settings = DicSettings(subset=20 * overlap, step=20, pixel=1.0)
    found = rough_noise(made(np.diag([1.2, 0.9]), noise, settings))
    assert found == pytest.approx(SIGMA, rel=0.15)


def test_overlap_that_is_not_known_makes_a_lower_bound() -> None:
    """Negative control: the same noise, and no subset in the settings."""
    rng = np.random.default_rng(2)
    smooth = np.stack([uniform_filter(each, 3, mode="wrap") for each in rng.normal(0.0, 1.0, (2, 40, 50))])
    noise = (smooth / smooth.std() * SIGMA).reshape(2, -1).T
    one = made(np.eye(2), noise)
    found = rough_noise(one)
    assert found is not None
    assert found < 0.7 * SIGMA
    assert any("at least" in line for line in described(one))
