"""A cell that consists of layers of one's own, from below upwards."""

from __future__ import annotations

from typing import Annotated, Literal

from microfem.families.family import Param, family
from microfem.layout import Layout
from microfem.layout.layers import Layer, Layers
from microfem.layout.shapes import area_radius, disc, rectangle

CHORDS = 128  # of a round cell
EXAMPLE = (  # a sandwich cell
    Layer(name="substrate", material="pet", role="substrate", thickness=100.0),
    Layer(name="anode", material="zinc", role="anode", thickness=30.0, fills=False),
    Layer(name="electrolyte", material="pva_zncl2_gel", role="electrolyte", thickness=300.0),
    Layer(name="cathode", material="pani", role="cathode", thickness=30.0, fills=False),
)


@family(dimensions=("3d", "section", "plan"), materials={}, layers=Layers(above=EXAMPLE))
def layers(
    *,
    shape: Annotated[Literal["rectangle", "disc"], Param("outline of the cell in plan")] = "rectangle",
    length: Annotated[float, Param("length of a rectangle, along x", "um", 0.1, 1e6)] = 4000.0,
    width: Annotated[float, Param("width of a rectangle, along y", "um", 0.1, 1e6)] = 4000.0,
    diameter: Annotated[float, Param("diameter of a disc", "um", 0.1, 1e6)] = 4000.0,
) -> Layout:
    """Any number of layers with outlines of their own; x = y = 0 is the middle of the cell, z = 0 its floor.

    A design states them under `layers`, and leaves out `family`.
    """
    round_cell = shape == "disc"
    cell = (
        disc(area_radius(0.5 * diameter, CHORDS), CHORDS)
        if round_cell
        else rectangle(-0.5 * length, -0.5 * width, 0.5 * length, 0.5 * width)
    )
    circles = ((0.0, 0.0, 0.5 * diameter),) if round_cell else ()
    return Layout(regions=(), terminals={}, feature=0.0, gap=0.0, plane=0.0, circles=circles, cell=cell)
