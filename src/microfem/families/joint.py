"""Joint-inspired battery: thick stiff blocks, joined by thin ligaments that take all the bending and twisting."""

from __future__ import annotations

from typing import Annotated

from microfem.families.family import Param, family, require
from microfem.families.stack import AnodeThickness, CathodeThickness, SubstrateThickness
from microfem.layout import Layout, Region, union
from microfem.layout.shapes import rectangle

ACROSS = 4.0  # least number of elements across a ligament
LEAST_STEP = 0.05  # least shoulder of a block that is wider than the ligament, relative to the ligament's width
MATERIALS = {
    "anode": "zinc",
    "cathode": "pani",
    "electrolyte": "pva_zncl2_gel",
    "anode_collector": "copper",
    "bridge": "copper",
    "substrate": "pi",
}


@family(dimensions=("3d", "section"), materials=MATERIALS)
def joint(
    *,
    blocks: Annotated[int, Param("blocks in the row, along x", low=1, high=20)] = 3,
    block_length: Annotated[float, Param("length of a block, along x", "um", 0.05, 1e5)] = 4000.0,
    block_width: Annotated[float, Param("width of a block, along y", "um", 0.05, 1e5)] = 4000.0,
    ligament_length: Annotated[
        float, Param("distance between neighbouring blocks, which a ligament spans", "um", 0.05, 1e5)
    ] = 2000.0,
    ligament_width: Annotated[float, Param("width of a ligament, along y", "um", 0.05, 1e5)] = 2000.0,
    ligament_thickness: Annotated[
        float, Param("thickness of the metal of ligaments and of the collectors that they join", "um", 0.01, 1e3)
    ] = 20.0,
    anode_thickness: AnodeThickness = 200.0,
    cathode_thickness: CathodeThickness = 200.0,
    gap: Annotated[
        float, Param("distance between the electrodes, the electrolyte's thickness", "um", 0.01, 1e4)
    ] = 100.0,
    substrate_thickness: SubstrateThickness = 50.0,
) -> Layout:
    """A row of sandwich blocks on one substrate, their collectors joined by ligaments of the same metal.

    The row begins and ends with half a ligament, whose end faces carry the end boundary condition, so that all
    ligaments have the same load. A block has, from bottom to top, collector, anode, electrolyte and cathode; z = 0 is
    the substrate's face. Cathodes share a terminal; the layout leaves out the leads that join them.
    """
    bound = f"must be at most the block's width, {block_width:.6g} um"
    require(ligament_width <= block_width, "ligament_width", ligament_width, bound)
    least = (1.0 + 2.0 * LEAST_STEP) * ligament_width
    bound = f"must be the ligament's width, {ligament_width:.6g} um, or at least {least:.6g} um"
    require(block_width == ligament_width or block_width >= least, "block_width", block_width, bound)
    step, half = block_length + ligament_length, 0.5 * block_width
    start = -0.5 * blocks * step
    levels = [0.0]
    for thickness in (ligament_thickness, anode_thickness, gap, cathode_thickness):
        levels.append(levels[-1] + thickness)
    regions, outlines = [], []
    for number in range(blocks):
        x = start + number * step + 0.5 * ligament_length
        outlines.append(rectangle(x, -half, x + block_length, half))
        for role, low, high in zip(
            ("anode_collector", "anode", "electrolyte", "cathode"), levels, levels[1:], strict=False
        ):
            regions.append(
                Region(name=f"{role}_{number + 1}", role=role, footprint=outlines[-1], z=(low, high), priority=1)
            )
    for number in range(blocks + 1):
        x0, x1 = (start + number * step + side * 0.5 * ligament_length for side in (-1.0, 1.0))
        strip = rectangle(max(x0, start), -0.5 * ligament_width, min(x1, -start), 0.5 * ligament_width)
        outlines.append(strip)
        regions.append(Region(name=f"bridge_{number + 1}", role="bridge", footprint=strip, z=(0.0, ligament_thickness)))
    regions.append(Region(name="substrate", role="substrate", footprint=union(outlines), z=(-substrate_thickness, 0.0)))
    terminals = {role: tuple(f"{role}_{number + 1}" for number in range(blocks)) for role in ("anode", "cathode")}
    narrow = min(ligament_length, ligament_width) / ACROSS
    shoulder = 0.5 * (block_width - ligament_width)
    feature = min(narrow, block_length, *([shoulder] if shoulder > 0.0 else []))
    return Layout(
        regions=tuple(regions),
        terminals=terminals,
        feature=feature,
        gap=gap,
        plane=levels[2] + 0.5 * gap,
    )
