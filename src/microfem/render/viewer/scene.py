"""Draw the viewer's scene with a plotter: one panel for each design, one camera for all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np

from microfem.render.colours import GREY, Scale, Span, scale_of
from microfem.render.scene import triangle_mesh
from microfem.render.style import font_file
from microfem.render.viewer.maps import add_map
from microfem.render.viewer.pieces import NUMBER, VALUE, PickedValue, Piece, moved, piece, read_at, span_of
from microfem.render.viewer.state import MOST_SHOWN, OpenRun, Shown, StoredCase, quantities
from microfem.results.stored import Floats

NARROW = 420  # pixels: a scalar bar in a narrower panel has three numbers instead of five
CLEAR = 24.0  # pixels between outlines: nearer outlines are paler, so that thin layers keep their colour
ROOM = 1.06  # x size of the layout that a panel shows
HEAD, FOOT = 64, 88  # pixels of a panel for its title and its scalar bar with its label
LETTER = 8.0  # pixels, width of a letter of a label
DIRECTIONS = {
    "iso": ((-1.0, -1.6, 1.1), (0.0, 0.0, 1.0)),
    "top": ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0)),
    "front": ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
    "side": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
}
VTK_FONT_FILE = 4  # VTK's code for a font file; its own fonts have no sigma
USUAL = {"3d": "iso", "plan": "top", "section": "front", "axisymmetric": "front"}


@dataclass(frozen=True)
class ViewerPanel:
    """One panel: design, drawn parts (None if the design lacks the case), colour scale, actor of the surface."""

    design: str
    piece: Piece | None
    scale: Scale
    actor: Any = None


def new_plotter(size: tuple[int, int] = (1200, 800)) -> Any:
    """Return a plotter off-screen with room for all panels."""
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    import pyvista as pv

    plotter = pv.Plotter(shape=(1, MOST_SHOWN), off_screen=True, window_size=size, lighting="light kit", border=False)
    plotter.set_background("white")
    plotter.link_views()
    plotter.enable_parallel_projection()
    return plotter


def arrange(plotter: Any, count: int, wide: float, high: float) -> float:
    """Divide the window among panels so that contents of this width and height are largest; hide unused panels.

    Returns half the height of a panel, in the units of wide and high.
    """
    grids = {(1, count), (count, 1), *([(2, 2)] if count > 3 else [])}
    width, height = plotter.window_size

    def half(grid: tuple[int, int]) -> float:
        tall = height / grid[0]
        return 0.5 * ROOM * max(high * tall / max(tall - HEAD - FOOT, 1.0), wide * tall / (width / grid[1]))

    rows, columns = min(sorted(grids), key=lambda grid: half(grid) * grid[0])
    for k, renderer in enumerate(plotter.renderers):
        used = k < count
        row, column = divmod(k, columns)
        box = (column / columns, 1 - (row + 1) / rows, (column + 1) / columns, 1 - row / rows)
        renderer.SetViewport(*(box if used else (0.0, 0.0, 0.001, 0.001)))
        renderer.SetDraw(used)
        renderer.SetInteractive(used)
    return half((rows, columns))


def scales(shown: Shown, pieces: Sequence[Piece | None], others: Sequence[Span | None] = ()) -> list[Scale]:
    """Return the colour scale of each panel: from its own span, or from all spans, of hidden designs too."""
    own = [one.span if one else None for one in pieces]
    every = [span for span in (*own, *others) if span]
    field = shown.quantity.partition(":")[0]
    return [scale_of(every if shown.shared else [span] if span else [], field, shown.log) for span in own]


def draw(plotter: Any, run: OpenRun, shown: Shown, turn: str = "") -> list[ViewerPanel]:
    """Draw the shown designs; turn: direction of the camera, "" to leave it, which new designs do not allow."""
    pieces = [piece(run, name, shown) if run.has(name, shown.case) else None for name in shown.designs]
    among = [name for name in shown.among if name not in shown.designs and run.has(name, shown.case)]
    others = [span_of(run, name, shown) for name in among] if shown.shared else []
    if turn:
        every = [*pieces, *(piece(run, name, shown) for name in among)]
        look(plotter, bounds_of(every, shown), len(pieces), turn)
    panels = []
    for k, (name, one, scale) in enumerate(zip(shown.designs, pieces, scales(shown, pieces, others), strict=True)):
        plotter.renderers[k].clear_actors()
        plotter.subplot(0, k)
        actor = add_piece(plotter, run, name, shown, one, scale) if one else None
        panels.append(ViewerPanel(name, one, scale, actor))
        add_title(plotter, run, name, shown, one)
    for renderer in plotter.renderers[len(pieces) :]:
        renderer.clear_actors()
    plotter.renderers[0].ResetCameraClippingRange(*bounds_of(pieces, shown).ravel())
    return panels


def add_piece(plotter: Any, run: OpenRun, design: str, shown: Shown, one: Piece, scale: Scale) -> Any:
    """Draw one design into the current panel; return the actor of its surface."""
    quiet = {"reset_camera": False, "render": False, "pickable": False}
    case = run.read(design, shown.case)
    actor = add_surface(plotter, case, shown, one, scale)
    add_map(plotter, run, design, shown, one, scale)
    add_bar(plotter, scale, quantities(case)[shown.quantity])
    if shown.outlines and one.outlines is not None and one.outlines.n_cells:
        strong = min(1.0, pixels_apart(plotter, one) / CLEAR)
        plotter.add_mesh(moved(one.outlines, shown.factor), color="black", line_width=1.5, opacity=strong, **quiet)
    if shown.outlines and one.edges.n_cells:
        plotter.add_mesh(moved(one.edges, shown.factor), color="black", opacity=0.7, line_width=1, **quiet)
    if shown.ghost and shown.factor and case.moves and one.edges.n_cells:
        plotter.add_mesh(one.edges, color="grey", opacity=0.6, line_width=1, **quiet)
    return actor


def add_surface(plotter: Any, case: StoredCase, shown: Shown, one: Piece, scale: Scale) -> Any:
    """Draw a surface and return its actor; values are drawn without lighting, which would change their colours."""
    look = {
        "show_edges": False,
        "smooth_shading": False,
        "reset_camera": False,
        "render": False,
        "show_scalar_bar": False,
    }
    surface, lit = moved(one.surface, shown.factor), case.stored.about["dimension"] == "3d"
    actors = []
    for part, bare in parted(surface):
        drawn = (
            {"color": [GREY] * 3, "lighting": lit}
            if bare
            else {
                "scalars": VALUE,
                "cmap": scale.colours,
                "clim": (scale.low, scale.high),
                "log_scale": scale.log,
                "lighting": False,
                "interpolate_before_map": True,
            }
        )
        actors.append(plotter.add_mesh(part, **drawn, **look))
    for actor in actors:
        actor.mapper.SetResolveCoincidentTopologyToPolygonOffset()
    return actors[0]


def parted(surface: Any) -> list[tuple[Any, bool]]:
    """Return the triangles of a surface with values and without, as (mesh, whether it lacks values)."""
    if VALUE not in surface.point_data:
        return [(surface, True)]
    values = np.asarray(surface.point_data[VALUE]).reshape(-1, 3)
    known = np.isfinite(values).all(axis=1)
    if known.all():
        return [(surface, False)]
    parts = []
    for mine, bare in ((known, False), (~known, True)):
        part = triangle_mesh(np.asarray(surface.points).reshape(-1, 3, 3)[mine])
        part.cell_data[NUMBER] = np.asarray(surface.cell_data[NUMBER])[mine]
        part.point_data[VALUE] = values[mine].ravel()
        parts += [(part, bare)] if mine.any() else []
    return parts


def beyond(scale: Scale) -> str:
    """Return the values beyond the ends of a scalar bar as text; they have the colours of the ends."""
    texts = {
        "min": f"values from {scale.least:.3g}",
        "max": f"values up to {scale.most:.3g}",
        "both": f"values from {scale.least:.3g} to {scale.most:.3g}",
    }
    return texts.get(scale.beyond, "")


def table_of(scale: Scale) -> Any:
    """Return the VTK lookup table of a scale."""
    import pyvista as pv

    table = pv.LookupTable(scale.colours, n_values=256, log_scale=scale.log)
    table.scalar_range = (scale.low, scale.high)
    return table


def pixels_apart(plotter: Any, one: Piece) -> float:
    """Return the mean distance of outlines on the screen, pixels."""
    length = max(float(one.outlines.compute_cell_sizes(area=False, volume=False)["Length"].sum()), 1e-30)
    _, height = _size(plotter)
    return float(2.0 * one.surface.area / length * 0.5 * height / plotter.renderer.camera.parallel_scale)


def _size(plotter: Any) -> tuple[float, float]:
    """Return width and height of the current panel, pixels."""
    left, low, right, high = plotter.renderer.GetViewport()
    width, height = plotter.window_size
    return float(right - left) * width, max(float(high - low) * height, 2.0 * FOOT)


def add_bar(plotter: Any, scale: Scale, label: str) -> None:
    """Add a scalar bar with its label at the foot of a panel, and a line on values beyond it."""
    width, height = _size(plotter)
    plotter.renderer.AddViewProp(scalar_bar(table_of(scale), width, height))
    lines = [*wrap(label, max(12, int(width / LETTER))), *([beyond(scale)] if beyond(scale) else [])]
    text = _text("\n".join(lines), 0.5, 36 / height, centred=True)
    text.GetTextProperty().SetVerticalJustificationToBottom()
    text.GetTextProperty().SetFontSize(13)
    plotter.renderer.AddViewProp(text)


def scalar_bar(table: Any, width: float, height: float) -> Any:
    """Return a scalar bar for a panel of a size in pixels; its ends are the range of the table."""
    from vtkmodules.vtkRenderingAnnotation import vtkScalarBarActor

    bar = vtkScalarBarActor()
    bar.SetLookupTable(table)
    bar.SetOrientationToHorizontal()
    bar.SetNumberOfLabels(3 if width < NARROW else 5)
    bar.SetLabelFormat("{:.4g}")
    bar.UnconstrainedFontSizeOn()
    _plain(bar.GetLabelTextProperty(), 13)
    bar.GetLabelTextProperty().SetJustificationToCentered()
    bar.SetTextPositionToSucceedScalarBar()
    bar.SetPosition(0.15, 4 / height)
    bar.SetPosition2(0.7, 34 / height)
    bar.SetBarRatio(0.45)
    return bar


def add_title(plotter: Any, run: OpenRun, design: str, shown: Shown, one: Piece | None) -> None:
    """Write the name of the design above its panel, with the numbers of the load step."""
    lines = [design]
    if one is None:
        lines.append(f"no case {shown.case}")
    if one is not None and (readings := run.readings(design, shown.case, shown.state)):
        lines.append(", ".join(readings[:2]))
    plotter.renderer.AddViewProp(_text("\n".join(lines), 0.02, 0.98))


def _text(words: str, x: float, y: float, centred: bool = False) -> Any:
    """Return black text whose upper edge is at a place of the panel, from 0 to 1."""
    from vtkmodules.vtkRenderingCore import vtkTextActor

    text = vtkTextActor()
    text.SetInput(words)
    text.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
    text.SetPosition(x, y)
    _plain(text.GetTextProperty(), 15)
    text.GetTextProperty().SetVerticalJustificationToTop()
    if centred:
        text.GetTextProperty().SetJustificationToCentered()
    return text


def _plain(text: Any, size: int) -> None:
    """Set the font: black, of a size in pixels."""
    text.SetFontFamily(VTK_FONT_FILE)
    text.SetFontFile(font_file())
    text.SetColor(0.0, 0.0, 0.0)
    text.SetFontSize(size)
    text.BoldOff()
    text.ItalicOff()
    text.ShadowOff()


def bounds_of(pieces: Sequence[Piece | None], shown: Shown) -> Floats:
    """Return lowest and highest coordinates (3, 2) of the drawing, um."""
    meshes = [moved(one.surface, shown.factor) for one in pieces if one]
    meshes += [one.edges for one in pieces if one and shown.ghost and one.edges.n_cells]
    boxes = np.array([mesh.bounds for mesh in meshes] or [(-1.0, 1.0) * 3]).reshape(-1, 3, 2)
    return np.stack([boxes[:, :, 0].min(axis=0), boxes[:, :, 1].max(axis=0)], axis=1)


def look(plotter: Any, bounds: Floats, count: int, direction: str) -> None:
    """Turn the camera of all panels, arrange the panels, and fit the bounds."""
    place, up = DIRECTIONS[direction]
    centre, corners = bounds.mean(axis=1), np.array(np.meshgrid(*bounds)).reshape(3, -1).T
    back = np.asarray(place) / np.linalg.norm(place)
    right = np.cross(up, back) / np.linalg.norm(np.cross(up, back))
    upward = np.cross(back, right)
    seen = corners - centre
    wide, high = (2.0 * float(np.abs(seen @ axis).max()) for axis in (right, upward))
    camera = plotter.renderers[0].camera
    camera.focal_point, camera.up = tuple(centre), up
    camera.position = tuple(centre + 3.0 * float(np.linalg.norm(bounds[:, 1] - bounds[:, 0])) * back)
    camera.parallel_scale = arrange(plotter, count, wide, high)


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
