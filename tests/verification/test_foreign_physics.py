"""The documentation's physics from outside: two coupled fields in time, verified like one of microfem's own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from support.repository import ROOT, TESTS
from support.uptake_cases import DIFFUSIVITY, LENGTH, START

D = 1e12 * DIFFUSIVITY  # um2/s
EXTENSION = ROOT / "docs/extension/uptake.py"


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    command = [sys.executable, "-m", "support.uptake_cases"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=TESTS, check=False, timeout=300)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def slab(x: np.ndarray, t: float) -> np.ndarray:
    """Return c / c0 in a slab that is held at x = 0 and closed at x = LENGTH, from 0 on (J. Crank, 1975, ch. 4)."""
    order = (np.arange(200) + 0.5) * np.pi
    each = 2.0 / order * np.exp(-(order**2) * D * t / LENGTH**2)
    return np.asarray(1.0 - (each * np.sin(order * x[:, None] / LENGTH)).sum(axis=1))


def diffusion_error(one: dict[str, Any], t: float = 4.0) -> float:
    """Return the root of the mean square; the largest error, at a corner with one cell, falls by h2 log h."""
    x, c = np.array(one["x"]), np.array(one["c"])
    wet = x >= 0.0
    return float(np.sqrt(np.mean((c[wet] / START - slab(x[wet], t)) ** 2)))


@pytest.mark.parametrize(("dimension", "counts"), [("section", (10, 20, 40)), ("plan", (10, 20)), ("3d", (10, 20))])
def test_diffusion_is_of_second_order(told: dict[str, Any], dimension: str, counts: tuple[int, ...]) -> None:
    errors = [diffusion_error(told[f"diffusion {dimension} {cells}"]) for cells in counts]
    assert errors[-1] < 2e-3
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(2.0, abs=0.25)
    wrong = diffusion_error(told[f"diffusion {dimension} {counts[-1]}"], t=4.2)  # five per cent later
    assert wrong > 5.0 * errors[-1]


@pytest.mark.parametrize("dimension", ["section", "3d"])
def test_uptake_from_a_held_concentration_is_exponential(told: dict[str, Any], dimension: str) -> None:
    """All nodes of the region are held: s = 1 - exp(-k c t) everywhere, at each stored time."""
    one = told[f"reaction {dimension}"]
    s, t = np.array(one["s"]), np.array(one["t"])
    exact = 1.0 - np.exp(-2e-4 * START * t)
    assert s[s >= 0.0] == pytest.approx(exact[-1], abs=2e-5)
    assert np.array(one["taken"]) == pytest.approx(3000.0 * one["volume"] * exact, abs=2e-5 * 3000.0 * one["volume"])
    assert len(t) > 20
    assert np.abs(exact - (1.0 - np.exp(-1.01 * 2e-4 * START * t))).max() > 1e-3


@pytest.mark.parametrize(
    ("dimension", "drift", "counts"),
    [
        ("section", 20.0, (10, 20, 40)),
        ("section", -20.0, (10, 20, 40)),
        ("plan", 20.0, (10, 20)),
        ("3d", 20.0, (10, 20)),
    ],
)
def test_drift_against_diffusion_is_exponential(
    told: dict[str, Any], dimension: str, drift: float, counts: tuple[int, ...]
) -> None:
    """Steady: b dc/dx = D d2c/dx2 between c0 and 0; the matrix is not symmetric."""

    def error(cells: int, stated: float) -> float:
        one = told[f"drift {dimension} {drift:g} {cells}"]
        x, c = np.array(one["x"]), np.array(one["c"])
        wet = (x >= 0.0) & (x <= LENGTH)
        exact = (np.exp(stated * LENGTH / D) - np.exp(stated * x[wet] / D)) / (np.exp(stated * LENGTH / D) - 1.0)
        return float(np.abs(c[wet] / START - exact).max())

    errors = [error(cells, drift) for cells in counts]
    assert errors[-1] < 1e-2
    assert np.log2(np.array(errors[:-1]) / errors[1:]) == pytest.approx(2.0, abs=0.3)
    assert error(counts[-1], -drift) > 0.5  # the drift has a direction
    assert error(counts[-1], 0.9 * drift) > 3.0 * errors[-1]


def differences(points: int) -> float:
    """Return the amount that is taken, relative to the capacity, by finite volumes along x and scipy's Radau."""
    step = LENGTH / points
    x = (np.arange(points) + 0.5) * step
    inside, drift, k, capacity = x > 80.0, 5.0, 1e-3, 3000.0

    def right(_: float, y: np.ndarray) -> np.ndarray:
        c, s = y[:points], y[points:]
        padded = np.concatenate([[2.0 * START - c[0]], c, [c[-1]]])
        second = np.diff(padded, 2) / step**2
        first = (padded[2:] - padded[:-2]) / (2.0 * step)
        taken = np.where(inside, k * c * (1.0 - s), 0.0)
        return np.concatenate([D * second - drift * first - capacity * taken, taken])

    solved = solve_ivp(right, (0.0, 6.0), np.zeros(2 * points), "Radau", rtol=1e-6, atol=1e-6)
    return float(solved.y[points:, -1][inside].mean())


@pytest.mark.slow
def test_a_front_is_that_of_another_program(told: dict[str, Any]) -> None:
    one = told["front fine"]
    share = one["taken"][-1] / (3000.0 * one["volume"])
    peer = (4.0 * differences(160) - differences(80)) / 3.0
    assert share == pytest.approx(peer, rel=3e-3)
    assert 0.2 < share < 0.9  # neither empty nor full, where all programs agree


@pytest.mark.parametrize("dimension", ["plan", "3d"])
def test_a_front_is_the_same_in_other_views(told: dict[str, Any], dimension: str) -> None:
    one, fine = told[f"front {dimension}"], told["front fine"]
    share, wanted = (each["taken"][-1] / each["volume"] for each in (one, fine))
    assert share == pytest.approx(wanted, rel=0.03)  # of cells of 5 um
    assert one["volume"] != fine["volume"] or dimension == "plan"


def test_the_error_in_time_follows_the_tolerance(told: dict[str, Any]) -> None:
    last = [told[f"front {one:g}"]["taken"][-1] for one in (1e-3, 1e-4, 1e-5, 1e-7)]
    errors = np.abs(np.array(last[:-1]) / last[-1] - 1.0)
    assert (errors < 20.0 * np.array([1e-3, 1e-4, 1e-5])).all()
    assert errors[2] < 0.1 * errors[0]


def test_it_is_short() -> None:
    assert len(EXTENSION.read_text().splitlines()) <= 120
