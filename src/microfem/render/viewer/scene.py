"""Draw the viewer's scene with a plotter: one panel for each design, one camera for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from microfem.render.colours import GREY, Scale, Span, scale_of
from microfem.render.scene import SOFT, line_mesh, triangle_mesh
from microfem.render.viewer.annotations import add_bar, add_title, fill_foot
from microfem.render.viewer.cameras import bounds_of, look, pixels_per_um, ratio_of
from microfem.render.viewer.maps import add_map
from microfem.render.viewer.overlays import isolines, streams
from microfem.render.viewer.pieces import NUMBER, VALUE, Piece, moved, piece, plain, span_of
from microfem.render.viewer.readings import PickedValue, read_at
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import OpenRun, StoredCase, in_roles, quantities
from microfem.results.stored import Bools, Floats

GLASS = 0.25  # opacity of soft regions that are seen through
NEARER = 60.0  # VTK's offset of lines towards the eye, in units of depth
CLEAR = 24.0  # pixels between outlines: nearer outlines are paler, so that thin layers keep their colour


@dataclass(frozen=True)
class ViewerPanel:
    """One panel: design, drawn parts (None if the design lacks the case), colour scale, actor of the surface."""

    design: str
    piece: Piece | None
    scale: Scale
    actor: Any = None


def scales(shown: Shown, pieces: Sequence[Piece | None], others: Sequence[Span | None] = ()) -> list[Scale]:
    """Return the colour scale of each panel: from its own span, or from all spans, of hidden designs too."""
    own = [one.span if one else None for one in pieces]
    spans = [replace(span, low=span.least, high=span.most) if span and shown.extremes else span for span in own]
    every = [span for span in (*spans, *others) if span]
    field = shown.quantity.partition(":")[0]
    return [scale_of(every if shown.shared else [span] if span else [], field, shown.log) for span in spans]


def draw(plotter: Any, run: OpenRun, shown: Shown, turn: str = "") -> list[ViewerPanel]:
    """Draw the shown designs; turn: direction of the camera, "" to leave it, which new designs do not allow."""
    pieces = [piece(run, name, shown) if run.has(name, shown.case) else None for name in shown.designs]
    among = [name for name in shown.among if name not in shown.designs and run.has(name, shown.case)]
    others = [span_of(run, name, shown) for name in among] if shown.shared else []
    every_scale = scales(shown, pieces, others)
    one_bar = len(set(every_scale)) == 1
    if turn:
        every = [*pieces, *(piece(run, name, shown) for name in among)]
        look(plotter, bounds_of(every, shown), len(pieces), turn, not one_bar)
    panels = []
    for k, (name, one, scale) in enumerate(zip(shown.designs, pieces, every_scale, strict=True)):
        plotter.renderers[k].clear_actors()
        plotter.subplot(0, k)
        actor = add_piece(plotter, run, name, shown, one, scale) if one else None
        panels.append(ViewerPanel(name, one, scale, actor))
        if one and not one_bar:
            add_bar(plotter, scale, quantities(run.read(name, shown.case))[shown.quantity])
        add_title(plotter, run, name, shown, one)
    for renderer in plotter.renderers[len(pieces) :]:
        renderer.clear_actors()
    label = next(quantities(run.read(one.design, shown.case))[shown.quantity] for one in panels if one.piece)
    fill_foot(plotter, every_scale[0] if one_bar else None, label)
    plotter.renderers[0].ResetCameraClippingRange(*bounds_of(pieces, shown).ravel())
    return panels


def add_piece(plotter: Any, run: OpenRun, design: str, shown: Shown, one: Piece, scale: Scale) -> Any:
    """Draw one design into the current panel; return the actor of its surface."""
    case, factor = run.read(design, shown.case), shown.factor
    actor = add_surface(plotter, case, shown, one, scale)
    add_map(plotter, run, design, shown, one, scale)
    if shown.mesh:
        add_lines(plotter, moved(one.mesh_lines, factor), "black", 0.5, 0.4)
    if shown.isolines:
        add_lines(plotter, moved(isolines(one, scale), factor), "black", 0.8)
    if shown.streams:
        lines = moved(streams(case, plain(design, shown)), factor)
        add_lines(plotter, lines, "black", 2.4, 0.6)
        add_lines(plotter, lines, "white", 1.2, over=2)
    if shown.outlines and one.outlines is not None and one.outlines.n_cells:
        strong = min(1.0, pixels_apart(plotter, one) / CLEAR)
        add_lines(plotter, moved(one.outlines, factor), "black", 1.8, strong)
    if shown.outlines:
        add_lines(plotter, moved(one.edges, factor), "black", 1.0, 0.7)
    if len(shown.line) > 1:
        add_lines(plotter, line_mesh(np.array([shown.line])), "red", 2.0)
    if shown.ghost and factor and case.moves:
        add_lines(plotter, one.edges, "grey", 1.0, 0.6)
    return actor


def add_lines(plotter: Any, lines: Any, colour: str, width: float, opacity: float = 1.0, over: int = 1) -> None:
    """Draw lines into the current panel, in front of the surface on which they lie.

    width: in pixels of the page; over: how many times nearer than the first lines.
    """
    if not lines.n_cells:
        return
    actor = plotter.add_mesh(
        lines,
        color=colour,
        line_width=width * ratio_of(plotter),
        opacity=opacity,
        lighting=False,
        reset_camera=False,
        render=False,
        pickable=False,
    )
    actor.mapper.SetResolveCoincidentTopologyToPolygonOffset()
    actor.mapper.SetRelativeCoincidentTopologyLineOffsetParameters(0.0, -NEARER * over)


def add_surface(plotter: Any, case: StoredCase, shown: Shown, one: Piece, scale: Scale) -> Any:
    """Draw a surface and return its actor; values are drawn without lighting, which would change their colours."""
    lit = case.stored.about["dimension"] == "3d"
    coloured = {"scalars": VALUE, "cmap": scale.colours, "clim": (scale.low, scale.high), "log_scale": scale.log}
    actors = []
    for part, bare, clear in parted(moved(one.surface, shown.factor), soft_triangles(case, shown, one)):
        drawn = {"color": [GREY] * 3, "lighting": lit} if bare else {**coloured, "lighting": False}
        actor = plotter.add_mesh(
            part,
            **drawn,
            opacity=GLASS if clear else 1.0,
            interpolate_before_map=True,
            smooth_shading=False,
            reset_camera=False,
            render=False,
            show_scalar_bar=False,
            pickable=not clear,
        )
        actor.mapper.SetResolveCoincidentTopologyToPolygonOffset()
        actors.append(actor)
    return actors[0]


def soft_triangles(case: StoredCase, shown: Shown, one: Piece) -> Bools:
    """Tell which triangles of a surface are translucent."""
    soft = in_roles(case, one.surface, SOFT)
    return soft & (shown.glass and not soft.all())


def parted(surface: Any, clear: Bools) -> list[tuple[Any, bool, bool]]:
    """Return a surface in parts, the opaque ones first: (mesh, whether it lacks values, whether it is translucent)."""
    values = np.asarray(surface.point_data.get(VALUE, np.full(surface.n_points, np.nan))).reshape(-1, 3)
    bare = ~np.isfinite(values).all(axis=1)
    if bare.all() and not clear.any():
        return [(surface, True, False)]
    if not bare.any() and not clear.any():
        return [(surface, False, False)]
    parts = []
    for through, empty in ((False, False), (False, True), (True, False), (True, True)):
        mine = (bare == empty) & (clear == through)
        if mine.any():
            part = triangle_mesh(np.asarray(surface.points).reshape(-1, 3, 3)[mine])
            part.cell_data[NUMBER] = np.asarray(surface.cell_data[NUMBER])[mine]
            part.point_data[VALUE] = values[mine].ravel()
            parts.append((part, empty, through))
    return parts


def read_click(
    plotter: Any, run: OpenRun, shown: Shown, panels: Sequence[ViewerPanel], x: int, y: int
) -> tuple[str, PickedValue] | None:
    """Return the design and the value at a pixel of the window; None beside the layouts."""
    from vtkmodules.vtkRenderingCore import vtkCellPicker

    for panel, renderer in zip(panels, plotter.renderers, strict=False):
        if panel.piece is None or not renderer.IsInViewport(x, y):
            continue
        picker = vtkCellPicker()
        picker.SetTolerance(0.0005)
        if picker.Pick(x, y, 0, renderer) and picker.GetCellId() >= 0:
            point: Floats = np.array(picker.GetPickPosition())
            case = run.read(panel.design, shown.case)
            number = int(picker.GetDataSet().GetCellData().GetArray(NUMBER).GetTuple1(picker.GetCellId()))
            return panel.design, read_at(case, shown, panel.piece, number, point)
    return None


def pixels_apart(plotter: Any, one: Piece) -> float:
    """Return the mean distance of outlines on the screen, pixels."""
    length = max(float(one.outlines.compute_cell_sizes(area=False, volume=False)["Length"].sum()), 1e-30)
    return float(2.0 * one.surface.area / length * pixels_per_um(plotter))
