"""Virtual experiments: images of a device whose displacement is known, correlated, and compared with that displacement.

The device is a bar with a stiff strip across, whose displacement is stated in closed form.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.dic.camera import Camera
from microfem.dic.compare import compare, noise_of
from microfem.dic.correlate import Correlation, correlate
from microfem.dic.level import level
from microfem.dic.records import Registration, turned
from microfem.dic.register import carried, register
from microfem.dic.series import Comparing, compare_series
from microfem.dic.virtual import Experiment, camera_over, specimen
from support.virtual_devices import device, empty_map, settings

PIXEL = 10.0
SOFT, STIFF, HALF = 0.02, 0.002, 80.0


def strip(x, y):
    """Return the displacement of the bar: 2 % along it, 0.2 % in the strip, half as much across, as far as it may."""
    u = SOFT * x - (SOFT - STIFF) * np.clip(x, -HALF, HALF)
    return u, -0.5 * SOFT * y * (1.0 + 0.3 * y / 600.0)


@cache
def experiment():
    """Return the bar, its map and a map at rest."""
    path = device(np.linspace(-1200.0, 1200.0, 31), np.linspace(-600.0, 600.0, 5), strip, (-HALF, HALF))
    camera = camera_over(path, Camera(pixel=PIXEL, size=(2, 2), noise=4.0), None)
    first, still, last = Experiment(path=path, camera=camera, seed=1).images([0.0, 0.0, 1.0])
    mask = specimen(path, camera)
    rest, pulled = correlate(first, [still, last], Correlation(pixel=PIXEL, measure="nominal"), mask)
    return path, replace(pulled, load=1.0, name="pulled"), rest


def test_a_map_lies_within_noise_of_the_computed_field_through_its_subsets():
    """And not within that through the gauge alone, whose kinks are sharp: the negative control."""
    path, pulled, rest = experiment()
    noise = noise_of(pulled, [rest])
    found = {how: compare(pulled, path.surface, how, noise=noise).differences["exx"] for how in ("subset", "gauge")}
    subset, gauge = found["subset"], found["gauge"]
    assert subset.rms < 1.25 * subset.noise
    assert subset.share_within > 0.88
    assert abs(subset.bias) < 0.2 * subset.noise
    strip_of = dict(gauge.regions)["strip"]
    assert strip_of.rms > 2.0 * subset.noise
    assert strip_of.share_within < 0.6


@pytest.mark.slow
def test_a_series_is_compared_at_its_loads_and_a_wrong_load_is_refused():
    """The load whose strain as a whole is that of the map is the one of the images."""
    path, pulled, rest = experiment()
    how = Comparing(static=(rest,))
    [found] = compare_series([pulled], path, how)
    assert found.differences["exx"].share_within > 0.88
    assert sum(count for _, count in found.differences["exx"].masked) + found.differences["exx"].n == len(pulled.points)
    with pytest.raises(MicrofemError, match="--match strain"):
        list(compare_series([replace(pulled, load=0.9)], path, how))
    [matched] = compare_series([replace(pulled, load=None)], path, replace(how, matched=True))
    assert abs(matched.levelled.load - 1.0) < 2e-3


@pytest.mark.parametrize("mirrored", ["", "y"])
def test_axes_are_found_from_exact_displacements(mirrored):
    """Shift, rotation 0.4 deg, scale 0.5 %, an axis the other way, and a specimen that moved as a rigid body."""
    path = device(
        np.linspace(-1200.0, 1200.0, 21), np.linspace(-600.0, 600.0, 11),
        lambda x, y: (0.05 * x + 4e-5 * x**2 + 2e-5 * x * y, -0.02 * y + 3e-5 * y**2),
    )  # fmt: skip
    true = Registration(rotation=np.radians(0.4), scale=1.005, shift=(31.0, -17.0), mirrored=mirrored)
    one = empty_map(2000.0, 900.0, settings())
    computed = level(one, path.surface, "subset", true)
    moved = (computed.points + computed.displacement) @ turned(0.02).T + [40.0, 5.0]
    exact = replace(one, displacement=true.on_map(moved) - one.points)
    found = register(exact, path.surface)
    assert (found.mirrored, found.held) == (mirrored, ())
    assert abs(found.rotation - true.rotation) < 1e-7
    assert abs(found.scale - 1.005) < 1e-6
    assert np.abs(np.subtract(found.shift, true.shift)).max() < 1e-2
    assert abs(found.turn - 0.02) < 1e-6
    assert found.rms < 1e-3
    assert register(exact, path.surface, ()).rms > 1.0  # negative control: nothing but a rigid motion fitted


def test_a_uniform_stretch_tells_neither_shift_nor_scale():
    """They are held at their start, and the record says so; the rotation shows in the axes of the stretch."""
    path = device([-1200.0, 1200.0], [-600.0, 600.0], lambda x, y: (0.05 * x, -0.02 * y))
    one = empty_map(2000.0, 900.0, settings())
    true = Registration(rotation=0.01)
    found = register(
        replace(one, displacement=true.on_map(level(one, path.surface, "subset", true).displacement)), path.surface
    )
    assert set(found.held) == {"shift x", "shift y", "scale"}
    assert found.fitted == ("rotation",)
    assert abs(found.rotation - 0.01) < 1e-7


def test_a_similarity_is_found_exactly_from_exact_places():
    """Rotation, scale and shift by their closed form, to round-off."""
    places = np.random.default_rng(0).uniform(-1.0, 1.0, (40, 2))
    there = 1.005 * places @ turned(np.radians(0.4)).T + [3.0, -2.0]
    found = carried(places, there)
    assert np.abs(found.rest).max() < 1e-12
    assert abs(found.scale - 1.005) < 1e-12
    assert abs(found.rotation - np.radians(0.4)) < 1e-12
    assert np.abs(found.rest).max() < np.abs(carried(places, there, scaled=False).rest).max() / 1e6


def test_a_map_beside_the_design_is_refused():
    """With where it lies."""
    path, pulled, _ = experiment()
    away = replace(pulled, points=pulled.points + np.array([5000.0, 0.0]))
    with pytest.raises(MicrofemError, match="lies outside of the design"):
        list(compare_series([away], path, Comparing(fitted=("rotation",))))
