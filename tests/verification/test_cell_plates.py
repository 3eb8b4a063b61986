"""Two plates of a metal: ohm, kinetics and the film's resistance in a fixed concentration, then diffusion potentials.

J. Newman and N. P. Balsara, Electrochemical Systems, 4th ed., chapters 8, 11 and 12.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from support.electrochemical_cells import (
    BLOCK,
    VOLTS,
    F,
    cell,
    even,
    orders,
    plates,
    salt,
    strip,
    tabled,
    zinc,
)
from support.materials import matter

GAP, CURRENT = 100.0, 60.0  # um, A/m2
KAPPA, EXCHANGE, ELECTRONS = 2.0, 10.0, 2.0
OHM = CURRENT * GAP * 1e-6 / KAPPA


def loss(metal, electrodes="metal", count=3, gap=GAP):
    """Return the voltage lost by two plates in a fixed concentration, V."""
    kinds = {"anode": electrodes, "cathode": electrodes}
    mesh = plates(gap, count, salt(), metal)
    solution = cell(mesh, [f"discharge at {CURRENT} A/m2 for 1 s"], transport="fixed", electrodes=kinds)
    assert solution.history.voltage == pytest.approx(solution.history.voltage[0], abs=1e-12)
    return -float(solution.history.voltage[-1])


def symmetric(current, exchange=EXCHANGE):
    """Return |eta| of Butler and Volmer with equal coefficients: (2 R T / (n F)) asinh(j / (2 i0))."""
    return 2.0 * VOLTS / ELECTRONS * np.arcsinh(current / (2.0 * exchange))


def overpotential(current, transfer):
    """Return eta of j = i0 (exp(n a f eta) - exp(-n (1 - a) f eta)), from a search."""

    def excess(eta):
        f = ELECTRONS / VOLTS
        return EXCHANGE * (np.exp(transfer * f * eta) - np.exp(-(1.0 - transfer) * f * eta)) - current

    return brentq(excess, -0.5, 0.5, xtol=1e-15)


@pytest.mark.parametrize("count", [1, 7])
def test_butler_volmer(count):
    assert loss(zinc(), count=count) == pytest.approx(OHM + 2.0 * symmetric(CURRENT), rel=1e-10)


def test_the_number_of_electrons_is_that_of_zinc():
    assert loss(zinc(electrons=1.0)) == pytest.approx(OHM + 4.0 * symmetric(CURRENT), rel=1e-10)
    assert loss(zinc()) != pytest.approx(OHM + 4.0 * symmetric(CURRENT), rel=0.1)


def test_linear_kinetics():
    expected = OHM + 2.0 * CURRENT * VOLTS / (ELECTRONS * EXCHANGE)
    assert loss(zinc(), {"kind": "metal", "kinetics": "linear"}) == pytest.approx(expected, rel=1e-10)


def test_tafel_kinetics():
    expected = OHM + 2.0 * VOLTS / (0.5 * ELECTRONS) * np.log(CURRENT / EXCHANGE)
    assert loss(zinc(), {"kind": "metal", "kinetics": "tafel"}) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("gap", [GAP, 300.0 * GAP])
def test_ideal_electrodes_leave_ohm(gap):
    assert loss(zinc(), "ideal", gap=gap) == pytest.approx(OHM * gap / GAP, rel=1e-5)


@pytest.mark.parametrize("transfer", [0.2, 0.7])
def test_unequal_transfer_coefficients(transfer):
    expected = OHM + overpotential(CURRENT, transfer) - overpotential(-CURRENT, transfer)
    found = loss(zinc(charge_transfer_coefficient=transfer))
    assert found == pytest.approx(expected, rel=1e-10)
    assert found != pytest.approx(OHM + 2.0 * symmetric(CURRENT), rel=0.02)


@pytest.mark.parametrize("kinetics", ["butler_volmer", "linear", "tafel"])
@pytest.mark.parametrize("film", [1e-6, 3e-3])
def test_the_resistance_of_a_film_is_in_series(film, kinetics):
    kind = {"kind": "metal", "kinetics": kinetics}
    behind = loss(zinc(film_resistance=film), kind) - loss(zinc(), kind)
    assert behind == pytest.approx(2.0 * CURRENT * film, rel=1e-8)


def test_resistances_of_layers_add_up():
    """A separator between two gaps: porosity to the power of Bruggeman."""
    wet = salt(porosity=0.5, bruggeman=2.0)
    mesh = strip(("anode", zinc(), BLOCK), ("separator", wet, even(30.0, 2)),
                 ("electrolyte", salt(), even(70.0, 3)), ("cathode", zinc(), BLOCK))  # fmt: skip
    solution = cell(mesh, [f"discharge at {CURRENT} A/m2 for 1 s"], transport="fixed")
    expected = CURRENT * 1e-6 / KAPPA * (70.0 + 30.0 / 0.5**2) + 2.0 * symmetric(CURRENT)
    assert -solution.history.voltage[-1] == pytest.approx(expected, rel=1e-10)


def steady(mesh, current, **more):
    """Return a cell after thirty times L2 / D, and the concentrations at its anode and its cathode."""
    solution = cell(mesh, [f"discharge at {current} A/m2 for 1000 s"], **more)
    height = mesh.points[:, 1]
    values = solution.fields["salt_concentration"].values
    wet = np.isfinite(values)
    ends = [values[np.isclose(height, at)][0] for at in (height[wet].min(), height[wet].max())]
    return solution, ends, (height[wet], values[wet])


def test_zinc_plates_after_a_long_time():
    """A linear profile of the initial mean, and ohm, diffusion potential and kinetics add up."""
    solution, (high, low), (height, values) = steady(plates(GAP, 4, salt(), zinc()), 60.0)
    fall = (1.0 - 0.4) * 60.0 * GAP * 1e-6 / (2.0 * F * 3e-10)
    assert values == pytest.approx(1000.0 + fall * (0.5 - (height - BLOCK[1]) / GAP), rel=1e-6)
    assert [high, low] == pytest.approx([1000.0 + 0.5 * fall, 1000.0 - 0.5 * fall], rel=1e-6)
    kinetics = sum(symmetric(60.0, EXCHANGE * np.sqrt(c / 1000.0)) for c in (high, low))
    diffusion = VOLTS * np.log(high / low)
    assert -solution.history.voltage[-1] == pytest.approx(OHM + 0.6 * diffusion + kinetics, rel=1e-6)
    assert -solution.history.voltage[-1] != pytest.approx(OHM + 1.2 * diffusion + kinetics, rel=5e-3)
    assert solution.balances.salt < 1e-12


def test_a_thermodynamic_factor_multiplies_the_diffusion_potential():
    solution, (high, low), _ = steady(plates(GAP, 4, salt(thermodynamic_factor=1.7), zinc()), 60.0)
    kinetics = sum(symmetric(60.0, EXCHANGE * np.sqrt(c / 1000.0)) for c in (high, low))
    expected = OHM + 0.6 * 1.7 * VOLTS * np.log(high / low) + kinetics
    assert -solution.history.voltage[-1] == pytest.approx(expected, rel=1e-6)


def dilute(cations, anions, plus=7e-10, minus=10e-10):
    """Return a salt after Nernst and Planck, ions of charges z+ and z- and of these diffusivities, and its 1 / nu+ z+.

    kappa = F2 / (R T) (z+2 nu+ D+ + z-2 nu- D-) c, so t+ is the first term's share; D is the ambipolar diffusivity.
    """
    least = np.gcd(cations, anions)
    of_cations, of_anions = anions / least, cations / least  # nu+ and nu-
    parts = cations**2 * of_cations * plus, anions**2 * of_anions * minus
    per_salt = F / VOLTS * sum(parts)
    diffusivity = plus * minus * (cations + anions) / (cations * plus + anions * minus)
    base = salt(cation_charge=cations, anion_charge=anions, diffusivity=diffusivity,
                transference_number=parts[0] / sum(parts))  # fmt: skip
    points = [(c, per_salt * c) for c in (1.0, 3000.0)]
    return tabled(base, "conductivity", "concentration", points), (of_cations + of_anions) / (cations * of_cations)


@pytest.mark.parametrize(
    ("cations", "anions"),
    [(2, 1), *(pytest.param(*charges, marks=pytest.mark.slow) for charges in ((1, 1), (2, 2), (1, 2)))],
)
def test_plates_in_a_dilute_salt_have_the_voltage_of_a_concentration_cell(cations, anions):
    """Ohm and diffusion potential together are nu / (z+ nu+) (R T / F) ln(c1 / c2): order 2 in the mesh."""
    electrolyte, factor = dilute(cations, anions)
    errors = []
    for count in (3, 6, 12):
        mesh = plates(GAP, count, electrolyte, zinc(exchange_current_density=1e9), wide=0.1)
        solution, (high, low), _ = steady(mesh, 800.0 * cations * anions)
        assert high / low > 1.3
        errors.append(-solution.history.voltage[-1] / (factor * VOLTS * np.log(high / low)) - 1.0)
    assert abs(errors[-1]) < 3e-3
    assert orders(np.abs(errors)) == pytest.approx(2.0, abs=0.2)


def test_a_diffusion_potential_of_another_salt_is_told_from_it():
    electrolyte, factor = dilute(2, 1)
    solution, (high, low), _ = steady(plates(GAP, 16, electrolyte, zinc(exchange_current_density=1e9)), 1000.0)
    assert factor == 1.5
    assert -solution.history.voltage[-1] != pytest.approx(1.0 * VOLTS * np.log(high / low), rel=0.2)


def test_a_plate_needs_a_property_of_kinetics():
    with pytest.raises(Exception, match="exchange_current_density"):
        loss(matter(conductivity=1.7e7))
