"""The outline of each layer of a drawing, healed within one tolerance, and what was healed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from microfem.base.errors import MicrofemError
from microfem.drawings.lines import close, whole
from microfem.drawings.nesting import nested, polygons_of
from microfem.drawings.record import DrawnShapes, Place, at
from microfem.drawings.snap import snap
from microfem.layout import Outline


@dataclass(frozen=True)
class Healed:
    """The outline of each layer with an area, um, and what was healed: counts and places, ready to be told."""

    outlines: dict[str, Outline]
    told: tuple[str, ...]


def heal(drawing: DrawnShapes, layers: Iterable[str], join: float) -> Healed:
    """Return the outlines of layers: the union of all areas and of all closed lines; a line in another is a hole.

    Corners that are at most `join` apart become one, edges that pass a corner within `join` lead through it, and what
    is narrower than `join` is left out or filled. Lines that are drawn twice count once; lines that divide an area do
    not count.

    Raises:
        MicrofemError: a line is open, or a line or polygon crosses itself.
    """
    chosen = list(layers)
    areas = [np.array(drawing.areas.get(layer, []), dtype=object) for layer in chosen]
    lines = [np.array(drawing.lines.get(layer, []), dtype=object) for layer in chosen]
    rings, polygon = zip(*(shapely.get_rings(one, return_index=True) for one in areas), strict=True)
    drawn = np.concatenate([*map(_as_lines, rings), *lines])
    if not len(drawn):
        return Healed({}, ())
    snapped = snap(drawn.tolist(), join)
    told = _Told()
    told.add("corners put onto others", snapped.corners)
    told.add("edges led through corners beside them", snapped.edges)
    split = np.cumsum([len(one) for one in (*rings, *lines)])[:-1]
    parts = [one.tolist() for one in np.split(np.array([*snapped.lines, None], dtype=object)[:-1], split)]
    outlines = {}
    for k, layer in enumerate(chosen):
        try:
            polygons = whole(_polygons(parts[k], polygon[k]), "a polygon")
            closed = close([one for one in parts[len(chosen) + k] if one is not None], join)
        except MicrofemError as error:
            raise MicrofemError(f"layer {layer}: {error}") from None
        told.add("lines drawn twice", closed.doubled)
        told.add("lines that divide an area left out", closed.dividing)
        outline = nested(closed.rings)
        if len(polygons):
            outline = polygons_of(shapely.union_all([*polygons, outline], grid_size=drawing.grid))
        outlines[layer] = _without_slivers(outline, join, told)
    return Healed({layer: one for layer, one in outlines.items() if not one.is_empty}, tuple(told.texts))


class _Told:
    """What is told of healing."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def add(self, what: str, places: Iterable[Place] | np.ndarray) -> None:
        listed = [(float(x), float(y)) for x, y in places]
        if listed:
            self.texts.append(f"{what}: {len(listed)}, {at(listed)}")


def _as_lines(rings: np.ndarray) -> np.ndarray:
    points, ring = shapely.get_coordinates(rings, return_index=True)
    return np.asarray(shapely.linestrings(points, indices=ring), dtype=object) if len(points) else rings


def _polygons(rings: Sequence[LineString | None], polygon: np.ndarray) -> list[Polygon]:
    """Return polygons from their rings, outer ring first, without those that shrank to a line."""
    found: dict[int, list[LineString]] = {}
    outer = np.diff(polygon, prepend=-1) != 0
    for ring, number, first in zip(rings, polygon.tolist(), outer.tolist(), strict=True):
        if ring is not None and len(ring.coords) > 3 and (first or number in found):
            found.setdefault(number, []).append(ring)
    return [Polygon(outer, holes) for outer, *holes in found.values()]


def _without_slivers(outline: Outline, join: float, told: _Told) -> Outline:
    """Return an outline without parts and holes whose mean width, twice the area by the perimeter, is within `join`."""
    parts = np.array(shapely.get_parts(outline), dtype=object)
    slivers = 2.0 * shapely.area(parts) <= join * shapely.length(parts)
    told.add("slivers left out", shapely.get_coordinates(shapely.point_on_surface(parts[slivers])))
    kept, filled = [], []
    for part in parts[~slivers]:
        holes = [Polygon(hole) for hole in part.interiors]
        narrow = [2.0 * hole.area <= join * hole.length for hole in holes]
        filled += [hole.point_on_surface() for hole, is_narrow in zip(holes, narrow, strict=True) if is_narrow]
        open_holes = [hole.exterior for hole, is_narrow in zip(holes, narrow, strict=True) if not is_narrow]
        kept.append(Polygon(part.exterior, open_holes) if any(narrow) else part)
    told.add("slits filled", shapely.get_coordinates(filled))
    return kept[0] if len(kept) == 1 else MultiPolygon(kept)
