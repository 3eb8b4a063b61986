"""Stretchable cells in series: stiff islands on a soft substrate, joined by straight or meandering bridges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal

from shapely.affinity import translate

from microfem.families.bends import Bends
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
from microfem.layout.ribbon import Ribbon
from microfem.layout.shapes import rectangle, ribbon_outline

WIDEST_BRIDGE = 0.9  # width of a bridge over the size of an island
MATERIALS = {**PLANAR_MATERIALS, "bridge": "cnt_paper", "substrate": "ecoflex", "encapsulation": "ecoflex"}


@family(dimensions=("3d", "plan"), materials=MATERIALS)
def island_bridge(
    *,
    columns: Annotated[int, Param("islands in a row, joined in series along x", low=1, high=20)] = 3,
    rows: Annotated[int, Param("rows of islands", low=1, high=20)] = 1,
    island_size: Annotated[float, Param("side of the square islands", "um", 0.05, 1e5)] = 3000.0,
    gap: Gap = 300.0,
    bridge_shape: Annotated[
        Literal["straight", "serpentine", "horseshoe", "sine"], Param("shape of the bridges")
    ] = "straight",
    bridge_length: Annotated[
        float, Param("distance between neighbouring islands, which a bridge spans", "um", 0.05, 1e5)
    ] = 3000.0,
    bridge_width: Annotated[float, Param("width of a bridge", "um", 0.05, 1e4)] = 300.0,
    periods: Annotated[int, Param("periods of a serpentine, a horseshoe or a sine", low=1, high=20)] = 1,
    amplitude: Annotated[
        float, Param("half the height of the centre line; serpentine and sine", "um", 0.05, 1e5)
    ] = 1200.0,
    arc_angle: Annotated[float, Param("angle of each arc; horseshoe", "deg", 10.0, 290.0)] = 240.0,
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
    step, count = island_size + bridge_length, columns - 1
    bends = Bends(
        length=bridge_length,
        periods=periods,
        amplitude=amplitude,
        angle=math.radians(arc_angle),
        width=bridge_width,
    )
    pieces, clear = bends.line(bridge_shape, step - gap if rows > 1 else math.inf)
    centres = [_places(column, columns, rows, step) for column in range(columns)]
    line = Ribbon(
        pieces=pieces,
        width=bridge_width,
        thickness=collector_thickness,
        z=0.5 * collector_thickness,
        regions=tuple(f"bridge_{column + 1}" for column in range(count)),
        starts=tuple(tuple((x + 0.5 * island_size, y) for x, y in places) for places in centres[:count]),
        pitch=step,
    )
    feature = min(gap, bridge_width, bridge_length, 0.5 * (island_size - gap), clear)
    heights = (collector_thickness, anode_thickness, cathode_thickness, electrolyte_height)
    regions = [part for k, places in enumerate(centres) for part in _cell(k, places, island_size, gap, heights)]
    regions += _bridges(line, feature)
    cover = electrolyte_height + encapsulation_thickness if encapsulation_thickness > 0.0 else 0.0
    regions += _boards(union(region.footprint for region in regions), margin, substrate_thickness, cover)
    return Layout(
        regions=tuple(regions),
        terminals={"anode": ("anode_1",), "cathode": (f"cathode_{columns}",)},
        feature=feature,
        gap=gap,
        plane=0.5 * collector_thickness,
        in_series=columns,
        ribbon=line if count else None,
    )


def _bridges(line: Ribbon, feature: float) -> list[Region]:
    outline, z = ribbon_outline(line, feature), (0.0, line.thickness)
    return [
        Region(name=name, role="bridge", footprint=_at(outline, starts), z=z, priority=2)
        for name, starts in zip(line.regions, line.starts, strict=True)
    ]


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
