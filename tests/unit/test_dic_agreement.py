"""Strains that are not those of the displacements are told: engineering shear, percent, another sign or measure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from microfem.dic.agreement import disagreements
from microfem.dic.records import DicMap, DicSettings, Measure

SIDE, STEP = 30, 20.0  # points, um


def bent(scale: float, measure: Measure, factors: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> DicMap:
    """Return u = s (x^2 / 2 + x y) / L, v = s (x y / 2 - y^2) / L with strains from E of its gradient, by hand."""
    x, y = (each.ravel() for each in np.meshgrid(np.arange(SIDE) * STEP, np.arange(SIDE) * STEP))
    L = SIDE * STEP
    u, v = scale * (x**2 / 2 + x * y) / L, scale * (x * y / 2 - y**2) / L
    ux, uy, vx, vy = scale * (x + y) / L, scale * x / L, scale * y / 2 / L, scale * (x / 2 - 2 * y) / L
    green = np.column_stack([ux + (ux**2 + vx**2) / 2, vy + (uy**2 + vy**2) / 2, (uy + vx + ux * uy + vx * vy) / 2])
    small = np.column_stack([ux, vy, (uy + vx) / 2])
    return DicMap(
        points=np.column_stack([x, y]),
        displacement=np.column_stack([u, v]),
        valid=np.ones(len(x), dtype=bool),
        settings=DicSettings(measure=measure),
        strain=(green if measure == "green_lagrange" else small) * factors,
    )


@pytest.mark.parametrize(("scale", "measure"), [(0.01, "nominal"), (0.01, "small"), (0.4, "green_lagrange")])
def test_strains_of_the_displacements_are_not_told(scale: float, measure: Measure) -> None:
    assert disagreements(bent(scale, measure)) == []


@pytest.mark.parametrize(
    ("factors", "said"),
    [
        ((1.0, 1.0, 2.0), "exy in the file is 2 times that of the displacements"),
        ((1.0, 1.0, -1.0), "exy in the file is -1 times that of the displacements"),
        ((1.0, 100.0, 1.0), "eyy in the file is 1e+02 times that of the displacements"),
    ],
)
def test_a_factor_is_told(factors: tuple[float, float, float], said: str) -> None:
    assert disagreements(bent(0.01, "small", factors)) == [said]


def test_another_measure_is_told() -> None:
    one = bent(0.8, "green_lagrange")
    assert any("exx" in told for told in disagreements(replace(one, settings=DicSettings(measure="hencky"))))


def test_strains_that_are_noise_are_not_told() -> None:
    """Negative control: a map that did not move, whose strains have nothing to do with its displacements."""
    rng = np.random.default_rng(3)
    one = bent(0.0, "small")
    noisy = replace(one, displacement=rng.normal(0.0, 0.05, (SIDE**2, 2)), strain=rng.normal(0.0, 1e-3, (SIDE**2, 3)))
    assert disagreements(noisy) == []
