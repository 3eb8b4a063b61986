"""Disc array: discs in a common counter electrode, or each in a ring of its own, on a square or hexagonal grid."""

from __future__ import annotations

import math
from typing import Annotated, Literal, TypeAlias

from shapely import MultiPolygon, Polygon
from shapely.affinity import translate

from microfem.families.family import Param, family, require
from microfem.families.stack import PLANAR_MATERIALS, Gap, PlanarElectrodes, PlanarStack, planar_layout
from microfem.layout import Layout
from microfem.layout.shapes import MOST_CHORDS, Point, corner_radius, disc, rectangle, ring, segments

Arrangement: TypeAlias = Literal["hexagonal", "square"]


@family(dimensions=("3d", "plan"), materials=PLANAR_MATERIALS)
def disc_array(
    *,
    arrangement: Annotated[Arrangement, Param("grid of the centres; hexagonal shifts every other row")] = "hexagonal",
    columns: Annotated[int, Param("discs in a row", low=1, high=100)] = 3,
    rows: Annotated[int, Param("rows of discs", low=1, high=100)] = 2,
    disc_radius: Annotated[float, Param("radius of each anode disc", "um", 0.05, 1e4)] = 300.0,
    gap: Gap = 200.0,
    pitch: Annotated[float, Param("distance between the centres of neighbouring discs", "um", 0.05, 1e5)] = 1300.0,
    ring_width: Annotated[
        float, Param("width of a cathode ring around each disc; 0 for one cathode around all", "um", 0.0, 1e4)
    ] = 0.0,
    electrodes: PlanarElectrodes = PlanarElectrodes(),
    stack: PlanarStack = PlanarStack(),
) -> Layout:
    """Equal anode discs on a grid; the cathode is a sheet with round holes, or a ring around each disc.

    The sheet extends beyond the outermost holes by its narrowest width between holes.
    """
    hole = disc_radius + gap
    between = pitch - 2.0 * (hole + ring_width)
    bound = f"must be above {2.0 * (hole + ring_width):.6g} um, twice the disc's radius, the gap and the ring's width"
    require(between > 0.0, "pitch", pitch, bound)
    feature = min(disc_radius, gap, between, ring_width or between)
    radii = (disc_radius, hole, *([hole + ring_width] if ring_width else []))
    count = segments(radii[-1], feature)
    bound = f"each needs {count} chords at this size; must be at most {MOST_CHORDS // (count * columns)}"
    require(count * rows * columns <= MOST_CHORDS, "rows", rows, bound)
    centres = _grid(arrangement, columns, rows, pitch)
    corner = [corner_radius(radius, count) for radius in radii]
    holes = _copies(disc(corner[1], count), centres)
    x0, y0, x1, y1 = holes.bounds
    sheet = rectangle(x0 - between, y0 - between, x1 + between, y1 + between)
    perforated = Polygon(sheet.exterior, [hole.exterior for hole in holes.geoms])
    return planar_layout(
        anode=_copies(disc(corner[0], count), centres),
        cathode=_copies(ring(corner[1], corner[2], count), centres) if ring_width else perforated,
        gap=gap,
        feature=feature,
        electrodes=electrodes,
        stack=stack,
        circles=tuple((x, y, radius) for x, y in centres for radius in radii),
    )


def _grid(arrangement: Arrangement, columns: int, rows: int, pitch: float) -> list[Point]:
    """Return the centres of all discs, row by row, about the origin."""
    hexagonal = arrangement == "hexagonal"
    rise, shift = (pitch * math.sqrt(0.75), 0.25 * pitch if rows > 1 else 0.0) if hexagonal else (pitch, 0.0)
    return [
        (pitch * (column - 0.5 * (columns - 1)) + (shift if row % 2 else -shift), rise * (row - 0.5 * (rows - 1)))
        for row in range(rows)
        for column in range(columns)
    ]


def _copies(outline: Polygon, centres: list[Point]) -> MultiPolygon:
    """Return an outline about each centre."""
    return MultiPolygon([translate(outline, *centre) for centre in centres])
