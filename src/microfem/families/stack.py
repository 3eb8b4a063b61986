"""The stack of layers of every planar family: substrate, collectors, electrodes, electrolyte, cover."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import shapely

from microfem.families.family import Param, require
from microfem.layout import Circle, Layout, Outline, Region, Sheet, union
from microfem.layout.shapes import rectangle

SHEET_RATIO = 50.0  # a layer becomes a sheet if its neighbours are more than this many times thicker

# Parameters with one meaning in all families.
AnodeWidth = Annotated[float, Param("width of an anode finger or ring", "um", 0.05, 1e4)]
CathodeWidth = Annotated[float, Param("width of a cathode finger or ring", "um", 0.05, 1e4)]
Gap = Annotated[float, Param("distance between neighbouring anode and cathode", "um", 0.05, 1e4)]
BusbarWidth = Annotated[float, Param("width of the busbar that joins the electrodes of one polarity", "um", 0.05, 1e5)]
TabLength = Annotated[float, Param("length of the contact pad beyond the busbar's end; 0 for none", "um", 0.0, 1e5)]
AnodeThickness = Annotated[float, Param("thickness of the anode", "um", 0.01, 5e3)]
CathodeThickness = Annotated[float, Param("thickness of the cathode", "um", 0.01, 5e3)]
CollectorThickness = Annotated[float, Param("thickness of both current collectors; 0 for none", "um", 0.0, 1e3)]
ElectrolyteHeight = Annotated[float, Param("height of the electrolyte above the substrate", "um", 0.01, 1e5)]
SubstrateThickness = Annotated[float, Param("thickness of the substrate", "um", 0.01, 1e4)]
ThinnestSubstrate = Annotated[float, Param("thickness of the substrate; 0 for none", "um", 0.0, 1e4)]
EncapsulationThickness = Annotated[float, Param("thickness of the cover; 0 for none", "um", 0.0, 1e4)]


@dataclass(frozen=True, kw_only=True)
class PlanarElectrodes:
    """The thicknesses of two coplanar electrodes, a group of parameters."""

    anode_thickness: Annotated[float, Param("thickness of the anode; 0 for an ideal sheet", "um", 0.0, 5e3)] = 30.0
    cathode_thickness: Annotated[float, Param("thickness of the cathode; 0 for an ideal sheet", "um", 0.0, 5e3)] = 30.0


@dataclass(frozen=True, kw_only=True)
class PlanarStack:
    """The layers under and over coplanar electrodes, a group of parameters."""

    collector_thickness: CollectorThickness = 0.0
    electrolyte_height: ElectrolyteHeight = 300.0
    substrate_thickness: ThinnestSubstrate = 100.0
    encapsulation_thickness: EncapsulationThickness = 0.0
    margin: Annotated[float, Param("electrolyte and substrate beyond the electrodes on each side", "um", 0.0, 1e5)] = (
        300.0
    )


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
    """Tell whether a layer is so much thinner than its neighbours that it becomes a sheet; all lengths in um.

    A neighbour without thickness does not count.
    """
    return 0.0 < thickness < min((one for one in neighbours if one > 0.0), default=math.inf) / SHEET_RATIO


def _part(name: str, footprint: Outline, z: tuple[float, float], priority: int) -> Region:
    """Return a region whose name is its role."""
    return Region(name=name, role=name, footprint=footprint, z=z, priority=priority)


def _electrode(
    name: str, outline: Outline, thickness: float, base: float, film: float
) -> tuple[list[Region], list[Sheet]]:
    """Return an electrode on its collector, which is as high as `base` or a film on z = 0 of that thickness, um."""
    collector = f"{name}_collector"
    regions = [_part(collector, outline, (0.0, base), 2)] if base > 0.0 else []
    sheets = [Sheet(name=collector, role=collector, footprint=outline, z=0.0, thickness=film)] if film > 0.0 else []
    if thickness > 0.0:
        return [_part(name, outline, (base, base + thickness), 2), *regions], sheets
    return regions, [*sheets, Sheet(name=name, role=name, footprint=outline, z=base, thickness=0.0)]


def planar_layout(
    *,
    anode: Outline,
    cathode: Outline,
    gap: float,
    feature: float,
    electrodes: PlanarElectrodes,
    stack: PlanarStack,
    tabs: Mapping[str, Outline] | None = None,
    circles: tuple[Circle, ...] = (),
    fingers: Mapping[str, tuple[float, float]] | None = None,
) -> Layout:
    """Stack two coplanar electrodes on a substrate, under an electrolyte that fills the gaps.

    z = 0 is the substrate's face. The electrolyte covers the electrodes' bounding box plus the margin; tabs are contact
    pads of the collector (or the electrode) that extend beyond it; circles are those that chords in the outlines
    represent; fingers as in Layout. Lengths are in um.

    Raises:
        LayoutError: the electrodes touch, or are higher than the electrolyte.
    """
    shapely.prepare(anode)  # builds a spatial index, so that not all pairs of edges are compared
    require(not shapely.intersects(anode, cathode), "gap", gap, "anode and cathode must not touch or overlap")
    both, collector, height = vars(electrodes).values(), stack.collector_thickness, stack.electrolyte_height
    tallest = collector + max(both)
    require(height > tallest, "electrolyte_height", height, f"must be above the electrodes' height, {tallest:.6g} um")
    (x0, y0, x1, y1), margin = union([anode, cathode]).bounds, stack.margin
    cell = rectangle(x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    board = union([cell, *(tabs or {}).values()])
    thin = is_film(collector, *both, stack.substrate_thickness)
    base = 0.0 if thin else collector
    regions = [_part("electrolyte", cell, (0.0, height), 1)]
    if stack.substrate_thickness > 0.0:
        regions.insert(0, _part("substrate", board, (-stack.substrate_thickness, 0.0), 0))
    sheets, terminals = list[Sheet](), {}
    for name, outline, thickness in zip(("anode", "cathode"), (anode, cathode), both, strict=True):
        own, films = _electrode(name, outline, thickness, base, collector if thin else 0.0)
        regions += own
        sheets += films
        terminals[name] = (name,)
        if tabs and name in tabs:
            top = base if base > 0.0 else thickness
            require(top > 0.0, f"{name}_thickness", thickness, "must be above 0 um for a tab without a collector")
            regions.append(_part(f"{name}_tab", tabs[name], (0.0, top), 3))
            terminals[f"{name}_tab"] = (f"{name}_tab",)
    if stack.encapsulation_thickness > 0.0:
        regions.append(_part("encapsulation", cell, (height, height + stack.encapsulation_thickness), 0))

    return Layout(
        regions=tuple(regions),
        terminals=terminals,
        feature=feature,
        gap=gap,
        plane=base + 0.5 * min(both),  # of ideal sheets that is where they lie
        sheets=tuple(sheets),
        circles=circles,
        fingers=fingers or {},
    )
