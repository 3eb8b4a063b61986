"""Computed fields through subsets and gauges against closed forms: linear fields, sinusoids, kinks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.dic.gauge import strain
from microfem.dic.level import level
from microfem.dic.records import Registration
from support.virtual_devices import device, empty_map, settings


@pytest.mark.parametrize("how", ["none", "gauge", "subset"])
@pytest.mark.parametrize(
    "on", [Registration(), Registration(rotation=0.3, scale=1.01, shift=(7.0, -3.0), mirrored="y")]
)
def test_a_linear_field_is_its_own_level(how, on):
    """Whatever the subset, the gauge, the axes and the rim, where subsets and gauges are cut: within round-off."""
    F = np.array([[0.3, 0.1], [-0.05, -0.2]])
    path = device(
        np.linspace(-600.0, 600.0, 5), np.linspace(-400.0, 400.0, 4),
        lambda x, y: (F[0, 0] * x + F[0, 1] * y + 5.0, F[1, 0] * x + F[1, 1] * y),
    )  # fmt: skip
    found = level(empty_map(1190.0, 790.0, settings()), path.surface, how, on)
    seen = np.isfinite(found.displacement).all(axis=1)
    assert seen.mean() > 0.6
    assert np.abs(found.displacement[seen] - found.points[seen] @ F.T - [5.0, 0.0]).max() < 1e-11 * 600.0
    known = np.isfinite(found.strain).all(axis=1)
    assert np.abs(found.strain[known] - strain(F[None], "nominal")).max() < 1e-12 * 600.0
    assert (found.edge & seen).any()


def test_a_sinusoid_passes_as_the_mean_over_its_subset_and_then_the_gauge():
    """A mean over s passes sin(a)/a, a = pi s/p; a plane fit over L passes 3 (sin b - b cos b)/b^3, b = pi L/p."""
    period, known = 200.0, settings(pixel=1.0, subset=51, window=51, step=1)
    path = device(
        np.linspace(-300.0, 300.0, 121), [-30.0, 30.0],
        lambda x, y: (np.sin(2.0 * np.pi * x / period), 0.0 * y),
    )  # fmt: skip
    one = empty_map(420.0, 2.0, known)
    inside = np.abs(one.points[:, 0]) < 210.0 - 26.0  # where no gauge is cut

    def most(how):
        found = level(one, path.surface, how)
        return found.displacement[:, 0].max(), found.gradient[inside, 0, 0].max() * period / (2.0 * np.pi)

    a = np.pi * 51.0 / period
    (_, slopes), (means, both) = most("gauge"), most("subset")
    assert abs(means - np.sin(a) / a) < 1e-4
    assert abs(slopes - 3.0 * (np.sin(a) - a * np.cos(a)) / a**3) < 3e-4
    assert abs(both - means * slopes) < 3e-4
    assert abs(slopes - means) > 0.02  # negative control: the one is not the other


def test_a_kink_is_smeared_over_the_subset_and_the_gauge():
    """The mean of |x| over a subset of half width h is (x^2 + h^2)/2h within it (own integral), of small gradients."""
    known, small = settings(pixel=1.0, subset=101, window=3, step=1), 1e-6
    path = device([-200.0, 0.0, 200.0], [-60.0, 60.0], lambda x, y: (small * np.abs(x), 0.0 * y))
    found = level(empty_map(200.0, 2.0, known), path.surface, "subset")
    x, u = found.points[:, 0], found.displacement[:, 0] / small
    half = 50.5  # 101 pixels; a discrete mean differs by a 12th of a pixel's square
    wanted = np.where(np.abs(x) < half, (x**2 + half**2) / (2.0 * half), np.abs(x))
    assert np.abs(u - wanted).max() < 5e-3
    assert np.abs(u - np.abs(x)).max() > 25.0  # negative control: the raw field


@pytest.mark.parametrize(("left", "right"), [(1.0, 3.0), (3.5, 1.2)])
def test_a_subset_sees_the_stiff_side_of_a_kink(left, right):
    """Of b F^-1 (phi - a - c x) nothing is left: with w = 1/F on each side, c (W2 - W1^2/W0) = 2 h^3/3, a = -c W1/W0.

    W0, W1, W2: integrals of w, w x, w x^2 over the subset, in closed form. A mean would be (right - left) h / 4. Large
    speckles leave r small.
    """
    known = replace(settings(pixel=1.0, subset=101, window=3, step=1), speckle=1e4)
    path = device(
        [-200.0, 0.0, 200.0], [-60.0, 60.0], lambda x, y: (np.where(x < 0.0, left - 1.0, right - 1.0) * x, 0.0 * y)
    )
    found = level(empty_map(2.0, 2.0, known), path.surface, "subset")
    half, low, high = 50.5, 1.0 / left, 1.0 / right
    zeroth, first, second = (high + low) * half, (high - low) * half**2 / 2.0, (high + low) * half**3 / 3.0
    slope = 2.0 * half**3 / 3.0 / (second - first**2 / zeroth)
    middle = found.displacement[np.abs(found.points).max(axis=1) < 0.1, 0]
    assert middle == pytest.approx([-slope * first / zeroth], abs=2e-3 * half * abs(right - left))
    assert abs(middle[0] - (right - left) * half / 4.0) > 0.01 * half * abs(right - left)  # negative control: the mean


def test_the_matcher_in_images_sees_the_same_as_the_fit_over_subsets():
    """Where the gradient changes little within a subset, within 5 mpx: an independent way through speckle."""
    path = device(
        np.linspace(-700.0, 700.0, 15), np.linspace(-500.0, 500.0, 11),
        lambda x, y: (2e-5 * x**2 + 0.02 * x, -0.01 * y),
    )  # fmt: skip
    one = empty_map(1000.0, 700.0, settings())
    subset, images = (level(one, path.surface, how) for how in ("subset", "images"))
    off = (images.displacement - subset.displacement) / 10.0
    assert np.isfinite(off).all()
    assert np.sqrt((off**2).mean()) < 5e-3


def test_a_map_that_does_not_tell_its_subset_is_refused():
    """Nothing is guessed."""
    path = device([-100.0, 100.0], [-100.0, 100.0], lambda x, y: (0.1 * x, 0.0 * y))
    one = empty_map(150.0, 150.0, settings())
    with pytest.raises(MicrofemError, match="does not tell its subset and pixel"):
        level(replace(one, settings=replace(one.settings, subset=None, pixel=None)), path.surface)
