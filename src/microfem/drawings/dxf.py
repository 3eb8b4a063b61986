"""DXF, read by ezdxf."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import shapely
from shapely import LineString, Polygon

from microfem.base.errors import MicrofemError
from microfem.drawings.dxf_curves import corners
from microfem.drawings.library import library
from microfem.drawings.nesting import nested
from microfem.drawings.record import FARTHEST, MOST_POINTS, Contents, DrawnShapes, at, refuse_bombs

LINES = ("LINE", "ARC", "CIRCLE", "ELLIPSE", "SPLINE", "HELIX", "LWPOLYLINE", "POLYLINE")
AREAS = ("SOLID", "TRACE", "3DFACE", "HATCH", "MPOLYGON")


def read_dxf(path: Path, tolerance: float, unit: float | None = None) -> DrawnShapes:
    """Return the lines and areas of each layer, with blocks resolved; arcs, ellipses and splines become chords.

    Fillings, faces and polylines with a width are areas. tolerance: largest distance of chords from curves, um.
    unit: um per unit of the drawing; None takes the unit that the drawing states.

    Raises:
        MicrofemError: the file states no unit, a block is missing, or there are too many shapes, corners or chords.
    """
    drawing = library("ezdxf").readfile(path)
    um = unit or _unit(drawing)
    blocks = {one.name: _contents(one) for one in drawing.blocks}
    space = drawing.modelspace()
    top = space.block_record.dxf.name
    refuse_bombs(top, {**blocks, top: _contents(space)}, "block")
    areas: dict[str, list[Polygon]] = {}
    lines: dict[str, list[LineString]] = {}
    ignored: Counter[tuple[str, str]] = Counter()
    points = 0
    for entity, layer in _flat(space, ""):
        kind = entity.dxftype()
        if kind not in (*LINES, *AREAS) or (kind == "POLYLINE" and _is_mesh(entity)):
            ignored[kind, layer] += 1
            continue
        drawn = [one for one in corners(entity, um, tolerance, f"layer {layer}") if len(one) > 1]
        points += sum(map(len, drawn))
        if points > MOST_POINTS:
            raise MicrofemError(f"its lines have more than {MOST_POINTS} corners; use a coarser --tolerance")
        if kind in AREAS:
            rings = [Polygon(one) for one in drawn if len(one) > 2]
            areas.setdefault(layer, []).extend(shapely.get_parts(nested(rings)) if len(rings) > 1 else rings)
        elif width := um * _width(entity, f"layer {layer}: a {kind} {at([tuple(one[0]) for one in drawn])}"):
            areas.setdefault(layer, []).extend(_strip(one, width) for one in drawn)
        else:
            lines.setdefault(layer, []).extend(LineString(one) for one in drawn)
    told = tuple(f"{count} {kind} on layer {layer}" for (kind, layer), count in sorted(ignored.items()))
    return DrawnShapes(areas=areas, lines=lines, grid=0.0, ignored=told)


def _unit(drawing: Any) -> float:
    """Return the unit of a drawing, um.

    Raises:
        MicrofemError: the drawing states none, or one that is not known.
    """
    units = library("ezdxf.units")

    if not drawing.units:
        raise MicrofemError("it states no unit; state it with --unit, such as --unit mm")
    try:
        return float(1e6 * units.conversion_factor(drawing.units, units.M))
    except (TypeError, KeyError, IndexError, ValueError):
        raise MicrofemError(
            f"it has an unknown unit, $INSUNITS = {drawing.units}; state it with --unit, such as --unit mm"
        ) from None


def _contents(space: Iterable[Any]) -> Contents:
    """Return what a block or the model space holds; an array of blocks counts as often as it has members."""
    entities = list(space)
    inserts = [one for one in entities if one.dxftype() == "INSERT"]
    points = sum(len(one) if one.dxftype() in ("LWPOLYLINE", "POLYLINE") else 1 for one in entities)
    names = [one.dxf.name if one.block() is None else one.block().name for one in inserts]
    times = [max(1, one.dxf.row_count) * max(1, one.dxf.column_count) for one in inserts]
    parts = list(zip(names, times, strict=True))
    return Contents(len(entities) - len(inserts), points - len(inserts), parts)


def _flat(space: Iterable[Any], layer: str) -> Iterator[tuple[Any, str]]:
    """Yield entities with their layers, with blocks resolved; entities on layer 0 in a block get the block's layer."""
    for entity in space:
        own = layer if layer and entity.dxf.layer == "0" else entity.dxf.layer
        if entity.dxftype() == "INSERT":
            for one in entity.multi_insert() if entity.mcount > 1 else [entity]:
                yield from _flat(one.virtual_entities(), own)
        else:
            yield entity, own


def _is_mesh(polyline: Any) -> bool:
    return bool(polyline.is_polygon_mesh or polyline.is_poly_face_mesh)


def _width(entity: Any, where: str) -> float:
    """Return the width of a polyline in units of the drawing, 0 for a line without one.

    Raises:
        MicrofemError: the width varies along the polyline.
    """
    if entity.dxftype() == "LWPOLYLINE":
        ends = {float(width) for _, _, *widths, _ in entity.get_points("xyseb") for width in widths}
        widths = {float(entity.dxf.const_width)} if entity.dxf.get("const_width", 0.0) else ends
    elif entity.dxftype() == "POLYLINE" and entity.has_width:
        widths = {
            float(one.dxf.get(f"{end}_width", entity.dxf.get(f"default_{end}_width", 0.0)))
            for one in entity.vertices
            for end in ("start", "end")
        }
    else:
        return 0.0
    if len(widths) > 1:
        raise MicrofemError(f"{where} has a width from {min(widths):g} to {max(widths):g}; draw its edges as lines")
    width = max(widths, default=0.0)
    if not 0.0 <= width < FARTHEST:
        raise MicrofemError(f"{where} has an impossible width of {width:g}")
    return width


def _strip(points: Any, width: float) -> Polygon:
    """Return the area of a line with a width: square ends, mitred corners; a closed line has none of these ends."""
    closed = len(points) > 3 and (points[0] == points[-1]).all()
    line = shapely.LinearRing(points) if closed else LineString(points)
    return shapely.buffer(line, 0.5 * width, cap_style="flat", join_style="mitre")
