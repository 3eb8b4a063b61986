"""The equations of a module under one control, as the time steps take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.electrochemistry.consistent import with_consistent_start
from microfem.electrochemistry.events import Event, events_of_state, events_of_voltage
from microfem.electrochemistry.problems import Problems
from microfem.fem.cell.control import Control, Joined
from microfem.fem.cell.module import ModuleFactors, ModuleState
from microfem.fem.cell.module_conserved import ModuleConserved
from microfem.fem.solvers.time_steps import TimeProblem

if TYPE_CHECKING:
    from microfem.electrochemistry.amounts import Amount
    from microfem.electrochemistry.modules.model import ModuleModel
    from microfem.electrochemistry.protocol import ProtocolLine

Floats = NDArray[np.float64]

ANY = Joined(drop=0.0, resistance=0.0)  # a control under which both voltage and current are sought


class ModuleProblems:
    """Makes problems in time of one module; the analysis of the cells' matrices is kept over all of them."""

    def __init__(self, model: ModuleModel, tolerance: float) -> None:
        self.model, self.equations, self.tolerance = model, model.equations, tolerance
        self.of_cell = Problems(model.cell, tolerance)
        self.factors = ModuleFactors(model.equations)

    def close(self) -> None:
        """Free the memory of the factors."""
        self.factors.close()

    @property
    def power_unit(self) -> tuple[float, str]:
        """The unit in which a power is told, and its factor."""
        return 1e-3, "mW"

    @property
    def whole_capacity(self) -> float:
        """Capacity of the column with the least, uA s; infinite without a host."""
        return self.model.whole_capacity

    def amount(self, amount: Amount) -> float:
        """Return an amount of the whole module in the units of the equations: uA, uW, Mohm."""
        return amount.value * self.whole_capacity / 3600.0 if amount.kind == "rate" else amount.value

    def events(self, line: ProtocolLine) -> list[Event]:
        """Return the events that end a line: those of the module, then those of each cell."""
        of_cell, events = events_of_state(self.model.cell), events_of_voltage(line, self.amount)
        for number, name in enumerate(self.model.names):
            events += [_in_cell(event, number, name) for event in of_cell]
        return events

    def conserved(self, y: Floats) -> ModuleConserved:
        """Return what is conserved from a state on."""
        cells = self.equations.state(y.copy()).cells
        return ModuleConserved(
            equations=self.equations,
            cells=tuple(self.of_cell.conserved(one) for one in cells),
            soft=1.0 / self.model.cell.large_current,
        )

    def problem(self, control: Control, events: Sequence[Event], conserved: ModuleConserved | None) -> TimeProblem:
        """Return the equations under a control; conserved: what each step restores, None for nothing."""
        equations = self.equations

        def values(_: float, y: Floats) -> Floats:
            state = equations.state(y)
            return np.array([event.value(state) for event in events])

        problem = TimeProblem(
            residual=lambda t, y, rate: equations.residual(control, t, y, rate),
            factorise=lambda t, y, _, slope: self.factors.factorise(control, t, y, slope),
            norm=self.norm(),
            admissible=self.admissible,
            projected=lambda t, y: conserved.projected(control, t, y) if conserved else y,
            events=values,
        )
        return with_consistent_start(problem, equations, self.tolerance)

    def norm(self) -> Callable[[Floats, Floats], float]:
        """Return the norm of an error: the largest of the cells' own."""
        of_cell = self.of_cell.norm(ANY)

        def size(error: Floats, y: Floats) -> float:
            errors, states = self.equations.state(error).cells, self.equations.state(y).cells
            return max(of_cell(one, state) for one, state in zip(errors, states, strict=True))

        return size

    def admissible(self, y: Floats, change: Floats) -> float:
        """Return the share of a correction that every cell allows."""
        states, changes = self.equations.state(y).cells, self.equations.state(change).cells
        return min(self.of_cell.admissible(one, more) for one, more in zip(states, changes, strict=True))


def _in_cell(event: Event, number: int, name: str) -> Event:
    """Return an event of a cell as one of its module."""

    def value(state: ModuleState) -> float:
        return event.value(state.of_cells[number])

    def why(state: ModuleState, t: float) -> str:
        return f"in cell {name} {event.why(state.of_cells[number], t)}"

    return Event(value=value, why=why)
