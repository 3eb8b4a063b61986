"""Capacitors: voltammograms, constant currents, pseudo-capacity, leaks, against closed forms of circuits."""

from __future__ import annotations

import numpy as np
import pytest

from microfem.base.errors import MetricRefused
from support.electrochemical_cells import BLOCK, SALT, T, cell, even, salt, slow, strip, tabled, zinc
from support.materials import matter
from support.solving import solve, value

GAP = 20.0  # um
SERIES = 1e-6 * GAP / SALT["conductivity"]  # ohm m2
BOTH = {"electrodes": {"anode": "capacitor", "cathode": "capacitor"}, "transport": "fixed"}
HYBRID = {"electrodes": {"anode": "ideal", "cathode": "capacitor"}, "transport": "fixed"}
SPONGE = {"conductivity": 1e8, "porosity": 0.5, "bruggeman": 0.0}  # whose pores resist as the electrolyte does


def plates(plate, anode=None):
    """Return two planes that block the current."""
    return strip(("anode", anode or plate, BLOCK), ("electrolyte", salt(), even(GAP, 2)), ("cathode", plate, BLOCK))


def plate(capacitance, **more):
    """Return a metal whose surface has a capacitance, F/m2."""
    return zinc(double_layer_capacitance=capacitance, **more)


def area(mesh):
    """Return the footprint, m2 per metre of depth."""
    return float(np.ptp(mesh.points[:, 0])) * 1e-6


def cycles(pace, count=3, low=0.0, high=1.0):
    """Return lines of a cyclic voltammogram; pace: V/s."""
    return count * [f"sweep from {low} V to {high} V at {pace} V/s", f"sweep from {high} V to {low} V at {pace} V/s"]


def swept(t, start, slope, tau):
    """Return the current of R and C in series, per C, under a ramp, from the drop of R `start` = I R C / C at t = 0."""
    return slope + (start / tau - slope) * np.exp(-t / tau)


def triangular(history, pace, tau):
    """Return the currents of a series of R and C at the steps of a triangular sweep from rest, per C: charging."""
    found, drop, direction = np.zeros_like(history.time), 0.0, 1.0
    for line in np.unique(history.line):
        at = history.line == line
        t = history.time[at] - history.time[at][0]
        found[at] = swept(t, drop, direction * pace, tau)
        drop, direction = found[at][-1] * tau, -direction
    return found


@pytest.mark.slow
def test_the_current_under_a_sweep_is_that_of_a_resistance_and_a_capacitance():
    """Also the RC transients behind each turn; then I / (C s) = 1."""
    capacitance, pace = 2.0, 3e3
    tau = SERIES * capacitance / 2.0
    mesh = plates(plate(capacitance))
    history = cell(mesh, cycles(pace, 1), tolerance=1e-6, **BOTH).history
    shares = -history.current / (area(mesh) * 0.5 * capacitance * pace)
    exact = triangular(history, pace, tau) / pace
    assert np.abs(shares - exact).max() < 1e-5
    late = (history.line == 0) & (history.time > 15.0 * tau)
    assert shares[late] == pytest.approx(1.0, abs=1e-5)
    assert late.sum() > 2
    assert np.abs(shares - triangular(history, pace, 1.1 * tau) / pace).max() > 1e-2  # another resistance


@pytest.mark.parametrize("share", [5e-3, slow(1e-6)])
def test_sweeps_and_constant_currents_show_the_capacitance(share):
    """share: s R C over the window. The loop is narrower by the transients, C (1 - 2 share tanh(1 / 2 share))."""
    whole = 1.0  # F/m2, two of twice as much in series
    mesh, pace = plates(plate(2.0 * whole)), share / (SERIES * whole)
    current = whole * pace
    lines = [*cycles(pace, 2), f"charge at {current} A/m2 until 1 V", f"discharge at {current} A/m2 until 0 V"]
    solution = cell(mesh, lines, tolerance=1e-5, **BOTH)
    found = {by: 10.0 * value(solution, "cell_capacitance", by=by) for by in ("cv", "loop", "gcd")}
    assert found["gcd"] == pytest.approx(whole, rel=1e-5)
    assert found["cv"] == pytest.approx(whole, rel=1e-5)
    assert found["loop"] == pytest.approx(whole * (1.0 - 2.0 * share * np.tanh(0.5 / share)), rel=1e-5)
    slow_one = f"{share / (2.0 * np.pi * SERIES * whole)} Hz"
    about = {"physics": "cell", "dimension": "section", "protocol": ["rest 1 s"], "temperature": f"{T} K", **BOTH}
    waves = solve(mesh, {"physics": "impedance", "of": about, "frequencies": [slow_one]})
    by_waves = value(waves, "impedance_capacitance", frequency=slow_one)
    assert 10.0 * by_waves == pytest.approx(whole, rel=1e-5)
    history = solution.history
    plateau = history.current[(history.line == 3) & (np.abs(history.voltage - 0.5) < 0.3)] / area(mesh) / pace
    assert plateau == pytest.approx(whole, rel=1e-5)
    assert plateau[0] != pytest.approx(2.0 * whole, rel=0.1)  # one double layer alone


def test_the_drop_of_a_reversal_and_of_a_rest_is_the_series_resistance():
    """DV / 2I and dV / I; V2 / 4R of the voltage without a current, 1 V less the drop of the charge."""
    mesh, current = plates(plate(2.0)), 1000.0
    drop = current * SERIES
    for before, full in ([], 1.0 - drop), (["rest 1 ms"], 1.0 - drop):
        lines = [f"charge at {current} A/m2 until 1 V", *before, f"discharge at {current} A/m2 until 0.2 V"]
        solution = cell(mesh, lines, **BOTH)
        assert 1e-4 * value(solution, "esr") == pytest.approx(SERIES, rel=1e-6)
        assert 10.0 * value(solution, "peak_power") == pytest.approx(full**2 / (4.0 * SERIES), rel=1e-5)
    assert 1e-4 * value(solution, "esr") != pytest.approx(0.5 * SERIES, rel=0.1)


RISING = [(-1.0, 20.0), (2.0, 80.0)]  # F/cm3 against V: a straight line


def test_the_charge_of_a_pseudo_capacity_is_the_integral_of_its_table():
    mesh = plates(tabled(matter(**SPONGE), "volumetric_capacitance", "potential", RISING), zinc())
    lines = ["sweep from 0 V to 1.5 V at 0.1 V/s", "hold 1.5 V for 20 s"]
    solution = cell(mesh, lines, start={"cathode": "0 V"}, **HYBRID)
    stored = 10e-6 * 1e6 * (40.0 * 1.5 + 20.0 * 1.5**2 / 2.0)  # C/m2: 20 F/cm3 more per V
    assert -solution.history.charges[-1, -1] / area(mesh) == pytest.approx(stored, rel=1e-9)
    assert stored != pytest.approx(10e-6 * 1e6 * 1.5 * 40.0, rel=0.1)  # the capacitance of the start
    assert solution.balances.energy < 1e-8
    assert solution.balances.charge < 1e-10


def test_a_sweep_through_a_potential_outside_the_table_ends_there():
    mesh = plates(tabled(matter(**SPONGE), "volumetric_capacitance", "potential", RISING), zinc())
    solution = cell(mesh, cycles(0.1, high=3.0), start={"cathode": "0 V"}, **HYBRID)
    assert len(solution.done) == 1
    assert "the cathode is at 2 V against the electrolyte at (" in solution.done[0].why
    assert solution.history.voltage[-1] == pytest.approx(2.0, abs=1e-3)
    with pytest.raises(MetricRefused, match="no sweeps at one rate lead back to where they began"):
        value(solution, "cell_capacitance", by="cv")


LEAK, PER_VOLUME = 4.0, 50.0  # ohm cm3, F/cm3: 200 s


def leaking(rest, **more):
    """Return what a symmetric sponge of both capacitance and leak does at rest from 1 V on."""
    sponge = matter(**SPONGE, volumetric_capacitance=PER_VOLUME, leakage_resistance=LEAK)
    start = {"anode": "-0.5 V", "cathode": "0.5 V"}
    return cell(plates(sponge), rest, start=start, **{"tolerance": 1e-5, **BOTH, **more})


def test_a_leak_discharges_with_the_time_r_c():
    solution = leaking(["rest 500 s"])
    t, exact = solution.history.time, np.exp(-solution.history.time / (LEAK * PER_VOLUME))
    assert solution.history.voltage == pytest.approx(exact, abs=5e-5)
    assert np.abs(np.exp(-t / (2.0 * LEAK * PER_VOLUME)) - exact).max() > 0.1
    lost = solution.history.integral(solution.history.losses["leakage"]) / area(solution.mesh)
    assert lost == pytest.approx(2.0 * 0.5 * PER_VOLUME * 10.0 * 0.25 * (1.0 - exact[-1] ** 2), rel=1e-4)  # C V2 / 2
    assert value(solution, "loss_share", of="leakage") == pytest.approx(1.0, abs=1e-6)
    assert solution.balances.energy < 1e-8
    assert solution.balances.charge < 1e-10


def test_a_held_voltage_passes_the_leak():
    """V over two leaks in series, each its resistance over the thickness."""
    solution = leaking(["hold 1 V for 500 s"])
    expected = 0.1 * 1.0 / (2.0 * LEAK * 1e-6 / 10e-6)
    assert value(solution, "leakage_current") == pytest.approx(expected, rel=1e-3)


@pytest.mark.slow
def test_a_leak_leads_to_the_potential_at_rest():
    """Of a hybrid: the leak of the carbon ends at its open-circuit potential against the metal."""
    sponge = matter(**SPONGE, volumetric_capacitance=PER_VOLUME, leakage_resistance=LEAK, open_circuit_potential=0.9)
    mesh = plates(sponge, zinc())
    solution = cell(mesh, ["rest 500 s"], start={"cathode": "1.4 V"}, tolerance=1e-5,
                    electrodes={"anode": "metal", "cathode": "capacitor"})  # fmt: skip
    exact = 0.9 + 0.5 * np.exp(-solution.history.time / (LEAK * PER_VOLUME))
    assert solution.history.voltage == pytest.approx(exact, abs=5e-5)
    assert solution.balances.energy < 1e-8


@pytest.mark.slow
def test_capacitors_that_are_mirrored():
    """Anode and cathode exchanged, and the sign of the voltage: the same capacitance."""
    table = tabled(matter(**SPONGE, leakage_resistance=LEAK), "volumetric_capacitance", "potential", RISING)
    other = matter(**SPONGE, volumetric_capacitance=PER_VOLUME, leakage_resistance=3.0 * LEAK)
    forward = cell(plates(table, other), cycles(1.0, 1), tolerance=1e-5, **BOTH)
    back = cell(plates(other, table), cycles(1.0, 1, high=-1.0), tolerance=1e-5, **BOTH)
    found = [value(one, "cell_capacitance", by="cv") for one in (forward, back)]
    assert found[1] == pytest.approx(found[0], rel=1e-6)
    same = cell(plates(other, table), cycles(1.0, 1), **BOTH)
    assert value(same, "cell_capacitance", by="cv") != pytest.approx(found[0], rel=1e-2)


REFUSED = {
    "no sweep": (["rest 1 s"], {"by": "cv"}, "cell_capacitance", "no sweeps at one rate"),
    "one way": (cycles(0.1, 1)[:1], {"by": "cv"}, "cell_capacitance", "no sweeps at one rate"),
    "another rate back": (
        ["sweep from 0 V to 1 V at 0.1 V/s", "sweep to 0 V at 0.2 V/s"], {"by": "cv"}, "cell_capacitance", "at one rate"
    ),
    "no discharge": (cycles(0.1, 1), {"by": "gcd"}, "cell_capacitance", "the last discharge is not at a constant"),
    "no line before": (["discharge at 1 A/m2 for 1 s"], {}, "esr", "no line ends where a discharge begins"),
    "no power without a drop": (cycles(0.1, 1), {}, "peak_power", "no line ends where a discharge begins"),
    "nothing held": (["rest 1 s"], {}, "leakage_current", "no voltage is held"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_metrics_that_the_protocol_does_not_have_are_refused(name):
    lines, options, metric, reason = REFUSED[name]
    solution = cell(plates(plate(0.2)), lines, **BOTH)
    with pytest.raises(MetricRefused, match=reason):
        value(solution, metric, **options)
