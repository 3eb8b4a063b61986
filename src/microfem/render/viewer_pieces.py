"""What is drawn of one design: its surface with values, outlines, the ghost, what a click and a line read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from microfem.render.panel import Floats, has_field
from microfem.render.viewer_state import Case, Run, Shown, at_points, motion, rest, unit_of, values
from microfem.units import format_quantity

VALUE, MOTION, REST = "_value", "_motion", "_rest"
ELECTRODES = ("anode", "cathode", "anode_collector", "cathode_collector")
SHARP = 30  # degrees between facets whose common edge is drawn
SAMPLES = 400  # along a line
SPANS = 4096  # kept, so that a sweep of many designs reads each once
PIECES = 24  # kept, so that a slider moves points and cuts nothing anew


@dataclass(frozen=True)
class Piece:
    """One design as drawn. Surface and lines lie at rest and have `_motion` at their points, um.

    known: whether the values are stored for this state; span: smallest and largest value of the shown regions.
    """

    surface: Any
    outlines: Any
    edges: Any
    known: bool
    span: tuple[float, float]


@dataclass(frozen=True)
class Reading:
    """What a click reads: the value with its unit, the region, and the place before any load, um."""

    value: float
    text: str
    region: str
    place: tuple[float, float, float]


def piece(run: Run, design: str, shown: Shown) -> Piece:
    """Return what is drawn of a design; how far it is deformed and how it is coloured do not matter here."""
    return make_piece(run.read(design, shown.case), _plain(design, shown))


def _plain(design: str, shown: Shown) -> Shown:
    """Return what of all that is shown decides which cells and values of a design there are."""
    return Shown((design,), shown.case, shown.quantity, load=shown.load, log=shown.log, normal=shown.normal,
                 place=shown.place if shown.normal else 0.5, hidden=shown.hidden)  # fmt: skip


def span_of(run: Run, design: str, shown: Shown) -> tuple[float, float] | None:
    """Return smallest and largest value of a design that is not drawn itself; None where they are not stored."""
    return _span(run, replace(_plain(design, shown), normal="", place=0.5))


@lru_cache(maxsize=SPANS)
def _span(run: Run, shown: Shown) -> tuple[float, float] | None:
    grid, found = volume(run.read(shown.designs[0], shown.case), shown)
    return value_range(grid, shown.log) if found else None


@lru_cache(maxsize=PIECES)
def make_piece(case: Case, shown: Shown) -> Piece:
    """Cut out what is shown of a case."""
    grid, found = volume(case, shown)
    span = value_range(grid, shown.log) if found else (0.0, 1.0)
    if shown.normal:
        grid = clipped(grid, shown)
    surface = grid.extract_surface(algorithm=None)
    firm = [k for k, role in enumerate(case.stored.about["regions"].values()) if role in ELECTRODES]
    inside = np.isin(np.asarray(grid.cell_data["region"]), firm)
    outlines = feature_edges(grid.extract_cells(inside).extract_surface(algorithm=None)) if inside.any() else None
    return Piece(surface, outlines, feature_edges(surface), found, span)


def volume(case: Case, shown: Shown) -> tuple[Any, bool]:
    """Return the cells of the shown regions at rest, with value and motion, and whether the value is stored."""
    import pyvista as pv

    stored = case.stored
    grid = at(pv.UnstructuredGrid(stored.grid, deep=False), rest(case))
    grid.clear_data()
    grid.point_data[MOTION] = motion(case, shown.quantity.partition(":")[0], shown.load)
    grid.point_data[REST] = rest(case)
    grid.cell_data["region"] = stored.grid.cell_data["region"]
    found = values(case, shown.quantity, shown.load)
    if found is not None:
        (grid.point_data if at_points(case, shown.quantity) else grid.cell_data)[VALUE] = found
    keep = np.ones(grid.n_cells, dtype=bool)
    if shown.hidden:
        names = list(stored.about["regions"])
        keep &= ~np.isin(np.asarray(grid.cell_data["region"]), [names.index(one) for one in shown.hidden & set(names)])
    if stored.about["physics"] == "bridges":
        keep &= has_field(stored.grid, "displacement")
    return (grid if keep.all() else grid.extract_cells(keep)), found is not None


def value_range(grid: Any, log: bool) -> tuple[float, float]:
    """Return the smallest and largest value in a grid, of those above 0 where the scale is logarithmic."""
    found = np.asarray(grid.point_data[VALUE] if VALUE in grid.point_data else grid.cell_data[VALUE])
    found = found[np.isfinite(found) & ((found > 0.0) | (not log))]
    return (float(found.min()), float(found.max())) if len(found) else (0.0, 1.0)


def clipped(grid: Any, shown: Shown) -> Any:
    """Cut away what is before a plane of the layout at rest, seen from the usual corner; the plane never leaves it."""
    k = "xyz".index(shown.normal)
    low, high = grid.bounds[2 * k], grid.bounds[2 * k + 1]
    origin = [0.0, 0.0, 0.0]
    origin[k] = low + (high - low) * min(max(shown.place, 0.001), 0.999)
    return grid.clip(normal=shown.normal, origin=origin, invert=shown.normal == "z")


def feature_edges(surface: Any) -> Any:
    """Return the rim and the sharp edges of a surface, with the motion of their points."""
    return surface.extract_feature_edges(SHARP, boundary_edges=True, non_manifold_edges=False, manifold_edges=False)


def moved(mesh: Any, factor: float) -> Any:
    """Return a mesh at rest with its points moved by a factor of the displacement."""
    return at(mesh, np.asarray(mesh.points) + factor * np.asarray(mesh.point_data[MOTION]))


def at(mesh: Any, points: Floats) -> Any:
    """Return a mesh with its points elsewhere; the rest is shared, and the mesh itself stays where it is."""
    import pyvista as pv

    placed = mesh.copy(deep=False)
    placed.SetPoints(pv.vtk_points(points))
    return placed


def read_at(case: Case, shown: Shown, one: Piece, cell: int, point: Floats) -> Reading:
    """Read the value where a click has hit a cell of the surface as it is drawn (deformed).

    A field of points is interpolated in the triangle that was hit, one of cells is the cell's.
    """
    corners = np.asarray(one.surface.get_cell(cell).point_ids)[:3]
    at_rest = np.asarray(one.surface.point_data[REST])[corners]
    drawn = np.asarray(one.surface.points)[corners] + shown.factor * np.asarray(one.surface.point_data[MOTION])[corners]
    weights = np.linalg.lstsq(np.vstack([drawn.T - drawn.mean(), np.ones(3)]),
                              np.append(np.asarray(point) - drawn.mean(), 1.0), rcond=None)[0]  # fmt: skip
    x, y, z = (float(c) for c in weights @ at_rest)
    names = list(case.stored.about["regions"])
    region = names[int(one.surface.cell_data["region"][cell])]
    if not one.known:
        return Reading(np.nan, "not stored for this state", region, (x, y, z))
    data = one.surface.point_data
    value = float(weights @ np.asarray(data[VALUE])[corners] if VALUE in data else one.surface.cell_data[VALUE][cell])
    text = format_quantity(value, unit_of(case, shown.quantity)) if np.isfinite(value) else "not defined here"
    return Reading(value, text, region, (x, y, z))


def along_line(case: Case, shown: Shown, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return distance (n,) um and value (n,) along a line through the layout at rest, NaN outside of it.

    The line is cut at equal distances; a field of cells keeps its jumps.
    """
    import pyvista as pv

    grid, found = volume(case, shown)
    line = pv.Line(a, b, resolution=SAMPLES)
    distance = np.linalg.norm(np.asarray(line.points) - np.asarray(a), axis=1)
    if not found:
        return distance, np.full(len(distance), np.nan)
    sampled = line.sample(grid)
    valid = np.asarray(sampled.point_data["vtkValidPointMask"], dtype=bool)
    return distance, np.where(valid, np.asarray(sampled.point_data[VALUE], dtype=float), np.nan)
