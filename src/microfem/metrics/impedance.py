"""Metrics of an impedance: its values at a frequency, its parts, and the elements of a circuit that fits it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from microfem.base.errors import MetricRefused, SolveError
from microfem.base.frequencies import FrequencyText, read_frequency
from microfem.electrochemistry.circuit import Fit, fitted, randles
from microfem.metrics.cell import time_safety
from microfem.metrics.metric import metric
from microfem.physics.electrochemistry.solution import ImpedanceSolution

ON = ("impedance",)
WORST_FIT = 0.02  # root mean square of |dZ| / |Z| above which a circuit does not describe a cell
LEAST_SEEN = 1e-3  # of |Z|, at any frequency: what an element contributes at least
TOLD_FROM = 1e-3  # residual of a fit from which it is told
LOOSEST = 0.1  # standard error of an element, relative, above which the frequencies do not show it
Shown = Literal["real", "imaginary", "magnitude", "phase"]
Part = Literal["total", "electrolyte", "concentration", "electronic", "anode_kinetics", "cathode_kinetics", "particles"]


def error_of_time(function: Callable[..., float]) -> Callable[..., float]:
    """Return the error of a metric by the time steps to its state, from its change with ten times the tolerance."""

    def error(solution: ImpedanceSolution, **options: Any) -> float:
        if solution.coarser is None:
            return 0.0
        change = abs(function(solution, **options) - function(solution.rougher, **options))
        return time_safety(solution.case.of.tolerance) * change  # type: ignore[attr-defined]

    return error


def impedance_metric(unit: str, **more: Any) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register a metric of an impedance, with the error of the time steps to its state; more: as of `metric`."""

    def register(function: Callable[..., float]) -> Callable[..., float]:
        return metric(unit, on=ON, **{"error": error_of_time(function), "floor": True, "meshes": 2, **more})(function)

    return register


@impedance_metric("ohm cm2", unit_of={"part": {"phase": "deg"}})
def impedance(
    solution: ImpedanceSolution, *, frequency: FrequencyText, part: Shown = "magnitude", of: Part = "total"
) -> float:
    """Impedance at a frequency, per footprint: its real or imaginary part, its magnitude or its phase.

    of: one of its parts, which sum to the total.
    """
    at = read_frequency(frequency)
    if why := solution.impedance.unresolved(at):
        raise MetricRefused("impedance", why, "a lower frequency, or frequencies of the case up to this one")
    found = solution.impedance.spectrum([at])
    value = complex((found.total if of == "total" else found.parts[of])[0])
    if part == "phase" and value == 0.0:
        raise MetricRefused("impedance", f"its {of} is 0, which has no phase", "part=magnitude")
    return shown(value, part)


def shown(value: complex, part: Shown) -> float:
    """Return a part of a complex number; its phase in degrees."""
    phase = float(np.degrees(np.angle(value)))
    return {"real": value.real, "imaginary": value.imag, "magnitude": abs(value), "phase": phase}[part]


@impedance_metric("mF/cm2", better="higher")
def impedance_capacitance(solution: ImpedanceSolution, *, frequency: FrequencyText) -> float:
    """Capacitance that the imaginary part of the impedance shows at a frequency, -1 / (2 pi f Im Z), per footprint."""
    at = read_frequency(frequency)
    imaginary = impedance(solution, frequency=frequency, part="imaginary")
    if imaginary >= 0.0:
        raise MetricRefused("impedance_capacitance", "the cell is no capacitor at that frequency", "a lower frequency")
    return -1e3 / (2.0 * np.pi * at * imaginary)


@impedance_metric("ohm cm2", better="lower")
def series_resistance(solution: ImpedanceSolution) -> float:
    """Limit of high frequencies, per footprint: double layers are short-circuits, concentrations and fillings stay.

    It contains the kinetics of electrodes without a double layer.
    """
    try:
        return solution.impedance.series_resistance
    except SolveError as error:
        raise MetricRefused("series_resistance", str(error), "impedance(case, frequency=1 MHz, part=real)") from None


def _fit(solution: ImpedanceSolution, name: str, element: str) -> Fit:
    """Return the circuit that fits the spectrum.

    Raises:
        MetricRefused: it fits badly, or the frequencies do not show the element.
    """
    instead = "impedance(case, frequency=...), or frequencies around one arc alone"
    try:
        fit = fitted(solution.spectrum.frequency, solution.spectrum.total)
    except ValueError as few:
        raise MetricRefused(name, str(few), "more frequencies") from None
    if fit.residual > WORST_FIT:
        raise MetricRefused(name, f"Randles's circuit misses the impedance by {100.0 * fit.residual:.3g} %", instead)
    value, error = fit.values[element], fit.errors[element]
    without = randles(solution.spectrum.frequency, **{**fit.values, element: 0.0})
    seen = float((np.abs(without - solution.spectrum.total) / np.abs(solution.spectrum.total)).max())
    if error > LOOSEST * value or seen < LEAST_SEEN:
        reason = f"the frequencies do not show it: the fit gives {value:.3g} with a standard error of {error:.2g}"
        raise MetricRefused(name, reason, "a wider range of frequencies")
    return fit


def _of_fit(element: str, unit: str) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register a metric that is an element of the fit, which tells how well the circuit fits."""

    def register(function: Callable[..., float]) -> Callable[..., float]:
        def about(solution: ImpedanceSolution) -> str:
            try:
                fit = _fit(solution, function.__name__, element)
            except MetricRefused:
                return ""
            if fit.residual < TOLD_FROM:
                return ""
            share = 100.0 * fit.errors[element] / fit.values[element]
            return (
                f"Randles's circuit misses the impedance by {100.0 * fit.residual:.2g} %, and the standard error of "
                f"this element is {share:.2g} %, beside the error of the mesh"
            )

        return impedance_metric(unit, warn=about)(function)

    return register


@_of_fit("transfer", "ohm cm2")
def charge_transfer_resistance(solution: ImpedanceSolution) -> float:
    """Resistance of charge transfer in Randles's circuit, fitted to all frequencies, per footprint."""
    return _fit(solution, "charge_transfer_resistance", "transfer").values["transfer"]


@_of_fit("capacitance", "F/cm2")
def double_layer_capacitance(solution: ImpedanceSolution) -> float:
    """Capacitance beside the charge transfer in Randles's circuit, fitted to all frequencies, per footprint."""
    return _fit(solution, "double_layer_capacitance", "capacitance").values["capacitance"]


@_of_fit("warburg", "ohm cm2")
def warburg(solution: ImpedanceSolution) -> float:
    """Modulus of Warburg's impedance at 1 Hz in Randles's circuit, fitted to all frequencies, per footprint."""
    return _fit(solution, "warburg", "warburg").values["warburg"]
