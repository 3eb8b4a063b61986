"""Porous electrodes: the resistance of Newman and Tobias, and the pore of de Levie in time."""

from __future__ import annotations

import numpy as np
import pytest

from support.closed_forms import newman_tobias
from support.electrochemical_cells import (
    BLOCK,
    PASTE,
    SALT,
    VOLTS,
    against_ideal,
    cell,
    even,
    half_cell,
    orders,
    paste,
    salt,
    slow,
    strip,
    zinc,
)
from support.materials import matter

DEEP, GAP = 80.0, 20.0  # um, of the electrode and of the electrolyte before it
LINEAR = {"kind": "porous", "kinetics": "linear"}


def by_differences(kappa, sigma, transfer, depth, count=4000):
    """Return the same resistance from finite differences of eta'' = a g (1/kappa + 1/sigma) eta, at 1 A/m2."""
    size = depth / count
    rate = transfer * (1.0 / kappa + 1.0 / sigma) * size**2
    beside, main, right = np.ones(count - 1), np.full(count + 1, -2.0 - rate), np.zeros(count + 1)
    right[0], right[-1] = -2.0 * size / kappa, -2.0 * size / sigma  # eta' = -i / kappa, then + i / sigma
    matrix = np.diag(main) + np.diag(np.r_[2.0, beside], 1) + np.diag(np.r_[beside, 2.0], -1)
    eta = np.linalg.solve(matrix, right)
    passed = transfer * size * (np.cumsum(eta) - 0.5 * eta - 0.5 * eta[0])  # electrons' current from the front on
    return eta[0] + np.trapezoid(passed, dx=size) / sigma


@pytest.mark.parametrize(("kappa", "sigma"), [(0.5, 10.0), (2.0, 2.0), (5.0, 0.3)])
def test_the_formula_solves_its_equation(kappa, sigma):
    expected = by_differences(kappa, sigma, 5e7, 100e-6, count=1000)
    assert newman_tobias(kappa, sigma, 5e7, 100e-6) == pytest.approx(expected, rel=1e-4)


def resistance(count, sigma=10.0, particles="sphere", **more):
    """Return the resistance of a porous cathode at once, ohm m2, less that of the gap."""
    current = 20.0
    mesh = half_cell(paste(conductivity=sigma, **more), even(DEEP, count), GAP)
    solution = cell(mesh, [f"discharge at {current} A/m2 for 0.01 s"], transport="fixed",
                    **against_ideal({**LINEAR, "particles": particles}))  # fmt: skip
    assert solution.balances.charge < 1e-10
    return (1.3 - solution.history.voltage[0]) / current - 1e-6 * GAP / SALT["conductivity"]


def expected(sigma=10.0, dimension=3.0):
    """Return that of the formula; dimension: 3, 2, 1 for spheres, cylinders, slabs, whose area is dimension / R."""
    wall = dimension * PASTE["active_fraction"] / (1e-6 * PASTE["particle_radius"])
    kappa = SALT["conductivity"] * PASTE["porosity"] ** PASTE["bruggeman"]
    return newman_tobias(kappa, sigma, wall * PASTE["exchange_current_density"] / VOLTS, 1e-6 * DEEP)


@pytest.mark.parametrize(("sigma", "particles", "dimension"),
                         [(10.0, "sphere", 3.0), slow(0.2, "cylinder", 2.0), slow(1.0, "slab", 1.0)])  # fmt: skip
def test_newman_and_tobias(sigma, particles, dimension):
    found = [resistance(count, sigma, particles) for count in (10, 20, 40)]
    errors = np.array(found) / expected(sigma, dimension) - 1.0
    assert abs(errors[-1]) < 2e-3
    assert orders(np.abs(errors)) == pytest.approx(2.0, abs=0.1)


@pytest.mark.slow
def test_a_solid_that_conducts_by_another_share_is_told_from_it():
    assert resistance(40, 0.2) == pytest.approx(expected(0.2), rel=2e-3)
    assert resistance(40, 0.2) != pytest.approx(expected(0.2 * 0.6**1.5), rel=0.05)


def test_a_film_resistance_adds_to_that_of_the_walls():
    film = 0.01
    slower = PASTE["exchange_current_density"] / (1.0 + film * PASTE["exchange_current_density"] / VOLTS)
    assert resistance(20, film_resistance=film) == pytest.approx(
        resistance(20, exchange_current_density=slower), rel=1e-10
    )
    assert resistance(20, film_resistance=film) > 1.05 * resistance(20)


CAPACITANCE = 50.0  # F/cm3
SPONGE = {"conductivity": 1e6, "porosity": 0.5, "bruggeman": 1.0, "volumetric_capacitance": CAPACITANCE}


def line(t, resistance, capacitance, terms=2000):
    """Return the voltage over a finite transmission line, at its open end, per unit current that begins at 0.

    Z = sqrt(R / (s C)) coth sqrt(R s C) in the time domain (R. de Levie, Electrochim. Acta 8 (1963) 751).
    """
    k = (np.pi * np.arange(1, terms + 1)) ** 2
    decays = np.exp(-np.multiply.outer(t / (resistance * capacitance), k)) / k
    return t / capacitance + resistance * (1.0 / 3.0 - 2.0 * decays.sum(axis=-1))


def pore(count, until, tolerance, **more):
    """Return times and the voltage over a porous capacitor and its gap, per current, ohm m2."""
    current = 100.0
    mesh = half_cell(matter(**{**SPONGE, **more}), even(DEEP, count), GAP)
    solution = cell(mesh, [f"charge at {current} A/m2 for {until} s"], tolerance=tolerance, transport="fixed",
                    **{**against_ideal("capacitor", None), "start": {"cathode": "0 V"}})  # fmt: skip
    return solution, solution.history.time, solution.history.voltage / current


IONIC = 1e-6 * DEEP / (SALT["conductivity"] * 0.5)  # ohm m2
WHOLE = CAPACITANCE * 1e6 * 1e-6 * DEEP  # F/m2


def test_the_line_is_a_resistor_with_a_root_of_time_at_first():
    t = 1e-3 * IONIC * WHOLE
    assert line(t, IONIC, WHOLE) == pytest.approx(2.0 * np.sqrt(IONIC * t / (np.pi * WHOLE)), rel=1e-6)


@pytest.mark.slow
def test_the_pore_of_de_levie():
    until, errors = 0.5 * IONIC * WHOLE, []
    for count in (8, 16, 32):
        solution, t, found = pore(count, until, 1e-6)
        exact = line(t, IONIC, WHOLE) + 1e-6 * GAP / SALT["conductivity"]
        late = t > 0.1 * until
        errors.append(np.abs(found - exact)[late].max() / IONIC)
    assert solution.balances.energy < 1e-6
    assert errors[-1] < 1e-3
    assert orders(errors) == pytest.approx(2.0, abs=0.2)
    assert np.abs(found - t / WHOLE - IONIC)[late].max() / IONIC > 0.1  # a resistor and a capacitor in series


@pytest.mark.slow
def test_the_walls_of_pores_state_the_capacitance_of_particles():
    """Walls of 3 active fraction / R per volume, with F/m2 of each: the same as F/cm3 of the electrode."""
    walls = 3.0 * 0.3 / 1e-6
    until = 0.5 * IONIC * WHOLE
    of_volume = pore(8, until, 1e-4)[2][-1]
    more = {"double_layer_capacitance": CAPACITANCE * 1e6 / walls, "active_fraction": 0.3, "particle_radius": 1.0}
    sponge = {key: value for key, value in SPONGE.items() if key != "volumetric_capacitance"}
    mesh = half_cell(matter(**sponge, **more), even(DEEP, 8), GAP)
    solution = cell(mesh, [f"charge at 100 A/m2 for {until} s"], transport="fixed",
                    **{**against_ideal("capacitor", None), "start": {"cathode": "0 V"}})  # fmt: skip
    assert solution.history.voltage[-1] / 100.0 == pytest.approx(of_volume, rel=1e-3)


def plates_of_a_capacitor(capacitance, electrolyte=None):
    """Return two planes that block the current, each with a capacitance in F/m2."""
    plate = zinc(double_layer_capacitance=capacitance)
    return strip(("anode", plate, BLOCK), ("electrolyte", electrolyte or salt(), even(GAP, 2)),
                 ("cathode", plate, BLOCK))  # fmt: skip


def test_a_cyclic_voltammogram_shows_the_capacitance():
    """I = C s behind the time R C, C of two double layers in series, and back."""
    mesh, pace = plates_of_a_capacitor(0.2), 0.1
    sweeps = [f"sweep from 0 V to 1 V at {pace} V/s", f"sweep from 1 V to 0 V at {pace} V/s"]
    kinds = {"electrodes": {"anode": "capacitor", "cathode": "capacitor"}}
    solution = cell(mesh, sweeps, start={"anode": "0 V", "cathode": "0 V"}, **kinds)
    history, area = solution.history, float(np.ptp(mesh.points[:, 0])) * 1e-6
    shares = history.current / (area * 0.1 * pace)
    middle = (history.voltage > 0.2) & (history.voltage < 0.8)
    up, down = middle & (history.line == 0), middle & (history.line == 1)
    assert shares[up] == pytest.approx(-1.0, rel=1e-3)
    assert shares[down] == pytest.approx(1.0, rel=1e-3)
    assert shares[up] != pytest.approx(-2.0, rel=0.1)
    assert history.charges[-1, -1] == pytest.approx(0.0, abs=1e-3 * np.abs(history.charges).max())


@pytest.mark.parametrize("load", [1e-4, slow(1e-3)])
def test_a_capacitor_discharges_into_a_load(load):
    """V = V0 R / (R + Rs) exp(-t / ((R + Rs) C)), with the gap's resistance Rs."""
    gap, capacitance = 1e-6 * GAP / SALT["conductivity"], 0.1
    until = 2.0 * (load + gap) * capacitance
    kinds = {"electrodes": {"anode": "capacitor", "cathode": "capacitor"}}
    errors = []
    tolerances = 1e-3, 1e-4, 1e-6
    for tolerance in tolerances:
        solution = cell(plates_of_a_capacitor(2.0 * capacitance), [f"discharge at {load} ohm*m^2 for {until} s"],
                        start={"anode": "0 V", "cathode": "1 V"}, tolerance=tolerance, **kinds)  # fmt: skip
        t = solution.history.time
        exact = load / (load + gap) * np.exp(-t / ((load + gap) * capacitance))
        errors.append(np.abs(solution.history.voltage - exact).max())
    assert (np.array(errors) < 3.0 * np.array(tolerances)).all()
    assert errors[0] > 100.0 * errors[-1]
    assert solution.history.voltage[0] != pytest.approx(1.0, rel=5e-3)
