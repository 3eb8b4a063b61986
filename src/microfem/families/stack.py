"""The stack of layers that every planar family shares: substrate, collectors, electrodes, electrolyte, cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import shapely

from microfem.families.family import Param, require
from microfem.layout import Circle, Layout, Outline, Region, Sheet, union
from microfem.layout.shapes import rectangle

SHEET_RATIO = 50.0  # a layer thinner than this part of its neighbour becomes a sheet

# Parameters that mean the same in every family.
AnodeWidth = Annotated[float, Param("width of an anode finger or ring", "um", 1.0, 1e4)]
CathodeWidth = Annotated[float, Param("width of a cathode finger or ring", "um", 1.0, 1e4)]
Gap = Annotated[float, Param("distance between neighbouring anode and cathode", "um", 0.5, 1e4)]
BusbarWidth = Annotated[float, Param("width of the bar that joins the electrodes of one polarity", "um", 1.0, 1e5)]
TabLength = Annotated[float, Param("length of the contact pad beyond the busbar's end; 0 for none", "um", 0.0, 1e5)]
AnodeThickness = Annotated[float, Param("thickness of the anode", "um", 0.1, 5e3)]
CathodeThickness = Annotated[float, Param("thickness of the cathode", "um", 0.1, 5e3)]
CollectorThickness = Annotated[float, Param("thickness of both current collectors; 0 for none", "um", 0.0, 1e3)]
ElectrolyteHeight = Annotated[float, Param("height of the electrolyte above the substrate", "um", 0.5, 1e5)]
SubstrateThickness = Annotated[float, Param("thickness of the substrate", "um", 0.5, 1e4)]
EncapsulationThickness = Annotated[float, Param("thickness of the cover; 0 for none", "um", 0.0, 1e4)]
Margin = Annotated[float, Param("electrolyte and substrate beyond the electrodes on each side", "um", 0.0, 1e5)]

PLANAR_MATERIALS = {
    "anode": "zinc",
    "cathode": "pani",
    "electrolyte": "pva_zncl2_gel",
    "anode_collector": "cnt_paper",
    "cathode_collector": "cnt_paper",
    "anode_tab": "cnt_paper",
    "cathode_tab": "cnt_paper",
    "substrate": "pet",
    "encapsulation": "pdms",
}


def is_film(thickness: float, *neighbours: float) -> bool:
    """Tell whether a layer is so much thinner than its neighbours (um) that it becomes a sheet."""
    return 0.0 < thickness < min(neighbours) / SHEET_RATIO


def planar_layout(
    *,
    anode: Outline,
    cathode: Outline,
    gap: float,
    feature: float,
    anode_thickness: float,
    cathode_thickness: float,
    collector_thickness: float,
    electrolyte_height: float,
    substrate_thickness: float,
    encapsulation_thickness: float,
    margin: float,
    tabs: Mapping[str, Outline] | None = None,
    circles: tuple[Circle, ...] = (),
    fingers: Mapping[str, tuple[float, float]] | None = None,
) -> Layout:
    """Stack two coplanar electrodes on a substrate, under an electrolyte that fills the gaps.

    z = 0 is the substrate's face. The electrolyte covers the electrodes' bounding box plus the margin;
    tabs, if any, are pads of the collector (or the electrode) that stick out of it; circles are those that chords in
    the outlines stand for; fingers as in Layout.

    Raises:
        LayoutError: electrodes that touch, or that stick out of the electrolyte.
    """
    shapely.prepare(anode)  # an index instead of all pairs of edges
    require(not shapely.intersects(anode, cathode), "gap", gap, "anode and cathode must not touch or overlap")
    tallest = collector_thickness + max(anode_thickness, cathode_thickness)
    require(electrolyte_height > tallest, "electrolyte_height", electrolyte_height,
            f"must be above the electrodes' height, {tallest:.6g} um")  # fmt: skip
    x0, y0, x1, y1 = union([anode, cathode]).bounds
    cell = rectangle(x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    board = union([cell, *(tabs or {}).values()])
    thin = is_film(collector_thickness, anode_thickness, cathode_thickness, substrate_thickness)
    base = 0.0 if thin else collector_thickness
    regions = [
        Region(name="substrate", role="substrate", footprint=board, z=(-substrate_thickness, 0.0)),
        Region(name="electrolyte", role="electrolyte", footprint=cell, z=(0.0, electrolyte_height), priority=1),
    ]
    sheets: list[Sheet] = []
    terminals = {}
    for name, outline, thickness in (("anode", anode, anode_thickness), ("cathode", cathode, cathode_thickness)):
        regions.append(Region(name=name, role=name, footprint=outline, z=(base, base + thickness), priority=2))
        terminals[name] = (name,)
        if thin:
            sheets.append(
                Sheet(
                    name=f"{name}_collector",
                    role=f"{name}_collector",
                    footprint=outline,
                    z=0.0,
                    thickness=collector_thickness,
                )
            )
        elif collector_thickness > 0.0:
            regions.append(
                Region(name=f"{name}_collector", role=f"{name}_collector", footprint=outline, z=(0.0, base), priority=2)
            )
        if tabs and name in tabs:
            top = collector_thickness if collector_thickness > 0.0 and not thin else thickness
            regions.append(
                Region(name=f"{name}_tab", role=f"{name}_tab", footprint=tabs[name], z=(0.0, top), priority=3)
            )
            terminals[f"{name}_tab"] = (f"{name}_tab",)
    if encapsulation_thickness > 0.0:
        cover = (electrolyte_height, electrolyte_height + encapsulation_thickness)
        regions.append(Region(name="encapsulation", role="encapsulation", footprint=cell, z=cover))
    return Layout(
        family="",
        params={},
        regions=tuple(regions),
        terminals=terminals,
        feature=feature,
        gap=gap,
        plane=base + 0.5 * min(anode_thickness, cathode_thickness),
        sheets=tuple(sheets),
        circles=circles,
        fingers=fingers or {},
    )
