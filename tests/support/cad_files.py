"""Files for machines read back: the outline of each layer in GDSII, DXF and SVG, and the pattern as it should be."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import ezdxf
import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from microfem.cad.gds import on_grid
from microfem.cad.pattern import LayerPattern
from microfem.drawings.heal import heal
from microfem.drawings.read import Reading, read_drawing
from microfem.families import FAMILIES, build_layout
from microfem.layout import Layout
from microfem.layout.rings import Ring

NAMES = FAMILIES.names()
MORE = {
    "curved bridges": ("island_bridge", {"bridge_shape": "serpentine", "bridge_width": 200.0}),
    "horseshoes": ("island_bridge", {"bridge_shape": "horseshoe", "bridge_width": 200.0}),
    "waves": ("island_bridge", {"bridge_shape": "sine", "bridge_width": 200.0, "columns": 2}),
    "closed rings": ("concentric", {"closed": True}),
    "rings with tabs": ("concentric", {"tab_length": 800.0}),
    "comb with tabs": ("interdigital", {"tab_length": 800.0, "collector_thickness": 0.1}),
    "two strands": ("fiber", {"arrangement": "twisted", "collector_diameter": 60.0, "jacket_thickness": 20.0}),
    "hexagonal posts": ("pillars", {"arrangement": "hexagonal"}),
}
ALL = {**{name: (name, {}) for name in NAMES}, **MORE}
EXACT = 1e-9  # of the footprint
TOLERANCE, GRID = 0.1, 1e-3  # um
FINE = 1e-3  # um: chords by which two files with arcs are compared


def layout_of(key: str) -> Layout:
    """Return the layout of a name in ALL."""
    name, params = ALL[key]
    return build_layout(name, params)


def off(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return the area that two outlines do not share, of their footprint."""
    return one.symmetric_difference(other).area / max(one.area, other.area)


def even_odd(rings: list[Polygon]) -> shapely.Geometry:
    """Return what lies within an odd number of rings."""
    outline: shapely.Geometry = MultiPolygon()
    for ring in rings:
        outline = outline ^ ring
    return outline


def dxf(path: Path) -> dict[str, shapely.Geometry]:
    """Return each layer's outline from the corners and bulges of its lines, in um."""
    model = ezdxf.readfile(path).modelspace()
    found: dict[str, list[Polygon]] = {}
    lines = [*model, *(one for insert in model.query("INSERT") for one in insert.virtual_entities())]
    for line in lines:
        if line.dxftype() == "LWPOLYLINE":
            assert line.closed
            x, y, bulge = np.array(line.get_points("xyb")).T
            corners = Ring(1e3 * np.column_stack([x, y]), bulge).corners(FINE)
            found.setdefault(line.dxf.layer, []).append(Polygon(corners))
    return {name: even_odd(rings) for name, rings in found.items()}


def svg(path: Path) -> dict[str, shapely.Geometry]:
    """Return each layer's outline: paths by even-odd, moved as each `use` says, y upwards again, in um."""
    root, space = Xml.parse(path).getroot(), "{http://www.w3.org/2000/svg}"
    named = {one.get("id"): one for one in root.iter() if one.get("id")}
    found = {}
    for group in (one for one in root.findall(f"{space}g")):
        shapes = [outline_of(one) for one in group.findall(f"{space}path")]
        for use in group.findall(f"{space}use"):
            device = shapely.union_all([outline_of(one) for one in named[use.get("href")[1:]].findall(f"{space}path")])
            x, y = 1e3 * float(use.get("x")), -1e3 * float(use.get("y"))
            shapes.append(shapely.affinity.translate(device, x, y))
        found[group.get("id")] = shapely.union_all(shapes)
    return found


def outline_of(path: Xml.Element) -> shapely.Geometry:
    """Return the outline that a path of SVG draws, its arcs as chords."""
    rings = []
    for line in path.get("d").split("Z"):
        points, bulges = [], []
        for numbers in re.findall(r"[MLA]([^MLA]*)", re.sub(r"A([^A]*)A", r"A\1", line)):
            *arcs, x, y = (float(one) for one in numbers.split())
            if points:
                bulges.append(bulge_of(points[-1], (x, y), arcs))
            points.append((x, y))
        if points:
            assert points[0] == points[-1]
            place = 1e3 * np.array(points[:-1]) * (1.0, -1.0)
            rings.append(Polygon(Ring(place, np.array(bulges)).corners(FINE)))
    return even_odd(rings)


def bulge_of(a: tuple[float, float], b: tuple[float, float], told: list[float]) -> float:
    """Return the bulge of two arcs in line, told as SVG does: radii, rotation, flags, end; y downwards."""
    if not told:
        return 0.0
    *first, x, y = told[:7]
    assert told[7:] == first
    radius, other, _, large, sweep = first
    assert (radius, large) == (other, 0.0)
    angle = 2.0 * sum(math.asin(0.5 * math.dist(p, q) / radius) for p, q in ((a, (x, y)), ((x, y), b)))
    return math.tan(0.25 * angle) * (-1.0 if sweep else 1.0)


def as_drawn(path: Path, reading: Reading = Reading(), join: float = 0.0) -> dict[str, shapely.Geometry]:
    """Return each layer's outline of a drawing, in um; without `join` as it is drawn, not healed."""
    drawing = read_drawing(path, reading)
    return heal(drawing, drawing.layers, join).outlines


READERS: dict[str, Callable[[Path], dict[str, shapely.Geometry]]] = {
    ".gds": as_drawn, ".oas": as_drawn, ".dxf": dxf, ".svg": svg}  # fmt: skip


def wanted(pattern: LayerPattern, suffix: str) -> dict[str, shapely.Geometry]:
    """Return what a file of a format must hold: outlines on the grid, or with their arcs."""
    if suffix in (".dxf", ".svg"):
        return {one.name: one.outline(FINE) for one in pattern.layers()}
    return {f"{one.number}/{one.datatype}": MultiPolygon(on_grid(one, TOLERANCE, GRID)) for one in pattern.layers()}
