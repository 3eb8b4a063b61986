"""Metrics of a cell: capacity, energy, power, voltage, losses, deposit, balances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.electrochemistry.records import LOSSES, OF_LAYOUT
from microfem.metrics.metric import metric
from microfem.physics.electrochemistry.solution import CellSolution
from microfem.physics.frame import Floats

ON = ("cell",)
HOUR = 3600.0  # s
MAH_CM2 = 1e-1 / HOUR  # of C/m2
Loss = Literal[
    "electrolyte_ohmic",
    "concentration",
    "electronic_ohmic",
    "anode_kinetics",
    "cathode_kinetics",
    "particles",
    "film",
    "layout",
]
Electrode = Literal["anode", "cathode"]
Per = Literal["footprint", "device", "depth"]


def error_of_time(function: Callable[..., float]) -> Callable[..., float]:
    """Return the error of a metric by the time steps: its change with ten times the tolerance."""

    def error(solution: CellSolution, **options: Any) -> float:
        if solution.coarser is None:
            return 0.0
        rough = replace(solution, history=solution.coarser, coarser=None)
        return abs(function(solution, **options) - function(rough, **options))

    return error


def _scale(solution: CellSolution, per: Per, name: str) -> float:
    """Return the divisor of a charge or an energy: uA and uW, in 2D A/m and W/m, to SI per area, device or depth."""
    if per == "footprint":
        return solution.area
    if (per == "depth") == (solution.mesh.dim == 3):
        instead = "per=device" if per == "depth" else "per=depth"
        raise MetricRefused(name, f"per={per} does not fit a {solution.mesh.dimension} view", instead)
    return 1e6 if per == "device" else 1.0


def _passed(solution: CellSolution, sign: float) -> float:
    """Return the charge passed on discharge (sign 1) or on charge (-1), uA s, in 2D A s/m."""
    history, total = solution.history, 0.0
    for line in np.unique(history.line):
        charge = history.charges[history.line == line, -1]
        total += max(sign * float(charge[-1] - charge[0]), 0.0)
    return total


def _energy(solution: CellSolution, sign: float) -> float:
    """Return the energy given on discharge (sign 1) or taken on charge (-1), uJ, in 2D J/m."""
    history = solution.history
    power = sign * history.voltage * history.current
    return history.integral(np.maximum(power, 0.0))


def _refuse_none(passed: float, name: str, what: str) -> None:
    if passed <= 0.0:
        raise MetricRefused(name, f"the protocol has no {what}", f"a line such as '{what} at 1C until ...'")


@metric("mAh/cm2", on=ON, better="higher", meshes=2, error=lambda s, **o: error_of_time(discharge_capacity)(s, **o))
def discharge_capacity(solution: CellSolution, *, per: Per = "footprint") -> float:
    """Charge that the cell gives on discharge, per footprint; per=device: of a 3D device, mAh; per=depth: mAh/m."""
    passed = _passed(solution, 1.0)
    _refuse_none(passed, "discharge_capacity", "discharge")
    return _in_hours(passed / _scale(solution, per, "discharge_capacity"), per)


@metric("mAh/cm2", on=ON, better="lower", meshes=2, error=lambda s, **o: error_of_time(charge_capacity)(s, **o))
def charge_capacity(solution: CellSolution, *, per: Per = "footprint") -> float:
    """Charge that the cell takes on charge, per footprint."""
    passed = _passed(solution, -1.0)
    _refuse_none(passed, "charge_capacity", "charge")
    return _in_hours(passed / _scale(solution, per, "charge_capacity"), per)


def _in_hours(si: float, per: Per) -> float:
    """Return C/m2 as mAh/cm2, or C as mAh."""
    return si * (MAH_CM2 if per == "footprint" else 1e3 / HOUR)


@metric("1", on=ON, better="higher", meshes=2, error=lambda s, **o: error_of_time(utilisation)(s, **o))
def utilisation(solution: CellSolution) -> float:
    """Charge passed on discharge over the whole capacity of the limiting electrode."""
    if not np.isfinite(solution.capacity):
        raise MetricRefused("utilisation", "no electrode has a capacity", "discharge_capacity(case)")
    return _passed(solution, 1.0) / solution.capacity


@metric("mWh/cm2", on=ON, better="higher", meshes=2, error=lambda s, **o: error_of_time(discharge_energy)(s, **o))
def discharge_energy(solution: CellSolution, *, per: Per = "footprint") -> float:
    """Energy that the cell gives on discharge, per footprint; per=device: mWh; per=depth: mWh/m."""
    energy = _energy(solution, 1.0)
    _refuse_none(energy, "discharge_energy", "discharge")
    return _in_hours(energy / _scale(solution, per, "discharge_energy"), per)


@metric("mW/cm2", on=ON, better="higher", meshes=2, error=lambda s, **o: error_of_time(mean_power)(s, **o))
def mean_power(solution: CellSolution) -> float:
    """Mean power on discharge, per footprint."""
    history = solution.history
    seconds = history.integral((history.current > 0.0).astype(float))
    _refuse_none(seconds, "mean_power", "discharge")
    return 0.1 * _energy(solution, 1.0) / seconds / solution.area


@metric("V", on=ON, better="higher", meshes=2, error=lambda s, **o: error_of_time(mean_voltage)(s, **o))
def mean_voltage(solution: CellSolution) -> float:
    """Energy over charge on discharge."""
    passed = _passed(solution, 1.0)
    _refuse_none(passed, "mean_voltage", "discharge")
    return _energy(solution, 1.0) / passed


@metric("1", on=ON, better="higher", meshes=2, error=lambda s, **o: error_of_time(energy_efficiency)(s, **o))
def energy_efficiency(solution: CellSolution) -> float:
    """Energy given on discharge over energy taken on charge."""
    taken = _energy(solution, -1.0)
    _refuse_none(taken, "energy_efficiency", "charge")
    return _energy(solution, 1.0) / taken


@metric("1", on=ON, better="lower", meshes=2, error=lambda s, **o: error_of_time(loss_share)(s, **o))
def loss_share(solution: CellSolution, *, of: Loss, over: Literal["losses", "terminal_energy"] = "losses") -> float:
    """Share of one loss in all losses of the protocol; of=layout: ohm of ions and electrons, and concentration.

    over=terminal_energy: relative to the energy that has passed the terminals.
    """
    history = solution.history
    names = OF_LAYOUT if of == "layout" else (of,)
    lost = sum(history.integral(history.losses[name]) for name in names)
    if over == "losses":
        whole = sum(history.integral(history.losses[name]) for name in LOSSES)
    else:
        whole = history.integral(np.abs(history.voltage * history.current))
    if whole <= 0.0:
        raise MetricRefused("loss_share", "the cell loses nothing", "a protocol with a current")
    return lost / whole


@metric("um", on=ON, pointwise=True, error=lambda s, **o: error_of_time(deposit_max)(s, **o))
def deposit_max(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Largest thickness that has grown on a metal electrode at the end, um."""
    return float(_deposit(solution, electrode, "deposit_max")[-1])


@metric("1", on=ON, better="lower", pointwise=True, error=lambda s, **o: error_of_time(gap_closed)(s, **o))
def gap_closed(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Largest share of the gap that the deposit on a metal electrode closes at any time."""
    return float(_deposit(solution, electrode, "gap_closed").max()) / solution.mesh.layout.gap


def _deposit(solution: CellSolution, electrode: Electrode, name: str) -> Floats:
    if electrode not in solution.history.deposit:
        reason = f"the {electrode} is no metal whose material states its molar_volume"
        raise MetricRefused(name, reason, "an electrode of kind metal, with molar_volume, such as 9.16 cm3/mol of zinc")
    return solution.history.deposit[electrode]


@metric("1", on=ON, better="higher", meshes=2)
def deposit_uniformity(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Mean over largest change of thickness on a metal electrode at the end; 1 is an even deposit or an even loss."""
    grown = _deposit(solution, electrode, "deposit_uniformity")[-1]
    mean, lost = solution.history.mean_deposit[electrode][-1], solution.history.stripped[electrode][-1]
    largest = grown if mean >= 0.0 else lost
    if largest <= 0.0:
        raise MetricRefused("deposit_uniformity", "nothing has grown or dissolved", "a protocol with a current")
    return float(abs(mean) / largest)


@metric("1", on=ON, better="higher", pointwise=True, error=lambda s, **o: error_of_time(sand_margin)(s, **o))
def sand_margin(solution: CellSolution) -> float:
    """Smallest ratio of Sand's time, at the largest local current density of plating, to the time since it began.

    tau = pi D (z+ nu+ F c0 / (2 j (1 - t+)))2; below 1 dendrites are to be expected. H. J. S. Sand, Phil. Mag. 1
    (1901) 45.
    """
    history, least = solution.history, np.inf
    for line in np.unique(history.line):
        at = history.line == line
        since, plating = history.time[at] - history.time[at][0], history.plating[at]
        grows = (since > 0.0) & (plating > 0.0)
        if grows.any():
            least = min(least, float((solution.limits["sand"] / plating[grows] ** 2 / since[grows]).min()))
    if not np.isfinite(least):
        raise MetricRefused("sand_margin", "no metal grows", "a protocol that plates a metal electrode")
    return least


@metric("1", on=ON, meshes=1)
def wagner_number(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Resistance of the kinetics over that of the electrolyte, kappa (d eta/dj) / gap, half-way; large is even."""
    return _limit(solution, f"wagner_{electrode}", "wagner_number")


@metric("um", on=ON, meshes=1)
def penetration_depth(solution: CellSolution, *, electrode: Electrode = "cathode") -> float:
    """Depth to which the reaction reaches into a porous electrode, [a g (1/kappa + 1/sigma)]^(-1/2), half-way."""
    return _limit(solution, f"penetration_{electrode}", "penetration_depth")


@metric("1", on=ON, better="lower", meshes=1)
def limiting_share(solution: CellSolution) -> float:
    """Mean current density of the anode over the limiting one across the gap, 2 z+ nu+ F D c0 / (gap (1 - t+))."""
    return _limit(solution, "limiting_share", "limiting_share")


@metric("1/um", on=ON, better="lower", meshes=1)
def protrusion_growth(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Growth of a protrusion, k coth(k d) / (1 + kappa R_ct k coth(k d)) with k = pi / d, d the gap."""
    return _limit(solution, f"protrusion_{electrode}", "protrusion_growth")


def _limit(solution: CellSolution, key: str, name: str) -> float:
    if key not in solution.limits:
        raise MetricRefused(name, "it has no meaning for these electrodes", "another electrode")
    return solution.limits[key]


@metric("1", on=ON, of_solve=True)
def charge_balance(solution: CellSolution) -> float:
    """Worst relative difference between the charges of the reactions and that of the terminals."""
    return solution.balances.charge


@metric("1", on=ON, of_solve=True)
def salt_balance(solution: CellSolution) -> float:
    """Salt that was lost, relative to the charge that has passed."""
    return solution.balances.salt


@metric("1", on=ON, of_solve=True)
def energy_balance(solution: CellSolution) -> float:
    """Energy given less what was stored, plus all losses, relative to the energy that was turned over."""
    return solution.balances.energy


@metric("V", on=ON, meshes=2, error=lambda s, **o: error_of_time(cell_voltage)(s, **o))
def cell_voltage(solution: CellSolution) -> float:
    """Voltage at the end, or of a steady state: potential of the cathode less that of the anode."""
    return float(solution.history.voltage[-1])


@metric("ohm cm2", on=ON, better="lower", meshes=2, error=lambda s, **o: error_of_time(start_resistance)(s, **o))
def start_resistance(solution: CellSolution) -> float:
    """Voltage that the first current costs, over that current per footprint: electrolyte, electrons and kinetics."""
    history = solution.history
    current = float(history.current[0]) / solution.area
    if current == 0.0:
        instead = "a protocol that begins with a current"
        raise MetricRefused("start_resistance", "no current flows at the start", instead)
    lost = sum(float(values[0]) for values in history.losses.values()) / solution.area
    return 1e4 * lost / current**2


@metric("s", on=ON, meshes=2, error=lambda s, **o: error_of_time(duration)(s, **o))
def duration(solution: CellSolution) -> float:
    """Time of the whole protocol."""
    return float(solution.history.time[-1])


@metric("mol/m3", on=ON, better="higher", meshes=2, error=lambda s, **o: error_of_time(least_salt)(s, **o))
def least_salt(solution: CellSolution) -> float:
    """Smallest concentration of the salt, anywhere and at any time."""
    return float(solution.history.least_salt.min())
