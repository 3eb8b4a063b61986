"""Circular cell: an anode disc inside a cathode ring."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family
from microfem.families.stack import (
    PLANAR_MATERIALS,
    Gap,
    PlanarElectrodes,
    PlanarStack,
    planar_layout,
)
from microfem.layout import Layout
from microfem.layout.shapes import corner_radius, disc, ring, segments


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS, sizes=("disc_radius", "ring_width"))
def circular(
    *,
    disc_radius: Annotated[float, Param("radius of the anode disc", "um", 0.05, 1e5)] = 1500.0,
    gap: Gap = 300.0,
    ring_width: Annotated[float, Param("width of the cathode ring", "um", 0.05, 1e5)] = 900.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """A disc (anode) in a ring (cathode), with a uniform gap between them."""
    feature = min(disc_radius, gap, ring_width)
    outer = disc_radius + gap + ring_width
    count = segments(outer, feature)
    radii = (disc_radius, disc_radius + gap, outer)
    a, b, c = (corner_radius(radius, count) for radius in radii)
    return planar_layout(
        anode=disc(a, count),
        cathode=ring(b, c, count),
        gap=gap,
        feature=feature,
        electrodes=electrodes,
        stack=stack,
        circles=tuple((0.0, 0.0, radius) for radius in radii),
    )
