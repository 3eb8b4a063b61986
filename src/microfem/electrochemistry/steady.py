"""Steady states: the secondary current distribution, and that with the salt's concentration between metal electrodes.

Fillings stay as they are at the start. Long implicit steps lead to the steady state: each reduces what is left by the
ratio of the time of diffusion to its length, and all of them keep the salt in the cell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.base.units import format_quantity
from microfem.electrochemistry.consistent import implicit_step
from microfem.electrochemistry.events import events_of
from microfem.electrochemistry.kept import Moment
from microfem.electrochemistry.path import Followed
from microfem.electrochemistry.problems import Problems
from microfem.electrochemistry.records import Done
from microfem.fem.cell.conserved import Conserved
from microfem.fem.cell.constants import FLOW
from microfem.fem.cell.control import Kind, held
from microfem.fem.cell.particles import Store

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.electrochemistry.protocol import ProtocolLine

Floats = NDArray[np.float64]

LONG = 1e3  # of the time of diffusion through the cell: the length of a step; its last digits are those of the salt
MOST_STEPS = 8
SETTLED = 1e-9  # change of a step at which the state is steady, in the scales of the norm
BISECTIONS = 20  # of the interval that contains the limiting current
LEAST = 1e-3  # of the stated current: a smaller limiting current is not sought


def frozen(model: CellModel) -> CellModel:
    """Return a cell whose fillings and deposits do not change, and whose double layers are charged."""
    equations = model.equations
    still = [replace(one, store=_still(one.store)) for one in equations.reactions]
    return replace(model, equations=replace(equations, reactions=tuple(still), layers=()))


def _still(store: Store) -> Store:
    return Store(decay=np.zeros(1), weight=store.weight[:1], supply=0.0)


def steady_state(model: CellModel, line: ProtocolLine, y: Floats) -> Followed:
    """Return the steady state of a frozen cell as a path of one step, from the unknowns at rest.

    Raises:
        SolveError: there is none, and the message tells the limiting current; or it is where a table ends.
    """
    problems = Problems(model, 1.0)
    assert line.amount is not None
    kind, value = line.amount.holds, problems.amount(line.amount)
    try:
        found = _settled(problems, kind, value, y)
    except SolveError as error:
        if kind != "current" or not model.equations.moving:
            raise
        raise SolveError(_limiting(problems, value, y)) from error
    state = model.equations.state(found)
    for event in events_of(model, line, problems.amount):
        if event.ends(state):
            raise SolveError(f"no steady state within the tables of the materials: {event.why(state, 0.0)}")
    done = Done(text=line.text, start=0.0, end=0.0, why="the state is steady")
    return Followed(steps=[Moment(t=0.0, line=0, y=found)], done=[done])


def _settled(problems: Problems, kind: Kind, value: float, y: Floats) -> Floats:
    """Return the steady state.

    Raises:
        SolveError: there is none.
    """
    problem, equations = problems.problem(held(kind, value), (), None), problems.equations
    length = long_step(problems.model)
    for _ in range(MOST_STEPS):
        after = implicit_step(problem, problems.tolerance, 0.0, y, length)
        change, y = after - y, after
        y[equations.fields : equations.fields + len(equations.reactions) + 1] = 0.0
        if problem.norm(change, y) < SETTLED:
            conserved = Conserved(equations=equations, start=equations.state(y.copy()))
            return conserved.projected(y, "current" if kind == "voltage" else "voltage")
    raise SolveError("the concentrations do not settle")


def long_step(model: CellModel) -> float:
    """Return the length of a step towards a steady state, s: LONG times largest extent squared over diffusivity."""
    salt = model.equations.electrolyte.salt
    diffusivity = FLOW * float(salt.diffusivity.value(np.array([salt.initial]))[0])
    return LONG * float(np.ptp(model.points, axis=0).max()) ** 2 / diffusivity


def _limiting(problems: Problems, stated: float, y: Floats) -> str:
    """Return a message with the limiting current, between the largest that has a steady state and the next."""
    low, high, area = 0.0, 1.0, problems.model.area  # shares of the stated current
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        try:
            _settled(problems, "current", middle * stated, y)
            low = middle
        except SolveError:
            high = middle
        if high - low < 1e-3 * high or high < LEAST:
            break
    shown, most = (format_quantity(0.1 * one * stated / area, "mA/cm2") for one in (1.0, low))
    return (
        f"no steady state at {shown} of footprint: the salt is used up at an electrode; the limiting current of this "
        f"layout is {most}"
    )
