"""A module on the mesh of its cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from microfem.electrochemistry.model import CellModel, model_of
from microfem.electrochemistry.modules.arrangement import wired
from microfem.electrochemistry.modules.statement import ModuleStatement
from microfem.fem.cell.module import ModuleEquations

if TYPE_CHECKING:
    from microfem.mesh import Mesh


@dataclass(frozen=True, kw_only=True)
class ModuleModel:
    """Cells of one model in a network; names: of each; columns: (ncells,) of each, from 0; area: footprint of all."""

    cell: CellModel
    equations: ModuleEquations
    names: tuple[str, ...]
    columns: tuple[int, ...]
    area: float

    @property
    def whole_capacity(self) -> float:
        """Capacity of the column with the least, uA s; infinite without a host."""
        return self.least_of_columns * self.cell.whole_capacity

    @property
    def least_of_columns(self) -> float:
        """The smallest sum of the shares of the cells of a column that has some."""
        of_columns = np.bincount(self.columns, self.equations.network.shares)
        return float(of_columns[of_columns > 0.0].min())

    @property
    def large_current(self) -> float:
        """A current that counts as large, uA."""
        return self.least_of_columns * self.cell.large_current


def module_of(mesh: Mesh, stated: ModuleStatement) -> ModuleModel:
    """Return the module of a case on the mesh of its cell.

    Raises:
        MicrofemError: a property of the cell is missing.
    """
    cell = model_of(mesh, stated.cell)
    length = stated.depth if mesh.dim == 2 else 1.0
    arrangement = stated.arrangement
    if stated.sheet is not None:
        arrangement = stated.sheet.between(arrangement, stated.cell.temperature)
    placed = wired(arrangement, stated.odd, length)
    return ModuleModel(
        cell=cell,
        equations=ModuleEquations(cell=cell.equations, network=placed.network),
        names=placed.names,
        columns=tuple(int(name.partition(",")[0]) - 1 for name in placed.names),
        area=cell.area * float(placed.network.shares.sum()),
    )
