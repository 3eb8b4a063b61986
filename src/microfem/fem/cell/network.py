"""The network around the cells of a module: collector strips between columns, tabs, terminals.

Unknowns, in this order: the potential of each point, the current in each piece of a strip, the current of the module.
Currents of strips are unknowns of their own, so that a strip without resistance is none to the equations, and no digits
of a current are lost in a good collector. The negative terminal is the zero of potential.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Network:
    """Points that pieces of strips join (nstrips, 2), each with a resistance, Mohm, and cells between points (ncells,).

    positive, negative: points to which the cells' tabs lead; tabs: (ncells,) resistance of both tabs of a cell, Mohm;
    shares: (ncells,) current of a cell over the current of its equations; terminals: positive and negative point.
    """

    points: int
    strips: Ints
    resistance: Floats
    positive: Ints
    negative: Ints
    tabs: Floats
    shares: Floats
    terminals: tuple[int, int]

    @property
    def size(self) -> int:
        """Number of unknowns, and one less than this the number of equations without the control."""
        return self.points + len(self.strips) + 1

    @cached_property
    def behind_tabs(self) -> Floats:
        """Resistance (ncells,) of the tabs to the currents of the cells' equations."""
        return self.tabs * self.shares

    @cached_property
    def own(self) -> Floats:
        """The matrix (size - 1, size) of Kirchhoff's laws: currents at points, voltages along strips."""
        count, matrix = len(self.strips), np.zeros((self.size - 1, self.size))
        pieces = np.arange(count)
        np.add.at(matrix, (self.strips[:, 0], self.points + pieces), 1.0)
        np.add.at(matrix, (self.strips[:, 1], self.points + pieces), -1.0)
        matrix[self.points + pieces, self.strips[:, 0]] = 1.0
        matrix[self.points + pieces, self.strips[:, 1]] = -1.0
        matrix[self.points + pieces, self.points + pieces] = -self.resistance
        positive, negative = self.terminals
        matrix[positive, -1] += 1.0
        matrix[negative] = 0.0
        matrix[negative, negative] = 1.0
        return matrix

    @cached_property
    def feeding(self) -> Floats:
        """The matrix (size - 1, ncells) of the cells' currents in Kirchhoff's laws."""
        cells, matrix = np.arange(len(self.positive)), np.zeros((self.size - 1, len(self.positive)))
        matrix[self.positive, cells] -= self.shares
        matrix[self.negative, cells] += self.shares
        matrix[self.terminals[1]] = 0.0
        return matrix

    def drops(self, unknowns: Floats) -> Floats:
        """Return the drop of potential (ncells,) between the points of each cell."""
        return np.asarray(unknowns[self.positive] - unknowns[self.negative])

    def voltage(self, unknowns: Floats) -> float:
        """Return the voltage of the module, V."""
        positive, negative = self.terminals
        return float(unknowns[positive] - unknowns[negative])

    def missing(self, unknowns: Floats, currents: Floats) -> Floats:
        """Return what is missing in Kirchhoff's laws (size - 1,); currents: (ncells,) of the cells' equations."""
        return np.asarray(self.own @ unknowns + self.feeding @ currents)

    def leaving(self, unknowns: Floats, currents: Floats) -> float:
        """Return the largest sum of currents at a point, also at the negative terminal, uA."""
        sums = np.zeros(self.points)
        np.add.at(sums, self.strips.T, np.array([1.0, -1.0])[:, None] * unknowns[self.points : -1])
        np.add.at(sums, self.positive, -self.shares * currents)
        np.add.at(sums, self.negative, self.shares * currents)
        np.add.at(sums, list(self.terminals), [unknowns[-1], -unknowns[-1]])
        return float(np.abs(sums).max())

    def lost(self, unknowns: Floats, currents: Floats) -> float:
        """Return the power lost in strips and tabs, uW."""
        inside = unknowns[self.points : -1]
        return float(self.resistance @ inside**2 + self.tabs @ (self.shares * currents) ** 2)
