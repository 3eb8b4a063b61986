"""A planar cell of arbitrary outlines, such as those of a GDSII or DXF file."""

from __future__ import annotations

from typing import Annotated

import shapely
from shapely import MultiPolygon, Polygon

from microfem.base.errors import LayoutError
from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    PlanarElectrodes,
    PlanarStack,
    planar_layout,
)
from microfem.layout import Layout, Outline
from microfem.layout.shapes import EVEN, narrowest

LEFT, RIGHT = (
    "POLYGON ((-450 -1000, -150 -1000, -150 1000, -450 1000, -450 -1000))",
    "POLYGON ((150 -1000, 450 -1000, 450 1000, 150 1000, 150 -1000))",
)


@family(dimensions=("3d", "section", "plan"), materials=PLANAR_MATERIALS)
def drawn(
    *,
    anode: Annotated[str, Param("outline of the anode, WKT in um")] = LEFT,
    cathode: Annotated[str, Param("outline of the cathode, WKT in um")] = RIGHT,
    anode_tab: Annotated[str, Param("outline of the anode's contact pad, WKT in um; empty for none")] = "",
    cathode_tab: Annotated[str, Param("outline of the cathode's contact pad, WKT in um; empty for none")] = "",
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """Coplanar electrodes of any outline, stated as polygons; `microfem import` reads them from a drawing.

    The gap is the shortest distance between anode and cathode.
    """
    stated = {"anode": anode, "cathode": cathode, "anode_tab": anode_tab, "cathode_tab": cathode_tab}
    outlines = {name: _outline(name, text) for name, text in stated.items() if text or not name.endswith("_tab")}
    anode_outline, cathode_outline = outlines["anode"], outlines["cathode"]
    gap = float(shapely.distance(anode_outline, cathode_outline))
    x, y = shapely.get_coordinates(shapely.shortest_line(anode_outline, cathode_outline))[0]
    touching = f"must be more than 0 um away from the anode, which it touches at ({x:.6g}, {y:.6g}) um"
    require(gap > 0.0, "cathode", "an outline", touching)
    for name, outline in outlines.items():
        rival = cathode_outline if name.startswith("anode") else anode_outline
        distance = float(shapely.distance(outline, rival))
        bound = f"is {distance:.6g} um from the other polarity's electrode; must be at least the gap, {gap:.6g} um"
        require(distance >= (1.0 - EVEN) * gap, name, "an outline", bound)
    return planar_layout(
        anode=anode_outline,
        cathode=cathode_outline,
        gap=gap,
        feature=min(narrowest(anode_outline, gap), narrowest(cathode_outline, gap)),
        tabs={name.removesuffix("_tab"): outline for name, outline in outlines.items() if name.endswith("_tab")},
        electrodes=electrodes,
        stack=stack,
    )


def _outline(name: str, text: str) -> Outline:
    """Read an outline.

    Raises:
        LayoutError: the text is no WKT of polygons, or the outline has no area or crosses itself.
    """
    try:
        outline = shapely.from_wkt(text)
    except shapely.errors.GEOSException as error:
        raise LayoutError(name, text, f"must be WKT such as 'POLYGON ((0 0, 9 0, 9 9, 0 0))': {error}") from None
    if not isinstance(outline, Polygon | MultiPolygon) or outline.has_z:
        raise LayoutError(name, text, "must be a POLYGON or MULTIPOLYGON of points x y in um")
    if not outline.is_valid:
        raise LayoutError(name, text, f"must not cross itself (0 times): {shapely.is_valid_reason(outline)}")
    require(outline.area > 0.0, name, text, "must have an area above 0 um2")
    return outline
