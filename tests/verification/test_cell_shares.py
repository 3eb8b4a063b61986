"""What a cell tells first: shares of its losses, at rest, in a steady state; and the area of pore walls."""

from __future__ import annotations

import re

import numpy as np
import pytest

from support.electrochemical_cells import VOLTS, cell, even, plates, salt, strip, zinc
from support.materials import matter
from support.solving import value

GAP, KAPPA, EXCHANGE = 1000.0, 2.0, 10.0  # um, S/m, A/m2


def test_nothing_is_shared_at_rest_and_round_off_fails_no_balance() -> None:
    solution = cell(plates(GAP, 4, salt(), zinc(molar_volume=9.16)), ["rest 1 h"])
    assert not [one for one in solution.remarks if "losses" in one]
    assert "'rest 1 h' ended at 3600 s: its time was over" in solution.remarks


def test_shares_of_a_steady_state_are_those_of_its_resistances() -> None:
    """Ohm L / kappa, and R T / (n F i0) of linear kinetics at each plate."""
    linear = {name: {"kind": "metal", "kinetics": "linear"} for name in ("anode", "cathode")}
    layers = plates(GAP, 4, salt(conductivity=KAPPA), zinc(exchange_current_density=EXCHANGE))
    solution = cell(layers, ["steady at 5 A/m2"], transport="fixed", electrodes=linear)
    ohm, kinetics = GAP * 1e-6 / KAPPA, VOLTS / (2.0 * EXCHANGE)
    assert value(solution, "loss_share", of="electrolyte_ohmic") == pytest.approx(
        ohm / (ohm + 2.0 * kinetics), rel=1e-8
    )
    ohmic = value(solution, "loss_share", of="electrolyte_ohmic")
    assert value(solution, "loss_share", of="layout") == pytest.approx(ohmic, rel=1e-12)
    told = re.search(r"the layout decides ([\d.]+) %", solution.remarks[0])
    assert told is not None
    assert float(told[1]) == pytest.approx(100.0 * ohm / (ohm + 2.0 * kinetics), rel=1e-2)


@pytest.mark.parametrize(("shape", "per_volume"), [("sphere", 3.0), ("cylinder", 2.0), ("slab", 1.0)])
def test_a_double_layer_in_pores_has_the_area_of_their_walls(shape: str, per_volume: float) -> None:
    """Two such electrodes in series after a time t: V = i t / (C / 2) with C = c (g + 1) active_fraction h / R."""
    thick, active, radius, layer = 20.0, 0.3, 2.0, 0.1
    carbon = matter(
        conductivity=1e3, porosity=0.5, active_fraction=active, particle_radius=radius, double_layer_capacitance=layer
    )
    sides = {name: {"kind": "capacitor", "particles": shape} for name in ("anode", "cathode")}
    layers = strip(
        ("anode", carbon, even(thick, 2)),
        ("electrolyte", salt(conductivity=1e3), even(20.0, 2)),
        ("cathode", carbon, even(thick, 2)),
    )
    solution = cell(layers, ["charge at 1 A/m2 for 1 s"], electrodes=sides, transport="fixed")
    capacitance = layer * per_volume * active / (radius * 1e-6) * thick * 1e-6
    assert solution.history.voltage[-1] == pytest.approx(1.0 / (capacitance / 2.0), rel=1e-4)


def test_the_current_density_of_a_strip_is_its_current_per_area() -> None:
    mesh = strip(
        ("anode", zinc(), even(2.0, 1)), ("electrolyte", salt(), even(20.0, 5)), ("cathode", zinc(), even(2.0, 1))
    )
    solution = cell(mesh, ["discharge at 30 A/m2 for 20 s"])
    values = solution.fields["current_density"].values
    wet = np.isfinite(values[:, 0, 0])
    assert wet.sum() == 2 * 5
    assert values[wet][..., 1] == pytest.approx(30.0, rel=1e-5)
    assert np.abs(values[wet][..., 0]).max() < 1e-5 * 30.0
