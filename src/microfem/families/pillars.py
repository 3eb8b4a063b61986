"""Three-dimensional electrodes: posts or walls on interdigitated base strips."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal

from microfem.families.family import Param, family, require
from microfem.families.stack import (
    PLANAR_MATERIALS,
    BusbarWidth,
    Gap,
    PlanarElectrodes,
    PlanarStack,
    planar_layout,
)
from microfem.layout import Layout, Outline, Region, union
from microfem.layout.shapes import Comb, area_radius, disc, rectangle, segments

WIDEST_POST = 0.95  # diameter of a post over the width of its strip


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS)
def pillars(
    *,
    arrangement: Annotated[
        Literal["square", "hexagonal"], Param("posts side by side, or each row shifted by half a step")
    ] = "square",
    shape: Annotated[Literal["post", "wall"], Param("round posts, or one straight wall along each strip")] = "post",
    row_pairs: Annotated[int, Param("pairs of one anode and one cathode row", low=1, high=50)] = 2,
    columns: Annotated[int, Param("posts in a row", low=1, high=100)] = 4,
    post_diameter: Annotated[float, Param("diameter of a post, thickness of a wall", "um", 0.05, 5e3)] = 80.0,
    post_height: Annotated[float, Param("height of posts or walls above their strip", "um", 0.01, 1e4)] = 200.0,
    base_width: Annotated[float, Param("width of the strips that posts stand on", "um", 0.05, 1e4)] = 120.0,
    base_thickness: Annotated[float, Param("thickness of the strips", "um", 0.01, 1e3)] = 20.0,
    gap: Gap = 80.0,
    busbar_width: BusbarWidth = 120.0,
    stack: PlanarStack = PlanarStack(margin=100.0),
) -> Layout:
    """Alternating rows of anode posts and cathode posts, each row on its strip; the gap is between strips.

    The strips are the fingers of a comb along y. In the square array posts have the same pitch along a row as across
    rows; in the hexagonal array a post has the same distance from its six neighbours.
    """
    bound = f"must be at most {WIDEST_POST * base_width:.6g} um, {WIDEST_POST} of base_width"
    require(post_diameter <= WIDEST_POST * base_width, "post_diameter", post_diameter, bound)
    height = stack.collector_thickness + base_thickness + post_height
    bound = f"must be above the posts' height, {height:.6g} um"
    require(stack.electrolyte_height > height, "electrolyte_height", stack.electrolyte_height, bound)
    row_pitch = base_width + gap
    step, shift = (2.0 * row_pitch / math.sqrt(3.0), 0.5) if arrangement == "hexagonal" else (row_pitch, 0.0)
    length = (columns - 1 + shift) * step + base_width + gap
    comb = Comb(
        pairs=row_pairs,
        length=length,
        anode_width=base_width,
        cathode_width=base_width,
        gap=gap,
        tip=gap,
        bars=(busbar_width, busbar_width),
    )
    feature = min(gap, post_diameter)
    layout = planar_layout(
        anode=comb.anode(),
        cathode=comb.cathode(),
        gap=gap,
        feature=feature,
        electrodes=PlanarElectrodes(anode_thickness=base_thickness, cathode_thickness=base_thickness),
        stack=stack,
    )
    posts, circles = [], []
    for row, role in enumerate(("anode", "cathode")):
        foot = next(region.z[1] for region in layout.regions if region.name == role)
        first = comb.bottom + gap + 0.5 * base_width + row * shift * step
        at = [(comb.left + 0.5 * base_width + (2 * pair + row) * row_pitch, first) for pair in range(row_pairs)]
        outline = union(_standing(shape, x, y, step, columns, post_diameter, feature) for x, y in at)
        if shape != "wall":
            circles += [(x, y + column * step, 0.5 * post_diameter) for x, y in at for column in range(columns)]
        posts.append(
            Region(name=f"{role}_posts", role=role, footprint=outline, z=(foot, foot + post_height), priority=2)
        )
    terminals = {name: (name, f"{name}_posts") for name in ("anode", "cathode")}
    return replace(
        layout,
        regions=(*layout.regions, *posts),
        terminals=terminals,
        plane=foot + 0.5 * post_height,
        circles=tuple(circles),
    )


def _standing(shape: str, x: float, y: float, step: float, columns: int, diameter: float, feature: float) -> Outline:
    """Return the posts of one row, from (x, y) along y, or the wall of the same length."""
    radius = 0.5 * diameter
    if shape == "wall":
        return rectangle(x - radius, y - radius, x + radius, y + (columns - 1) * step + radius)
    count = segments(radius, feature)
    corner = area_radius(radius, count)
    return union(disc(corner, count, (x, y + column * step)) for column in range(columns))
