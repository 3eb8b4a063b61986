"""The cut of a layout along x at y = 0: rectangles in (x, z) and lines for films."""

from __future__ import annotations

import shapely
from shapely import LineString, MultiLineString, MultiPoint

from microfem.errors import LayoutError
from microfem.layout.records import Layout, Outline, union

ON_EDGE = 1e-9  # of the smallest feature: how far a film's end may lie from the edge that it is put on


def section_outlines(layout: Layout) -> tuple[list[tuple[str, Outline, int]], list[tuple[str, MultiLineString]]]:
    """Return (name, outline in x-z, priority) of each region cut, and (name, lines) of each film cut.

    A region or a film comes once, with all the pieces that the cut meets; outlines have a corner where a film ends.

    Raises:
        LayoutError: the cut meets no electrode, of a layout that has some, or nothing.
    """
    box = layout.box()
    cut = LineString([(box[0] - 1.0, 0.0), (box[3] + 1.0, 0.0)])
    films: list[tuple[str, MultiLineString]] = []
    for sheet in layout.sheets:
        if spans := _spans(sheet.footprint, cut):
            films.append((sheet.name, MultiLineString([[(x0, sheet.z), (x1, sheet.z)] for x0, x1 in spans])))
    ends = MultiPoint([point for _, lines in films for line in lines.geoms for point in line.coords])
    regions: list[tuple[str, Outline, int]] = []
    for region in layout.regions:
        if spans := _spans(region.footprint, cut):
            outline = union(shapely.box(x0, region.z[0], x1, region.z[1]) for x0, x1 in spans)
            regions.append((region.name, shapely.snap(outline, ends, ON_EDGE * layout.feature), region.priority))
    electrodes, met = ("anode", "cathode"), {layout.part(name).role for name, _, _ in regions}
    bare = met and not any(region.role in electrodes for region in layout.regions)
    if not bare and not met.intersection(electrodes):
        raise LayoutError("section", "y = 0", "the cut must meet an electrode")
    return regions, films


def _spans(outline: Outline, cut: LineString) -> list[tuple[float, float]]:
    pieces = shapely.get_parts(shapely.intersection(outline, cut))
    spans = [(float(piece.bounds[0]), float(piece.bounds[2])) for piece in pieces]
    return [(x0, x1) for x0, x1 in spans if x1 > x0]
