"""Transport of the salt between plates of zinc: limiting current, Sand's time, Cottrell's current.

A. J. Bard and L. R. Faulkner, Electrochemical Methods, 2nd ed., chapters 5 and 8, with the migration of the cations in
the factor 1 - t+ (J. Newman and N. P. Balsara, Electrochemical Systems, 4th ed., chapter 11). Each current is that of
a binary salt whose properties are constant.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from microfem.base.errors import SolveError
from support.electrochemical_cells import VOLTS, F, cell, even, orders, plates, salt, zinc
from support.plate_diffusion import CHARGES, INITIAL, TRANSFERENCE, D, at_cathode, lumped
from support.solving import value

GAP = 50.0  # um
LIMITING = 2.0 * CHARGES * F * D * INITIAL / (GAP * 1e-6 * (1.0 - TRANSFERENCE))  # A/m2
EMPTY = 1e-3  # of the initial concentration, at which the program calls an electrolyte depleted
GOOD = {"conductivity": 1e4}  # S/m: hardly any ohm


def depleted(current, gap):
    """Return the time at which the cathode's concentration is EMPTY."""
    return brentq(lambda t: at_cathode(current, gap, t) / INITIAL - EMPTY, 1e-3, 1e4, xtol=1e-12)


def sand(current):
    """Return Sand's time, s."""
    return np.pi * D * (CHARGES * F * INITIAL / (2.0 * current * (1.0 - TRANSFERENCE))) ** 2


def test_the_series_is_that_of_sand_while_the_gap_is_long():
    current = LIMITING * 8.0
    t = 0.3 * sand(current)
    assert at_cathode(current, 1e-6 * GAP, t) == pytest.approx(INITIAL * (1.0 - np.sqrt(0.3)), rel=1e-6)
    assert at_cathode(current, 1e-6 * GAP, 1e4) == pytest.approx(INITIAL * (1.0 - 8.0), rel=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.98])
def test_below_the_limiting_current_there_is_a_steady_state(share):
    solution = cell(plates(GAP, 6, salt(), zinc()), [f"discharge at {share * LIMITING} A/m2 for 1000 s"])
    assert solution.done[0].reached
    assert solution.history.least_salt[-1] == pytest.approx(INITIAL * (1.0 - share), rel=1e-4)


def test_above_the_limiting_current_the_electrolyte_is_depleted():
    solution = cell(plates(GAP, 6, salt(), zinc()), [f"discharge at {1.02 * LIMITING} A/m2 for 1000 s"])
    told = solution.done[0]
    assert not told.reached
    assert "depleted" in told.why
    assert "Sand" in told.why
    assert told.end < 100.0
    assert solution.history.least_salt[-1] == pytest.approx(EMPTY * INITIAL, rel=1e-5)


@pytest.mark.parametrize(
    ("gap", "conductivity", "line"),
    [(GAP, 2.0, f"steady at {0.97 * LIMITING} A/m2"), (300.0, 20.0, "steady at -0.3 V")],
)
def test_steady_states_near_the_limiting_current_balance(gap, conductivity, line):
    solution = cell(plates(gap, 6, salt(conductivity=conductivity), zinc()), [line])
    share = solution.history.current[0] / solution.area / (LIMITING * GAP / gap)
    assert solution.history.least_salt[0] == pytest.approx(INITIAL * (1.0 - share), rel=1e-6, abs=1e-8 * INITIAL)
    assert share > 0.9
    assert solution.balances.salt < 2e-11
    assert sum(value(solution, "loss_share", of=name) for name in solution.history.losses) == pytest.approx(1.0)


def test_the_limiting_current_is_told_above_it():
    with pytest.raises(SolveError, match="limiting current of this layout is") as told:
        cell(plates(GAP, 6, salt(), zinc()), [f"steady at {1.05 * LIMITING} A/m2"])
    assert float(str(told.value).rpartition(" is ")[2].split()[0]) == pytest.approx(0.1 * LIMITING, rel=2e-3)


def test_a_limit_without_migration_is_told_from_it():
    """2 z+ F D c0 / L without 1 - t+: at 1.02 times it a steady state is far."""
    solution = cell(plates(GAP, 6, salt(), zinc()), [f"discharge at {1.02 * 0.6 * LIMITING} A/m2 for 1000 s"])
    assert solution.done[0].reached
    assert solution.history.least_salt[-1] > 0.3 * INITIAL


@pytest.mark.slow
def test_the_time_of_depletion_converges_with_the_mesh():
    current, errors = 1.5 * LIMITING, []
    for count in (6, 12, 24):
        mesh = plates(GAP, count, salt(), zinc())
        solution = cell(mesh, [f"discharge at {current} A/m2 for 1000 s"], tolerance=1e-6)
        errors.append(solution.done[0].end / depleted(current, 1e-6 * GAP) - 1.0)
    assert abs(errors[-1]) < 4e-3
    assert orders(np.abs(errors)) == pytest.approx(2.0, abs=0.2)


def test_sands_time():
    """c(0) / c0 = 1 - sqrt(t / tau), of order 2 in the mesh, and the tolerance bounds what time adds to it."""
    current, gap = 600.0, 400.0
    t, errors = 0.25 * sand(current), []
    assert np.sqrt(D * t) < 0.2 * gap * 1e-6
    for count in (20, 40, 80):
        solution = cell(plates(gap, count, salt(), zinc()), [f"discharge at {current} A/m2 for {t} s"], tolerance=1e-6)
        errors.append(solution.history.least_salt[-1] / INITIAL - 0.5)
    assert abs(errors[-1]) < 1e-3
    assert orders(np.abs(errors)) == pytest.approx(2.0, abs=0.2)
    assert abs(errors[-1] + 0.5 - (1.0 - np.sqrt(0.25 / TRANSFERENCE))) > 0.1  # a factor t+ in Sand's time


@pytest.mark.slow
def test_the_error_of_time_falls_with_the_tolerance():
    current, gap, count = 300.0, 200.0, 20
    t, errors = 0.25 * sand(current), []
    exact = lumped(count, gap * 1e-6, current, t)
    powers = range(2, 8)
    for tolerance in 10.0 ** -np.array(powers):
        mesh = plates(gap, count, salt(), zinc(), wide=0.1)  # so that its ends have the volumes of a line
        solution = cell(mesh, [f"discharge at {current} A/m2 for {t} s"], tolerance=tolerance)
        errors.append(abs(solution.history.least_salt[-1] - exact) / INITIAL)
    assert (np.log10(errors) < -np.array(powers)).all()
    assert -np.polyfit(powers, np.log10(errors), 1)[0] > 0.6


def current_after(voltage, mesh, until, **more):
    """Return times and currents, A/m2, of a held voltage."""
    solution = cell(mesh, [f"hold {voltage} V for {until} s"], **more)
    area = float(np.ptp(mesh.points[:, 0])) * 1e-6
    return solution.history.time, solution.history.current / area


@pytest.mark.slow
def test_cottrell():
    """A step of the voltage between fast plates sets their concentrations c0 +- d at once, d = c0 tanh(V / (2 chi)).

    j = z F d sqrt(D / (pi t)) / (1 - t+): j sqrt(t) is constant until the plates feel each other.
    """
    voltage, chi = -0.03, (1.0 - TRANSFERENCE) * VOLTS
    step = INITIAL * np.tanh(-voltage / (2.0 * chi))
    constant = CHARGES * F * step * np.sqrt(D / np.pi) / (1.0 - TRANSFERENCE)
    near = np.concatenate([[0.0], np.geomspace(0.2, 100.0, 36)])
    ticks = np.concatenate([near, 200.0 - near[-2::-1]])
    mesh = plates(200.0, 0, salt(**GOOD), zinc(exchange_current_density=1e7), ticks=ticks)
    t, current = current_after(voltage, mesh, 4.0, tolerance=1e-5)
    early = (t > 0.4) & (t < 4.0)
    assert early.sum() > 8
    assert current[early] * np.sqrt(t[early]) == pytest.approx(constant, rel=5e-3)
    assert current[early] * np.sqrt(t[early]) != pytest.approx(constant * 0.6, rel=0.1)
    slope = np.polyfit(np.log(t[early]), np.log(current[early]), 1)[0]
    assert slope == pytest.approx(-0.5, abs=2e-3)


def test_a_long_hold_ends_in_the_steady_state():
    """V = chi ln((c0 + d) / (c0 - d)) + j L / kappa with j = 2 z F D d / (L (1 - t+))."""
    voltage, chi = -0.03, (1.0 - TRANSFERENCE) * VOLTS
    mesh = plates(GAP, 4, salt(), zinc(exchange_current_density=1e7))
    _, current = current_after(voltage, mesh, 500.0)

    def excess(share):
        return 2.0 * chi * np.arctanh(share) + share * LIMITING * GAP * 1e-6 / 2.0 + voltage

    assert current[-1] == pytest.approx(LIMITING * brentq(excess, 0.0, 0.99), rel=1e-4)


@pytest.mark.slow
def test_uneven_cells_conserve_the_salt():
    ticks = GAP * even(1.0, 6) ** 2
    solution = cell(plates(GAP, 0, salt(), zinc(), ticks=ticks), [f"discharge at {0.8 * LIMITING} A/m2 for 20 s"])
    assert solution.balances.salt < 1e-12
    assert solution.balances.charge < 1e-12
    assert solution.balances.energy < 1e-7
