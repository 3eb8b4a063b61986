"""GDSII and OASIS, by gdstk: polygons on a grid, a device as a cell, repetitions as one array of references.

The user unit is 1 um. These formats have no arcs and no holes: arcs become chords, and a cut of zero width between two
existing corners joins a hole to the outer line, so that no corner moves.
"""

from __future__ import annotations

import errno
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
from microfem.cad.pattern import LayerPattern, PatternLayer
from microfem.drawings.library import library

Floats = NDArray[np.float64]
MOST_POINTS = 8190  # of a polygon in GDSII; larger polygons are split. Old readers accept 199
MOST_CUTS = 1000  # largest number of cuts that are tried from one hole
END_OF_GDSII = (4, b"\0\4\4\0")  # length of the last record, bytes, and its beginning
END_OF_OASIS = (256, b"\2")
FARTHEST = 2**31 - 1  # largest coordinate in GDSII, database units


def write_gds(path: Path, pattern: LayerPattern, tolerance: float, grid: float) -> None:
    """Write a pattern as GDSII, or as OASIS if the path ends in .oas.

    tolerance: largest distance of chords from arcs, um; grid: the database unit, um.

    Raises:
        MicrofemError: coordinates of the pattern exceed the range of GDSII in units of the grid.
        OSError: the file is incomplete.
    """
    gdstk = library("gdstk")

    reach = max(abs(coordinate) for coordinate in pattern.box()) / grid
    if path.suffix == ".gds" and reach > FARTHEST:
        raise MicrofemError(
            f"{reach * grid * 1e-3:.4g} mm are more than GDSII holds on a grid of {1e3 * grid:g} nm; "
            "use a coarser --grid, or OASIS"
        )
    library_file = gdstk.Library("microfem", unit=1e-6, precision=grid * 1e-6)
    cell = library_file.new_cell(re.sub(r"[^A-Za-z0-9_]", "_", pattern.name)[:32])
    _add(cell, pattern.device, tolerance, grid)
    if pattern.grid.repeated or pattern.shared:
        top = library_file.new_cell("TOP")
        repetition = pattern.grid
        top.add(gdstk.Reference(cell, columns=repetition.columns, rows=repetition.rows, spacing=repetition.pitch))
        _add(top, pattern.shared, tolerance, grid)
    if path.suffix == ".oas":
        library_file.write_oas(path)
    else:
        library_file.write_gds(path, max_points=MOST_POINTS)
    _ended(path)


def _ended(path: Path) -> None:
    """Check the last record of a file: the library does not tell that the disk is full."""
    last = END_OF_OASIS if path.suffix == ".oas" else END_OF_GDSII
    if path.read_bytes()[-last[0] :][: len(last[1])] != last[1]:
        raise OSError(errno.EIO, "the file is incomplete; is the disk full?")


def on_grid(layer: PatternLayer, tolerance: float, grid: float) -> list[Polygon]:
    """Return a layer's polygons with their corners on the grid."""
    snapped = shapely.set_precision(list(layer.outline(tolerance).geoms), grid)
    return [one for one in shapely.get_parts(snapped) if one.area > 0.0]


def _add(cell: Any, layers: Sequence[PatternLayer], tolerance: float, grid: float) -> None:
    gdstk = library("gdstk")

    for layer in layers:
        for one in on_grid(layer, tolerance, grid):
            cell.add(gdstk.Polygon(keyholed(one), layer.number, layer.datatype))
        for line in layer.lines:
            path = gdstk.FlexPath(line.path, 0.0, simple_path=True, layer=layer.number, datatype=layer.datatype)
            cell.add(path)


def keyholed(polygon: Polygon) -> Floats:
    """Return one closed line (n, 2) around a polygon with holes, joined by cuts between corners."""
    whole = orient(polygon)  # holes have the opposite direction
    line = shapely.get_coordinates(whole.exterior)[:-1]
    holes = [shapely.get_coordinates(hole)[:-1] for hole in whole.interiors]
    shapely.prepare(polygon)
    while holes:
        index, at, start = _cut(polygon, line, holes)
        hole = np.roll(holes.pop(index), -start, axis=0)
        line = np.vstack([line[: at + 1], hole, hole[:1], line[at:]])
    return line


def _cut(polygon: Polygon, line: Floats, holes: Sequence[Floats]) -> tuple[int, int, int]:
    """Return the shortest cut inside the polygon: number of the hole, of the line's corner and of the hole's corner."""
    for k, hole in enumerate(holes):
        away = np.hypot(*(line[:, None] - hole[None]).transpose(2, 0, 1))
        for flat in np.argsort(away, axis=None, kind="stable")[:MOST_CUTS]:
            at, start = np.unravel_index(flat, away.shape)
            if polygon.covers(LineString([line[at], hole[start]])):
                return k, int(at), int(start)
    raise MicrofemError(f"no cut joins the holes of a polygon at {polygon.centroid.x:.6g}, {polygon.centroid.y:.6g} um")
