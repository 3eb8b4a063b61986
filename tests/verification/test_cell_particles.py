"""Diffusion in particles and films: the series of J. Crank, The Mathematics of Diffusion, 2nd ed., chapters 4 to 6."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import j0, j1, jn_zeros

from support.electrochemical_cells import (
    PASTE,
    F,
    against_ideal,
    cell,
    even,
    half_cell,
    paste,
    slow,
)

DEEP, FULL, ACTIVE, RADIUS = 10.0, 50000.0, 0.45, 1.0  # um, mol/m3, 1, um
GOOD = {"conductivity": 1e3}  # S/m: the reaction is the same everywhere
SHAPES = {"sphere": 3.0, "cylinder": 2.0, "slab": 1.0}  # area times R over volume
DIFFUSIVITY, CURRENT = 2e-15, 10.0  # m2/s, A/m2 of footprint


def sphere_roots(count):
    """Return the first positive solutions of tan x = x."""
    return np.array([
        brentq(lambda x: np.sin(x) - x * np.cos(x), np.pi * k + 1e-9, np.pi * (k + 0.5)) for k in range(1, count + 1)
    ])  # fmt: skip


ROOTS = {"sphere": sphere_roots(300), "cylinder": jn_zeros(1, 300), "slab": np.pi * np.arange(1, 301)}


def surface_less_mean(shape, tau):
    """Return (surface - mean) D / (flux R) at D t / R2 under a flux from 0 on; 1 / (g + 3) at last."""
    roots = ROOTS[shape]
    return 1.0 / (SHAPES[shape] + 2.0) - 2.0 * (np.exp(-np.multiply.outer(tau, roots**2)) / roots**2).sum(axis=-1)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_series_begins_at_nothing_with_a_root_of_time(shape):
    assert (j0(ROOTS["cylinder"]) ** 2).min() > 0.0
    assert np.abs(j1(ROOTS["cylinder"])).max() < 1e-12
    assert surface_less_mean(shape, 0.0) == pytest.approx(0.0, abs=1e-3)
    assert surface_less_mean(shape, 1e-4) == pytest.approx(2.0 * np.sqrt(1e-4 / np.pi), rel=0.03)


def wall_current(shape):
    """Return the current density at the walls of the particles, A/m2."""
    return CURRENT / (SHAPES[shape] * ACTIVE / RADIUS * DEEP)


def filled(shape, tau, kind="porous", **more):
    """Return the surface and the mean filling of a cathode after D t / R2 = tau, and its solution."""
    until = tau * (1e-6 * RADIUS) ** 2 / DIFFUSIVITY
    cathode = paste(**{"conductivity": 1e3, "solid_diffusivity": DIFFUSIVITY, **more})
    mesh = half_cell(cathode, even(DEEP, 2), **GOOD)
    kinds = {"kind": kind, "particles": shape} if kind == "porous" else "film"
    options = {"tolerance": 1e-6, "transport": "fixed", **against_ideal(kinds, "20 %")}
    solution = cell(mesh, [f"discharge at {CURRENT} A/m2 for {until} s"], **options)
    surface, mean = (solution.fields[f"filling_{name}"].values for name in ("surface", "mean"))
    return np.nanmean(surface), np.nanmean(mean), solution


def expected(shape, tau):
    """Return the surface's filling less the mean."""
    flux = wall_current(shape) / F
    return flux * 1e-6 * RADIUS / (DIFFUSIVITY * FULL) * surface_less_mean(shape, tau)


@pytest.mark.parametrize(("shape", "share"), [("sphere", 5.0), slow("cylinder", 4.0), slow("slab", 3.0)])
def test_the_quasi_steady_profile(shape, share):
    """Surface less mean = -j R / (5 F D), / 4, / 3."""
    surface, mean, solution = filled(shape, 2.0)
    steady = wall_current(shape) * 1e-6 * RADIUS / (share * F * DIFFUSIVITY) / FULL
    assert surface - mean == pytest.approx(steady, rel=1e-5)
    assert surface - mean != pytest.approx(steady * share / (share + 1.0), rel=0.1)
    charge = CURRENT * solution.history.time[-1]
    whole = solution.history.filling["cathode"][-1]
    assert whole - 0.2 == pytest.approx(charge / (F * FULL * ACTIVE * 1e-6 * DEEP), rel=1e-9)
    assert whole == pytest.approx(mean, rel=1e-5)
    assert solution.balances.host < 1e-12


@pytest.mark.parametrize("shape", ["sphere", slow("cylinder"), slow("slab")])
@pytest.mark.parametrize("tau", [0.02, slow(0.1)])
def test_the_series_in_time(shape, tau):
    """Six modes: 0.1 % of the difference at D t / R2 = 0.02, and far less later."""
    surface, mean, _ = filled(shape, tau)
    assert surface - mean == pytest.approx(expected(shape, tau), rel=2e-3 if tau < 0.05 else 1e-4)


@pytest.mark.slow
def test_another_shape_is_told_from_it():
    surface, mean, _ = filled("sphere", 0.1)
    assert surface - mean != pytest.approx(expected("sphere", 0.1) * 5.0 / 4.0, rel=0.1)
    assert surface - mean != pytest.approx(expected("sphere", 0.11), rel=5e-3)


@pytest.mark.slow
def test_the_error_of_time_falls_with_the_tolerance():
    shape, tau = "sphere", 0.3
    until, errors = tau * (1e-6 * RADIUS) ** 2 / DIFFUSIVITY, []
    cathode = paste(conductivity=1e3, solid_diffusivity=DIFFUSIVITY)
    for tolerance in (1e-2, 1e-3, 1e-4, 1e-5):
        options = {"tolerance": tolerance, "transport": "fixed", **against_ideal("porous", "20 %")}
        solution = cell(half_cell(cathode, even(DEEP, 1), **GOOD), [f"discharge at {CURRENT} A/m2 for {until} s"],
                        **options)  # fmt: skip
        found = [np.nanmean(solution.fields[f"filling_{name}"].values) for name in ("surface", "mean")]
        errors.append(abs(found[0] - found[1] - expected(shape, tau)))
    assert (np.array(errors) < [1e-2, 1e-3, 1e-4, 1e-5]).all()
    assert errors[-1] < 0.1 * errors[0]


def test_a_dense_film_is_a_slab_as_thick_as_it_is():
    """Its surface in the electrolyte passes all the current: surface less mean = -j L / (3 F D)."""
    diffusivity, until = 5e-14, 6000.0  # three times L2 / D
    film = paste(conductivity=1e3, solid_diffusivity=diffusivity, active_fraction=0.8)
    options = {"tolerance": 1e-6, "transport": "fixed", **against_ideal("film", "20 %")}
    mesh = half_cell(film, even(DEEP, 2), **GOOD)
    solution = cell(mesh, [f"discharge at 1 A/m2 for {until} s"], **options)
    surface, mean = (np.nanmean(solution.fields[f"filling_{name}"].values) for name in ("surface", "mean"))
    assert surface - mean == pytest.approx(1.0 * 1e-6 * DEEP / (3.0 * F * diffusivity * FULL * 0.8), rel=1e-4)
    assert mean - 0.2 == pytest.approx(until / (F * FULL * 0.8 * 1e-6 * DEEP), rel=1e-5)
    assert solution.capacity == pytest.approx(F * FULL * 0.8 * 1e-6 * DEEP * solution.area, rel=1e-9)


def curve(x):
    """Return an open-circuit potential that is a straight line."""
    return 1.4 - 0.3 * x


def test_fast_diffusion_is_an_even_filling():
    """Voltage = U(mean) - kinetics at the mean, i0 = 2 i1 sqrt(x (1 - x)) at the initial concentration."""
    cathode = paste([(0.0, curve(0.0)), (1.0, curve(1.0))], conductivity=1e5, solid_diffusivity=1e-6)
    options = {"tolerance": 1e-6, "transport": "fixed", **against_ideal("porous", "20 %")}
    mesh = half_cell(cathode, even(DEEP, 2), conductivity=1e5)
    solution = cell(mesh, [f"discharge at {CURRENT} A/m2 for 600 s"], **options)
    history = solution.history
    mean = 0.2 + CURRENT * history.time / (F * FULL * ACTIVE * 1e-6 * DEEP)
    exchange = 2.0 * PASTE["exchange_current_density"] * np.sqrt(mean * (1.0 - mean))
    kinetics = 2.0 * (8.31446261815324 * 298.15 / F) * np.arcsinh(wall_current("sphere") / (2.0 * exchange))
    assert mean[-1] > 0.4
    assert history.voltage == pytest.approx(curve(mean) - kinetics, abs=2e-6)
    assert history.voltage != pytest.approx(curve(mean) - kinetics / 2.0, abs=1e-3)


@pytest.mark.slow
def test_the_loss_in_particles_is_that_of_the_surface():
    """I (U(surface) - U(mean)) of a straight line is what diffusion costs."""
    cathode = paste([(0.0, curve(0.0)), (1.0, curve(1.0))], conductivity=1e3, solid_diffusivity=DIFFUSIVITY)
    options = {"tolerance": 1e-6, "transport": "fixed", **against_ideal("porous", "20 %")}
    mesh = half_cell(cathode, even(DEEP, 2), **GOOD)
    solution = cell(mesh, [f"discharge at {CURRENT} A/m2 for 500 s"], **options)
    lost = solution.history.losses["particles"][-1] / solution.history.current[-1]
    steady = wall_current("sphere") * 1e-6 * RADIUS / (5.0 * F * DIFFUSIVITY) / FULL
    assert lost == pytest.approx(0.3 * steady, rel=1e-3)
    assert solution.balances.energy < 1e-7
