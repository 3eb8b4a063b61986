"""Meander: a pair of parallel lines, one anode and one cathode, that runs to and fro as a serpentine."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from shapely import Polygon

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeWidth,
    CathodeWidth,
    Gap,
    PlanarElectrodes,
    PlanarStack,
    planar_layout,
)
from microfem.layout import Layout
from microfem.layout.shapes import offset


@family(dimensions=("3d", "section", "plan"), materials=PLANAR_MATERIALS)
def meander(
    *,
    legs: Annotated[int, Param("straight legs of the pair", low=1, high=200)] = 4,
    leg_length: Annotated[float, Param("length of a leg, from end to end of the meander", "um", 0.05, 1e5)] = (3000.0),
    anode_width: AnodeWidth = 200.0,
    cathode_width: CathodeWidth = 200.0,
    gap: Gap = 200.0,
    spacing: Annotated[
        float, Param("distance between neighbouring legs, whose facing lines have one polarity", "um", 0.05, 1e4)
    ] = 200.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """Two parallel lines with a constant gap, in legs along y that right-angled bends join at alternate ends.

    The anode lies outside at the bends of high y, the cathode at those of low y.
    """
    bound = f"must be above {anode_width + cathode_width + 2.0 * gap:.6g} um, the widths of the pair and two gaps"
    require(leg_length > anode_width + cathode_width + 2.0 * gap, "leg_length", leg_length, bound)
    inside = [cathode_width, anode_width]
    x = np.concatenate([[0.0], np.cumsum([gap + 2.0 * inside[k % 2] + spacing for k in range(legs - 1)])])
    x += 0.5 * (anode_width - (cathode_width if legs % 2 else anode_width) - x[-1])
    end = 0.5 * leg_length
    bends = np.array([end - 0.5 * gap - anode_width, -end + 0.5 * gap + cathode_width])
    y = np.array([one for k in range(legs) for one in (bends[(k + 1) % 2], bends[k % 2])])
    y[0], y[-1] = -end, end if legs % 2 else -end
    line = np.column_stack([np.repeat(x, 2), y])  # the middle of the gap
    anode, cathode = (
        Polygon(np.vstack([offset(line, side * 0.5 * gap), offset(line, side * (0.5 * gap + width))[::-1]]))
        for side, width in ((1.0, anode_width), (-1.0, cathode_width))
    )
    return planar_layout(
        anode=anode,
        cathode=cathode,
        gap=gap,
        feature=min(gap, spacing, anode_width, cathode_width),
        electrodes=electrodes,
        stack=stack,
    )
