"""The space of each region: its outline minus those of higher priority, slab by slab between two heights."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import shapely
from shapely import MultiPolygon

from microfem.layout.records import Region, union
from microfem.layout.rings import Outline

Prism = tuple[Region, Outline, tuple[float, float]]


def slabs(regions: Sequence[Region]) -> list[Prism]:
    """Return the space of each region as prisms (region, outline, z); stacked prisms of one outline are joined."""
    heights = sorted({z for region in regions for z in region.z})
    prisms: list[Prism] = []
    for index, region in enumerate(regions):
        last_rivals: list[int] | None = None
        for low, high in itertools.pairwise(heights):
            if not (region.z[0] <= low and high <= region.z[1]):
                continue
            rivals = _rivals(regions, index, low, high)
            if rivals == last_rivals:
                prisms[-1] = (region, prisms[-1][1], (prisms[-1][2][0], high))
                continue
            outline = left_to(region.footprint, [regions[k].footprint for k in rivals])
            last_rivals = None if outline.is_empty else rivals
            if not outline.is_empty:
                prisms.append((region, outline, (low, high)))
    return prisms


def _rivals(regions: Sequence[Region], index: int, low: float, high: float) -> list[int]:
    """Return the regions that overlap a region in a slab and take precedence, by priority, then by later order."""
    region = regions[index]
    return [
        k
        for k, other in enumerate(regions)
        if (other.priority, k) > (region.priority, index)
        and other.z[0] < high
        and low < other.z[1]
        and shapely.intersects(other.footprint, region.footprint)
    ]


def left_to(outline: Outline, rivals: Sequence[Outline]) -> Outline:
    """Return an outline minus its rivals."""
    return _polygons(outline - union(rivals)) if rivals else outline


def _polygons(geometry: shapely.Geometry) -> Outline:
    """Return the polygons of a geometry."""
    parts = [one for one in shapely.get_parts(geometry) if one.geom_type == "Polygon" and one.area > 0.0]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
