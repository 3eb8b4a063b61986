"""What a line of a protocol holds: the current, the voltage, the power or a load, or the curve of what is attached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Kind = Literal["current", "voltage", "power", "load"]
Holds = Literal["current", "voltage", ""]
Drawn: TypeAlias = Callable[[float, float], tuple[float, float]]


class Control(Protocol):
    """One equation between voltage (V), current (uA, in 2D A/m) and time (s)."""

    @property
    def holds(self) -> Holds:
        """Which of both is known before the cell is solved for, "" for none."""

    def excess(self, t: float, voltage: float, current: float) -> float:
        """Return what is above the held value; 0 is the equation."""

    def slopes(self, t: float, voltage: float, current: float) -> tuple[float, float]:
        """Return the derivatives with the voltage and the current."""


@dataclass(frozen=True, kw_only=True)
class HeldValue:
    """A held value: I, V, V I or V / I, as a function of time."""

    kind: Kind
    value: Callable[[float], float]

    @property
    def holds(self) -> Holds:
        """Which of current and voltage is known before the cell is solved for."""
        return self.kind if self.kind in ("current", "voltage") else ""

    def excess(self, t: float, voltage: float, current: float) -> float:
        """Return what is above the held value."""
        held = self.value(t)
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
        return (current, voltage) if self.kind == "power" else (1.0, -self.value(t))


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A source, a load or both: the current that they draw at a time and a voltage, and its derivative with it."""

    drawn: Drawn
    holds: Holds = ""

    def excess(self, t: float, voltage: float, current: float) -> float:
        """Return the current above what is drawn."""
        return current - self.drawn(t, voltage)[0]

    def slopes(self, t: float, voltage: float, current: float) -> tuple[float, float]:
        """Return the derivatives with the voltage and the current."""
        del current
        return -self.drawn(t, voltage)[1], 1.0


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A cell between two points of a network, behind the resistance of its tabs: V - R I is their drop of potential."""

    drop: float
    resistance: float
    holds: Holds = ""

    def excess(self, t: float, voltage: float, current: float) -> float:
        """Return the voltage behind the tabs above the drop."""
        del t
        return voltage - self.resistance * current - self.drop

    def slopes(self, t: float, voltage: float, current: float) -> tuple[float, float]:
        """Return the derivatives with the voltage and the current."""
        del t, voltage, current
        return 1.0, -self.resistance


def held(kind: Kind, value: float) -> HeldValue:
    """Return a control that holds a constant value."""
    return HeldValue(kind=kind, value=lambda _: value)
