"""Layers of a film on a curved surface as parts that statistics of strain and stress are taken over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.metrics.spread import Part

if TYPE_CHECKING:
    from microfem.physics import Solution
    from microfem.physics.physics import Floats


@dataclass(frozen=True)
class Face(Part):
    """One face of a layer, with half its volume; among: (n,) its cells among the film's."""

    among: NDArray[np.int64] | slice = slice(None)

    def add_to(self, of_cell: Floats, own: Floats) -> None:
        """Add what each row has (n,) to the film's cells."""
        of_cell[self.among] += own


def layer_parts(solution: Solution, names: list[str]) -> list[Part]:
    """Return both faces of the layers named, where bending makes strains largest."""
    pressed, dual, mesh = solution.state.pressed, solution.dual, solution.mesh
    assert dual is not None
    found: list[Part] = []
    for layer in (one for name in names for one in solution.state.layers[name]):
        rows = layer.rows
        for face in pressed.faces(layer):
            found.append(Face(face, slice(None), mesh.cells[pressed.film.cells[rows]], pressed.law(layer),
                              dual.inside[rows], dual.error[rows, : mesh.dim + 1], among=rows))  # fmt: skip
    return found
