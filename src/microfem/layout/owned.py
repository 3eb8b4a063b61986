"""The space that each region owns: its outline less those of higher priority, slab by slab between two heights."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import shapely
from shapely import MultiPolygon

from microfem.layout.records import Region, union
from microfem.layout.rings import Outline

Prism = tuple[Region, Outline, tuple[float, float]]


def slabs(regions: Sequence[Region]) -> list[Prism]:
    """Return the space that each region owns as prisms (region, outline, z), neighbours of one outline joined."""
    heights = sorted({z for region in regions for z in region.z})
    found: list[Prism] = []
    for index, region in enumerate(regions):
        last: list[int] | None = None
        for low, high in itertools.pairwise(heights):
            if not (region.z[0] <= low and high <= region.z[1]):
                continue
            rivals = _rivals(regions, index, low, high)
            if rivals == last:
                found[-1] = (region, found[-1][1], (found[-1][2][0], high))
                continue
            outline = left_to(region.footprint, [regions[k].footprint for k in rivals])
            last = None if outline.is_empty else rivals
            if not outline.is_empty:
                found.append((region, outline, (low, high)))
    return found


def _rivals(regions: Sequence[Region], index: int, low: float, high: float) -> list[int]:
    """Return the regions that go before one in a slab and lie over it; of equal ones the later goes first."""
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
    """Return what rivals leave of an outline."""
    return _polygons(outline - union(rivals)) if rivals else outline


def _polygons(geometry: shapely.Geometry) -> Outline:
    """Return the parts of a geometry that have an area."""
    parts = [one for one in shapely.get_parts(geometry) if one.geom_type == "Polygon" and one.area > 0.0]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
