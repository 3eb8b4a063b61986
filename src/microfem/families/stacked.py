"""Sandwich cell: anode and cathode plates face each other across the electrolyte."""

from __future__ import annotations

from typing import Annotated

from shapely import Polygon

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeThickness,
    CathodeThickness,
    CollectorThickness,
    EncapsulationThickness,
    ThinnestSubstrate,
    is_film,
)
from microfem.layout import Layout, Region, Sheet
from microfem.layout.shapes import rectangle

ACROSS = 8.0  # half the approximate number of elements along the plate's shorter side


@family(dimensions=("3d", "section"), materials=PLANAR_MATERIALS, sizes=("length", "width"))
def stacked(
    *,
    length: Annotated[float, Param("length of the electrodes, along x", "um", 0.05, 1e6)] = 10000.0,
    width: Annotated[float, Param("width of the electrodes, along y", "um", 0.05, 1e6)] = 10000.0,
    cathode_length: Annotated[float, Param("length of the cathode; 0 takes the anode's", "um", 0.0, 1e6)] = 0.0,
    cathode_width: Annotated[float, Param("width of the cathode; 0 takes the anode's", "um", 0.0, 1e6)] = 0.0,
    gap: Annotated[
        float, Param("distance between the electrodes, the electrolyte's thickness", "um", 0.01, 1e4)
    ] = 200.0,
    margin: Annotated[
        float, Param("width of electrolyte, substrate and cover beyond the plates", "um", 0.0, 1e5)
    ] = 0.0,
    anode_thickness: AnodeThickness = 50.0,
    cathode_thickness: CathodeThickness = 50.0,
    collector_thickness: CollectorThickness = 20.0,
    substrate_thickness: ThinnestSubstrate = 100.0,
    encapsulation_thickness: EncapsulationThickness = 100.0,
) -> Layout:
    """From bottom to top: substrate, anode's collector, anode, electrolyte, cathode, cathode's collector, cover.

    z = 0 is the substrate's face. With a margin, or with plates of unequal size, the electrolyte also surrounds them.
    """
    sizes = {"anode": (length, width), "cathode": (cathode_length or length, cathode_width or width)}
    shorter = min(min(size) for size in sizes.values())
    feature = max(min(gap, shorter), shorter / ACROSS)
    bound = f"must be 0 um or at least {0.01 * feature:.6g} um, a hundredth of the mesh's scale"
    require(margin == 0.0 or margin >= 0.01 * feature, "margin", margin, bound)
    plates = {name: _centred(*size) for name, size in sizes.items()}
    sides = [max(pair) + 2.0 * margin for pair in zip(*sizes.values(), strict=True)]
    cell, around = _centred(*sides), margin > 0.0 or sizes["anode"] != sizes["cathode"]
    film = is_film(collector_thickness, anode_thickness, cathode_thickness, substrate_thickness)
    base = 0.0 if film else collector_thickness
    low = base + anode_thickness
    high = low + gap
    top = high + cathode_thickness
    regions = [
        Region(name="anode", role="anode", footprint=plates["anode"], z=(base, low), priority=2),
        Region(name="cathode", role="cathode", footprint=plates["cathode"], z=(high, top), priority=2),
        Region(
            name="electrolyte",
            role="electrolyte",
            footprint=cell,
            z=(0.0, top + base) if around else (low, high),
            priority=1,
        ),
    ]
    sheets = []
    for name, z, at in (("anode_collector", (0.0, base), 0.0), ("cathode_collector", (top, top + base), top)):
        plate = plates[name.removesuffix("_collector")]
        if film:
            sheets.append(Sheet(name=name, role=name, footprint=plate, z=at, thickness=collector_thickness))
        elif base > 0.0:
            regions.append(Region(name=name, role=name, footprint=plate, z=z, priority=2))
    if substrate_thickness > 0.0:
        regions.insert(0, Region(name="substrate", role="substrate", footprint=cell, z=(-substrate_thickness, 0.0)))
    if encapsulation_thickness > 0.0:
        cover = (top + base, top + base + encapsulation_thickness)
        regions.append(Region(name="encapsulation", role="encapsulation", footprint=cell, z=cover))
    return Layout(
        regions=tuple(regions),
        terminals={"anode": ("anode",), "cathode": ("cathode",)},
        feature=feature,
        gap=gap,
        plane=low + 0.5 * gap,
        sheets=tuple(sheets),
    )


def _centred(length: float, width: float) -> Polygon:
    """Return a rectangle about the origin."""
    return rectangle(-0.5 * length, -0.5 * width, 0.5 * length, 0.5 * width)
