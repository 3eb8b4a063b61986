"""Stretchable cells in series: stiff islands on a soft substrate, joined by straight or serpentine bridges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from shapely.affinity import translate

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    AnodeThickness,
    CathodeThickness,
    ElectrolyteHeight,
    EncapsulationThickness,
    Gap,
    SubstrateThickness,
)
from microfem.layout import Layout, Outline, Region, union
from microfem.layout.ribbon import Ribbon, meander
from microfem.layout.shapes import rectangle, serpentine

WIDEST_RIBBON = 1.5  # width of a serpentine over the radius of its centre line; with 2 it would touch itself
WIDEST_BRIDGE = 0.9  # width of a bridge over the size of an island
MATERIALS = {**PLANAR_MATERIALS, "bridge": "cnt_paper", "substrate": "ecoflex", "encapsulation": "ecoflex"}


@family(dimensions=("3d", "plan"), materials=MATERIALS)
def island_bridge(
    *,
    columns: Annotated[int, Param("islands in a row, joined in series along x", low=1, high=20)] = 3,
    rows: Annotated[int, Param("rows of islands", low=1, high=20)] = 1,
    island_size: Annotated[float, Param("side of the square islands", "um", 0.05, 1e5)] = 3000.0,
    gap: Gap = 300.0,
    bridge_shape: Annotated[Literal["straight", "serpentine"], Param("shape of the bridges")] = "straight",
    bridge_length: Annotated[
        float, Param("distance between neighbouring islands, which a bridge spans", "um", 0.05, 1e5)
    ] = 3000.0,
    bridge_width: Annotated[float, Param("width of a bridge", "um", 0.05, 1e4)] = 300.0,
    periods: Annotated[int, Param("periods of a serpentine", low=1, high=20)] = 1,
    amplitude: Annotated[
        float, Param("largest distance of a serpentine's centre line from its axis", "um", 0.05, 1e5)
    ] = 1200.0,
    anode_thickness: AnodeThickness = 30.0,
    cathode_thickness: CathodeThickness = 30.0,
    collector_thickness: Annotated[
        float, Param("thickness of the bridges and of the collectors that they join", "um", 0.01, 1e3)
    ] = 20.0,
    electrolyte_height: ElectrolyteHeight = 200.0,
    substrate_thickness: SubstrateThickness = 500.0,
    encapsulation_thickness: EncapsulationThickness = 200.0,
    margin: Annotated[float, Param("substrate beyond the islands on each side", "um", 0.0, 1e5)] = 1500.0,
) -> Layout:
    """Each island carries an anode (left half) and a cathode (right half), on collectors, under electrolyte.

    A bridge joins the cathode's collector of one island to the anode's of the next, in the collectors' layer, so a
    row is a series of cells from 'anode' (first islands) to 'cathode' (last islands). z = 0 is the substrate's
    face; the cover, if there is one, encloses islands and bridges.
    """
    tallest = collector_thickness + max(anode_thickness, cathode_thickness)
    bound = f"must be above the electrodes' height, {tallest:.6g} um"
    require(electrolyte_height > tallest, "electrolyte_height", electrolyte_height, bound)
    require(gap <= 0.8 * island_size, "gap", gap, f"must be at most {0.8 * island_size:.6g} um, 0.8 of island_size")
    require(bridge_length >= gap, "bridge_length", bridge_length, f"must be at least the gap, {gap:.6g} um")
    _check_width(bridge_width, collector_thickness, island_size)
    feature = min(gap, bridge_width, bridge_length, 0.5 * (island_size - gap))
    step = island_size + bridge_length
    ribbon, pieces = _straight(bridge_length, bridge_width)
    if bridge_shape == "serpentine":
        radius = bridge_length / (4 * periods + 2)
        _check_serpentine(radius, bridge_width, amplitude, step - gap if rows > 1 else math.inf)
        feature = min(feature, radius - 0.5 * bridge_width)
        ribbon = serpentine(bridge_length, periods, amplitude, bridge_width, feature)
        pieces = meander(bridge_length, periods, amplitude)
    heights = (collector_thickness, anode_thickness, cathode_thickness, electrolyte_height)
    regions, starts = [], []
    for column in range(columns):
        centres = _places(column, columns, rows, step)
        regions.extend(_cell(column, centres, island_size, gap, heights))
        if column < columns - 1:
            starts.append(tuple((x + 0.5 * island_size, y) for x, y in centres))
            regions.append(_bridge(column + 1, _at(ribbon, starts[-1]), collector_thickness))
    cover = electrolyte_height + encapsulation_thickness if encapsulation_thickness > 0.0 else 0.0
    regions += _boards(union(region.footprint for region in regions), margin, substrate_thickness, cover)
    line = Ribbon(
        pieces=pieces,
        width=bridge_width,
        thickness=collector_thickness,
        z=0.5 * collector_thickness,
        regions=tuple(f"bridge_{column}" for column in range(1, columns)),
        starts=tuple(starts),
        pitch=step,
    )
    return Layout(
        regions=tuple(regions),
        terminals={"anode": ("anode_1",), "cathode": (f"cathode_{columns}",)},
        feature=feature,
        gap=gap,
        plane=0.5 * collector_thickness,
        in_series=columns,
        ribbon=line if columns > 1 else None,
    )


def _straight(length: float, width: float) -> tuple[Outline, tuple[tuple[float, float], ...]]:
    """Return the outline of a straight bridge from (0, 0) along x, and the pieces of its centre line, see Ribbon."""
    return rectangle(0.0, -0.5 * width, length, 0.5 * width), ((length, 0.0),)


def _bridge(number: int, footprint: Outline, thickness: float) -> Region:
    return Region(name=f"bridge_{number}", role="bridge", footprint=footprint, z=(0.0, thickness), priority=2)


def _boards(islands: Outline, margin: float, substrate: float, cover: float) -> list[Region]:
    """Return the substrate and, unless its height is 0, the cover; substrate: thickness; cover: height; um."""
    x0, y0, x1, y1 = islands.bounds
    board = rectangle(x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    boards = [Region(name="substrate", role="substrate", footprint=board, z=(-substrate, 0.0))]
    if cover > 0.0:
        boards.append(Region(name="encapsulation", role="encapsulation", footprint=board, z=(0.0, cover)))
    return boards


def _check_width(width: float, collector: float, island: float) -> None:
    require(width >= collector, "bridge_width", width, f"must be at least collector_thickness, {collector:.6g} um")
    widest = WIDEST_BRIDGE * island
    require(width <= widest, "bridge_width", width, f"must be at most {widest:.6g} um, {WIDEST_BRIDGE} of island_size")


def _check_serpentine(radius: float, width: float, amplitude: float, room: float) -> None:
    """Refuse a serpentine that touches itself, is too flat for its arcs, or is too near that of the next row."""
    widest = WIDEST_RIBBON * radius
    bound = f"must be at most {widest:.6g} um, {WIDEST_RIBBON} of the arcs' radius, bridge_length / (4 periods + 2), "
    bound += "or the serpentine touches itself"
    require(width <= widest, "bridge_width", width, bound)
    lowest = 2.0 * radius
    bound = f"must be at least {lowest:.6g} um, twice the arcs' radius, bridge_length / (4 periods + 2)"
    require(amplitude >= lowest, "amplitude", amplitude, bound)
    highest = 0.5 * (room - width)
    bound = f"must be at most {highest:.6g} um, or the bridges of two rows are nearer than the gap"
    require(amplitude <= highest, "amplitude", amplitude, bound)


def _places(column: int, columns: int, rows: int, step: float) -> list[tuple[float, float]]:
    """Return the centres (x, y) of the islands in a column, um."""
    x = (column - 0.5 * (columns - 1)) * step
    return [(x, (row - 0.5 * (rows - 1)) * step) for row in range(rows)]


def _at(outline: Outline, positions: Sequence[tuple[float, float]]) -> Outline:
    return union(translate(outline, x, y) for x, y in positions)


def _cell(
    column: int, centres: list[tuple[float, float]], size: float, gap: float, heights: tuple[float, float, float, float]
) -> list[Region]:
    """Return the regions of all islands of a column; heights: of collector, anode, cathode, electrolyte."""
    half, number = 0.5 * size, column + 1
    base, anode, cathode, top = heights
    island = _at(rectangle(-half, -half, half, half), centres)
    regions = [Region(name=f"electrolyte_{number}", role="electrolyte", footprint=island, z=(0.0, top), priority=1)]
    pads = (("anode", -half, -0.5 * gap, anode), ("cathode", 0.5 * gap, half, cathode))
    for role, x0, x1, thickness in pads:
        pad = _at(rectangle(x0, -half, x1, half), centres)
        regions.append(
            Region(
                name=f"{role}_collector_{number}", role=f"{role}_collector", footprint=pad, z=(0.0, base), priority=2
            )
        )
        regions.append(
            Region(name=f"{role}_{number}", role=role, footprint=pad, z=(base, base + thickness), priority=2)
        )
    return regions
