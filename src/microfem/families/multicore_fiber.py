"""Fibre batteries of many strands: cores in one tubular cathode, or anodes and cathodes in turns around the axis."""

from __future__ import annotations

import math
from typing import Annotated, Literal

from microfem.families.family import Param, family, require, require_positive
from microfem.families.strands import (
    FIBER_MATERIALS,
    BendRadius,
    Centres,
    CollectorDiameter,
    FiberLength,
    JacketThickness,
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


@family(dimensions=("plan", "3d"), materials=FIBER_MATERIALS)
def multicore_fiber(
    *,
    arrangement: Annotated[
        Literal["sheath", "alternating"], Param("all cores anodes in a cathode tube, or anodes and cathodes in turns")
    ] = "sheath",
    cores: Annotated[
        int, Param("strands on a circle around the axis; alternating: an even number", low=2, high=24)
    ] = 4,
    core_diameter: Annotated[float, Param("outer diameter of each strand", "um", 1.0, 1e4)] = 100.0,
    collector_diameter: CollectorDiameter = 0.0,
    spacing: Annotated[float, Param("distance between neighbouring strands", "um", 0.5, 5e3)] = 50.0,
    margin: Annotated[
        float, Param("electrolyte between the strands and the sheath, or its outer circle", "um", 0.5, 1e4)
    ] = 50.0,
    sheath_thickness: Annotated[float, Param("wall of the cathode tube; sheath", "um", 0.5, 5e3)] = 50.0,
    jacket_thickness: JacketThickness = 0.0,
    length: FiberLength = 3000.0,
    pitch: Annotated[float, Param("length of one turn of the strands' twist; 0 for straight", "um", 0.0, 1e6)] = 0.0,
    bend_radius: BendRadius = 0.0,
) -> Layout:
    """A fibre along z of equal strands on a circle: the plan is its cross-section, z = 0 is at half its length.

    The first strand, an anode, is at x > 0, y = 0. Electrolyte fills the space between the strands and around the axis.
    """
    require_positive(core_diameter=core_diameter, spacing=spacing, margin=margin, length=length)
    bound = f"must be below the strand's diameter, {core_diameter:.6g} um"
    require(collector_diameter < core_diameter, "collector_diameter", collector_diameter, bound)
    in_tube = arrangement == "sheath"
    require(in_tube or cores % 2 == 0, "cores", cores, "must be even where anodes and cathodes take turns")
    coat = 0.5 * (core_diameter - collector_diameter) if collector_diameter > 0.0 else core_diameter
    sheath = sheath_thickness if in_tube else 0.0
    radius, span = 0.5 * core_diameter, (-0.5 * length, 0.5 * length)
    centres = _ring_of(cores, core_diameter + spacing)
    bore = centres[0][0] + radius + margin
    outer = bore + sheath
    walls = {"spacing": spacing, "margin": margin, "sheath_thickness": sheath, "jacket_thickness": jacket_thickness}
    thinnest = thinnest_wall(outer, coat, collector_diameter=collector_diameter, **walls)
    beside = narrow_width(margin, radius, -bore)
    count = _multiple(chords(radius, thinnest, beside, narrow_width(spacing, radius, radius)), 4 * cores)
    around = _multiple(chords(outer, thinnest, beside), 4 * cores)
    half = math.pi / around  # sides, not corners, of the outer polygons face the strands
    inner, rim = corner_radius(bore, around), corner_radius(outer, around)
    regions = [Region(name="electrolyte", role="electrolyte", footprint=disc(inner, around, start=half), z=span)]
    if in_tube:
        regions += strands("anode", centres, radius, collector_diameter, count, span)
        regions.append(Region(name="cathode", role="cathode", footprint=ring(inner, rim, around, half), z=span))
    else:
        regions += strands("anode", centres[::2], radius, collector_diameter, count, span)
        regions += strands("cathode", centres[1::2], radius, collector_diameter, count, span)
    regions += jacket(rim, jacket_thickness, around, span, half)
    circles = [(x, y, size) for x, y in centres for size in (radius, 0.5 * collector_diameter)]
    layout = Layout(
        regions=tuple(regions),
        terminals={"anode": ("anode",), "cathode": ("cathode",)},
        feature=feature_of(thinnest, outer),
        gap=margin if in_tube else spacing,
        plane=0.0,
        projected=2.0 * (outer + jacket_thickness) * length,
        circles=(*circles, *((0.0, 0.0, size) for size in (bore, outer, outer + jacket_thickness))),
    )
    return twisted_and_bent(layout, pitch, bend_radius)


def _ring_of(count: int, apart: float) -> Centres:
    """Return places on a circle around (0, 0), the first at y = 0, with a distance between neighbours, um."""
    radius = 0.5 * apart / math.sin(math.pi / count)
    angles = [2.0 * math.pi * k / count for k in range(count)]
    return [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]


def _multiple(count: int, of: int) -> int:
    """Return the least multiple that is not below a count: so chords lie alike at each strand, and gaps are exact."""
    return -(-count // of) * of
