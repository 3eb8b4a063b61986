"""The solution of a film on a curved surface: both faces of its layers as parts, and its compression at wrinkling."""

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
    """One face of a layer, with half its volume; at: its response at corners, where the surface's strain is known."""

    at: Response

    def corner_tensors(self, quantity: Quantity) -> Floats:
        """Return strain or stress at corners."""
        return np.asarray(getattr(self.at, quantity.tensor))


@dataclass(frozen=True, kw_only=True)
class ConformalSolution(LinearSolution):
    """A film on its surface; plate: modulus E / (1 - nu2) of the foundation, MPa, None without a foundation."""

    pressed: PressedFilm
    plate: float | None

    @property
    def layers(self) -> dict[str, list[FilmLayer]]:
        """The layers by the name of their region or film."""
        layers: dict[str, list[FilmLayer]] = {}
        for layer in self.pressed.film.layers:
            layers.setdefault(layer.name, []).append(layer)
        return layers

    @property
    def carrying(self) -> Sequence[str]:
        """The regions and films that have layers."""
        return list(self.layers)

    def parts(self, names: Sequence[str]) -> Sequence[Face]:
        """Return both faces of each layer, where bending strain is largest."""
        pressed, dual, mesh = self.pressed, self.dual, self.mesh
        faces = []
        for layer in (layer for name in names for layer in self.layers[name]):
            rows = layer.rows
            for inside, at in pressed.faces(layer):
                faces.append(
                    Face(
                        response=inside,
                        rows=slice(None),
                        simplices=mesh.cells[pressed.film.cells[rows]],
                        respond=pressed.law(layer),
                        error=dual.inside[rows],
                        error_at_corners=dual.error[rows, : mesh.dim + 1],
                        cells=rows,
                        at=at,
                    )
                )
        return faces

    @cached_property
    def share(self) -> Floats:
        """Compressive membrane force over its value at the onset of wrinkling, (n, nq), below 0 in tension."""
        return wrinkling_share(self.pressed, self.plate)

    @property
    def areas(self) -> Floats:
        """The area of each cell of the film, um2."""
        return self.mesh.volumes[self.pressed.film.cells]

    def slid(self, slide: Floats) -> ConformalSolution:
        """Return the film with a strain (n, nq, 2, 2) added by more sliding; it is not in equilibrium."""
        return replace(self, pressed=replace(self.pressed, slide=self.pressed.slide + slide))


def wrinkling_share(pressed: PressedFilm, plate: float | None) -> Floats:
    """Return the compressive membrane force over its value at the onset of wrinkling, (n, nq), below 0 in tension."""
    from microfem.fem.shells.conformal import compressed_width, wrinkling_free, wrinkling_on

    if plate is not None:
        onset = wrinkling_on(pressed.film, plate)
    else:
        width = compressed_width(pressed.film, pressed.least_force)
        onset = wrinkling_free(pressed.film, width) if width > 0.0 else np.full(len(pressed.film.cells), np.inf)
    return np.asarray(-pressed.least_force / onset[:, None])
