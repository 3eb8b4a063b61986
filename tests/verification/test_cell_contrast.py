"""Porous electrodes whose solid conducts up to 1e9 times as well as their pores: microvolts beside volts."""

from __future__ import annotations

import numpy as np

from support.electrochemical_cells import cell, even, salt, strip, tabled, zinc
from support.materials import matter

HOST = {
    "porosity": 0.4,
    "active_fraction": 0.5,
    "particle_radius": 1.0,
    "max_concentration": 5e4,
    "solid_diffusivity": 1e-14,
    "exchange_current_density": 1.0,
}


def discharged(conductivity):
    """Return the solution of a cell whose porous cathode lies at 4 V, after 10 s."""
    host = matter(conductivity=conductivity, **HOST)
    host = tabled(host, "open_circuit_potential", "filling", [(0.0, 4.2), (1.0, 3.8)])
    layers = ("anode", zinc(), even(5.0, 1)), ("electrolyte", salt(), even(20.0, 2)), ("cathode", host, even(50.0, 5))
    electrodes, start = {"anode": "metal", "cathode": "porous"}, {"cathode": "20 %"}
    return cell(strip(*layers, wide=10.0), ["discharge at 50 A/m2 for 10 s"], electrodes=electrodes, start=start)


def test_good_conductors_keep_energy_and_lose_in_inverse_proportion() -> None:
    """50 A/m2 drop 2.5 pV over 50 um at 1e9 S/m, a tenth of it in a cell: the last digit at 4 V is 0.2 % of that."""
    conductivities = np.array([1e5, 1e7, 1e9])
    solutions = [discharged(one) for one in conductivities]
    assert max(one.balances.energy for one in solutions) < 1e-8
    lost = [one.history.integral(one.history.losses["electronic_ohmic"]) for one in solutions]
    np.testing.assert_allclose(conductivities * lost, conductivities[0] * lost[0], rtol=5e-3)
    voltages = [one.history.voltage[-1] for one in solutions]
    np.testing.assert_allclose(voltages, voltages[-1], rtol=0.0, atol=1e-6)
