"""Round strands of fibres: their parameters, materials and chords, the twist and the bend of their axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated

from shapely import MultiPolygon, Polygon

from microfem.base.errors import LayoutError
from microfem.families.family import Param, require
from microfem.layout import BentAxis, Composed, Layout, Placement, Region, TwistedAxis
from microfem.layout.shapes import area_radius, disc, ring

FIBER_MATERIALS = {
    "anode": "zinc",
    "cathode": "mno2",
    "electrolyte": "pam_gel",
    "anode_collector": "cnt_paper",
    "cathode_collector": "cnt_paper",
    "encapsulation": "pdms",
}

ROUND = 64  # least chords of a circle: with corners on the circle the area is 0.16 % low, with sides on it 0.08 % high
SAGITTA = 0.05  # largest distance of a chord from its circle, relative to the thinnest wall beside it
NARROW = 0.15  # longest chord at the narrow place between two circles, relative to the width of that place
WALL_PART = 0.1  # least feature relative to the outer radius, since fields follow round walls even if these are thin
LEAST_WALL = 1e-5  # least wall relative to the outer radius
THIN = 10.0  # largest feature relative to the thickness of the thinnest wall

# Parameters with one meaning in all fibres.
CollectorDiameter = Annotated[
    float, Param("diameter of the collector inside each solid strand; 0 for none", "um", 0.0, 1e4)
]
JacketThickness = Annotated[float, Param("wall of the jacket around all; 0 for none", "um", 0.0, 5e3)]
FiberLength = Annotated[float, Param("length along the axis", "um", 1.0, 1e6)]
BendRadius = Annotated[float, Param("radius of the axis, bent towards +x; 0 for straight", "um", 0.0, 1e7)]

Centres = Sequence[tuple[float, float]]
Span = tuple[float, float]


def strands(name: str, centres: Centres, radius: float, core: float, count: int, span: Span) -> list[Region]:
    """Return an electrode of equal strands, with a collector of diameter `core` inside each if that is above 0 um.

    Each has a corner that points away from (0, 0).
    """
    starts = [math.remainder(math.atan2(y, x), 2.0 * math.pi / count) for x, y in centres]
    discs = [disc(radius, count, at, start) for at, start in zip(centres, starts, strict=True)]
    if core <= 0.0:
        return [_region(name, discs, span)]
    wire = area_radius(0.5 * core, count)
    inner = [disc(wire, count, at, start) for at, start in zip(centres, starts, strict=True)]
    tubes = [Polygon(one.exterior, [hole.exterior]) for one, hole in zip(discs, inner, strict=True)]
    return [_region(f"{name}_collector", inner, span), _region(name, tubes, span)]


def _region(name: str, pieces: list[Polygon], span: Span) -> Region:
    footprint = pieces[0] if len(pieces) == 1 else MultiPolygon(pieces)
    return Region(name=name, role=name, footprint=footprint, z=span, priority=1)


def jacket(inner: float, thickness: float, count: int, span: Span, start: float = 0.0) -> list[Region]:
    """Return the jacket around corners at a radius from the angle `start` on, or nothing where it has no thickness."""
    if thickness <= 0.0:
        return []
    wall = ring(inner, inner + thickness, count, start)
    return [Region(name="encapsulation", role="encapsulation", footprint=wall, z=span)]


def narrow_width(gap: float, radius: float, other_radius: float) -> float:
    """Return the width (um) of the narrow place between two circles that nearly touch.

    The distance between them is gap + x2 / 2r, 1 / r = 1 / r1 + 1 / r2, which is twice the gap at x = sqrt(2 gap r).
    A circle that surrounds the other has a negative radius.
    """
    return math.sqrt(2.0 * gap / (1.0 / radius + 1.0 / other_radius))


def chords(radius: float, thinnest: float, *narrow: float) -> int:
    """Return the number of chords of a circle that the thinnest wall and narrow places of those widths need.

    The distance of a chord of the angle 2 pi / n from its circle is r (pi / n)2 / 2.
    """
    beside = math.pi * math.sqrt(radius / (2.0 * SAGITTA * thinnest))
    along = max((2.0 * math.pi * radius / (NARROW * width) for width in narrow), default=0.0)
    return max(ROUND, 4 * math.ceil(0.25 * max(beside, along)))


def thinnest_wall(outer: float, coat: float, **walls: float) -> float:
    """Return the least of walls and distances that are above 0 um; the keywords are the names of their parameters.

    coat: wall of a strand around its collector, um.

    Raises:
        LayoutError: one is so small against the outer radius that its chords cannot be counted.
    """
    least = LEAST_WALL * outer
    for name, size in (*walls.items(), ("collector_diameter", coat)):
        bound = f"must leave no wall between 0 and {least:.6g} um, {LEAST_WALL:g} of the outer radius"
        require(size == 0.0 or size >= least, name, size, bound)
    return min(size for size in (*walls.values(), coat) if size > 0.0)


def feature_of(thinnest: float, outer: float) -> float:
    """Return the scale of the mesh (um) of a fibre from its thinnest wall and its outer radius."""
    return min(max(thinnest, WALL_PART * outer), THIN * thinnest)


def twisted_and_bent(layout: Layout, pitch: float, bend_radius: float) -> Layout:
    """Return the layout with a twist, a bend or both; 0 um means none.

    Raises:
        LayoutError: with the family's parameter, `pitch` or `bend_radius`.
    """
    placement = _placement(pitch, bend_radius)
    if placement is None:
        return layout
    try:
        return layout.placed(placement)
    except LayoutError as refused:
        parameter = {"placement.pitch": "pitch", "placement.radius": "bend_radius"}[refused.parameter]
        raise LayoutError(parameter, refused.value, refused.bound) from refused


def _placement(pitch: float, bend_radius: float) -> Placement | None:
    if pitch == 0.0:
        return BentAxis(bend_radius) if bend_radius > 0.0 else None
    return Composed(TwistedAxis(pitch), BentAxis(bend_radius)) if bend_radius > 0.0 else TwistedAxis(pitch)
