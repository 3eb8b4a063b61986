"""The equations of a cell under one control, as the time steps and Newton's method take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.electrochemistry.consistent import with_consistent_start
from microfem.electrochemistry.events import Event, events_of
from microfem.fem.cell.blocks import BlockFactors
from microfem.fem.cell.conserved import Conserved
from microfem.fem.cell.control import Control
from microfem.fem.cell.linear import near
from microfem.fem.solvers.factors import GeneralFactors
from microfem.fem.solvers.general import factorise_general
from microfem.fem.solvers.time_steps import TimeProblem

if TYPE_CHECKING:
    from microfem.electrochemistry.amounts import Amount
    from microfem.electrochemistry.model import CellModel
    from microfem.electrochemistry.protocol import ProtocolLine

Floats = NDArray[np.float64]

ITERATIVE_FROM = 40_000  # unknowns in 3D from which GMRES is faster than a factorisation, and needs less memory
STEEPEST = 0.25  # V: the largest change of a potential in an iteration
NEAREST = 0.9  # share of the way to an impossible filling or concentration that an iteration may go


class Problems:
    """Makes problems in time of one cell; the analysis of the matrix is kept over all of them."""

    def __init__(self, model: CellModel, tolerance: float) -> None:
        self.model, self.equations, self.tolerance = model, model.equations, tolerance
        self.factors: GeneralFactors | None = None
        self.iterative = model.dim == 3 and model.equations.fields > ITERATIVE_FROM

    def amount(self, amount: Amount) -> float:
        """Return an amount in the units of the equations: uA, uW, V / uA, in 2D A/m, W/m, ohm m."""
        area = self.model.area
        if amount.kind == "rate":
            return amount.value * self.model.whole_capacity / 3600.0
        if amount.kind in ("areal current", "areal power"):
            return amount.value * area
        return amount.value / area if amount.kind == "areal load" else amount.value

    @property
    def power_unit(self) -> tuple[float, str]:
        """The unit in which a power is told, and its factor: of a device in 3D, else per footprint."""
        return (1.0, "uW") if self.model.dim == 3 else (0.1 / self.model.area, "mW/cm2")

    @property
    def whole_capacity(self) -> float:
        """Capacity of the limiting electrode, uA s, in 2D A s/m; infinite without a host."""
        return self.model.whole_capacity

    def events(self, line: ProtocolLine) -> list[Event]:
        """Return the events that end a line."""
        return events_of(self.model, line, self.amount)

    def conserved(self, y: Floats) -> Conserved:
        """Return what is conserved from a state on."""
        return Conserved(equations=self.equations, start=self.equations.state(y.copy()))

    def problem(self, control: Control, events: Sequence[Event], conserved: Conserved | None) -> TimeProblem:
        """Return the equations under a control; conserved: what each step restores, None for nothing."""
        equations, free = self.equations, "current" if control.holds == "voltage" else "voltage"

        def factorise(t: float, y: Floats, _: Floats, slope: float) -> Callable[[Floats], Floats]:
            linear = near(equations, control, t, y).at(slope)
            if self.factors is None:
                n = equations.electrolyte.count
                self.factors = (
                    BlockFactors(linear.matrix, n, equations.electrolyte.salt.initial)
                    if self.iterative
                    else factorise_general(linear.matrix)
                )
            else:
                self.factors.renew(linear.matrix)
            return linear.solution(self.factors)

        def values(_: float, y: Floats) -> Floats:
            state = equations.state(y)
            return np.array([event.value(state) for event in events])

        problem = TimeProblem(
            residual=lambda t, y, rate: equations.residual(control, t, y, rate),
            factorise=factorise,
            norm=self.norm(control),
            admissible=self.admissible,
            projected=lambda _, y: conserved.projected(y, free) if conserved else y,
            events=values,
        )
        return with_consistent_start(problem, equations, self.tolerance)

    def norm(self, control: Control) -> Callable[[Floats, Floats], float]:
        """Return the norm of an error: concentrations, potentials and fillings by their root mean square."""
        equations, tolerance = self.equations, self.tolerance
        volume = equations.electrolyte.volume / equations.electrolyte.volume.sum()
        salt = equations.electrolyte.salt.initial
        areas = [one.sites.area / one.sites.area.sum() for one in equations.reactions]
        whole = self.model.large_current

        def size(error: Floats, y: Floats) -> float:
            state, current = equations.state(error), abs(equations.state(y).current)
            parts = [
                float(volume @ state.salt**2) / salt**2,
                float(volume @ state.ionic**2),
                float(np.mean(state.electronic**2)),
                state.voltage**2,
                (state.current / max(whole, current)) ** 2 if control.holds != "current" else 0.0,
            ]
            for one, area, modes in zip(equations.reactions, areas, state.modes, strict=True):
                if one.host:
                    parts.append(float(area @ (modes**2).sum(axis=1)) * one.store.weight[0] ** 2)
            return float(np.sqrt(max(parts)) / tolerance)

        return size

    def admissible(self, y: Floats, change: Floats) -> float:
        """Return the share of a correction that keeps concentrations and fillings possible and potentials moderate."""
        state, more = self.equations.state(y), self.equations.state(change)
        largest = max(np.abs(more.ionic).max(), np.abs(more.electronic).max())
        shares = [1.0, STEEPEST / max(largest, 1e-300), _share(state.salt, more.salt)]
        for one, modes, step in zip(self.equations.reactions, state.modes, more.modes, strict=True):
            if one.host:
                surface, moved = one.store.surface(modes), one.store.surface(step)
                shares += [_share(surface, moved), _share(1.0 - surface, -moved)]
        return float(min(shares))


def _share(room: Floats, change: Floats) -> float:
    """Return the share of a change that leaves a tenth of the room above 0."""
    return float(NEAREST / max((-change / room).max(), NEAREST))
