"""Fibre batteries: coaxial, two strands side by side, two strands twisted into a double helix."""

from __future__ import annotations

from typing import Annotated, Literal

from shapely import Polygon

from microfem.families.family import Param, family, require, require_positive
from microfem.families.strands import (
    FIBER_MATERIALS,
    BendRadius,
    CollectorDiameter,
    FiberLength,
    JacketThickness,
    Span,
    chords,
    feature_of,
    jacket,
    narrow_width,
    strands,
    thinnest_wall,
    twisted_and_bent,
)
from microfem.layout import Layout, Region
from microfem.layout.shapes import corner_radius, disc, ring

NEAREST = 0.02  # least part of the gap that a shifted core leaves


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
    collector_diameter: CollectorDiameter = 0.0,
    gap: Annotated[float, Param("electrolyte between anode and cathode; coaxial: its mean", "um", 0.5, 5e3)] = 50.0,
    offset: Annotated[
        float, Param("shift of the anode along x from the cathode's axis; coaxial", "um", 0.0, 5e3)
    ] = 0.0,
    margin: Annotated[
        float, Param("electrolyte between the strands and its outer circle; parallel and twisted", "um", 0.5, 1e4)
    ] = 50.0,
    jacket_thickness: JacketThickness = 0.0,
    length: FiberLength = 3000.0,
    pitch: Annotated[float, Param("length of one turn of the twist; twisted", "um", 1.0, 1e6)] = 3000.0,
    bend_radius: BendRadius = 0.0,
) -> Layout:
    """A fibre along z: the plan is its uniform cross-section, z = 0 is at half its length.

    coaxial: collector, anode, electrolyte and cathode as nested tubes, the first two shifted by the offset. parallel:
    an anode strand at x < 0 and a cathode strand at x > 0 in a cylinder of electrolyte. twisted: the parallel section
    rotated about z, one turn per pitch.
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
    nearest = gap - offset if coaxial else gap
    bound = f"must be at most {(1.0 - NEAREST) * gap:.6g} um, {1.0 - NEAREST} of the gap"
    require(nearest >= NEAREST * gap, "offset", offset, bound)
    radii = (0.5 * anode_diameter, 0.5 * anode_diameter + gap, 0.5 * anode_diameter + gap + cathode_thickness)
    outer = radii[2] if coaxial else 0.5 * (anode_diameter + gap + cathode_diameter) + margin
    beside = {"cathode_thickness": cathode_thickness} if coaxial else {"margin": margin}
    walls = {"collector_diameter": collector_diameter, "jacket_thickness": jacket_thickness, **beside}
    thinnest = thinnest_wall(outer, coat, gap=nearest, **walls)
    span = (-0.5 * length, 0.5 * length)
    if coaxial:
        regions, circles, rim, count = _coaxial(radii, collector_diameter, offset, thinnest, span)
    else:
        pair = (0.5 * anode_diameter, 0.5 * cathode_diameter)
        regions, circles, rim, count = _side_by_side(pair, outer, collector_diameter, gap, thinnest, span)
    regions += jacket(rim, jacket_thickness, count, span)
    layout = Layout(
        regions=tuple(regions),
        terminals={"anode": ("anode",), "cathode": ("cathode",)},
        feature=feature_of(thinnest, outer),
        gap=nearest,
        plane=0.0,
        projected=2.0 * (outer + jacket_thickness) * length,
        circles=(*((x, 0.0, radius) for x, radius in circles), (0.0, 0.0, outer + jacket_thickness)),
    )
    return twisted_and_bent(layout, pitch if arrangement == "twisted" else 0.0, bend_radius)


# Regions, circles as x and radius, corner radius of the outermost outline and the number of its chords.
_Section = tuple[list[Region], list[tuple[float, float]], float, int]


def _coaxial(radii: tuple[float, float, float], core: float, offset: float, thinnest: float, span: Span) -> _Section:
    """Return the anode at (offset, 0), the electrolyte and the cathode up to the radii, as similar polygons.

    Their sides, not their corners, lie on the circles, so that walls have their declared thickness.
    """
    narrow = narrow_width(radii[1] - radii[0] - offset, radii[0], -radii[1])
    count = max(chords(radii[2], thinnest), chords(radii[1], thinnest, narrow))
    anode, bore, outer = (corner_radius(radius, count) for radius in radii)
    inside = Polygon(disc(bore, count).exterior, [disc(anode, count, (offset, 0.0)).exterior])
    regions = [
        *strands("anode", [(offset, 0.0)], anode, core, count, span),
        Region(name="electrolyte", role="electrolyte", footprint=inside, z=span),
        Region(name="cathode", role="cathode", footprint=ring(bore, outer, count), z=span),
    ]
    circles = [(offset, 0.5 * core), (offset, radii[0]), (0.0, radii[1]), (0.0, radii[2])]
    return regions, circles, outer, count


def _side_by_side(
    radii: tuple[float, float], outer: float, core: float, gap: float, thinnest: float, span: Span
) -> _Section:
    """Return the electrolyte around (0, 0), the anode strand and the cathode strand."""
    edge = radii[0] + radii[1] + 0.5 * gap
    places = (("anode", radii[0] - edge, radii[0]), ("cathode", edge - radii[1], radii[1]))
    count = chords(outer, thinnest, *(narrow_width(outer - edge, radius, -outer) for radius in radii))
    regions = [Region(name="electrolyte", role="electrolyte", footprint=disc(outer, count), z=span)]
    narrow = narrow_width(gap, *radii)
    for name, x, radius in places:
        regions += strands(name, [(x, 0.0)], radius, core, chords(radius, thinnest, narrow), span)
    circles = [(x, size) for _, x, radius in places for size in (radius, 0.5 * core)]
    return regions, [*circles, (0.0, outer)], outer, count
