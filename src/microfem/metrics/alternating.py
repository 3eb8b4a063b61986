"""Metrics of electrostatics at a frequency: what a bridge measures between two terminals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from microfem.base.frequencies import FrequencyText, read_frequency
from microfem.metrics.impedance import Shown, shown
from microfem.metrics.metric import metric
from microfem.physics import Case
from microfem.physics.potential.at_frequency import AlternatingSolution
from microfem.physics.potential.electrostatics_case import ElectrostaticsCase


def of_alternating(case: Case) -> str:
    """Return why what two terminals show at a frequency has no value in a case of electrostatics, "" if it has one."""
    if not isinstance(case, ElectrostaticsCase):
        return ""
    if not case.alternating:
        return "it is measured at a frequency, which the case does not state; state frequency: 1 kHz"
    if len(case.terminals) != 2:
        return f"it is measured between two terminals, the case has {len(case.terminals)}; see its totals"
    return "" if len(set(case.terminals.values())) == 2 else "both terminals are at one potential; state two"


def of_terminals(unit: str, depth_unit: str, **more: Any) -> Callable[[Callable[..., float]], Callable[..., float]]:
    """Register a metric of the admittance; its error is its change with the estimated error of the admittance."""

    def register(function: Callable[..., float]) -> Callable[..., float]:
        def error(solution: AlternatingSolution, **options: Any) -> float:
            return abs(function(solution.better, **options) - function(solution, **options))

        return metric(
            unit, on=("electrostatics",), depth_unit=depth_unit, error=error, meshes=2, suits=of_alternating,
            **more,
        )(function)  # fmt: skip

    return register


def _admittance(solution: AlternatingSolution, frequency: FrequencyText | None) -> tuple[complex, float]:
    """Return the admittance and the angular frequency, that of the fields where none is stated."""
    at = solution.frequency if frequency is None else read_frequency(frequency)
    return solution.admittance(at), 2.0 * math.pi * at


@of_terminals("F", "F/m")
def parallel_capacitance(solution: AlternatingSolution, *, frequency: FrequencyText | None = None) -> float:
    """Capacitance between the two terminals at a frequency, Im Y / omega; per unit depth in 2D."""
    admittance, omega = _admittance(solution, frequency)
    return admittance.imag / omega


@of_terminals("S", "S/m")
def parallel_conductance(solution: AlternatingSolution, *, frequency: FrequencyText | None = None) -> float:
    """Conductance between the two terminals at a frequency, Re Y; per unit depth in 2D."""
    return _admittance(solution, frequency)[0].real


@of_terminals("1", "1")
def loss_tangent(solution: AlternatingSolution, *, frequency: FrequencyText | None = None) -> float:
    """Power lost over power stored and returned at a frequency, Re Y / Im Y."""
    admittance, _ = _admittance(solution, frequency)
    return admittance.real / admittance.imag


@of_terminals("ohm", "ohm m", unit_of={"part": {"phase": "deg"}})
def terminal_impedance(
    solution: AlternatingSolution, *, frequency: FrequencyText | None = None, part: Shown = "magnitude"
) -> float:
    """Impedance 1 / Y between the two terminals at a frequency: real, imaginary, magnitude or phase."""
    return shown(1.0 / _admittance(solution, frequency)[0], part)
