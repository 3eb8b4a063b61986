"""Circular cell: an anode disc inside a cathode ring."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeThickness,
    CathodeThickness,
    CollectorThickness,
    ElectrolyteHeight,
    EncapsulationThickness,
    Gap,
    Margin,
    SubstrateThickness,
    planar_layout,
)
from microfem.layout import Layout
from microfem.layout.shapes import corner_radius, disc, ring, segments


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS)
def circular(
    *,
    disc_radius: Annotated[float, Param("radius of the anode disc", "um", 1.0, 1e5)] = 1500.0,
    gap: Gap = 300.0,
    ring_width: Annotated[float, Param("width of the cathode ring", "um", 1.0, 1e5)] = 900.0,
    anode_thickness: AnodeThickness = 30.0,
    cathode_thickness: CathodeThickness = 30.0,
    collector_thickness: CollectorThickness = 0.0,
    electrolyte_height: ElectrolyteHeight = 300.0,
    substrate_thickness: SubstrateThickness = 100.0,
    encapsulation_thickness: EncapsulationThickness = 0.0,
    margin: Margin = 300.0,
) -> Layout:
    """A disc (anode) in a ring (cathode), the gap between them the same all round."""
    feature = min(disc_radius, gap, ring_width)
    outer = disc_radius + gap + ring_width
    count = segments(outer, feature)
    radii = (disc_radius, disc_radius + gap, outer)
    a, b, c = (corner_radius(radius, count) for radius in radii)
    return planar_layout(
        anode=disc(a, count), cathode=ring(b, c, count), gap=gap, feature=feature,
        anode_thickness=anode_thickness, cathode_thickness=cathode_thickness,
        collector_thickness=collector_thickness, electrolyte_height=electrolyte_height,
        substrate_thickness=substrate_thickness, encapsulation_thickness=encapsulation_thickness, margin=margin,
        circles=tuple((0.0, 0.0, radius) for radius in radii),
    )  # fmt: skip
