"""The drawn parts of one design: surface with values, outlines, undeformed ghost; values at clicks and along lines."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from microfem.base.units import format_quantity
from microfem.render.colours import Span, scale_of, volume_span
from microfem.render.panel import SMOOTH, numbered
from microfem.render.scene import SHADE, skin, triangle_mesh
from microfem.render.triangles import Triangles, refined
from microfem.render.viewer.state import OpenRun, Shown, StoredCase, motion, rest, unit_of
from microfem.results.stored import Bools, Floats, Ints, Stored, barycentric, moving

VALUE, MOTION, NUMBER = "_value", "_motion", "_number"
ELECTRODES = ("anode", "cathode", "anode_collector", "cathode_collector")
SHARP = 30  # degrees between facets whose common edge is drawn
SAMPLES = 400  # along a line
SPANS = 4096  # cached, so that a sweep over many designs reads each once
PIECES = 24  # cached, so that a slider only moves points and cuts nothing again


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One design as drawn: surface and lines are undeformed and have `_motion` at their points, um.

    triangles: of the surface, by number; span: of the values in the shown regions, None without values.
    """

    surface: Any
    triangles: Triangles
    outlines: Any
    edges: Any
    span: Span | None


@dataclass(frozen=True)
class PickedValue:
    """A picked value with its unit, its region, and the undeformed place, um."""

    value: float
    text: str
    region: str
    place: tuple[float, float, float]


def piece(run: OpenRun, design: str, shown: Shown) -> Piece:
    """Return the drawn parts of a design, which do not depend on the deformation factor and the colours."""
    return make_piece(run.read(design, shown.case), _plain(design, shown))


def _plain(design: str, shown: Shown) -> Shown:
    """Return only the settings that decide the cells and values of a design, as a key of the cache."""
    return Shown(
        designs=(design,),
        case=shown.case,
        quantity=shown.quantity,
        state=shown.state,
        log=shown.log,
        normal=shown.normal,
        place=shown.place if shown.normal else 0.5,
        hidden=shown.hidden,
    )


def span_of(run: OpenRun, design: str, shown: Shown) -> Span | None:
    """Return the span of a design's values, drawn or not; None without values."""
    return _span(run, _plain(design, shown))


@lru_cache(maxsize=SPANS)
def _span(run: OpenRun, shown: Shown) -> Span | None:
    return case_span(run.read(shown.designs[0], shown.case), replace(shown, normal="", place=0.5))


@lru_cache(maxsize=PIECES)
def case_span(case: StoredCase, shown: Shown) -> Span | None:
    """Return the span of values in the shown regions, also of parts that a clip plane cuts away."""
    stored = case.at(shown.state)
    return volume_span(stored, kept(stored, shown), shown.quantity, shown.log)


def kept(stored: Stored, shown: Shown) -> Bools:
    """Tell which cells are shown: those in regions that are not hidden."""
    names = list(stored.about["regions"])
    hidden = [names.index(one) for one in shown.hidden & set(names)]
    return moving(stored) & ~np.isin(np.asarray(stored.grid.cell_data["region"]), hidden)


@lru_cache(maxsize=PIECES)
def make_piece(case: StoredCase, shown: Shown) -> Piece:
    """Build the drawn parts of a case."""
    grid = volume(case, shown)
    if shown.normal:
        grid = clipped(grid, shown)
    hull = grid.extract_surface(algorithm=None)
    span = case_span(case, replace(shown, normal="", place=0.5))
    triangles = fine(case, shown, hull, span)
    surface = triangle_mesh(triangles.corners(lambda cell, weights: case.stored.at(rest(case), cell, weights)))
    moving_by = motion(case, shown.quantity.partition(":")[0], shown.state)
    surface.point_data[MOTION] = triangles.corners(lambda *where: case.stored.at(moving_by, *where)).reshape(-1, 3)
    surface.cell_data[NUMBER] = np.arange(surface.n_cells)
    surface.cell_data["region"] = np.asarray(case.stored.grid.cell_data["region"])[triangles.cell]
    if span:
        surface.point_data[VALUE] = triangles.corners(lambda *where: shown_values(case, shown, *where)).ravel()
    firm = [k for k, role in enumerate(case.stored.about["regions"].values()) if role in ELECTRODES]
    inside = np.isin(np.asarray(grid.cell_data["region"]), firm)
    outlines = feature_edges(grid.extract_cells(inside).extract_surface(algorithm=None)) if inside.any() else None
    return Piece(surface=surface, triangles=triangles, outlines=outlines, edges=feature_edges(hull), span=span)


def shown_values(case: StoredCase, shown: Shown, cell: Ints, weights: Floats) -> Floats:
    """Return the shown values (n,) at places in cells."""
    return case.at(shown.state).shown(shown.quantity, cell, weights)


def fine(case: StoredCase, shown: Shown, hull: Any, span: Span | None) -> Triangles:
    """Return an undeformed surface as triangles on which colours and shape follow the field."""
    stored, moves = case.stored, case.moves
    whole, _, _ = skin(stored, hull, rest(case))
    scale = scale_of([span] if span else [], shown.quantity.partition(":")[0], shown.log)
    path = motion(case, shown.quantity.partition(":")[0], shown.state) / (SMOOTH * stored.scale())

    def off(cell: Ints, weights: Floats) -> Floats:
        share = (
            scale.share(shown_values(case, shown, cell, weights))[:, None] / SHADE if span else np.zeros((len(cell), 1))
        )
        return np.hstack([share, stored.at(path, cell, weights)]) if moves else share

    return refined(whole, off)


def volume(case: StoredCase, shown: Shown) -> Any:
    """Return the undeformed cells of the shown regions, with the motion of their vertices."""
    stored = case.stored
    grid = at(numbered(stored, True), rest(case)[: stored.grid.n_points])
    grid.point_data[MOTION] = motion(case, shown.quantity.partition(":")[0], shown.state)[: stored.grid.n_points]
    keep = kept(stored, shown)
    return grid if keep.all() else grid.extract_cells(keep)


def clipped(grid: Any, shown: Shown) -> Any:
    """Cut away the part of the undeformed layout in front of a plane; the plane never leaves the layout."""
    k = "xyz".index(shown.normal)
    low, high = grid.bounds[2 * k], grid.bounds[2 * k + 1]
    origin = [0.0, 0.0, 0.0]
    origin[k] = low + (high - low) * min(max(shown.place, 0.001), 0.999)
    return grid.clip(normal=shown.normal, origin=origin, invert=shown.normal == "z")


def feature_edges(surface: Any) -> Any:
    """Return the rim and the sharp edges of a surface, with the motion of their points."""
    return surface.extract_feature_edges(SHARP, boundary_edges=True, non_manifold_edges=False, manifold_edges=False)


def moved(mesh: Any, factor: float) -> Any:
    """Return an undeformed mesh with its points moved by a factor of the displacement."""
    return at(mesh, np.asarray(mesh.points) + factor * np.asarray(mesh.point_data[MOTION]))


def at(mesh: Any, points: Floats) -> Any:
    """Return a mesh with other points; it shares all other data, and the original does not change."""
    import pyvista as pv

    placed = mesh.copy(deep=False)
    placed.SetPoints(pv.vtk_points(points))
    return placed


def read_at(case: StoredCase, shown: Shown, one: Piece, cell: int, point: Floats) -> PickedValue:
    """Return the value at the point where a click hit a triangle of the drawn (deformed) surface."""
    corners = slice(3 * cell, 3 * cell + 3)
    at_rest = np.asarray(one.surface.points)[corners]
    drawn = at_rest + shown.factor * np.asarray(one.surface.point_data[MOTION])[corners]
    share = np.linalg.lstsq(
        np.vstack([drawn.T - drawn.mean(), np.ones(3)]), np.append(np.asarray(point) - drawn.mean(), 1.0), rcond=None
    )[0]
    x, y, z = (float(c) for c in share @ at_rest)
    owner = one.triangles.cell[[cell]]
    region = list(case.stored.about["regions"])[int(case.stored.grid.cell_data["region"][owner[0]])]
    value = float(shown_values(case, shown, owner, (share @ one.triangles.weights[cell])[None, :])[0])
    text = format_quantity(value, unit_of(case, shown.quantity)) if np.isfinite(value) else "not defined here"
    return PickedValue(value, text, region, (x, y, z))


def along_line(case: StoredCase, shown: Shown, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return distance (n,) um and value (n,) along a line through the undeformed layout, NaN outside.

    The line is sampled at equal distances; a field that is discontinuous between cells keeps its jumps.
    """
    along = np.linspace(0.0, 1.0, SAMPLES + 1)[:, None]
    points = (1.0 - along) * np.asarray(a, dtype=float) + along * np.asarray(b, dtype=float)
    distance, values = np.linalg.norm(points - points[0], axis=1), np.full(len(points), np.nan)
    grid = volume(case, shown)
    hit = np.asarray(grid.find_containing_cell(points))
    inside = np.flatnonzero(hit >= 0)
    cell = np.asarray(grid.cell_data["_cell"], dtype=np.int64)[hit[inside]]
    values[inside] = shown_values(case, shown, cell, barycentric(case.stored, points[inside], cell, rest(case)))
    return distance, values
