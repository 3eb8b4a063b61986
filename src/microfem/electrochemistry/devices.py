"""What a protocol line attaches to a cell or a module: sources with a curve of current against voltage, and loads.

A source such as a solar cell feeds the current of its curve through a diode; a load such as a sensor takes a power, a
current, or what a resistance lets through. Both may change in time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from microfem.electrochemistry.amounts import Amount
from microfem.electrochemistry.profiles import TimeProfile
from microfem.fem.cell.control import Attached
from microfem.materials.dependence import Dependence, interpolated

Scale = Callable[[Amount], float]


@dataclass(frozen=True, kw_only=True)
class PowerSource:
    """Equal sources in series and in parallel behind a diode.

    kind: that of its currents, a key of AMOUNTS; curve: current of one against its voltage, in the unit of the kind;
    diode: voltage that the diode takes, None without one, which lets current flow back; light: share of the
    short-circuit current that is there, whose rest is missing at each voltage; profile: factor of the current.
    """

    name: str
    kind: str
    curve: Dependence
    in_series: int = 1
    in_parallel: int = 1
    diode: float | None = 0.0
    light: TimeProfile | None = None
    profile: TimeProfile | None = None

    @property
    def profiles(self) -> list[TimeProfile]:
        """What changes in time."""
        return [one for one in (self.light, self.profile) if one is not None]

    def of_one(self, voltage: float) -> float:
        """Return the voltage of one source behind that of a cell."""
        return (voltage + (self.diode or 0.0)) / self.in_series

    def room(self, voltage: float) -> float:
        """Return how far the voltage is inside the curve, V of one source; a diode blocks beyond its end."""
        low, high = self.curve.span
        at, blocked = self.of_one(voltage), self.diode is not None and self.curve.points[-1][1] <= 0.0
        return min(at - low, math.inf if blocked else high - at)

    def drawn(self, t: float, within: float, voltage: float) -> tuple[float, float]:
        """Return the current that it draws, below 0 where it feeds, and its derivative with the voltage."""
        value, slope = interpolated(self.curve)
        at, factor = self.of_one(voltage), self.profile.at(t, within) if self.profile else 1.0
        missing = (1.0 - self.light.at(t, within)) * float(value(0.0)) if self.light else 0.0
        current = factor * (float(value(at)) - missing)
        if self.diode is not None and (current <= 0.0 or at > self.curve.span[1]):
            return 0.0, 0.0
        return -self.in_parallel * current, -self.in_parallel * factor * float(slope(at)) / self.in_series


@dataclass(frozen=True, kw_only=True)
class PowerLoad:
    """A power, a current or a resistance in time; kind: that of its numbers, a key of AMOUNTS."""

    name: str
    kind: str
    profile: TimeProfile

    @property
    def holds(self) -> str:
        """What it holds: power, current or load."""
        return Amount(kind=self.kind, value=1.0).holds

    @property
    def profiles(self) -> list[TimeProfile]:
        """What changes in time."""
        return [self.profile]

    def room(self, voltage: float) -> float:
        """Return infinity: a load has no table of voltages."""
        del voltage
        return math.inf

    def drawn(self, t: float, within: float, voltage: float) -> tuple[float, float]:
        """Return the current that it draws and its derivative with the voltage."""
        value = self.profile.at(t, within)
        if self.holds == "current":
            return value, 0.0
        if self.holds == "load":
            return voltage / value, 1.0 / value
        return value / voltage, -value / voltage**2


Device = PowerSource | PowerLoad


def attached(devices: Sequence[Device], scale: Scale, start: float, within: float) -> Attached:
    """Return the control of devices; start: time at which their line begins, s; within: a time of the piece, s."""
    factors = [(one, scale(Amount(kind=one.kind, value=1.0))) for one in devices]

    def drawn(t: float, voltage: float) -> tuple[float, float]:
        current = slope = 0.0
        for one, factor in factors:
            of_load = isinstance(one, PowerLoad) and one.holds == "load"
            more, by = one.drawn(t - start, within - start, voltage)
            current += more / factor if of_load else more * factor
            slope += by / factor if of_load else by * factor
        return current, slope

    return Attached(drawn=drawn)
