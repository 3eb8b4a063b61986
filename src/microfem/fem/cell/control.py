"""What a line of a protocol holds: the current, the voltage, the power or a load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["current", "voltage", "power", "load"]


@dataclass(frozen=True, kw_only=True)
class Control:
    """One equation between voltage (V), current (uA, in 2D A/m) and time (s).

    held: I, V, V I or V / I, as a function of time.
    """

    kind: Kind
    held: Callable[[float], float]

    def excess(self, t: float, voltage: float, current: float) -> float:
        """Return what is above the held value; 0 is the equation."""
        held = self.held(t)
        if self.kind == "current":
            return current - held
        if self.kind == "voltage":
            return voltage - held
        return voltage * current - held if self.kind == "power" else voltage - held * current

    def slopes(self, t: float, voltage: float, current: float) -> tuple[float, float]:
        """Return the derivatives with the voltage and the current."""
        if self.kind == "current":
            return 0.0, 1.0
        if self.kind == "voltage":
            return 1.0, 0.0
        return (current, voltage) if self.kind == "power" else (1.0, -self.held(t))


def held(kind: Kind, value: float) -> Control:
    """Return a control that holds a constant value."""
    return Control(kind=kind, held=lambda _: value)
