"""Metrics of a cell: capacity, energy, power, voltage, losses, deposit, balances."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, Literal

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.electrochemistry.records import LOSSES, OF_LAYOUT, CellHistory
from microfem.metrics.metric import metric
from microfem.physics.electrochemistry.solution import CellSolution

ON = ("cell",)
ALSO_MODULES = ("cell", "module")
HOUR = 3600.0  # s
LOOSE = 3e-4  # tolerance above which a path with ten times of it has too few steps to tell the error of time alone
SHARES = {"device": "", "depth": "/m", "volume": "/cm3", "active_volume": "/cm3", "mass": "/g"}
CHARGE = {"per": {per: f"mAh{of}" for per, of in SHARES.items()}}
ENERGY = {"per": {per: f"mWh{of}" for per, of in SHARES.items()}}
PASSIVE = ("substrate", "encapsulation", "layer", "medium")  # roles of regions that store and conduct nothing
Loss = Literal[
    "electrolyte_ohmic",
    "concentration",
    "electronic_ohmic",
    "anode_kinetics",
    "cathode_kinetics",
    "particles",
    "film",
    "leakage",
    "layout",
]
Per = Literal["footprint", "device", "depth", "volume", "active_volume", "mass"]


def time_safety(tolerance: float) -> float:
    """Return the factor from the change of a number with ten times a tolerance to its error by the time steps.

    With few steps two tolerances may agree by chance: then it is 3, that of P. J. Roache, J. Fluids Eng. 116 (1994)
    405, for two grids.
    """
    return 3.0 if tolerance > LOOSE else 1.0


def error_of_time(function: Callable[..., float]) -> Callable[..., float]:
    """Return the error of a metric by the time steps, from its change with ten times the tolerance."""

    def error(solution: CellSolution, *, at: str = "", **options: Any) -> float:
        fine = _with_value(solution, at, function.__name__)
        if fine.coarser is None:
            return 0.0
        change = abs(function(fine, **options) - function(_rougher(fine, fine.coarser), **options))
        return time_safety(fine.case.tolerance) * change  # type: ignore[attr-defined]

    return error


def _rougher(solution: CellSolution, history: CellHistory) -> CellSolution:
    """Return a cell with the history that ten times the tolerance gives, also that of the cell before any load."""
    before = solution.undeformed
    if isinstance(before, CellSolution) and before.coarser is not None:
        before = replace(before, history=before.coarser, coarser=None)
    return replace(solution, history=history, coarser=None, undeformed=before)


def of_value(function: Callable[..., float]) -> Callable[..., float]:
    """Return a metric of one path as one of a sweep too, with the option `at`: the value of the sweep."""

    @wraps(function)
    def at_value(solution: CellSolution, *, at: str = "", **options: Any) -> float:
        return function(_with_value(solution, at, function.__name__), **options)

    signature = inspect.signature(function)
    at = inspect.Parameter("at", inspect.Parameter.KEYWORD_ONLY, default="", annotation=str)
    at_value.__signature__ = signature.replace(parameters=[*signature.parameters.values(), at])  # type: ignore[attr-defined]
    at_value.__annotations__ = {**function.__annotations__, "at": "str"}
    return at_value


def _with_value(solution: CellSolution, at: str, name: str) -> CellSolution:
    """Return the cell that followed the protocol with a value of the sweep.

    Raises:
        MetricRefused: there is no sweep, it has no such value, or the protocol could not be followed with it.
    """
    sweep = solution.case.sweep  # type: ignore[attr-defined]
    if sweep is None:
        if at:
            raise MetricRefused(name, "the case has no sweep", "the metric without 'at', or sweep: {rate: [1C, 5C]}")
        return solution
    first = sweep.values[0][0]
    if not at:
        raise MetricRefused(name, f"the case sweeps its {sweep.of}", f"a value of it, such as at={first}")
    try:
        text = sweep.text_of(at)
    except ValueError as error:
        raise MetricRefused(name, f"at: {error}", f"at={first}") from None
    before = solution.undeformed
    unsolved = {**(before.unsolved if isinstance(before, CellSolution) else {}), **solution.unsolved}
    if text in unsolved:
        raise MetricRefused(name, f"at {text} the cell has no result: {unsolved[text]}", "another value")
    undeformed = before.swept[text] if isinstance(before, CellSolution) else None
    return replace(solution.swept[text], undeformed=undeformed)


def cell_metric(
    unit: str, in_time: bool = True, on: tuple[str, ...] = ON, **more: Any
) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register a metric of a cell, of a sweep with the option `at`, or of a module.

    in_time: True for a number of a path in time, whose steps have an error; on: names of the physics; more: as of
    `metric`.
    """

    def register(function: Callable[..., float]) -> Callable[..., float]:
        timed = {"error": error_of_time(function), "floor": True, "meshes": 2} if in_time else {}
        metric(unit, on=on, **{**timed, **more})(of_value(function) if "cell" in on else function)
        return function

    return register


def share(solution: CellSolution, per: Per, name: str) -> float:
    """Return the divisor of a charge (uA s, in 2D A s/m) or an energy for the units of CHARGE or ENERGY.

    Raises:
        MetricRefused: the view does not know that share.
    """
    flat = solution.case.per_depth
    if per == "footprint":
        return solution.area * 10.0 * HOUR  # of C/m2 in mAh/cm2
    if per == "device" and flat:
        raise MetricRefused(name, f"a {solution.mesh.dimension} has no device", "per=depth, or dimension: 3d")
    if per == "depth" and not flat:
        raise MetricRefused(name, "a whole device has no unit of depth", "per=device")
    if per in ("device", "depth"):
        return (1e3 if per == "device" else 1e-3) * HOUR
    if per == "mass":
        return solution.copies * _mass(solution) * 1e-9 * HOUR
    layout, left_out = solution.mesh.layout, PASSIVE if per == "active_volume" else ()
    regions = [name for name in solution.mesh.regions if layout.part(name).role not in left_out]
    return solution.copies * sum(_size(solution, name) for name in regions) * 1e-9 * HOUR


def _size(solution: CellSolution, region: str) -> float:
    """Return the volume of a region before any load, um3, in 2D um2."""
    designed = solution.mesh.designed
    return float(designed.volumes[designed.cells_of(region)].sum())


def _mass(solution: CellSolution) -> float:
    """Return the mass of both electrodes without electrolyte, um3 g/cm3, in 2D um2 g/cm3."""
    total, layout = 0.0, solution.mesh.layout
    for name in (one for one in solution.mesh.regions if layout.part(one).role in ("anode", "cathode")):
        material = layout.material(name)
        solid = 1.0 - (material.value("porosity") if material.has("porosity") else 0.0)
        total += _size(solution, name) * material.value("density") * solid
    return total


def charge_passed(solution: CellSolution, sign: float) -> float:
    """Return the charge passed on discharge (sign 1) or on charge (-1), uA s, in 2D A s/m."""
    history, total = solution.history, 0.0
    for line in (one for one in np.unique(history.line) if solution.protocol[one].verb != "rest"):
        charge = history.charges[history.line == line, -1]
        total += max(sign * float(charge[-1] - charge[0]), 0.0)
    return total


def energy_passed(solution: CellSolution, sign: float) -> float:
    """Return the energy given on discharge (sign 1) or taken on charge (-1), uJ, in 2D J/m."""
    history = solution.history
    power = sign * history.voltage * history.current
    return history.integral(np.maximum(power, 0.0))


def discharge_time(solution: CellSolution) -> float:
    """Return the seconds during which the cell is discharged."""
    history = solution.history
    return history.integral((history.current > 0.0).astype(float))


def energy_unit(per: Per) -> str:
    """Return the unit of an energy per a share of the cell."""
    return ENERGY["per"].get(per, "mWh/cm2")


def _refuse_none(passed: float, name: str, what: str) -> None:
    if passed <= 0.0:
        reason = f"nothing has passed on {what}: the protocol has none, or it ended at its start"
        raise MetricRefused(name, reason, f"a line such as '{what} at 1C until ...'")


@cell_metric("mAh/cm2", better="higher", unit_of=CHARGE, on=ALSO_MODULES)
def discharge_capacity(solution: CellSolution, *, per: Per = "footprint") -> float:
    """Charge that the cell gives on discharge, per footprint, or of a 3D device, per depth, volume or mass.

    volume: of all that the view shows; active_volume: without substrate and encapsulation; mass: of both electrodes,
    without electrolyte.
    """
    passed = charge_passed(solution, 1.0)
    _refuse_none(passed, "discharge_capacity", "discharge")
    return passed / share(solution, per, "discharge_capacity")


@cell_metric("mAh/cm2", better="lower", unit_of=CHARGE, on=ALSO_MODULES)
def charge_capacity(solution: CellSolution, *, per: Per = "footprint") -> float:
    """Charge that the cell takes on charge, per footprint."""
    passed = charge_passed(solution, -1.0)
    _refuse_none(passed, "charge_capacity", "charge")
    return passed / share(solution, per, "charge_capacity")


@cell_metric("1", better="higher", on=ALSO_MODULES)
def utilisation(solution: CellSolution) -> float:
    """Charge passed on discharge over the whole capacity of the limiting electrode."""
    if not np.isfinite(solution.capacity):
        raise MetricRefused("utilisation", "no electrode has a capacity", "discharge_capacity(case)")
    passed = charge_passed(solution, 1.0)
    _refuse_none(passed, "utilisation", "discharge")
    return passed / solution.capacity


@cell_metric("mWh/cm2", better="higher", unit_of=ENERGY, on=ALSO_MODULES)
def discharge_energy(solution: CellSolution, *, per: Per = "footprint") -> float:
    """Energy that the cell gives on discharge, per footprint, or of a 3D device, per depth, volume or mass.

    volume: of all that the view shows; active_volume: without substrate and encapsulation; mass: of both electrodes,
    without electrolyte.
    """
    energy = energy_passed(solution, 1.0)
    _refuse_none(energy, "discharge_energy", "discharge")
    return energy / share(solution, per, "discharge_energy")


@cell_metric("mW/cm2", better="higher", on=ALSO_MODULES)
def mean_power(solution: CellSolution) -> float:
    """Mean power on discharge, per footprint."""
    seconds = discharge_time(solution)
    _refuse_none(seconds, "mean_power", "discharge")
    return 0.1 * energy_passed(solution, 1.0) / seconds / solution.area


@cell_metric("V", better="higher", on=ALSO_MODULES)
def mean_voltage(solution: CellSolution) -> float:
    """Energy over charge on discharge."""
    passed = charge_passed(solution, 1.0)
    _refuse_none(passed, "mean_voltage", "discharge")
    return energy_passed(solution, 1.0) / passed


@cell_metric("1", better="higher", on=ALSO_MODULES)
def energy_efficiency(solution: CellSolution) -> float:
    """Energy given on discharge over energy taken on charge."""
    taken = energy_passed(solution, -1.0)
    _refuse_none(taken, "energy_efficiency", "charge")
    return energy_passed(solution, 1.0) / taken


@cell_metric("1", better="lower")
def loss_share(solution: CellSolution, *, of: Loss, over: Literal["losses", "terminal_energy"] = "losses") -> float:
    """Share of one loss in all losses of the protocol; of=layout: ohm of ions and electrons, and concentration.

    over=terminal_energy: relative to the energy that has passed the terminals.
    """
    history = solution.history
    names = OF_LAYOUT if of == "layout" else (of,)
    lost = sum(history.total(history.losses[name]) for name in names)
    if over == "losses":
        whole = sum(history.total(history.losses[name]) for name in LOSSES)
    else:
        whole = history.total(np.abs(history.voltage * history.current))
    if whole <= 0.0:
        raise MetricRefused("loss_share", "the cell loses nothing", "a protocol with a current")
    return lost / whole


@cell_metric("V", on=ALSO_MODULES)
def cell_voltage(solution: CellSolution) -> float:
    """Voltage at the end, or of a steady state: potential of the cathode less that of the anode; between terminals."""
    return float(solution.history.voltage[-1])


@cell_metric("ohm cm2", better="lower")
def start_resistance(solution: CellSolution) -> float:
    """Voltage that the first current costs, over that current per footprint: electrolyte, electrons and kinetics."""
    history = solution.history
    current = float(history.current[0]) / solution.area
    if current == 0.0:
        instead = "a protocol that begins with a current"
        raise MetricRefused("start_resistance", "no current flows at the start", instead)
    lost = sum(float(values[0]) for values in history.losses.values()) / solution.area
    return 1e4 * lost / current**2


@cell_metric("s", on=ALSO_MODULES)
def duration(solution: CellSolution) -> float:
    """Time of the whole protocol."""
    return float(solution.history.time[-1])


@cell_metric("mol/m3", better="higher", on=ALSO_MODULES)
def least_salt(solution: CellSolution) -> float:
    """Smallest concentration of the salt, anywhere and at any time."""
    return float(solution.history.least_salt.min())
