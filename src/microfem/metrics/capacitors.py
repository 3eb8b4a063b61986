"""Metrics of capacitors: capacitance from sweeps and from discharges, resistance from a jump, power, leakage."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.electrochemistry.protocol import ProtocolLine
from microfem.electrochemistry.records import CellHistory
from microfem.metrics.cell import CHARGE, HOUR, Per, cell_metric, share
from microfem.physics.electrochemistry.solution import CellSolution

FARADS = {"per": {key: unit.replace("mAh", "mF") for key, unit in CHARGE["per"].items()}}
CLOSED = 1e-6  # V: how far a cycle may end from where it began
SWITCHED = 1e-3  # of the largest current: the least change of it that is a switch
CYCLE = "sweeps such as 'sweep from 0 V to 1 V at 10 mV/s' and 'sweep to 0 V at 10 mV/s'"
DISCHARGE = "a line such as 'discharge at 1 mA/cm2 until 0 V'"


@dataclass(frozen=True, kw_only=True)
class Leg:
    """A line of the protocol as it was followed, from its first to its last step.

    charge: that has passed; later: that has passed in the second half of its time.
    """

    line: ProtocolLine
    voltage: tuple[float, float]
    current: tuple[float, float]
    charge: float
    later: float

    @property
    def rise(self) -> float:
        """Change of the voltage, V."""
        return self.voltage[1] - self.voltage[0]


def legs(solution: CellSolution) -> list[Leg]:
    """Return the lines of the protocol that were followed; charge: that has passed, uA s, in 2D A s/m."""
    history, ends = solution.history, solution.history.ends()
    found = []
    for first, last in zip([0, *(end + 1 for end in ends)], ends, strict=False):
        voltage, current, charges = ([float(of[k]) for k in (first, last)]
                                     for of in (history.voltage, history.current, history.charges[:, -1]))  # fmt: skip
        line = solution.protocol[history.line[last]]
        later = charges[1] - _half_way(history, slice(first, last + 1))
        found.append(Leg(line=line, voltage=(voltage[0], voltage[1]), current=(current[0], current[1]),
                         charge=charges[1] - charges[0], later=later))  # fmt: skip
    return found


def _half_way(history: CellHistory, steps: slice) -> float:
    """Return the charge of the terminals half-way through the time of a line, whose slope is the current."""
    from scipy.interpolate import CubicHermiteSpline

    time, first = np.unique(history.time[steps], return_index=True)
    charge, current = history.charges[steps, -1][first], history.current[steps][first]
    if len(time) == 1:
        return float(charge[0])
    return float(CubicHermiteSpline(time, charge, current)(0.5 * (time[0] + time[-1])))


@cell_metric("mF/cm2", better="higher", unit_of=FARADS)
def cell_capacitance(solution: CellSolution, *, by: Literal["cv", "loop", "gcd"], per: Per = "footprint") -> float:
    """Capacitance between the terminals: by=cv, loop of the last closed cycle of sweeps, by=gcd of the last discharge.

    cv: dQ/dV in the second half of each sweep, after the current has turned. loop: the integral of I dV around the
    cycle over twice its window and its rate, smaller by the corners that the resistance cuts off. gcd: I dt/dV at a
    constant current, after the ohmic drop.
    """
    farads = _of_discharge(solution) if by == "gcd" else _of_cycle(solution, whole=by == "loop")
    return HOUR * farads / share(solution, per, "cell_capacitance")


def _of_cycle(solution: CellSolution, whole: bool) -> float:
    """Return the charge of the last cycle, whole or late in its sweeps, over its voltages, uA s/V, in 2D A s/m/V.

    Along a sweep dV/dt is constant, so that the integral of I dV is the charge times it.
    """
    cycle = _cycle(legs(solution))
    if not cycle:
        raise MetricRefused("cell_capacitance", "no sweeps at one rate lead back to where they began", CYCLE)
    charge = sum(float(np.sign(leg.rise)) * (leg.charge if whole else 2.0 * leg.later) for leg in cycle)
    return -charge / sum(abs(leg.rise) for leg in cycle)


def _cycle(every: list[Leg]) -> list[Leg]:
    """Return the last sweeps at one rate, one from where the other ended, that end where they began; [] if none do."""
    for stop in range(len(every), 0, -1):
        for first in range(stop - 1, -1, -1):
            leg = every[first]
            if leg.line.verb != "sweep" or leg.line.pace != every[stop - 1].line.pace:
                break
            if first < stop - 1 and abs(leg.voltage[1] - every[first + 1].voltage[0]) > CLOSED:
                break
            if first < stop - 1 and abs(every[stop - 1].voltage[1] - leg.voltage[0]) <= CLOSED:
                return every[first:stop]
    return []


def _of_discharge(solution: CellSolution) -> float:
    """Return the charge of the last discharge at a constant current over the fall of its voltage, after its start."""
    found = [leg for leg in legs(solution) if leg.line.verb == "discharge"]
    if not found or found[-1].line.amount is None or found[-1].line.amount.holds != "current":
        raise MetricRefused("cell_capacitance", "the last discharge is not at a constant current", DISCHARGE)
    if found[-1].rise >= 0.0:
        raise MetricRefused("cell_capacitance", "the voltage does not fall on the last discharge", DISCHARGE)
    return -found[-1].charge / found[-1].rise


@dataclass(frozen=True, kw_only=True)
class Drop:
    """What the current of the last discharge costs at once.

    voltage: without a current, at that moment, V; resistance: of a footprint, ohm m2.
    """

    voltage: float
    resistance: float


def _drop(solution: CellSolution, name: str) -> Drop:
    """Return the drop at the start of the last discharge: the line before ends at the same time.

    Raises:
        MetricRefused: there is none.
    """
    every = legs(solution)
    pairs = [pair for pair in pairwise(every) if pair[1].line.verb == "discharge"]
    largest = max(abs(one) for leg in every for one in leg.current)
    if not pairs:
        raise MetricRefused(name, "no line ends where a discharge begins", f"'rest 1 s' before {DISCHARGE}")
    (_, before), (after, _) = (leg.current for leg in pairs[-1])
    (_, high), (low, _) = (leg.voltage for leg in pairs[-1])
    if abs(after - before) <= SWITCHED * largest:
        raise MetricRefused(name, "the current does not change where the last discharge begins", "another current")
    resistance = (high - low) / (after - before)  # V / uA, in 2D ohm m, of the whole cell
    return Drop(voltage=high + before * resistance, resistance=resistance * solution.area)


@cell_metric("ohm cm2", better="lower")
def esr(solution: CellSolution) -> float:
    """Equivalent series resistance: the drop of voltage where the last discharge begins over the change of current.

    From rest dV/I, where the line before charges with the same current dV/2I; per footprint.
    """
    return 1e4 * _drop(solution, "esr").resistance


@cell_metric("mW/cm2", better="higher")
def peak_power(solution: CellSolution) -> float:
    """Power of a load that matches the series resistance, V2 / 4R, per footprint, where the last discharge begins.

    V is the voltage without a current there, R that of `esr`.
    """
    drop = _drop(solution, "peak_power")
    return 0.1 * drop.voltage**2 / (4.0 * drop.resistance)


@cell_metric("mA/cm2", better="lower")
def leakage_current(solution: CellSolution) -> float:
    """Current per footprint that holds a voltage at the end of the last `hold`."""
    holds = [leg for leg in legs(solution) if leg.line.verb == "hold"]
    if not holds:
        raise MetricRefused("leakage_current", "no voltage is held", "a line such as 'hold 1 V for 1 h'")
    return 0.1 * abs(holds[-1].current[1]) / solution.area
