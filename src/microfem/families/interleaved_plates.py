"""Stacked comb: horizontal plates of anode and cathode in turns, those of each polarity on a vertical collector."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeThickness,
    CathodeThickness,
    EncapsulationThickness,
    SubstrateThickness,
)
from microfem.layout import Layout, Region
from microfem.layout.shapes import rectangle

LEAST = 0.01  # least part of the gap that a distance other than 0 has


@family(dimensions=("3d", "section"), materials=PLANAR_MATERIALS)
def interleaved_plates(
    *,
    plates: Annotated[
        int, Param("plates of both polarities, in turns from an anode at the bottom", low=2, high=60)
    ] = 6,
    plate_length: Annotated[float, Param("length of a plate from its collector to its tip", "um", 10.0, 1e6)] = 2000.0,
    width: Annotated[float, Param("width of the plates and collectors, along y", "um", 10.0, 1e6)] = 2000.0,
    gap: Annotated[float, Param("distance between neighbouring plates", "um", 0.1, 1e4)] = 100.0,
    tip_gap: Annotated[
        float, Param("distance from a plate's tip to the other collector, along x", "um", 0.0, 1e5)
    ] = 100.0,
    collector_width: Annotated[
        float, Param("width of the vertical collectors, along x; 0 for none", "um", 0.0, 1e5)
    ] = 100.0,
    anode_thickness: AnodeThickness = 50.0,
    cathode_thickness: CathodeThickness = 50.0,
    margin: Annotated[float, Param("electrolyte and substrate beyond plates and collectors", "um", 0.0, 1e5)] = 0.0,
    substrate_thickness: SubstrateThickness = 100.0,
    encapsulation_thickness: EncapsulationThickness = 100.0,
) -> Layout:
    """Plates along x and y above one another; electrolyte fills the gaps and the space in front of the tips.

    Anodes join the collector at low x, cathodes that at high x. z = 0 is the substrate's face, x = y = 0 the middle.
    Without collectors the plates end at the electrolyte's sides, or `tip_gap` before them.
    """
    bound = "must be above 0 um where collectors stand, or the tips touch them"
    require(tip_gap > 0.0 or collector_width == 0.0, "tip_gap", tip_gap, bound)
    bound = f"must be below plate_length, {plate_length:.6g} um, or the plates do not face each other"
    require(tip_gap < plate_length, "tip_gap", tip_gap, bound)
    for name, size in (("tip_gap", tip_gap), ("collector_width", collector_width), ("margin", margin)):
        bound = f"must be 0 um or at least {LEAST * gap:.6g} um, {LEAST} of the gap"
        require(size == 0.0 or size >= LEAST * gap, name, size, bound)
    inner, half = 0.5 * (plate_length + tip_gap), 0.5 * width
    end = inner + collector_width
    kinds = (("anode", -inner, anode_thickness), ("cathode", tip_gap - inner, cathode_thickness))
    parts, top = list[Region](), 0.0
    for number in range(plates):
        role, start, thickness = kinds[number % 2]
        low = top + gap if number else 0.0
        top = low + thickness
        plate = rectangle(start, -half, start + plate_length, half)
        name = f"{role}_{number // 2 + 1}"
        parts.append(Region(name=name, role=role, footprint=plate, z=(low, top), priority=2))
    if collector_width > 0.0:
        for role, x0, x1 in (("anode_collector", -end, -inner), ("cathode_collector", inner, end)):
            wall = rectangle(x0, -half, x1, half)
            parts.append(Region(name=role, role=role, footprint=wall, z=(0.0, top), priority=2))
    cell = rectangle(-end - margin, -half - margin, end + margin, half + margin)
    layers = [("electrolyte", 0.0, top), ("substrate", -substrate_thickness, 0.0)]
    if encapsulation_thickness > 0.0:
        layers.append(("encapsulation", top, top + encapsulation_thickness))
    parts += [Region(name=name, role=name, footprint=cell, z=(low, high)) for name, low, high in layers]
    return Layout(
        regions=tuple(parts),
        terminals={role: tuple(one.name for one in parts if one.role == role) for role in ("anode", "cathode")},
        feature=min(size for size in (gap, tip_gap, collector_width, plate_length, width) if size > 0.0),
        gap=gap,
        plane=0.5 * anode_thickness,
    )
