"""A flat film for a curved surface: a disc or a rectangle of one layer, or a whole thin cell."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeThickness,
    CathodeThickness,
    EncapsulationThickness,
    SubstrateThickness,
)
from microfem.layout import Layout, Outline, Region
from microfem.layout.shapes import area_radius, disc, rectangle, segments

ACROSS = 24.0  # approximate number of elements along the film's shorter side


@family(dimensions=("plan", "3d", "section"), materials=PLANAR_MATERIALS)
def film(
    *,
    outline: Annotated[Literal["disc", "rectangle"], Param("outline of the film in plan")] = "disc",
    diameter: Annotated[float, Param("diameter of a disc", "um", 0.05, 1e6)] = 10000.0,
    length: Annotated[float, Param("length of a rectangle, along x", "um", 0.05, 1e6)] = 10000.0,
    width: Annotated[float, Param("width of a rectangle, along y", "um", 0.05, 1e6)] = 10000.0,
    electrodes: Annotated[
        Literal["stacked", "none"], Param("an anode and a cathode on the substrate, or the bare substrate")
    ] = "stacked",
    margin: Annotated[float, Param("width of the electrolyte around the electrodes", "um", 0.0, 1e5)] = 500.0,
    gap: Annotated[
        float, Param("distance between the electrodes, the electrolyte's thickness", "um", 0.01, 1e4)
    ] = 20.0,
    anode_thickness: AnodeThickness = 20.0,
    cathode_thickness: CathodeThickness = 20.0,
    substrate_thickness: SubstrateThickness = 25.0,
    encapsulation_thickness: EncapsulationThickness = 0.0,
) -> Layout:
    """From bottom to top: substrate, anode, electrolyte, cathode, cover; or the substrate alone.

    z = 0 is the substrate's face, x = y = 0 the film's middle.
    """
    size = diameter if outline == "disc" else min(length, width)
    feature = size / ACROSS
    count = segments(0.5 * diameter, feature)

    def outlined(inset: float) -> Outline:
        if outline == "disc":
            return disc(area_radius(0.5 * diameter - inset, count), count)
        return rectangle(inset - 0.5 * length, inset - 0.5 * width, 0.5 * length - inset, 0.5 * width - inset)

    whole = outlined(0.0)
    base = Region(name="substrate", role="substrate", footprint=whole, z=(-substrate_thickness, 0.0))
    radii = (0.5 * diameter,) if outline == "disc" else ()
    bare = Layout(
        regions=(base,),
        terminals={},
        feature=feature,
        gap=gap,
        plane=-0.5 * substrate_thickness,
        circles=tuple((0.0, 0.0, r) for r in radii),
    )
    if electrodes == "none":
        return bare
    bound = f"must be 0 um or between {0.01 * feature:.6g} um and {0.4 * size:.6g} um, 0.4 of the width"
    require(margin == 0.0 or 0.01 * feature <= margin <= 0.4 * size, "margin", margin, bound)
    inner, middle = outlined(margin), anode_thickness + gap
    top = middle + cathode_thickness
    regions = [
        base,
        Region(name="electrolyte", role="electrolyte", footprint=whole, z=(0.0, top), priority=1),
        Region(name="anode", role="anode", footprint=inner, z=(0.0, anode_thickness), priority=2),
        Region(name="cathode", role="cathode", footprint=inner, z=(middle, top), priority=2),
    ]
    if encapsulation_thickness > 0.0:
        regions.append(
            Region(name="encapsulation", role="encapsulation", footprint=whole, z=(top, top + encapsulation_thickness))
        )
    return replace(
        bare,
        regions=tuple(regions),
        terminals={"anode": ("anode",), "cathode": ("cathode",)},
        plane=0.5 * anode_thickness,
        circles=tuple((0.0, 0.0, r - inset) for r in radii for inset in sorted({0.0, margin})),
    )
