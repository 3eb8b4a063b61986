"""The plan of a wound multilayer: layers of constant thickness on an Archimedean spiral."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Spiral:
    """Layers wound without slip around a core.

    The inner face of the first layer is r = core_radius + pitch theta / 2 pi, theta from 0 to 2 pi windings,
    and pitch is the sum of the layers' thicknesses, so each winding lies on the one before.

    layers: (region name, thickness in um), from the inside out.
    core_radius: radius of the core at theta = 0, um.
    windings: number of turns.
    jacket: name of the region outside the last winding, and its outer radius (um).
    """

    layers: tuple[tuple[str, float], ...]
    core_radius: float
    windings: float
    core: str = "core"
    jacket: str = "electrolyte"
    outer_radius: float = 0.0

    @property
    def pitch(self) -> float:
        """Distance between two windings, um."""
        return sum(thickness for _, thickness in self.layers)
