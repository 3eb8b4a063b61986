"""The equations of a module: equal cells, each with its own state, in one network under one control.

Unknowns, in this order: those of each cell, those of the network, the charge of the module. The row of a cell's control
joins it to its two points of the network. Each linear system of a cell is solved twice, for its residual and for a unit
of voltage, which leaves a dense system of the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.cell.control import Control, Joined
from microfem.fem.cell.equations import CellEquations
from microfem.fem.cell.linear import near
from microfem.fem.cell.network import Network
from microfem.fem.cell.sites import DoubleLayer
from microfem.fem.cell.unknowns import Unknowns
from microfem.fem.solvers.factors import GeneralFactors
from microfem.fem.solvers.general import factorise_general

Floats = NDArray[np.float64]
Solve = Callable[[Floats], Floats]


@dataclass(frozen=True, kw_only=True)
class ModuleState:
    """The unknowns of a module at one time, apart; cells: unknowns of each; network: see Network."""

    equations: ModuleEquations
    cells: Floats
    network: Floats
    charge: float

    @property
    def voltage(self) -> float:
        """Voltage between the terminals, V."""
        return self.equations.network.voltage(self.network)

    @property
    def current(self) -> float:
        """Current of the module, uA, positive on discharge."""
        return float(self.network[-1])

    @cached_property
    def of_cells(self) -> list[Unknowns]:
        """The unknowns of each cell, apart."""
        return [self.equations.cell.state(one) for one in self.cells]

    @property
    def currents(self) -> Floats:
        """Current of each cell, as its equations have it."""
        return self.cells[:, self.equations.cell.fields - 1]

    @property
    def voltages(self) -> Floats:
        """Voltage of each cell, V: the potential of its cathode, since that of its anode is 0."""
        return self.cells[:, self.equations.cell.cathode]


@dataclass(frozen=True, kw_only=True)
class ModuleEquations:
    """The equations F(t, y, dy/dt) = 0 of cells in a network."""

    cell: CellEquations
    network: Network

    @property
    def count(self) -> int:
        """Number of cells."""
        return len(self.network.positive)

    @property
    def layers(self) -> tuple[DoubleLayer, ...]:
        """The double layers of each cell."""
        return self.cell.layers

    @property
    def size(self) -> int:
        """Number of all unknowns."""
        return self.count * self.cell.size + self.network.size + 1

    @cached_property
    def differential(self) -> NDArray[np.bool_]:
        """Mask (size,) of the unknowns whose derivatives stand in the equations."""
        of_network = np.zeros(self.network.size + 1, dtype=bool)
        of_network[-1] = True
        return np.concatenate([np.tile(self.cell.differential, self.count), of_network])

    def state(self, y: Floats) -> ModuleState:
        """Return the parts of the unknowns, as views."""
        inside = self.count * self.cell.size
        return ModuleState(
            equations=self,
            cells=y[:inside].reshape(self.count, self.cell.size),
            network=y[inside:-1],
            charge=float(y[-1]),
        )

    def joined(self, state: ModuleState) -> list[Joined]:
        """Return what the network holds at each cell."""
        of = zip(self.network.drops(state.network), self.network.behind_tabs, strict=True)
        return [Joined(drop=float(drop), resistance=float(resistance)) for drop, resistance in of]

    def residual(self, control: Control, t: float, y: Floats, rates: Floats) -> Floats:
        """Return F(t, y, dy/dt)."""
        state, rate = self.state(y), self.state(rates)
        of = zip(self.joined(state), state.cells, rate.cells, strict=True)
        parts = [self.cell.residual(one, t, cell, changes) for one, cell, changes in of]
        held = control.excess(t, state.voltage, state.current)
        laws = self.network.missing(state.network, state.currents)
        return np.concatenate([*parts, laws, [held, rate.charge - state.current]])


class ModuleFactors:
    """The factors of each cell, kept for matrices with the same sparsity."""

    def __init__(self, equations: ModuleEquations) -> None:
        self.equations = equations
        self._factors: list[GeneralFactors] = []

    def factorise(self, control: Control, t: float, y: Floats, slope: float) -> Solve:
        """Return the solution of the linearised equations of a module."""
        equations, state = self.equations, self.equations.state(y)
        solves = self._of_cells(t, state, slope)
        unit = np.zeros(equations.cell.size)
        unit[equations.cell.fields - 1] = 1.0
        answers = np.array([solve(unit) for solve in solves])
        inside = equations.count * equations.cell.size
        dense = bordered(equations.network, answers[:, equations.cell.fields - 1])
        dense = np.vstack([dense, closing(equations.network, control, t, state)])

        def solution(right: Floats) -> Floats:
            cells = right[:inside].reshape(equations.count, -1)
            x = np.array([solve(one) for solve, one in zip(solves, cells, strict=True)])
            own = right[inside:-1].copy()
            own[:-1] -= equations.network.feeding @ x[:, equations.cell.fields - 1]
            network = dense_solution(dense, own)
            x += answers * equations.network.drops(network)[:, None]
            charge = (right[-1] + network[-1]) / slope
            return np.concatenate([x.ravel(), network, [charge]])

        return solution

    def close(self) -> None:
        """Free the memory."""
        for one in self._factors:
            one.close()

    def _of_cells(self, t: float, state: ModuleState, slope: float) -> list[Solve]:
        cell, solves = self.equations.cell, list[Solve]()
        for number, (joined, y) in enumerate(zip(self.equations.joined(state), state.cells, strict=True)):
            linear = near(cell, joined, t, y).at(slope)
            if number < len(self._factors):
                self._factors[number].renew(linear.matrix)
            else:
                self._factors.append(factorise_general(linear.matrix))
            solves.append(linear.solution(self._factors[number]))
        return solves


def bordered(network: Network, by_drop: Floats) -> Floats:
    """Return the matrix (size - 1, size) of Kirchhoff's laws; by_drop: (ncells,) d current / d drop of each cell."""
    matrix, cells = network.own.copy(), np.arange(len(by_drop))
    answer = np.zeros((len(by_drop), network.size))
    answer[cells, network.positive] += by_drop
    answer[cells, network.negative] -= by_drop
    return np.asarray(matrix + network.feeding @ answer)


def closing(network: Network, control: Control, t: float, state: ModuleState) -> Floats:
    """Return the row (size,) of the control."""
    by_voltage, by_current = control.slopes(t, state.voltage, state.current)
    row, (positive, negative) = np.zeros(network.size), network.terminals
    row[positive] += by_voltage
    row[negative] -= by_voltage
    row[-1] = by_current
    return row


def dense_solution(matrix: Floats, right: Floats) -> Floats:
    """Return the solution of the equations of a network.

    Raises:
        SolveError: they are singular.
    """
    try:
        return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError as error:
        raise SolveError(f"the equations of the network of the module have no solution: {error}") from error


def stacked(equations: ModuleEquations, cells: Sequence[Floats]) -> Floats:
    """Return the unknowns of a module of cells at rest: no currents, and the potentials nearest to their voltages."""
    network, voltages = equations.network, [one[equations.cell.cathode] for one in cells]
    ends = np.vstack([np.column_stack([network.positive, network.negative]), network.strips])
    rows = np.arange(len(ends))
    drops = np.zeros((len(ends) + 1, network.points))
    drops[rows, ends[:, 0]], drops[rows, ends[:, 1]], drops[-1, network.terminals[1]] = 1.0, -1.0, 1.0
    wanted = np.concatenate([voltages, np.zeros(len(network.strips) + 1)])
    potentials = np.linalg.lstsq(drops, wanted, rcond=None)[0]
    return np.concatenate([*cells, potentials, np.zeros(network.size + 1 - network.points)])
