"""Two parallel strips: the smallest planar cell."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family
from microfem.families.stack import PLANAR_MATERIALS, Gap, PlanarElectrodes, PlanarStack, planar_layout
from microfem.layout import Layout
from microfem.layout.shapes import rectangle


@family(dimensions=("section", "plan", "3d"), materials=PLANAR_MATERIALS)
def strips(
    *,
    width: Annotated[float, Param("width of each strip", "um", 1.0, 1e4)] = 300.0,
    length: Annotated[float, Param("length of the strips", "um", 1.0, 1e5)] = 2000.0,
    gap: Gap = 100.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(anode_thickness=10.0, cathode_thickness=10.0),
    stack: PlanarStack = PlanarStack(electrolyte_height=200.0),
) -> Layout:
    """One anode and one cathode strip along y, side by side along x."""
    low, high = -0.5 * length, 0.5 * length
    return planar_layout(
        anode=rectangle(-0.5 * gap - width, low, -0.5 * gap, high),
        cathode=rectangle(0.5 * gap, low, 0.5 * gap + width, high),
        gap=gap,
        feature=min(gap, width, length),
        electrodes=electrodes,
        stack=stack,
    )
