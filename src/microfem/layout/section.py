"""The cut of a layout along x at y = 0: rectangles in (x, z) and lines for films."""

from __future__ import annotations

import shapely
from shapely import LineString, MultiPolygon, Polygon

from microfem.errors import LayoutError
from microfem.layout.records import Layout, Outline, union


def section_outlines(layout: Layout) -> tuple[list[tuple[str, Outline, int]], list[tuple[str, LineString]]]:
    """Return (name, outline in x-z, priority) of each region cut, and (name, line) of each film cut.

    Raises:
        LayoutError: the cut meets no electrode, of a layout that has some, or nothing.
    """
    box = layout.box()
    cut = LineString([(box[0] - 1.0, 0.0), (box[3] + 1.0, 0.0)])
    regions: list[tuple[str, Outline, int]] = []
    for region in layout.regions:
        spans = _spans(region.footprint, cut)
        if spans:
            boxes: list[Polygon | MultiPolygon] = [shapely.box(x0, region.z[0], x1, region.z[1]) for x0, x1 in spans]
            regions.append((region.name, union(boxes), region.priority))
    films = [
        (sheet.name, LineString([(x0, sheet.z), (x1, sheet.z)]))
        for sheet in layout.sheets
        for x0, x1 in _spans(sheet.footprint, cut)
    ]
    electrodes, met = ("anode", "cathode"), {layout.part(name).role for name, _, _ in regions}
    bare = met and not any(region.role in electrodes for region in layout.regions)
    if not bare and not met.intersection(electrodes):
        raise LayoutError("section", "y = 0", "the cut must meet an electrode")
    return regions, films


def _spans(outline: Outline, cut: LineString) -> list[tuple[float, float]]:
    pieces = shapely.get_parts(shapely.intersection(outline, cut))
    spans = [(float(piece.bounds[0]), float(piece.bounds[2])) for piece in pieces]
    return [(x0, x1) for x0, x1 in spans if x1 > x0]
