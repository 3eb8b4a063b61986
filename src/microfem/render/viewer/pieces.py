"""What is drawn of one design: its surface with values, outlines, the ghost, what a click and a line read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from microfem.base.units import format_quantity
from microfem.render.colours import Span, scale_of, volume_span
from microfem.render.panel import SMOOTH, numbered
from microfem.render.scene import SHADE, skin, triangle_mesh
from microfem.render.stored import Bools, Floats, Ints, Stored, barycentric, moving
from microfem.render.triangles import Triangles, refined
from microfem.render.viewer.state import OpenRun, Shown, StoredCase, motion, rest, unit_of

VALUE, MOTION, NUMBER = "_value", "_motion", "_number"
ELECTRODES = ("anode", "cathode", "anode_collector", "cathode_collector")
SHARP = 30  # degrees between facets whose common edge is drawn
SAMPLES = 400  # along a line
SPANS = 4096  # kept, so that a sweep of many designs reads each once
PIECES = 24  # kept, so that a slider moves points and cuts nothing anew


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One design as drawn. Surface and lines lie at rest and have `_motion` at their points, um.

    triangles: of the surface, by number; span: what the values range over in the shown regions, None where there are
    none.
    """

    surface: Any
    triangles: Triangles
    outlines: Any
    edges: Any
    span: Span | None


@dataclass(frozen=True)
class PickedValue:
    """What a click reads: the value with its unit, the region, and the place before any load, um."""

    value: float
    text: str
    region: str
    place: tuple[float, float, float]


def piece(run: OpenRun, design: str, shown: Shown) -> Piece:
    """Return what is drawn of a design; how far it is deformed and how it is coloured do not matter here."""
    return make_piece(run.read(design, shown.case), _plain(design, shown))


def _plain(design: str, shown: Shown) -> Shown:
    """Return what of all that is shown decides which cells and values of a design there are."""
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
    """Return what the values of a design range over, drawn or not; None where there are none."""
    return _span(run, _plain(design, shown))


@lru_cache(maxsize=SPANS)
def _span(run: OpenRun, shown: Shown) -> Span | None:
    return case_span(run.read(shown.designs[0], shown.case), replace(shown, normal="", place=0.5))


@lru_cache(maxsize=PIECES)
def case_span(case: StoredCase, shown: Shown) -> Span | None:
    """Return what the values range over in the shown regions, whether a clip plane cuts them away or not."""
    stored = case.at(shown.state)
    return volume_span(stored, kept(stored, shown), shown.quantity, shown.log)


def kept(stored: Stored, shown: Shown) -> Bools:
    """Tell which cells are shown: those of regions that are not hidden."""
    names = list(stored.about["regions"])
    hidden = [names.index(one) for one in shown.hidden & set(names)]
    return moving(stored) & ~np.isin(np.asarray(stored.grid.cell_data["region"]), hidden)


@lru_cache(maxsize=PIECES)
def make_piece(case: StoredCase, shown: Shown) -> Piece:
    """Cut out what is shown of a case."""
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
        surface.point_data[VALUE] = triangles.corners(lambda *where: told(case, shown, *where)).ravel()
    firm = [k for k, role in enumerate(case.stored.about["regions"].values()) if role in ELECTRODES]
    inside = np.isin(np.asarray(grid.cell_data["region"]), firm)
    outlines = feature_edges(grid.extract_cells(inside).extract_surface(algorithm=None)) if inside.any() else None
    return Piece(surface=surface, triangles=triangles, outlines=outlines, edges=feature_edges(hull), span=span)


def told(case: StoredCase, shown: Shown, cell: Ints, weights: Floats) -> Floats:
    """Return what is shown at places within cells, (n,)."""
    return case.at(shown.state).shown(shown.quantity, cell, weights)


def fine(case: StoredCase, shown: Shown, hull: Any, span: Span | None) -> Triangles:
    """Return a surface of cells at rest as triangles on which colours and shape follow the field."""
    stored, moves = case.stored, case.moves
    whole, _, _ = skin(stored, hull, rest(case))
    scale = scale_of([span] if span else [], shown.quantity.partition(":")[0], shown.log)
    path = motion(case, shown.quantity.partition(":")[0], shown.state) / (SMOOTH * stored.scale())

    def off(cell: Ints, weights: Floats) -> Floats:
        share = scale.share(told(case, shown, cell, weights))[:, None] / SHADE if span else np.zeros((len(cell), 1))
        return np.hstack([share, stored.at(path, cell, weights)]) if moves else share

    return refined(whole, off)


def volume(case: StoredCase, shown: Shown) -> Any:
    """Return the cells of the shown regions at rest, with the motion of their vertices."""
    stored = case.stored
    grid = at(numbered(stored, True), rest(case)[: stored.grid.n_points])
    grid.point_data[MOTION] = motion(case, shown.quantity.partition(":")[0], shown.state)[: stored.grid.n_points]
    keep = kept(stored, shown)
    return grid if keep.all() else grid.extract_cells(keep)


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


def read_at(case: StoredCase, shown: Shown, one: Piece, cell: int, point: Floats) -> PickedValue:
    """Read the value where a click has hit a triangle of the surface as it is drawn (deformed)."""
    corners = slice(3 * cell, 3 * cell + 3)
    at_rest = np.asarray(one.surface.points)[corners]
    drawn = at_rest + shown.factor * np.asarray(one.surface.point_data[MOTION])[corners]
    share = np.linalg.lstsq(np.vstack([drawn.T - drawn.mean(), np.ones(3)]),
                            np.append(np.asarray(point) - drawn.mean(), 1.0), rcond=None)[0]  # fmt: skip
    x, y, z = (float(c) for c in share @ at_rest)
    owner = one.triangles.cell[[cell]]
    region = list(case.stored.about["regions"])[int(case.stored.grid.cell_data["region"][owner[0]])]
    value = float(told(case, shown, owner, (share @ one.triangles.weights[cell])[None, :])[0])
    text = format_quantity(value, unit_of(case, shown.quantity)) if np.isfinite(value) else "not defined here"
    return PickedValue(value, text, region, (x, y, z))


def along_line(case: StoredCase, shown: Shown, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return distance (n,) um and value (n,) along a line through the layout at rest, NaN outside of it.

    The line is cut at equal distances; a field that jumps from cell to cell keeps its jumps.
    """
    along = np.linspace(0.0, 1.0, SAMPLES + 1)[:, None]
    points = (1.0 - along) * np.asarray(a, dtype=float) + along * np.asarray(b, dtype=float)
    distance, found = np.linalg.norm(points - points[0], axis=1), np.full(len(points), np.nan)
    grid = volume(case, shown)
    hit = np.asarray(grid.find_containing_cell(points))
    inside = np.flatnonzero(hit >= 0)
    cell = np.asarray(grid.cell_data["_cell"], dtype=np.int64)[hit[inside]]
    found[inside] = told(case, shown, cell, barycentric(case.stored, points[inside], cell, rest(case)))
    return distance, found
