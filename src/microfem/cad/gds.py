"""GDSII and OASIS, by gdstk: polygons on a grid, a device as a cell, repetitions as one array of references.

The user unit is 1 um. These formats know no arcs and no holes: arcs become chords, and a hole is joined to the outer
line by a cut of no width between two corners that are there already, so that nothing moves.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.polygon import orient

from microfem.base.errors import MicrofemError
from microfem.cad.library import library
from microfem.cad.pattern import LayerPattern, PatternLayer

Floats = NDArray[np.float64]
MOST_POINTS = 8190  # of a polygon in GDSII; more are cut. Readers of the eighties took 199
MOST_CUTS = 1000  # tried from one hole
FARTHEST = 2**31 - 1  # database units, of a coordinate in GDSII


def write_gds(path: Path, pattern: LayerPattern, tolerance: float, grid: float) -> None:
    """Write a pattern as GDSII, or as OASIS where the path ends in .oas.

    tolerance: how far chords may leave arcs, um. grid: the database unit, um.

    Raises:
        MicrofemError: the pattern is larger than GDSII can tell in units of the grid.
    """
    gdstk = library("gdstk")

    reach = max(abs(one) for one in pattern.box()) / grid
    if path.suffix == ".gds" and reach > FARTHEST:
        raise MicrofemError(
            f"{reach * grid * 1e-3:.4g} mm are more than GDSII holds on a grid of {1e3 * grid:g} nm; "
            "take a coarser --grid, or OASIS"
        )
    made = gdstk.Library("microfem", unit=1e-6, precision=grid * 1e-6)
    cell = made.new_cell(re.sub(r"[^A-Za-z0-9_]", "_", pattern.name)[:32])
    _add(cell, pattern.device, tolerance, grid)
    if pattern.grid.repeated or pattern.shared:
        top = made.new_cell("TOP")
        one = pattern.grid
        top.add(gdstk.Reference(cell, columns=one.columns, rows=one.rows, spacing=one.pitch))
        _add(top, pattern.shared, tolerance, grid)
    path.open("wb").close()  # tells why it cannot be written, which the library does not
    if path.suffix == ".oas":
        made.write_oas(path)
    else:
        made.write_gds(path, max_points=MOST_POINTS)


def on_grid(layer: PatternLayer, tolerance: float, grid: float) -> list[Polygon]:
    """Return a layer's polygons with their corners on the grid."""
    snapped = shapely.set_precision(list(layer.outline(tolerance).geoms), grid)
    return [one for one in shapely.get_parts(snapped) if one.area > 0.0]


def _add(cell: Any, layers: Sequence[PatternLayer], tolerance: float, grid: float) -> None:
    gdstk = library("gdstk")

    for layer in layers:
        for one in on_grid(layer, tolerance, grid):
            cell.add(gdstk.Polygon(keyholed(one), layer.number, layer.datatype))


def keyholed(polygon: Polygon) -> Floats:
    """Return one closed line (n, 2) around a polygon with holes, joined by cuts between corners."""
    whole = orient(polygon)  # holes turn the other way
    line = shapely.get_coordinates(whole.exterior)[:-1]
    holes = [shapely.get_coordinates(hole)[:-1] for hole in whole.interiors]
    shapely.prepare(polygon)
    while holes:
        index, at, start = _cut(polygon, line, holes)
        hole = np.roll(holes.pop(index), -start, axis=0)
        line = np.vstack([line[: at + 1], hole, hole[:1], line[at:]])
    return line


def _cut(polygon: Polygon, line: Floats, holes: Sequence[Floats]) -> tuple[int, int, int]:
    """Return the shortest cut inside the polygon: which hole, which corner of the line and which of the hole."""
    for k, hole in enumerate(holes):
        away = np.hypot(*(line[:, None] - hole[None]).transpose(2, 0, 1))
        for flat in np.argsort(away, axis=None, kind="stable")[:MOST_CUTS]:
            at, start = np.unravel_index(flat, away.shape)
            if polygon.covers(LineString([line[at], hole[start]])):
                return k, int(at), int(start)
    raise MicrofemError(f"no cut joins the holes of a polygon at {polygon.centroid.x:.6g}, {polygon.centroid.y:.6g} um")
