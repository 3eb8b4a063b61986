"""Cells across a fibre and between pillars: the coaxial cell by Bessel functions, a slow twist, the primary limit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import iv, kv

from microfem.families import build_layout
from microfem.mesh import build_mesh
from support.electrochemical_cells import PASTE, SALT, VOLTS, cell, paste, salt, slow, zinc
from support.solving import solve, value

LINEAR = {"anode": {"kind": "metal", "kinetics": "linear"}, "cathode": {"kind": "porous", "kinetics": "linear"}}
IDEAL = {"anode": "ideal", "cathode": "ideal"}
LAWS = {"electrolyte": salt(), "anode": zinc()}
CURRENT = 0.01  # A/m


def resistance(family, params, electrodes=LINEAR, dimension="plan", level=0, depth=1.0):
    """Return the resistance of a cell at the concentration of the start and half filling, ohm m."""
    conducts = paste(conductivity=1e5) if dimension == "3d" else paste()
    cathode = zinc() if electrodes is IDEAL else conducts
    mesh = build_mesh(build_layout(family, params, {**LAWS, "cathode": cathode}), dimension, level)
    start = {} if electrodes is IDEAL else {"cathode": "50 %"}
    unit, current = ("uA", 1e6 * CURRENT * depth) if dimension == "3d" else ("A/m", CURRENT)
    solution = cell(mesh, [f"steady at {current} {unit}"], electrodes=electrodes, start=start, transport="fixed")
    return (0.0 if electrodes is IDEAL else 1.3) / CURRENT - solution.history.voltage[0] / CURRENT


def pores(b, c, dimension=3.0):
    """Return the resistance of a porous tube of radii b, c, m, whose solid is at one potential, ohm m.

    (1/r) (r eta')' = k2 eta with eta' = 0 at c and -kappa eta' = i at b: eta = A I0(k r) + B K0(k r).
    """
    kappa = SALT["conductivity"] * PASTE["porosity"] ** PASTE["bruggeman"]
    walls = dimension * PASTE["active_fraction"] / (1e-6 * PASTE["particle_radius"])
    k = np.sqrt(walls * PASTE["exchange_current_density"] / VOLTS / kappa)
    upper = iv(0, k * b) * kv(1, k * c) + kv(0, k * b) * iv(1, k * c)
    lower = iv(1, k * c) * kv(1, k * b) - iv(1, k * b) * kv(1, k * c)
    return upper / lower / (2.0 * np.pi * b * kappa * k)


def coaxial(kinetics=True):
    """Return the resistance of the cell of 100 um, 150 um and 200 um, ohm m."""
    gel = np.log(1.5) / (2.0 * np.pi * SALT["conductivity"])
    return gel + pores(150e-6, 200e-6) + kinetics * VOLTS / (2.0 * 10.0) / (2.0 * np.pi * 100e-6)


def test_a_coaxial_cell():
    found = resistance("fiber", {"anode_diameter": 200.0, "gap": 50.0, "cathode_thickness": 50.0})
    assert found == pytest.approx(coaxial(), rel=2e-3)  # circles are polygons
    assert found != pytest.approx(coaxial(kinetics=False), rel=0.1)


def primary(family, params):
    """Return the proven bounds of the resistance between electrodes without kinetics, ohm m."""
    layout = build_layout(family, params, {**LAWS, "cathode": zinc()})
    stated = {"physics": "conduction", "terminals": {"anode": "1 V", "cathode": "0 V"}}
    solution = solve(build_mesh(layout, "plan", 0), stated)
    return sorted(value(one, "resistance") for one in solution.ends_of_energy())


@pytest.mark.parametrize(
    ("family", "params"),
    [
        ("pillars", {"row_pairs": 1, "columns": 2}),
        slow("pillars", {"row_pairs": 1, "columns": 2, "arrangement": "hexagonal"}),
        ("fiber", {"arrangement": "parallel"}),
        slow("multicore_fiber", {"arrangement": "alternating"}),
    ],
)
def test_fast_kinetics_leave_the_primary_distribution(family, params):
    low, high = primary(family, params)
    assert low * (1.0 - 1e-3) < resistance(family, params, IDEAL) < high * (1.0 + 1e-3)


@pytest.mark.slow
def test_a_slow_twist_is_no_twist():
    params = {"arrangement": "parallel", "length": 300.0}
    flat = resistance("fiber", params)
    straight = resistance("fiber", params, dimension="3d", level=-2, depth=300e-6)
    assert straight == pytest.approx(flat, rel=0.01)
    found = []
    for pitch in (4000.0, 8000.0):
        turned = resistance("fiber", {**params, "arrangement": "twisted", "pitch": pitch}, dimension="3d", level=-2,
                            depth=300e-6)  # fmt: skip
        found.append(1.0 - turned / straight)
    assert 0.0 < found[1] < 3e-3
    assert found[0] / found[1] == pytest.approx(4.0, rel=0.06)  # the strands are longer by (2 pi r / pitch)2 / 2
