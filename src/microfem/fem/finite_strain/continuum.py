"""What solids and sheets at finite strain share: growth, internal forces and tangents from one loop over cells."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from microfem.fem.field_set import FieldSet
from microfem.fem.solvers.pattern import Nodes
from microfem.fem.space import Floats, Ints, Space

DISPLACEMENT = "displacement"


class Continuum(ABC):
    """Cells of a mesh with their laws; eigenstrain: (n, 3), Fg = diag(1 + t eigenstrain) at the load factor t."""

    space: Space
    cells: Ints
    eigenstrain: Floats

    @property
    @abstractmethod
    def dim(self) -> int:
        """Number of displacement components."""

    @property
    @abstractmethod
    def fields(self) -> FieldSet:
        """The fields: displacements at first; pressures, if any, follow them."""

    @property
    def size(self) -> int:
        """Number of unknowns, also of those that no cell uses."""
        return self.fields.size

    @property
    def displacements(self) -> int:
        """Number of displacement unknowns; pressures, if any, follow them."""
        return self.fields[DISPLACEMENT].part.stop

    @abstractmethod
    def _assemble(self, *arguments: Any) -> int:
        """Add what each cell contributes; return the number of a cell that inverts, below 0 if there is none."""

    def growth(self, load: float) -> Floats:
        """Return the diagonal of Fg (n, 3)."""
        return 1.0 + load * self.eigenstrain

    def forces(self, x: Floats, load: float) -> tuple[Floats, Floats] | None:
        """Return internal forces and sums of their absolute values over cells (size,), uN; None if a cell inverts."""
        forces, sizes, none = np.zeros(self.size), np.zeros(self.size), np.zeros((0, self.size))
        slots, blocks = np.zeros((1, 0), np.int32), np.zeros((0, self.dim, self.dim))
        bad = self._assemble(self.growth(load), x, False, slots, blocks, forces, sizes, none, none.copy())
        return None if bad >= 0 else (forces, sizes)

    def linearise(
        self, x: Floats, load: float, slots: Nodes, blocks: Floats, increments: Floats
    ) -> tuple[Floats, Floats]:
        """Add the tangent to blocks (see scatter.py); return internal forces and the tangent times each increment."""
        forces, sizes, products = np.zeros(self.size), np.zeros(self.size), np.zeros(increments.shape)
        self._assemble(self.growth(load), x, True, slots, blocks, forces, sizes, increments, products)
        return forces, products
