"""Events that end a line of a protocol: those that it states, and those that end every line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.units import format_quantity
from microfem.electrochemistry.devices import PowerSource
from microfem.fem.cell.constants import FARADAY, SITE

if TYPE_CHECKING:
    from microfem.electrochemistry.amounts import Amount
    from microfem.electrochemistry.model import CellModel
    from microfem.electrochemistry.protocol import ProtocolLine
    from microfem.fem.cell.sites import DoubleLayer, Reaction
    from microfem.fem.cell.unknowns import Unknowns

Floats = NDArray[np.float64]

EMPTY = 1e-3  # of the initial concentration: the electrolyte is depleted
END_OF_TABLE = 1e-4  # of the span of a table: the filling is at its end
BEYOND = 1e-6  # V: how far a potential may be beyond the end of its table, so that a line may begin or turn there


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event: `value` falls through 0 there; why: text, of the state and s. wanted: whether the line states it.

    A state is that of a cell, `Unknowns`, or that of a module, `ModuleState`.
    """

    value: Callable[[Any], float]
    why: Callable[[Any, float], str]
    wanted: bool = False

    def ends(self, state: Any) -> bool:
        """Tell whether the event is past."""
        return self.value(state) <= 0.0


def events_of(model: CellModel, line: ProtocolLine, amount: Callable[[Amount], float]) -> list[Event]:
    """Return the events of a line; amount: to the units of the equations."""
    return [*events_of_voltage(line, amount), *events_of_state(model)]


def events_of_voltage(line: ProtocolLine, amount: Callable[[Amount], float]) -> list[Event]:
    """Return the events of the voltage and the current that a line states."""
    events = [_beyond_curve(one) for one in line.devices if isinstance(one, PowerSource)]
    if line.until is None or line.verb == "sweep":
        return events
    return [_voltage(line) if line.until.kind == "voltage" else _current(line, amount(line.until)), *events]


def _beyond_curve(source: PowerSource) -> Event:
    """Return the event that the voltage leaves the curve of a source."""
    low, high = (format_quantity(one, "V") for one in source.curve.span)

    def why(state: Any, t: float) -> str:
        at = format_quantity(source.of_one(state.voltage), "V")
        return (
            f"the source '{source.name}' is at {at} at {format_quantity(t, 's')}, and its current is stated from {low} "
            f"to {high}; state a longer table"
        )

    return Event(value=lambda state: source.room(state.voltage) + BEYOND, why=why)


def events_of_state(model: CellModel) -> list[Event]:
    """Return the events that end every line: a cell leaves what its materials know."""
    return [_depleted(model), *_saturated(model), *_full(model), *_stripped(model), *_beyond(model)]


def _voltage(line: ProtocolLine) -> Event:
    assert line.until is not None
    end, sign = line.until.value, line.signed
    return Event(
        value=lambda state: sign * (state.voltage - end),
        why=lambda *_: f"the voltage reached {format_quantity(end, 'V')}",
        wanted=True,
    )


def _current(line: ProtocolLine, end: float) -> Event:
    assert line.until is not None
    text = line.text.lower().rpartition("until")[2].strip()
    return Event(
        value=lambda state: abs(state.current) - end,
        why=lambda *_: f"the current fell to {text}",
        wanted=True,
    )


def _depleted(model: CellModel) -> Event:
    """Return the event that the salt is used up somewhere, or falls below what the tables know."""
    salt = model.equations.electrolyte.salt
    least = max(EMPTY * salt.initial, *(law.span[0] for law in (salt.conductivity, salt.diffusivity, salt.factor)))

    def why(state: Unknowns, t: float) -> str:
        at = int(np.argmin(state.salt))
        place = ", ".join(f"{x:.4g}" for x in model.points[at])
        return f"the electrolyte is depleted at ({place}) um at {format_quantity(t, 's')}: {sand(model, state)}"

    return Event(value=lambda state: float(state.salt.min()) / salt.initial - least / salt.initial, why=why)


def _saturated(model: CellModel) -> list[Event]:
    """Return the event that the salt exceeds what its tables know."""
    salt = model.equations.electrolyte.salt
    most = min(law.span[1] for law in (salt.conductivity, salt.diffusivity, salt.factor))
    if not np.isfinite(most):
        return []

    def why(state: Unknowns, t: float) -> str:
        place = ", ".join(f"{x:.4g}" for x in model.points[int(np.argmax(state.salt))])
        return (
            f"the concentration at ({place}) um is {format_quantity(most, 'mol/m3')} at {format_quantity(t, 's')}, the "
            "end of the electrolyte's tables"
        )

    return [Event(value=lambda state: (most - float(state.salt.max())) / salt.initial, why=why)]


def _stripped(model: CellModel) -> list[Event]:
    """Return the events that a metal has dissolved through its thickness."""
    events = list[Event]()
    for number, (one, thickness) in enumerate(zip(model.equations.reactions, model.thickness, strict=True)):
        if one.host or one.store.supply == 0.0 or not np.isfinite(thickness):
            continue

        def left(state: Unknowns, number: int = number, thickness: float = thickness) -> float:
            return 1.0 + float(model.equations.reactions[number].store.mean(state.modes[number]).min()) / thickness

        text = f"the {one.electrode} is stripped through its {format_quantity(thickness, 'um')} somewhere"
        events.append(Event(value=left, why=lambda *_, text=text: text))
    return events


def sand(model: CellModel, state: Unknowns) -> str:
    """Return Sand's time at the mean current density of the anode, as text."""
    salt, electrode = model.equations.electrolyte.salt, model.equations.reactions[0].electrode
    current = abs(state.current) / (SITE * model.area_of(electrode))
    flux = 2.0 * current * (1.0 - salt.transference) / (salt.cation_charges * FARADAY * salt.initial)
    if flux == 0.0:
        return "no current flows"
    time = np.pi * float(salt.diffusivity.value(np.array([salt.initial]))[0]) / flux**2
    return f"Sand's time at the mean current density of the {electrode} is {format_quantity(time, 's')}"


def _full(model: CellModel) -> list[Event]:
    """Return the events that particles are full or empty at their surface, as far as their table goes."""
    hosts = [k for k, one in enumerate(model.equations.reactions) if one.host]
    return [_end_of(model, number, side) for number in hosts for side in (1.0, -1.0)]


def _end_of(model: CellModel, number: int, side: float) -> Event:
    """Return the event that particles of a reaction reach an end of their table; side: 1 for the lower end, else -1."""
    one = model.equations.reactions[number]
    at = known_fillings(one)[0 if side > 0.0 else 1]

    def value(state: Unknowns) -> float:
        surface = one.store.surface(state.modes[number])
        return side * (float(surface.min() if side > 0.0 else surface.max()) - at)

    text = f"the surface of particles of {one.name} is at a filling of {at:.4g}, an end of its open-circuit potential"
    return Event(value=value, why=lambda *_: text)


def known_fillings(one: Reaction) -> tuple[float, float]:
    """Return the least and the largest filling of a host, a little within its open-circuit potential, 0 and 1."""
    low, high = max(one.potential.span[0], 0.0), min(one.potential.span[1], 1.0)
    edge = END_OF_TABLE * (high - low)
    return low + edge, high - edge


def _beyond(model: CellModel) -> list[Event]:
    """Return the events that a capacitor leaves the potentials for which its capacitance is stated."""
    tables = [one for one in model.equations.layers if np.isfinite(one.capacitance.span).all()]
    return [_outside(model, layer, side) for layer in tables for side in (1.0, -1.0)]


def _outside(model: CellModel, layer: DoubleLayer, side: float) -> Event:
    """Return the event that a double layer passes an end of its table; side: 1 for the lower end, else -1."""
    end = layer.capacitance.span[0 if side > 0.0 else 1]

    def room(state: Unknowns) -> Floats:
        return side * (layer.sites.drop(state.ionic, state.electronic) - end) + BEYOND

    def why(state: Unknowns, t: float) -> str:
        at = layer.sites.liquid[int(np.argmin(room(state))), 0]
        place = ", ".join(f"{x:.4g}" for x in model.points[at])
        return (
            f"the {layer.electrode} is at {format_quantity(end, 'V')} against the electrolyte at ({place}) um at "
            f"{format_quantity(t, 's')}, an end of the table of its capacitance; state a longer table or less voltage"
        )

    return Event(value=lambda state: float(room(state).min()), why=why)
