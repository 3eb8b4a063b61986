"""Import of drawings: the outlines on each layer of a GDSII, OASIS or DXF file, in um."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.cad.library import library
from microfem.layout import Outline

MOST_DRAWING_BYTES = 50_000_000  # largest size of a drawing
MOST_POLYGONS = 100_000
SAME = 1e-9  # relative difference below which two areas are equal
OUTLINES = ("LWPOLYLINE", "POLYLINE", "CIRCLE", "ELLIPSE", "SPLINE", "LINE", "ARC", "SOLID")
WIDE = ("LWPOLYLINE", "POLYLINE")  # entities that may have a width
DEEPEST = 20  # largest depth of nested blocks
JOINED = 1e-3  # distance below which two ends coincide, um


def read_gds(path: Path, cell: str = "") -> dict[str, Outline]:
    """Return the union of all polygons and paths of each layer 'number/datatype', with references and arrays resolved.

    cell: name of the cell; "" takes the only top-level cell.

    Raises:
        MicrofemError: the file or the cell does not exist, a reference is missing, or a polygon crosses itself.
    """
    gdstk = library("gdstk")

    _check_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing references are refused below, by name
            read = (gdstk.read_oas if path.suffix.lower() == ".oas" else gdstk.read_gds)(path)
    except (OSError, RuntimeError) as error:
        raise MicrofemError(f"{path} is no {path.suffix[1:].upper()} file: {error}") from None
    chosen = _cell(read, path, cell)
    um, grid = read.unit * 1e6, read.precision * 1e6
    of_layer: dict[str, list[Outline]] = {}
    for polygon in chosen.get_polygons():
        name = f"{polygon.layer}/{polygon.datatype}"
        of_layer.setdefault(name, []).append(_whole(Polygon(um * polygon.points), f"{path}: layer {name}"))
    return {name: _areas(shapely.union_all(outlines, grid_size=grid)) for name, outlines in sorted(of_layer.items())}


def read_dxf(path: Path, tolerance: float, unit: float | None = None) -> dict[str, Outline]:
    """Return the outlines of each layer; a line inside another is a hole, and lines that cross are united.

    Blocks are resolved. Arcs, ellipses and splines become chords that deviate by at most the tolerance, um.
    unit: um per unit of the drawing; None takes the unit that the drawing states.

    Raises:
        MicrofemError: the file does not exist, it states no unit, or a line is open or crosses itself.
    """
    ezdxf = library("ezdxf")
    units = library("ezdxf.units")

    _check_size(path)
    try:
        drawing = ezdxf.readfile(path)
    except (OSError, ezdxf.DXFError, UnicodeDecodeError) as error:
        raise MicrofemError(f"{path} is no readable DXF file: {error}") from None
    if unit is None:
        if not drawing.units:
            raise MicrofemError(f"{path} states no unit; state it with --unit, such as --unit mm")
        try:
            unit = 1e6 * units.conversion_factor(drawing.units, units.M)
        except TypeError:
            raise MicrofemError(
                f"{path} has an unknown unit, $INSUNITS = {drawing.units}; state it with --unit, such as --unit mm"
            ) from None
    lines: dict[str, list[LineString]] = {}
    for count, (entity, layer) in enumerate(_flat(drawing.modelspace(), "", path)):
        if count >= MOST_POLYGONS:
            raise MicrofemError(
                f"{path} has more than {MOST_POLYGONS} lines with blocks resolved; keep one device in it"
            )
        lines.setdefault(layer, []).extend(_lines(entity, unit, tolerance, f"{path}: layer {layer}"))
    return {
        name: _nested(_rings(layer_lines, f"{path}: layer {name}"))
        for name, layer_lines in sorted(lines.items())
        if layer_lines
    }


def _check_size(path: Path) -> None:
    if not path.is_file():
        raise MicrofemError(f"{path}: there is no such file")
    if path.stat().st_size > MOST_DRAWING_BYTES:
        raise MicrofemError(f"{path} is larger than {MOST_DRAWING_BYTES} bytes")


def _cell(read: Any, path: Path, name: str) -> Any:
    """Return the named cell, or the only top-level cell.

    Raises:
        MicrofemError: the cell does not exist, is not unique, or has too many polygons.
    """
    cells = {one.name: one for one in read.cells}
    if len(cells) < len(read.cells):
        twice = next(one.name for one in read.cells if cells[one.name] is not one)
        raise MicrofemError(f"{path} has two cells named '{twice}'; rename or remove one")
    top = [one for one in read.top_level() if one.name in cells]
    if name and name not in cells:
        raise MicrofemError(f"{path} has no cell '{name}'{did_you_mean(name, cells)}; there are {', '.join(cells)}")
    if not name and len(top) != 1:
        listed = ", ".join(one.name for one in top) or "none"
        raise MicrofemError(f"{path} has {len(top)} top-level cells ({listed}); name one with --cell")
    chosen = cells[name] if name else top[0]
    if (count := _count(chosen, cells, {}, path)) > MOST_POLYGONS:
        raise MicrofemError(f"{path} has {count} polygons, more than {MOST_POLYGONS}; select one device with --cell")
    return chosen


def _count(cell: Any, cells: Mapping[str, Any], known: dict[str, int | None], path: Path) -> int:
    """Return the number of polygons of a cell with all its references.

    Raises:
        MicrofemError: the cell contains itself, or a reference is not in the file.
    """
    if cell.name in known:
        if (known_count := known[cell.name]) is None:
            raise MicrofemError(f"{path}: the cell '{cell.name}' contains itself")
        return known_count
    known[cell.name] = None
    total = len(cell.polygons) + len(cell.paths)
    for reference in cell.references:
        if reference.cell_name not in cells:
            raise MicrofemError(
                f"{path}: the cell '{cell.name}' refers to '{reference.cell_name}', which is not in the file"
            )
        total += max(1, reference.repetition.size) * _count(cells[reference.cell_name], cells, known, path)
    known[cell.name] = total
    return total


def _whole(polygon: Polygon, where: str) -> Outline:
    """Return a polygon with holes instead of cuts to its holes.

    Raises:
        MicrofemError: the polygon crosses or overlaps itself, so that its area is not that within its line.
    """
    if polygon.is_valid:
        return polygon
    mended = _areas(shapely.make_valid(polygon, method="structure", keep_collapsed=False))
    around = abs(float(shapely.area(polygon)))
    if abs(mended.area - around) > SAME * max(around, mended.area):
        raise MicrofemError(f"{where}: a polygon crosses itself, um: {shapely.is_valid_reason(polygon)}")
    return mended


def _flat(space: Iterable[Any], layer: str, path: Path, depth: int = 0) -> Iterator[tuple[Any, str]]:
    """Yield entities with their layers, with blocks resolved; entities on layer 0 in a block get the block's layer."""
    if depth > DEEPEST:
        raise MicrofemError(f"{path}: blocks are nested more than {DEEPEST} deep")
    for entity in space:
        own = layer if layer and entity.dxf.layer == "0" else entity.dxf.layer
        if entity.dxftype() == "INSERT":
            if entity.block() is None:
                raise MicrofemError(f"{path} refers to the block '{entity.dxf.name}', which is not in the file")
            for one in entity.multi_insert() if entity.mcount > 1 else [entity]:
                yield from _flat(one.virtual_entities(), own, path, depth + 1)
        else:
            yield entity, own


def _lines(entity: Any, unit: float, tolerance: float, where: str) -> list[LineString]:
    """Return the lines of an entity in um, closed if the entity is closed; texts, dimensions and fillings have none.

    Raises:
        MicrofemError: a polyline has a width, so that its edges are not its line, or a coordinate is no number.
    """
    paths = library("ezdxf.path")

    if entity.dxftype() not in OUTLINES:
        return []
    if entity.dxftype() in WIDE and entity.has_width:
        raise MicrofemError(f"{where}: a polyline has a width; draw its edges as lines without one")
    lines = []
    for part in paths.make_path(entity).sub_paths():
        points = [(unit * p.x, unit * p.y) for p in part.flattening(tolerance / unit)]
        if not np.isfinite(points).all():
            raise MicrofemError(f"{where}: a coordinate is no number")
        if len(points) > 1 and part.is_closed:
            points[-1] = points[0]
        if len(points) > 1 and LineString(points).length > 0.0:
            lines.append(LineString(points))
    return lines


def _rings(lines: list[LineString], where: str) -> list[Polygon]:
    """Return closed lines as polygons; pieces with common ends are joined.

    Raises:
        MicrofemError: a line is open or crosses itself.
    """
    closed = [line for line in lines if line.is_closed]
    pieces = shapely.set_precision([line for line in lines if not line.is_closed], JOINED)
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(pieces))) if len(pieces) else []
    for line in joined:
        if not line.is_closed:
            (x0, y0), (x1, y1) = line.coords[0], line.coords[-1]
            raise MicrofemError(f"{where}: a line is open, from ({x0:.6g}, {y0:.6g}) to ({x1:.6g}, {y1:.6g}) um")
        closed.append(line)
    rings = [Polygon(line) for line in closed if len(line.coords) > 3]
    for ring in rings:
        if not ring.is_valid:
            raise MicrofemError(f"{where}: a line crosses itself, um: {shapely.is_valid_reason(ring)}")
    return rings


def _nested(rings: list[Polygon]) -> Outline:
    """Return the outline of rings: a ring inside an odd number of others is a hole; duplicate lines count once."""
    distinct: list[Polygon] = []
    for ring in sorted(rings, key=lambda one: -one.area):
        if not any(
            ring.equals(other) for other in reversed(distinct) if math.isclose(other.area, ring.area, rel_tol=SAME)
        ):
            distinct.append(ring)
    tree = shapely.STRtree(distinct)
    inside, _ = tree.query(distinct, predicate="covered_by")
    depth = [int((inside == k).sum()) - 1 for k in range(len(distinct))]
    outline: shapely.Geometry = MultiPolygon()
    for level in sorted(set(depth)):
        here = shapely.union_all([ring for ring, own in zip(distinct, depth, strict=True) if own == level])
        outline = outline - here if level % 2 else outline | here
    return _areas(outline)


def _areas(geometry: shapely.Geometry) -> Outline:
    """Return the polygons of a geometry, without its lines and points."""
    parts = [one for one in shapely.get_parts(shapely.get_parts(geometry)) if isinstance(one, Polygon)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def pick(
    outlines: Mapping[str, Outline], layers: Mapping[str, str], roles: Iterable[str], where: str
) -> dict[str, Outline]:
    """Return the outline of each role: the union of its layers.

    layers: layer of the drawing -> role.

    Raises:
        MicrofemError: a layer or a role does not exist, or an electrode has no layer; the message lists the known ones.
    """
    known = list(roles)
    of_role: dict[str, list[Outline]] = {}
    for layer, role in layers.items():
        if role not in known:
            raise MicrofemError(
                f"no role '{role}' for the layer '{layer}'{did_you_mean(role, known)}; there are {', '.join(known)}"
            )
        if layer not in outlines:
            raise MicrofemError(
                f"{where} has no outlines on a layer '{layer}'; there are {', '.join(outlines) or 'none'}"
            )
        of_role.setdefault(role, []).append(outlines[layer])
    for role in ("anode", "cathode"):
        if role not in of_role:
            raise MicrofemError(
                f"no layer is the {role}; write --layers LAYER={role},... with the layers of {where}: "
                f"{', '.join(outlines) or 'none'}"
            )
    return {role: _areas(shapely.union_all(parts)) for role, parts in of_role.items()}
