"""Fibre batteries: coaxial, two strands side by side, two strands twisted into a double helix."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from shapely import Polygon

from microfem.base.errors import LayoutError
from microfem.families.family import Param, family, require, require_positive
from microfem.layout import BentAxis, Composed, Layout, Placement, Region, TwistedAxis
from microfem.layout.shapes import area_radius, corner_radius, disc, ring

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
THIN = 10.0  # largest feature relative to the thickness of the thinnest wall


@family(dimensions=("plan", "3d"), materials=FIBER_MATERIALS, sizes=("length",))
def fiber(
    *,
    arrangement: Annotated[
        Literal["coaxial", "parallel", "twisted"], Param("cathode around the anode, beside it, or twisted with it")
    ] = "coaxial",
    anode_diameter: Annotated[float, Param("outer diameter of the anode", "um", 1.0, 1e4)] = 200.0,
    cathode_diameter: Annotated[
        float, Param("outer diameter of the cathode strand; parallel and twisted", "um", 1.0, 1e4)
    ] = 200.0,
    cathode_thickness: Annotated[float, Param("wall of the cathode tube; coaxial", "um", 0.5, 5e3)] = 50.0,
    collector_diameter: Annotated[
        float, Param("diameter of the collector inside each solid strand; 0 for none", "um", 0.0, 1e4)
    ] = 0.0,
    gap: Annotated[float, Param("electrolyte between anode and cathode", "um", 0.5, 5e3)] = 50.0,
    margin: Annotated[
        float, Param("electrolyte between the strands and its outer circle; parallel and twisted", "um", 0.5, 1e4)
    ] = 50.0,
    jacket_thickness: Annotated[float, Param("wall of the jacket around all; 0 for none", "um", 0.0, 5e3)] = 0.0,
    length: Annotated[float, Param("length along the axis", "um", 1.0, 1e6)] = 3000.0,
    pitch: Annotated[float, Param("length of one turn of the twist; twisted", "um", 1.0, 1e6)] = 3000.0,
    bend_radius: Annotated[float, Param("radius of the axis, bent towards +x; 0 for straight", "um", 0.0, 1e7)] = 0.0,
) -> Layout:
    """A fibre along z: the plan is its uniform cross-section, z = 0 is at half its length.

    coaxial: collector, anode, electrolyte and cathode as nested tubes. parallel: an anode strand at x < 0 and a cathode
    strand at x > 0 in a cylinder of electrolyte. twisted: the parallel section rotated about z, one turn per pitch.
    """
    require_positive(
        anode_diameter=anode_diameter,
        cathode_diameter=cathode_diameter,
        cathode_thickness=cathode_thickness,
        gap=gap,
        margin=margin,
        length=length,
    )
    coaxial = arrangement == "coaxial"
    solid = anode_diameter if coaxial else min(anode_diameter, cathode_diameter)
    bound = f"must be below the strand's diameter, {solid:.6g} um"
    require(0.0 <= collector_diameter < solid, "collector_diameter", collector_diameter, bound)
    coat = 0.5 * (solid - collector_diameter) if collector_diameter > 0.0 else solid
    walls = (gap, coat, cathode_thickness if coaxial else margin, collector_diameter, jacket_thickness)
    thinnest = min(size for size in walls if size > 0.0)
    span = (-0.5 * length, 0.5 * length)
    if coaxial:
        radii = (0.5 * anode_diameter, 0.5 * anode_diameter + gap, 0.5 * anode_diameter + gap + cathode_thickness)
        outer, count = radii[2], _count(radii[2], thinnest)
        regions = _coaxial(radii, collector_diameter, count, span)
        circles = [(0.0, radius) for radius in (0.5 * collector_diameter, *radii, radii[2] + jacket_thickness)]
    else:
        outer = 0.5 * (anode_diameter + gap + cathode_diameter) + margin
        strands = (0.5 * anode_diameter, 0.5 * cathode_diameter)
        count = _count(outer, thinnest, *(_narrow(margin, radius, -outer) for radius in strands))
        regions = [Region(name="electrolyte", role="electrolyte", footprint=disc(outer, count), z=span)]
        regions += _side_by_side(strands, collector_diameter, gap, thinnest, span)
        circles = [(x, radius) for x, r in _centres(strands, gap) for radius in (r, 0.5 * collector_diameter)]
        circles += [(0.0, outer), (0.0, outer + jacket_thickness)]
    if jacket_thickness > 0.0:
        inner = corner_radius(outer, count) if coaxial else outer
        jacket = ring(inner, inner + jacket_thickness, count)
        regions.append(Region(name="encapsulation", role="encapsulation", footprint=jacket, z=span))
    feature = min(max(thinnest, WALL_PART * outer), THIN * thinnest)
    layout = Layout(
        regions=tuple(regions),
        terminals={"anode": ("anode",), "cathode": ("cathode",)},
        feature=feature,
        gap=gap,
        plane=0.0,
        projected=2.0 * (outer + jacket_thickness) * length,
        circles=tuple((x, 0.0, radius) for x, radius in circles),
    )
    placement = _placement(pitch if arrangement == "twisted" else 0.0, bend_radius)
    return _placed(layout, placement) if placement else layout


def _coaxial(radii: tuple[float, float, float], core: float, count: int, span: tuple[float, float]) -> list[Region]:
    """Return the anode, the electrolyte and the cathode up to the radii, as similar polygons.

    Their sides, not their corners, lie on the circles, so that walls have their declared thickness.
    """
    anode, bore, outer = (corner_radius(radius, count) for radius in radii)
    return [
        *_strand("anode", anode, core, 0.0, count, span),
        Region(name="electrolyte", role="electrolyte", footprint=ring(anode, bore, count), z=span),
        Region(name="cathode", role="cathode", footprint=ring(bore, outer, count), z=span),
    ]


def _side_by_side(
    radii: tuple[float, float], core: float, gap: float, thinnest: float, span: tuple[float, float]
) -> list[Region]:
    """Return the anode strand and the cathode strand, with the centre of the circle around both at x = 0."""
    narrow = _narrow(gap, *radii)
    strands = zip(("anode", "cathode"), _centres(radii, gap), strict=True)
    return [part for name, (x, r) in strands for part in _strand(name, r, core, x, _count(r, thinnest, narrow), span)]


def _centres(radii: tuple[float, float], gap: float) -> list[tuple[float, float]]:
    """Return x and radius of two strands side by side."""
    edge = radii[0] + radii[1] + 0.5 * gap
    return [(radii[0] - edge, radii[0]), (edge - radii[1], radii[1])]


def _strand(name: str, radius: float, core: float, x: float, count: int, span: tuple[float, float]) -> list[Region]:
    """Return an electrode at (x, 0), with a collector of diameter `core` inside if that is above 0 um."""
    if core <= 0.0:
        return [Region(name=name, role=name, footprint=disc(radius, count, (x, 0.0)), z=span, priority=1)]
    collector = f"{name}_collector"
    inner, outer = disc(area_radius(0.5 * core, count), count, (x, 0.0)), disc(radius, count, (x, 0.0))
    return [
        Region(name=collector, role=collector, footprint=inner, z=span, priority=1),
        Region(name=name, role=name, footprint=Polygon(outer.exterior, [inner.exterior]), z=span, priority=1),
    ]


def _narrow(gap: float, radius: float, other_radius: float) -> float:
    """Return the width (um) of the narrow place between two circles that nearly touch.

    The distance between them is gap + x2 / 2r, 1 / r = 1 / r1 + 1 / r2, which is twice the gap at x = sqrt(2 gap r).
    A circle that surrounds the other has a negative radius.
    """
    return math.sqrt(2.0 * gap / (1.0 / radius + 1.0 / other_radius))


def _count(radius: float, thinnest: float, *narrow: float) -> int:
    """Return the number of chords of a circle that the thinnest wall and narrow places of those widths need.

    The distance of a chord of the angle 2 pi / n from its circle is r (pi / n)2 / 2.
    """
    beside = math.pi * math.sqrt(radius / (2.0 * SAGITTA * thinnest))
    along = max((2.0 * math.pi * radius / (NARROW * width) for width in narrow), default=0.0)
    return max(ROUND, 4 * math.ceil(0.25 * max(beside, along)))


def _placement(pitch: float, bend_radius: float) -> Placement | None:
    """Return the twist, the bend or both; 0 um means none."""
    if pitch == 0.0:
        return BentAxis(bend_radius) if bend_radius > 0.0 else None
    return Composed(TwistedAxis(pitch), BentAxis(bend_radius)) if bend_radius > 0.0 else TwistedAxis(pitch)


def _placed(layout: Layout, placement: Placement) -> Layout:
    """Return the layout with a placement; an error names the family's parameter."""
    try:
        return layout.placed(placement)
    except LayoutError as refused:
        parameter = {"placement.pitch": "pitch", "placement.radius": "bend_radius"}[refused.parameter]
        raise LayoutError(parameter, refused.value, refused.bound) from refused
