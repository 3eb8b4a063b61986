"""Layers of a film on a curved surface as parts that statistics of strain and stress are taken over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.metrics.spread import Part, Quantity

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Response
    from microfem.physics import Solution
    from microfem.physics.frame import Floats


@dataclass(frozen=True)
class Face(Part):
    """One face of a layer, with half its volume; at: its response at corners; among: (n,) its rows in the film."""

    at: Response | None = None
    among: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def add_to(self, of_cell: Floats, own: Floats) -> None:
        """Add what each row has (n,) to the film's cells."""
        of_cell[self.among] += own

    def corners(self, quantity: Quantity, recovered: bool = False) -> Floats:
        """Return the quantity at corners, where what the surface asks is known, of the recovered gradient if wanted."""
        tensor, error = np.asarray(getattr(self.at, quantity.tensor)), self.error_at_corners
        if recovered:
            assert error is not None
            tensor = tensor + self.changes(quantity, 0.5 * (error + np.swapaxes(error, 2, 3)))
        return quantity.values(tensor)


def layer_parts(solution: Solution, names: list[str]) -> list[Part]:
    """Return both faces of the layers named, where bending makes strains largest."""
    pressed, dual, mesh = solution.state.pressed, solution.dual, solution.mesh
    assert dual is not None
    found: list[Part] = []
    for layer in (one for name in names for one in solution.state.layers[name]):
        rows = layer.rows
        for inside, at in pressed.faces(layer):
            found.append(Face(inside, slice(None), mesh.cells[pressed.film.cells[rows]], pressed.law(layer),
                              dual.inside[rows], dual.error[rows, : mesh.dim + 1], at=at, among=rows))  # fmt: skip
    return found
