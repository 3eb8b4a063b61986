"""Concentric alternating rings of anode and cathode, each polarity joined by a radial busbar."""

from __future__ import annotations

from typing import Annotated

from shapely import Polygon

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeWidth,
    BusbarWidth,
    CathodeWidth,
    Gap,
    PlanarElectrodes,
    PlanarStack,
    TabLength,
    planar_layout,
)
from microfem.layout import Layout, Outline, union
from microfem.layout.shapes import MOST_CHORDS, corner_radius, disc, rectangle, ring, segments

WIDEST_SLIT = 0.9  # half-width of a slit relative to the radius of the smallest ring that it cuts


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS, sizes=("anode_width", "cathode_width"))
def concentric(
    *,
    ring_pairs: Annotated[int, Param("pairs of one anode and one cathode ring", low=1, high=100)] = 3,
    inner_radius: Annotated[
        float, Param("inner radius of the innermost anode ring; 0 makes it a disc", "um", 0.0, 1e5)
    ] = 300.0,
    anode_width: AnodeWidth = 300.0,
    cathode_width: CathodeWidth = 300.0,
    gap: Gap = 300.0,
    closed: Annotated[bool, Param("closed rings, each polarity one terminal, without busbars")] = False,
    busbar_width: BusbarWidth = 300.0,
    tab_length: TabLength = 0.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """Alternating rings of anode and cathode from the centre; the anode's busbar runs along +x, the cathode's along -x.

    Each busbar passes through slits in the other polarity's rings, at the distance of the gap from their edges.
    The innermost anode has no slit; the anode's busbar extends to the outermost radius.
    """
    feature = min([gap, anode_width, cathode_width, *([2.0 * inner_radius] if inner_radius else [])])
    pitch = anode_width + cathode_width + 2.0 * gap
    anodes = [(inner_radius + k * pitch, inner_radius + k * pitch + anode_width) for k in range(ring_pairs)]
    cathodes = [(outer + gap, outer + gap + cathode_width) for _, outer in anodes]
    count = segments(cathodes[-1][1], feature)
    bound = f"each needs {count} chords at this size; must be at most {MOST_CHORDS // count}"
    require(count * ring_pairs <= MOST_CHORDS, "ring_pairs", ring_pairs, bound)
    anode, cathode = _rings(anodes, count), _rings(cathodes, count)
    tabs: dict[str, Outline] = {}
    if closed:
        require(tab_length == 0.0, "tab_length", tab_length, "must be 0 um for closed rings, which have no busbar")
    else:
        half = 0.5 * busbar_width + gap
        limit = WIDEST_SLIT * cathodes[0][0]
        bound = f"half of it plus the gap is {half:.6g} um and must stay below {limit:.6g} um, "
        bound += f"{WIDEST_SLIT} of the innermost cathode ring's inner radius"
        require(half <= limit, "busbar_width", busbar_width, bound)
        anode, cathode, tabs = _joined(anodes, cathodes, count, gap, busbar_width, tab_length)
    return planar_layout(
        anode=anode,
        cathode=cathode,
        tabs=tabs,
        gap=gap,
        feature=feature,
        electrodes=electrodes,
        stack=stack,
        circles=tuple((0.0, 0.0, radius) for pair in (*anodes, *cathodes) for radius in pair if radius),
    )


Radii = list[tuple[float, float]]  # inner and outer radius of each ring, um


def _rings(radii: Radii, count: int) -> Outline:
    """Return the rings as one outline; an inner radius of 0 gives a disc."""
    corners = [(corner_radius(inner, count), corner_radius(outer, count)) for inner, outer in radii]
    return union(ring(inner, outer, count) if inner else disc(outer, count) for inner, outer in corners)


def _joined(
    anodes: Radii, cathodes: Radii, count: int, gap: float, width: float, tab: float
) -> tuple[Outline, Outline, dict[str, Outline]]:
    """Return anode, cathode and tabs, with slits in the rings and busbars that join them."""
    reach = cathodes[-1][1]
    whole = disc(corner_radius(reach, count), count)
    to_anodes = _radial(width, _middle(anodes[0]), reach, 1.0, count)
    anode = union([_rings(anodes[:1], count), to_anodes])
    cathode = _rings(cathodes, count).difference(_strip(width + 2.0 * gap, 2.0 * reach, 1.0))
    if len(anodes) > 1:
        others = _rings(anodes[1:], count).difference(_strip(width + 2.0 * gap, 2.0 * reach, -1.0))
        anode = union([anode, others])
        cathode = union([cathode, _radial(width, _middle(cathodes[0]), _middle(cathodes[-1]), -1.0, count)])
    if tab == 0.0:
        return anode, cathode, {}
    tabs = {name: _strip(width, reach + tab, side) - whole for name, side in (("anode", 1.0), ("cathode", -1.0))}
    return anode, cathode, tabs


def _middle(radii: tuple[float, float]) -> float:
    return 0.5 * (radii[0] + radii[1])


def _strip(width: float, length: float, side: float) -> Polygon:
    """Return a strip from the centre along +x (side 1) or -x (side -1)."""
    end = side * length
    return rectangle(min(0.0, end), -0.5 * width, max(0.0, end), 0.5 * width)


def _radial(width: float, inner: float, outer: float, side: float, count: int) -> Outline:
    """Return a strip from one circle to another; both ends lie inside rings, so that there is no notch."""
    between = ring(corner_radius(inner, count), corner_radius(outer, count), count)
    return union([_strip(width, 2.0 * outer, side).intersection(between)])
