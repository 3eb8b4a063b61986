"""The state of a cell about which its impedance is measured: at rest, or somewhere on the path of its protocol."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.base.units import format_quantity
from microfem.electrochemistry.events import Event
from microfem.electrochemistry.history import filling_of
from microfem.electrochemistry.measured_at import At
from microfem.electrochemistry.path import Followed, ProtocolFollower, started
from microfem.electrochemistry.problems import Problems
from microfem.electrochemistry.steady import frozen, steady_state
from microfem.fem.cell.conserved import charge_layers
from microfem.fem.cell.control import held

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.electrochemistry.statement import CellStatement

Floats = NDArray[np.float64]

DIGITS = 9  # of a voltage that is told
NEAR = 1e-6  # of the whole filling, and relative, of a time: where a state is the stated one


@dataclass(frozen=True, kw_only=True)
class OperatingPoint:
    """A state, its time, s, and a line that tells about it; at_rest: whether no time was followed to reach it."""

    y: Floats
    t: float
    about: str
    at_rest: bool


def operating_point(model: CellModel, stated: CellStatement, at: At, tolerance: float) -> OperatingPoint:
    """Return the state of a cell; tolerance: of the time steps that lead there.

    Raises:
        SolveError: the cell never reaches it; the message tells what it reaches.
    """
    start = started(model.equations, stated.start)
    if at.kind == "start":
        return _point(model, _rested(model, start), 0.0, "at its start, at rest", at_rest=True)
    if stated.steady:
        return _point(model, _steady(model, stated, start), 0.0, "in its steady state", at_rest=True)
    path = _followed(model, stated, at, tolerance, start)
    last = path.steps[-1]
    _refuse_missed(model, at, path)
    where = f"at {at} of the {model.limiting}" if at.kind == "filling" else f"at {format_quantity(last.t, 's')}"
    return _point(model, last.y, last.t, f"{where}, in '{path.done[-1].text}'", at_rest=False)


def _point(model: CellModel, y: Floats, t: float, where: str, at_rest: bool) -> OperatingPoint:
    state = model.equations.state(y)
    voltage = format_quantity(round(state.voltage, DIGITS) + 0.0, "V")
    current = format_quantity(0.1 * state.current / model.area + 0.0, "mA/cm2")
    bias = f"; its current of {current} of footprint is held" if state.current != 0.0 else ""
    return OperatingPoint(
        y=y, t=t, about=f"the impedance is that of the cell {where}, at {voltage}{bias}", at_rest=at_rest
    )


def _rested(model: CellModel, start: Floats) -> Floats:
    """Return the state at rest, also of electrodes with several reactions, whose double layers are charged."""
    equations = model.equations
    reacting = {one.electrode for one in equations.reactions if not one.leak}
    layers = tuple(one for one in equations.layers if one.electrode not in reacting)
    still, shared = replace(equations, layers=layers), replace(equations, layers=()).size
    y, rested = np.zeros(still.size), start.copy()
    y[:shared] = start[:shared]
    charge_layers(still, y)
    problem = Problems(replace(model, equations=still), 1.0).problem(held("current", 0.0), (), None)
    rested[:shared] = problem.consistent(0.0, y)[:shared]
    charge_layers(equations, rested)
    return rested


def _steady(model: CellModel, stated: CellStatement, start: Floats) -> Floats:
    """Return a steady state, in the unknowns of the cell that is not frozen."""
    still, equations = frozen(model), model.equations
    found = steady_state(still, stated.protocol[0], started(still.equations, stated.start)).steps[-1].y
    y = start.copy()
    y[: equations.fields] = found[: equations.fields]
    charge_layers(equations, y)
    return y


def _followed(model: CellModel, stated: CellStatement, at: At, tolerance: float, start: Floats) -> Followed:
    """Return the path of the protocol up to a state, or to its end."""
    goals, last = list[Event](), np.inf
    if at.kind == "time":
        last = at.value
    elif at.kind == "filling":
        electrode = model.limiting
        side = np.sign(filling_of(model, electrode, model.equations.state(start)) - at.value) or 1.0
        goals.append(
            Event(
                value=lambda state: float(side * (filling_of(model, electrode, state) - at.value)),
                why=lambda *_: f"the {electrode} reached {at}",
            )
        )
    return ProtocolFollower(Problems(model, tolerance), goals, last).follow(stated.protocol, start)


def _refuse_missed(model: CellModel, at: At, path: Followed) -> None:
    """Refuse a path that ends before the stated state."""
    last, done = path.steps[-1], path.done[-1]
    ending = f"'{done.text}' ended at {format_quantity(done.end, 's')}: {done.why}"
    if at.kind == "time" and last.t < at.value * (1.0 - NEAR):
        raise SolveError(f"at: the protocol of the cell is over before {at}: {ending}")
    if at.kind == "filling":
        electrode = model.limiting
        fillings = [100.0 * filling_of(model, electrode, model.equations.state(one.y)) for one in path.steps]
        if abs(fillings[-1] - 100.0 * at.value) > 100.0 * NEAR:
            raise SolveError(
                f"at: the cell never reaches {at} of its {electrode}: its protocol leads from {fillings[0]:.4g} % to "
                f"fillings between {min(fillings):.4g} % and {max(fillings):.4g} %; {ending}"
            )
