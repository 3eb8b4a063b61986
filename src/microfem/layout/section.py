"""The cut of a layout along x at y = 0, or of its half x >= 0: rectangles in (x, z) and lines for films."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely import LinearRing, LineString, MultiLineString, MultiPoint, Point

from microfem.base.errors import LayoutError
from microfem.layout.arcs import DrawnCircle
from microfem.layout.frames import axes_of
from microfem.layout.placement import Flat
from microfem.layout.records import Layout, union
from microfem.layout.rings import Outline
from microfem.materials.anisotropy import FLAT

ROUND = (
    "dimension: axisymmetric needs circles about x = y = 0; use dimension: 3d, or, where the family has them, "
    "bath: disc and closed: true"
)
TURNED = "dimension: axisymmetric needs equal values along x and y; use in_plane and through, or dimension: 3d"
ON_EDGE = 1e-9  # relative to the smallest feature: distance within which a film's end snaps to an edge


def section_outlines(
    layout: Layout, half: bool = False
) -> tuple[list[tuple[str, Outline, int]], list[tuple[str, MultiLineString]]]:
    """Return (name, outline in x-z, priority) of each region cut, and (name, lines) of each film cut.

    A region or a film appears once, with all pieces of the cut; outlines have a corner at the end of a film.
    half: only x >= 0, which shows all of a layout of circles about the origin.

    Raises:
        LayoutError: the cut meets no electrode of a layout that has electrodes, or no region at all; or half of a
            layout does not show all of it.
    """
    if half:
        check_round(layout)
    box = layout.box()
    reach = layout.reach + 1.0
    cut = LineString([(0.0 if half or layout.mirrors else box[0] - reach, 0.0), (box[3] + reach, 0.0)])
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


def half_section(layout: Layout, outline: Outline) -> Outline:
    """Return what x >= 0 of an outline of the plan covers in the section, at all heights of a layout."""
    box = layout.box()
    spans = _spans(layout, outline, LineString([(0.0, 0.0), (box[3] + 1.0, 0.0)]))
    return union(shapely.box(x0, box[2] - 1.0, x1, box[5] + 1.0) for x0, x1 in spans)


def check_round(layout: Layout) -> None:
    """Refuse a layout that is not the same in all directions from the axis x = y = 0.

    Raises:
        LayoutError: with the first part that is not round, or not about the axis, or whose material differs along x and
            y; or with the placement.
    """
    if layout.placement != Flat():
        own = type(layout.placement).__name__.lower()
        raise LayoutError("placement", own, "dimension: axisymmetric shows flat layouts; use dimension: 3d")
    for part in layout.parts():
        for name in ("conductivity", "relative_permittivity"):
            if not _is_round(layout, part.name, name):
                raise LayoutError(f"{part.name}.{name}", "a tensor", TURNED)
        for ring in _rings(part.footprint):
            if not any(_follows(ring, circle) for circle in layout.drawn_circles):
                raise LayoutError(f"{part.name}.outline", _shape(layout, ring), ROUND)


def _is_round(layout: Layout, part: str, name: str) -> bool:
    """Tell whether a property of a part, if it states it, is the same in all directions from the axis."""
    axes = axes_of(layout)
    if part not in layout.materials or not layout.material(part).has(name) or axes != FLAT:
        return True
    tensor = layout.material(part).along(name, axes)
    if isinstance(tensor, float):
        return True
    (xx, xy, xz), (_, yy, yz), _ = tensor
    return xx == yy and xy == xz == yz == 0.0


def _rings(outline: Outline) -> list[LinearRing]:
    return [ring for one in shapely.get_parts(outline) for ring in (one.exterior, *one.interiors)]


def _follows(ring: LinearRing, circle: DrawnCircle) -> bool:
    """Tell whether a closed line is a circle about the origin, drawn by chords."""
    near, far = ring.distance(Point(0.0, 0.0)), float(np.hypot(*shapely.get_coordinates(ring).T).max())
    return circle.centre == (0.0, 0.0) and abs(near - circle.radius) <= 2.0 * circle.slack >= abs(far - circle.radius)


def _shape(layout: Layout, ring: LinearRing) -> str:
    """Return the words for a closed line that is no circle about the origin."""
    points = shapely.get_coordinates(ring)
    for circle in layout.drawn_circles:
        off = np.abs(np.hypot(*(points - circle.centre).T) - circle.radius)
        if (off <= circle.slack).all() and circle.centre != (0.0, 0.0):
            return f"a circle about x = {circle.centre[0]:.6g} um, y = {circle.centre[1]:.6g} um"
    x0, y0, x1, y1 = ring.bounds
    return f"no circle, {x1 - x0:.6g} um x {y1 - y0:.6g} um"


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
