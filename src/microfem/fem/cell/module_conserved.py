"""What a module conserves: what each of its cells does, and Kirchhoff's laws between them.

Newton's method keeps both to its tolerance. A few corrections of the network, in which each cell answers with the
resistance of its kinetics, and shifts in each cell restore both after each step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.fem.cell.conserved import Conserved
from microfem.fem.cell.control import Control
from microfem.fem.cell.module import ModuleEquations, ModuleState, bordered, closing, dense_solution

Floats = NDArray[np.float64]

PASSES = 4
RESTORED = 1e-13  # V: difference between the voltages of cells and network at which they agree


@dataclass(frozen=True, kw_only=True)
class ModuleConserved:
    """The states of all cells at the start; soft: resistance of cells whose voltage and current may both shift."""

    equations: ModuleEquations
    cells: tuple[Conserved, ...]
    soft: float

    def projected(self, control: Control, t: float, y: Floats) -> Floats:
        """Return y with the sums of each cell and Kirchhoff's laws restored."""
        y = y.copy()
        state = self.equations.state(y)
        resistance = np.array([one.kinetic_resistance(cell) for one, cell in zip(self.cells, state.cells, strict=True)])
        self._restore_cells(state, resistance)
        for _ in range(PASSES):
            self._connect(control, t, state, np.where(resistance > 0.0, resistance, self.soft))
            self._restore_cells(state, resistance)
            if np.abs(self._off(state)).max() < RESTORED:
                break
        return y

    def _restore_cells(self, state: ModuleState, resistance: Floats) -> None:
        """Restore the sums of each cell at its current, which Kirchhoff's law of currents keeps."""
        for one, cell, kinetic in zip(self.cells, state.cells, resistance, strict=True):
            cell[:] = one.projected(cell, "voltage" if kinetic > 0.0 else "current")

    def _off(self, state: ModuleState) -> Floats:
        """Return how far the voltages of cells behind their tabs are from those of the network, V."""
        network = self.equations.network
        return np.asarray(state.voltages - network.behind_tabs * state.currents - network.drops(state.network))

    def _connect(self, control: Control, t: float, state: ModuleState, resistance: Floats) -> None:
        """Restore Kirchhoff's laws, with cells that answer with a resistance."""
        network = self.equations.network
        inside, off = resistance + network.behind_tabs, self._off(state)
        dense = np.vstack([bordered(network, -1.0 / inside), closing(network, control, t, state)])
        laws = network.missing(state.network, state.currents) + network.feeding @ (off / inside)
        excess = control.excess(t, state.voltage, state.current)
        change = dense_solution(dense, -np.append(laws, excess))
        currents = (off - network.drops(change)) / inside
        state.network[:] += change
        state.cells[:, self.equations.cell.fields - 1] += currents
        state.cells[:, self.equations.cell.cathode] -= resistance * currents
