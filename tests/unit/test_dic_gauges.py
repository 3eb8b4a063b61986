"""Strain gauges against closed forms of what a plane fit sees, and measures of strain of one deformation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfem.base.errors import MicrofemError
from microfem.dic.gauge import displacement_gradient, gauged, strain
from microfem.dic.records import DicMap, DicSettings


def grid(columns, rows, step):
    """Return points (n, 2) of a grid."""
    x, y = np.meshgrid(step * np.arange(columns), step * np.arange(rows))
    return np.stack([x, y], axis=-1).reshape(-1, 2)


@given(
    gradient=st.lists(st.floats(-2.0, 2.0), min_size=4, max_size=4),
    lost=st.integers(1, 9),
    window=st.sampled_from([4, 8, 12]),
)
def test_a_linear_field_is_its_own_gauge(gradient, lost, window):
    """Whatever the window and the points that are lost, at edges too: a plane fits a plane."""
    points, wanted = grid(12, 9, 2.0), np.reshape(gradient, (2, 2))
    valid = np.random.default_rng(lost).random(len(points)) > 0.1 * lost / 2.0
    found = displacement_gradient(points, points @ wanted.T + 3.0, valid, float(window))
    known = np.isfinite(found).all(axis=(1, 2))
    assert not known[~valid].any()
    assert np.abs(found[known] - wanted).max() < 1e-11
    assert known.sum() > 0.3 * len(points)


def test_a_sinusoid_is_seen_through_the_gauge():
    """A plane fit over L passes 3 (sin a - a cos a) / a^3 of a slope's amplitude, a = pi L / period (own integral)."""
    period, length = 500.0, 127.0
    points = grid(1500, 3, 1.0)
    moved = np.zeros_like(points)
    moved[:, 0] = np.sin(2.0 * np.pi * points[:, 0] / period)
    slopes = displacement_gradient(points, moved, np.ones(len(points), dtype=bool), length - 1.0)[:, 0, 0]
    a = np.pi * length / period
    inside = (points[:, 0] > length) & (points[:, 0] < 1500.0 - length)
    passed = slopes[inside].max() / (2.0 * np.pi / period)
    assert abs(passed - 3.0 * (np.sin(a) - a * np.cos(a)) / a**3) < 1e-4
    assert abs(passed - np.sin(a) / a) > 0.02  # negative control: that of a difference between the gauge's ends


def test_a_kink_is_smeared_over_the_gauge():
    """Of |x| a plane fit of half width h at the distance d sees the slope 3 d / 2h - d^3 / 2h^3 (own integral)."""
    half = 50.0
    points = grid(401, 3, 0.5) - [100.0, 0.0]
    moved = np.stack([np.abs(points[:, 0]), 0.0 * points[:, 0]], axis=1)
    slopes = displacement_gradient(points, moved, np.ones(len(points), dtype=bool), 2.0 * half)[:, 0, 0]
    for away in (0.0, 10.0, 25.0, 50.0):
        seen = slopes[np.argmin(np.abs(points[:, 0] - away))]
        assert abs(seen - (1.5 * away / half - 0.5 * (away / half) ** 3)) < 0.02


def test_points_on_a_line_have_no_gauge():
    """A plane needs points in two directions."""
    points = grid(9, 1, 1.0)
    assert np.isnan(displacement_gradient(points, points, np.ones(9, dtype=bool), 4.0)).all()


@pytest.mark.parametrize(("measure", "along", "across"), [
    ("nominal", 2.0, 3.0**-0.5 - 1.0),
    ("green_lagrange", 4.0, -1.0 / 3.0),
    ("hencky", np.log(3.0), -0.5 * np.log(3.0)),
    ("almansi", 4.0 / 9.0, -1.0),
    ("small", 2.0, 3.0**-0.5 - 1.0),
])  # fmt: skip
def test_measures_of_one_stretch(measure, along, across):
    """F = diag(3, 1 / sqrt 3); a rotation behind it changes the small strain, and turns the axes of Almansi's alone."""
    stretch = np.diag([3.0, 3.0**-0.5])
    cosine, sine = np.cos(np.pi / 6.0), np.sin(np.pi / 6.0)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    here, there, turned = strain(np.stack([stretch, turn @ stretch, turn]) - np.eye(2), measure)
    assert np.allclose(here, [along, across, 0.0], atol=1e-12)
    if measure == "small":
        assert abs(turned[0] - (cosine - 1.0)) < 1e-12
        assert np.abs(there - here).max() > 0.1
        return
    assert np.abs(turned).max() < 1e-12
    principal = np.linalg.eigvalsh([[there[0], there[2]], [there[2], there[1]]])
    assert np.allclose(np.sort(principal), np.sort([along, across]), atol=1e-12)
    assert (np.abs(there - here).max() > 0.1) == (measure == "almansi")


def test_a_map_without_a_gauge_says_what_is_missing():
    """Window, step and pixel are never guessed."""
    one = DicMap(
        points=grid(4, 4, 60.0),
        displacement=np.zeros((16, 2)),
        valid=np.ones(16, dtype=bool),
        settings=DicSettings(subset=17, step=5, pixel=12.0),
    )
    with pytest.raises(MicrofemError, match="state window"):
        gauged(one)
    seen = gauged(one, 3, "hencky")
    assert seen.settings.gauge == (2 * 5 + 17) * 12.0
    assert np.abs(seen.strain).max() == 0.0
