"""The drawn parts of one design: surface with values, outlines, undeformed ghost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from microfem.render.colours import Span, scale_of, volume_span
from microfem.render.panel import SMOOTH, numbered
from microfem.render.scene import SHADE, SOFT, skin, triangle_mesh
from microfem.render.triangles import Triangles, refined
from microfem.render.viewer.clip import ClipPlane, clipped, plane_of
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import OpenRun, StoredCase, in_roles, motion, rest
from microfem.results.stored import Bools, Floats, Ints, Stored, moving

VALUE, MOTION, NUMBER = "_value", "_motion", "_number"
ELECTRODES = ("anode", "cathode", "anode_collector", "cathode_collector")
SHARP = 30  # degrees between facets whose common edge is drawn
SPANS = 4096  # cached, so that a sweep over many designs reads each once
PIECES = 24  # cached, so that a slider only moves points and cuts nothing again


@dataclass(frozen=True, eq=False, kw_only=True)
class Piece:
    """One design as drawn: surface and lines are undeformed and have `_motion` at their points, um.

    hull: the sides of cells; surface: the hull, divided; triangles: of the surface, by number;
    plane: at which the layout is cut open; span: of the values in the shown regions, None without values.
    """

    hull: Any
    plane: ClipPlane | None
    surface: Any
    triangles: Triangles
    outlines: Any
    edges: Any
    span: Span | None

    @cached_property
    def mesh_lines(self) -> Any:
        """The edges of cells on the surface."""
        return self.hull.extract_all_edges()


def piece(run: OpenRun, design: str, shown: Shown) -> Piece:
    """Return the drawn parts of a design, which do not depend on the deformation factor and the colours."""
    return make_piece(run.read(design, shown.case), plain(design, shown))


def plain(design: str, shown: Shown) -> Shown:
    """Return only the settings that decide the cells and values of a design, as a key of the cache."""
    return Shown(
        designs=(design,),
        case=shown.case,
        quantity=shown.quantity,
        state=shown.state,
        log=shown.log,
        glass=shown.glass,
        normal=shown.normal,
        place=shown.place if shown.normal in tuple("xyz") else 0.5,
        hidden=shown.hidden,
    )


def whole(shown: Shown) -> Shown:
    """Return settings without a clip plane, which leaves the range of values alone."""
    return replace(shown, normal="", place=0.5, glass=False)


def span_of(run: OpenRun, design: str, shown: Shown) -> Span | None:
    """Return the span of a design's values, drawn or not; None without values."""
    return _span(run, plain(design, shown))


@lru_cache(maxsize=SPANS)
def _span(run: OpenRun, shown: Shown) -> Span | None:
    return case_span(run.read(shown.designs[0], shown.case), whole(shown))


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
    plane = plane_of(case, shown, grid.bounds)
    grid = clipped(grid, plane) if plane else grid
    hull = hull_of(case, grid, shown.glass)
    span = case_span(case, whole(shown))
    triangles = fine(case, shown, hull, span)
    surface = triangle_mesh(triangles.corners(lambda cell, weights: case.stored.at(rest(case), cell, weights)))
    moving_by = motion(case, shown.quantity.partition(":")[0], shown.state)
    surface.point_data[MOTION] = triangles.corners(lambda *where: case.stored.at(moving_by, *where)).reshape(-1, 3)
    surface.cell_data[NUMBER] = np.arange(surface.n_cells)
    surface.cell_data["region"] = np.asarray(case.stored.grid.cell_data["region"])[triangles.cell]
    if span:
        surface.point_data[VALUE] = triangles.corners(lambda *where: shown_values(case, shown, *where)).ravel()
    inside = in_roles(case, grid, ELECTRODES)
    outlines = feature_edges(grid.extract_cells(inside).extract_surface(algorithm=None)) if inside.any() else None
    return Piece(
        hull=hull,
        plane=plane,
        surface=surface,
        triangles=triangles,
        outlines=outlines,
        edges=feature_edges(hull),
        span=span,
    )


def hull_of(case: StoredCase, grid: Any, glass: bool) -> Any:
    """Return the surface of cells; with glass, the surfaces of soft regions and of the others, which meet inside."""
    soft = in_roles(case, grid, SOFT)
    if not glass or soft.all() or not soft.any():
        return grid.extract_surface(algorithm=None)
    firm, clear = (grid.extract_cells(part).extract_surface(algorithm=None) for part in (~soft, soft))
    return firm.append_polydata(clear)


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
