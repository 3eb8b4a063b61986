"""What a film on a curved surface offers: both faces of its layers as parts, and how near it is to wrinkling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from microfem.physics.frame import Floats
from microfem.physics.mechanics.parts import CellPart, Quantity
from microfem.physics.mechanics.solution import LinearSolution

if TYPE_CHECKING:
    from microfem.fem.linear_elasticity.bodies import Response
    from microfem.fem.shells.conformal import FilmLayer, PressedFilm


@dataclass(frozen=True, kw_only=True)
class Face(CellPart):
    """One face of a layer, with half its volume; at: its response at corners, where what the surface asks is known."""

    at: Response

    def corner_tensors(self, quantity: Quantity) -> Floats:
        """Return strain or stress at corners."""
        return np.asarray(getattr(self.at, quantity.tensor))


@dataclass(frozen=True, kw_only=True)
class ConformalSolution(LinearSolution):
    """The film on its surface; plate: modulus E / (1 - nu2) of what it lies on, MPa, None if on nothing."""

    pressed: PressedFilm
    plate: float | None

    @property
    def layers(self) -> dict[str, list[FilmLayer]]:
        """Layers by the name of their region or film."""
        found: dict[str, list[FilmLayer]] = {}
        for layer in self.pressed.film.layers:
            found.setdefault(layer.name, []).append(layer)
        return found

    @property
    def carrying(self) -> Sequence[str]:
        """Regions and films that have layers."""
        return list(self.layers)

    def parts(self, names: Sequence[str]) -> Sequence[Face]:
        """Return both faces of each layer, where bending makes strains largest."""
        pressed, dual, mesh = self.pressed, self.dual, self.mesh
        found = []
        for layer in (one for name in names for one in self.layers[name]):
            rows = layer.rows
            for inside, at in pressed.faces(layer):
                found.append(Face(
                    response=inside, rows=slice(None), simplices=mesh.cells[pressed.film.cells[rows]],
                    respond=pressed.law(layer), error=dual.inside[rows],
                    error_at_corners=dual.error[rows, : mesh.dim + 1], cells=rows, at=at,
                ))  # fmt: skip
        return found

    @cached_property
    def share(self) -> Floats:
        """Compression over that at which wrinkles begin, (n, nq), below 0 in tension."""
        return wrinkling_share(self.pressed, self.plate)

    @property
    def areas(self) -> Floats:
        """Area of each cell of the film, um2."""
        return self.mesh.volumes[self.pressed.film.cells]

    def slid(self, slide: Floats) -> ConformalSolution:
        """Return the film after another slide, of this strain (n, nq, 2, 2), not in equilibrium."""
        return replace(self, pressed=replace(self.pressed, slide=self.pressed.slide + slide))


def wrinkling_share(pressed: PressedFilm, plate: float | None) -> Floats:
    """Return the compressive membrane force over that at which wrinkles begin, (n, nq); 0 where there is none."""
    from microfem.fem.shells.conformal import compressed_width, wrinkling_free, wrinkling_on

    if plate is not None:
        onset = wrinkling_on(pressed.film, plate)
    else:
        width = compressed_width(pressed.film, pressed.least_force)
        onset = wrinkling_free(pressed.film, width) if width > 0.0 else np.full(len(pressed.film.cells), np.inf)
    return np.asarray(-pressed.least_force / onset[:, None])
