"""The cut of a layout along x at y = 0: rectangles in (x, z) and lines for films."""

from __future__ import annotations

import math

import shapely
from shapely import LineString, MultiLineString, MultiPoint

from microfem.base.errors import LayoutError
from microfem.layout.records import Layout, union
from microfem.layout.rings import Outline

ON_EDGE = 1e-9  # relative to the smallest feature: distance within which a film's end snaps to an edge


def section_outlines(layout: Layout) -> tuple[list[tuple[str, Outline, int]], list[tuple[str, MultiLineString]]]:
    """Return (name, outline in x-z, priority) of each region cut, and (name, lines) of each film cut.

    A region or a film appears once, with all pieces of the cut; outlines have a corner at the end of a film.

    Raises:
        LayoutError: the cut meets no electrode of a layout that has electrodes, or no region at all.
    """
    box = layout.box()
    cut = LineString([(box[0] - layout.reach - 1.0, 0.0), (box[3] + layout.reach + 1.0, 0.0)])
    films: list[tuple[str, MultiLineString]] = []
    for sheet in layout.sheets:
        if spans := _spans(layout, sheet.footprint, cut):
            films.append((sheet.name, MultiLineString([[(x0, sheet.z), (x1, sheet.z)] for x0, x1 in spans])))
    ends = MultiPoint([point for _, lines in films for line in lines.geoms for point in line.coords])
    regions: list[tuple[str, Outline, int]] = []
    for region in layout.regions:
        if spans := _spans(layout, region.footprint, cut):
            outline = union(shapely.box(x0, region.z[0], x1, region.z[1]) for x0, x1 in spans)
            regions.append((region.name, shapely.snap(outline, ends, ON_EDGE * layout.feature), region.priority))
    electrodes, met = ("anode", "cathode"), {layout.part(name).role for name, _, _ in regions}
    bare = met and not any(region.role in electrodes for region in layout.regions)
    if not bare and not met.intersection(electrodes):
        raise LayoutError("section", "y = 0", "the cut must meet an electrode")
    return regions, films


def _spans(layout: Layout, outline: Outline, cut: LineString) -> list[tuple[float, float]]:
    """Return the intervals (x0, x1) of the cut of an outline; circles are cut exactly and not by their chords."""
    pieces = shapely.get_parts(shapely.intersection(outline, cut))
    spans = [(_exact(layout, float(piece.bounds[0])), _exact(layout, float(piece.bounds[2]))) for piece in pieces]
    return [(x0, x1) for x0, x1 in spans if x1 > x0]


def _exact(layout: Layout, x: float) -> float:
    """Return x of the intersection of y = 0 with the circle that a chord near (x, 0) represents; else x itself."""
    for circle in layout.drawn_circles:
        away, y = x - circle.centre[0], circle.centre[1]
        if abs(math.hypot(away, y) - circle.radius) <= circle.slack and abs(y) < circle.radius:
            return circle.centre[0] + math.copysign(math.sqrt(circle.radius**2 - y**2), away)
    return x
