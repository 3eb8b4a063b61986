"""What a cell or a module can give where it cannot give what a line asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.base.units import format_quantity
from microfem.fem.cell.control import Control, held

if TYPE_CHECKING:
    from microfem.electrochemistry.modules.problems import ModuleProblems
    from microfem.electrochemistry.problems import Problems

Floats = NDArray[np.float64]

SAMPLES = 40  # voltages from the present one down, at which the current is sought
LEAST = 0.01  # of the present voltage, the last of them


def shortfall(problems: Problems | ModuleProblems, control: Control, t: float, y: Floats) -> str:
    """Return that a control asks for more power than there is at any voltage, and how much there is, "" if it does not.

    y: the last state, whose concentrations and fillings are held.
    """
    found = list[tuple[float, float, float]]()  # voltage, power that it gives, power that is asked for
    for voltage in problems.equations.state(y).voltage * np.linspace(1.0, LEAST, SAMPLES):
        try:
            y = problems.problem(held("voltage", float(voltage)), (), None).consistent(t, y)
        except SolveError:
            break
        asked = -control.excess(t, voltage, 0.0) / control.slopes(t, voltage, 0.0)[1]  # each control is linear in it
        found.append((float(voltage), voltage * problems.equations.state(y).current, voltage * asked))
    if not found or any(gives >= asks for _, gives, asks in found):
        return ""
    voltage, gives, asks = max(found, key=lambda one: one[1])
    factor, unit = problems.power_unit
    shown = [format_quantity(factor * one, unit) for one in (asks, gives)]
    return f"it asks for {shown[0]}, and there is {shown[1]} at most, at {format_quantity(voltage, 'V', 3)}"
