"""Cells on a deformed geometry: resistance and capacity of a stretched sandwich, pores that follow the volume."""

from __future__ import annotations

import numpy as np
import pytest

from microfem.base.errors import SolveError
from microfem.mesh.deformed import deform
from support.closed_forms import newman_tobias
from support.electrochemical_cells import (
    PASTE,
    SALT,
    VOLTS,
    F,
    against_ideal,
    alternating,
    cell,
    even,
    half_cell,
    paste,
    plates,
    salt,
    slow,
    zinc,
)
from support.solving import value

GAP, DEEP, CURRENT = 20.0, 80.0, 20.0  # um, um, A/m2 of the footprint as designed
BOTH_IDEAL = {"electrodes": {"anode": "ideal", "cathode": "ideal"}, "transport": "fixed"}
FAST = 2e-10  # ohm m2, of two ideal electrodes


def stretched(mesh, along, across, out=1.0):
    """Return a section stretched evenly: along its layers, across them, and out of its plane."""
    points = mesh.points * np.array([along, across])
    return deform(mesh, np.array([1.0]), points[None], np.full((1, len(mesh.cells)), out))


@pytest.mark.parametrize(
    ("along", "across", "out"), [(1.5, 1.0 / 1.5, 1.0), (1.5, 1.5**-0.5, 1.5**-0.5), slow(1, 2, 1)]
)
def test_the_electrolyte_of_a_stretched_bar(along, across, out):
    mesh = stretched(plates(GAP, 2, salt(), zinc()), along, across, out)
    solution = cell(mesh, [f"discharge at {CURRENT} A/m2 for 0.01 s"], **BOTH_IDEAL)
    expected = 1e-6 * GAP * across / (SALT["conductivity"] * along * out) + FAST / (along * out)
    assert -solution.history.voltage[0] / CURRENT == pytest.approx(expected, rel=1e-9)
    impedance = alternating(mesh, BOTH_IDEAL)
    assert 1e-4 * impedance.series_resistance == pytest.approx(expected, rel=1e-9)


def paste_cell(along, across, out, protocol, **more):
    mesh = stretched(half_cell(paste(((0.0, 1.4), (1.0, 1.2))), even(DEEP, 40), GAP), along, across, out)
    return cell(mesh, protocol, **more, **against_ideal({"kind": "porous", "kinetics": "linear"}))


@pytest.mark.parametrize(("along", "across", "out"), [(1.3, 1.0 / 1.3, 1.0), (1.3, 0.9, 0.95), slow(1.1, 0.85, 0.9)])
def test_the_pores_of_a_stretched_electrode(along, across, out):
    solution = paste_cell(along, across, out, [f"discharge at {CURRENT} A/m2 for 0.01 s"], transport="fixed")
    grown, area = along * across * out, along * out
    porosity = 1.0 - (1.0 - PASTE["porosity"]) / grown
    salt_left = (PASTE["porosity"] * DEEP + GAP) / (porosity * DEEP + GAP) / grown  # of the concentration
    walls = 3.0 * PASTE["active_fraction"] / (1e-6 * PASTE["particle_radius"]) / grown
    kappa = SALT["conductivity"] * porosity ** PASTE["bruggeman"]
    transfer = walls * PASTE["exchange_current_density"] * salt_left**0.5 / VOLTS
    pores = newman_tobias(kappa, PASTE["conductivity"], transfer, 1e-6 * DEEP * across)
    expected = (pores + 1e-6 * GAP * across / SALT["conductivity"]) / area
    assert (1.3 - solution.history.voltage[0]) / CURRENT == pytest.approx(expected, rel=3e-3)


def test_a_slow_discharge_gives_all_host_sites_at_any_stretch():
    sites = F * PASTE["max_concentration"] * PASTE["active_fraction"] * 1e-6 * DEEP / 36000.0  # mAh/cm2
    for along, across, out in ((1.0, 1.0, 1.0), (1.4, 0.8, 0.9)):
        solution = paste_cell(along, across, out, ["discharge at C/1000 until 1.25 V"], tolerance=1e-6)
        assert solution.capacity / solution.area / 36000.0 == pytest.approx(sites, rel=1e-12)
        assert value(solution, "discharge_capacity") == pytest.approx(0.25 * sites, rel=1e-3)


def test_pores_that_close_are_told():
    with pytest.raises(SolveError, match=r"pores of 'cathode' close.* 55 % .* 60 %"):
        paste_cell(1.0, 0.55, 1.0, ["discharge at 1C for 1 s"])


def test_resistance_falls_by_the_square_of_the_stretch_and_not_by_the_stretch():
    ends = []
    for along in (1.0, 1.5):
        mesh = stretched(plates(GAP, 2, salt(), zinc()), along, 1.0 / along)
        ends.append(cell(mesh, [f"discharge at {CURRENT} A/m2 for 0.01 s"], **BOTH_IDEAL).history.voltage[0])
    assert ends[0] / ends[1] == pytest.approx(1.5**2, rel=1e-5)
    assert ends[0] / ends[1] != pytest.approx(1.5, rel=0.3)
