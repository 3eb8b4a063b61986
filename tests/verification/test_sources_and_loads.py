"""Sources and loads against capacitors behind resistors: scipy's integral of a solar cell, energies, profiles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from microfem.electrochemistry.profiles import TimeProfile
from microfem.metrics.cell import discharge_energy
from microfem.physics.electrochemistry.solution import CellSolution
from support.electrochemical_cells import cell
from support.modules import CAPACITOR, DEPTH, capacitor

SHORT, DARK, SLOPE, DIODE = 6e-3, 1e-11, 0.035, 0.3  # A/m, A/m, V, V: of one solar cell and of the diode behind two
FARAD, OHM = capacitor()[1] / DEPTH, capacitor()[2] * DEPTH  # F/m and ohm m: 1 uF of 1 um depth is 1 F/m
LASTS = 60.0  # s


def solar(voltage: float | np.ndarray[Any, Any]) -> Any:
    """Return the current of a solar cell, A/m."""
    return SHORT - DARK * np.expm1(voltage / SLOPE)


def system(protocol: list[str], **more: Any) -> CellSolution:
    """Return a capacitor with sources and loads after its protocol."""
    stated = {key: value for key, value in CAPACITOR.items() if key not in ("physics", "dimension", "protocol")}
    mesh, _, _ = capacitor()
    return cell(mesh, protocol, **{**stated, "start": {"anode": "0 V", "cathode": "0 V"}, **more})


def sun(light: list[list[float]] | None = None, **more: Any) -> dict[str, Any]:
    """Return two solar cells in series behind a diode."""
    open_circuit = SLOPE * np.log1p(SHORT / DARK)
    voltages = open_circuit * (1.0 - np.linspace(1.0, 0.0, 400) ** 2)  # dense where the current falls
    table = [[float(v), float(solar(v))] for v in voltages[:-1]] + [[float(open_circuit), 0.0]]
    current = {"table": table, "of": "voltage", "unit": "A/m", "source": "an exponential law"}
    shaded = {"light": {"table": light, "of": "time", "source": "made"}} if light else {}
    return {"current": current, "in_series": 2, "diode": f"{DIODE} V", **shaded, **more}


def charged(shaded: Any = lambda _: 0.0) -> Any:
    """Return the voltage of the capacitor's terminals against time, s; shaded: lost share of the light at a time."""

    def current(t: float, inside: float) -> float:
        def excess(amps: float) -> float:
            return float(solar(0.5 * (inside + OHM * amps + DIODE)) - shaded(t) * SHORT - amps)

        return brentq(excess, 0.0, SHORT, xtol=1e-16) if excess(0.0) > 0.0 else 0.0

    found = solve_ivp(
        lambda t, v: [current(t, v[0]) / FARAD], (0.0, LASTS), [0.0], rtol=1e-10, atol=1e-12, max_step=0.5,
        dense_output=True,
    )  # fmt: skip
    return lambda t: found.sol(t)[0] + OHM * current(t, found.sol(t)[0])


@pytest.mark.slow
def test_two_solar_cells_charge_a_capacitor() -> None:
    history = system([f"charge from sun for {LASTS} s"], sources={"sun": sun()}).history
    voltage = charged()
    assert history.voltage == pytest.approx([voltage(t) for t in history.time], abs=2e-5)
    assert voltage(LASTS) > 0.8 * (2.0 * SLOPE * np.log1p(SHORT / DARK) - DIODE)  # into the fall of the current
    one = system([f"charge from sun for {LASTS} s"], sources={"sun": sun(in_series=1)}).history
    assert abs(one.voltage[-1] - voltage(LASTS)) > 0.1  # negative control: one solar cell


def test_light_takes_its_share_of_the_short_circuit_current() -> None:
    light = [[0.0, 1.0], [20.0, 1.0], [20.0, 0.25], [LASTS, 0.25]]
    history = system([f"charge from sun for {LASTS} s"], sources={"sun": sun(light)}).history
    voltage = charged(lambda t: 0.75 * (t > 20.0))
    assert history.voltage[-1] == pytest.approx(voltage(LASTS), abs=2e-5)
    assert history.time.tolist().count(20.0) == 2  # both sides of the jump


def test_a_duty_cycle_takes_its_energy() -> None:
    bursts = [[0.0, 2e-3], [0.5, 2e-3], [0.5, 1e-4], [3.0, 1e-4]]
    power = {"table": bursts, "of": "time", "unit": "W/m", "source": "made", "every": "3 s"}
    solution = system(
        ["discharge into sensor for 12 s"],
        loads={"sensor": {"power": power}},
        start={"anode": "0 V", "cathode": "1 V"},
    )
    energy = 4 * (0.5 * 2e-3 + 2.5 * 1e-4)  # J/m
    assert discharge_energy(solution, per="depth") * 3.6 == pytest.approx(energy, rel=1e-6)
    assert solution.done[-1].reached


@pytest.mark.parametrize(("load", "amps"), [({"resistance": "50 ohm m"}, 0.02), ({"current": "3 mA/m"}, 3e-3)])
def test_the_first_current_of_a_load(load: dict[str, str], amps: float) -> None:
    history = system(
        ["discharge into it for 1 s"], loads={"it": load}, start={"anode": "0 V", "cathode": "1 V"}
    ).history
    expected = 1.0 / (50.0 + OHM) if "resistance" in load else amps
    assert history.current[0] == pytest.approx(expected, rel=1e-6)


def test_more_power_than_there_is_ends_the_line_with_how_much_there_is() -> None:
    power = {"table": [[0.0, 1e-3], [1.0, 1e-3], [1.0, 1.0], [2.0, 1.0]], "of": "time", "unit": "W/m", "source": "made"}
    solution = system(
        ["discharge into motor for 2 s"], loads={"motor": {"power": power}}, start={"anode": "0 V", "cathode": "1 V"}
    )
    (done,) = solution.done
    assert (done.end, done.reached) == (1.0, False)
    inside = solution.history.voltage[-1] + OHM * solution.history.current[-1]
    most = 0.1 * inside**2 / (4.0 * OHM) / solution.area  # mW/cm2: V2 / 4 R
    told = float(done.why.split("there is ")[1].split(" ")[0])
    assert told == pytest.approx(most, rel=5e-3)


def test_a_profile_is_a_function_of_time_with_jumps() -> None:
    profile = TimeProfile(((0.0, 1.0), (2.0, 3.0), (2.0, 0.0), (5.0, 0.0)), every=5.0)
    assert profile.jumps(11.0) == [2.0, 5.0, 7.0, 10.0]
    assert [profile.at(t, within) for t, within in ((2.0, 1.0), (2.0, 3.0), (6.0, 6.0))] == [3.0, 0.0, 2.0]
    assert profile.count(11.0) == 6
    for points, every in (
        (((0.0, 1.0), (1.0, 2.0), (0.5, 1.0)), None),
        (((1.0, 1.0), (2.0, 2.0)), None),
        ((), None),
        (((0.0, 1.0), (1.0, 1.0), (1.0, 2.0), (1.0, 3.0)), None),
        (((0.0, 1.0), (1.0, 1.0)), 2.0),
    ):
        with pytest.raises(ValueError, match="profile"):
            TimeProfile(points, every)
