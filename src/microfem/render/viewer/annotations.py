"""What is written in a window: titles, scalar bars, the scale bar, the axes."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

from microfem.render.colours import Scale
from microfem.render.flat import round_length
from microfem.render.style import font_file
from microfem.render.viewer.cameras import foot_of, pixels_per_um, ratio_of, size_of
from microfem.render.viewer.pieces import Piece
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import MOST_SHOWN, OpenRun

NARROW = 290  # pixels: a shorter scalar bar has three numbers instead of five
LETTER = 8.5  # pixels, width of a letter of a label or a title
AXES = 84  # pixels of the axes at the left of the foot
GAP = 40  # pixels between what stands in the foot
LONGEST_BAR, LONGEST_SCALE = 460, 150  # pixels of the scalar bar and of the scale bar in the foot
VTK_FONT_FILE = 4  # VTK's code for a font file; its own fonts have no sigma


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


def add_bar(plotter: Any, scale: Scale, label: str, left: float = 0.15, wide: float = 0.7) -> None:
    """Add a scalar bar with its label at the foot of a panel, and a line on values beyond it.

    left, wide: where it begins and how long it is, as shares of the panel's width.
    """
    width, height = size_of(plotter, plotter.renderer)
    bar = scalar_bar(table_of(scale), wide * width)
    bar.SetPosition(left, 4 / height)
    bar.SetPosition2(wide, 34 / height)
    plotter.renderer.AddViewProp(bar)
    lines = [*wrap(label, max(12, int(wide * width / LETTER))), *([beyond(scale)] if beyond(scale) else [])]
    text = _text("\n".join(lines), left + 0.5 * wide, 36 / height, centred=True)
    text.GetTextProperty().SetVerticalJustificationToBottom()
    text.GetTextProperty().SetFontSize(13)
    plotter.renderer.AddViewProp(text)


def scalar_bar(table: Any, length: float) -> Any:
    """Return a scalar bar of a length in pixels; its ends are the range of the table."""
    from vtkmodules.vtkRenderingAnnotation import vtkScalarBarActor

    bar = vtkScalarBarActor()
    bar.SetLookupTable(table)
    bar.SetOrientationToHorizontal()
    bar.SetNumberOfLabels(3 if length < NARROW else 5)
    bar.SetLabelFormat("{:.4g}")
    bar.UnconstrainedFontSizeOn()
    _plain(bar.GetLabelTextProperty(), 13)
    bar.GetLabelTextProperty().SetJustificationToCentered()
    bar.SetTextPositionToSucceedScalarBar()
    bar.SetBarRatio(0.45)
    return bar


def fill_foot(plotter: Any, scale: Scale | None, label: str) -> None:
    """Draw the axes, the scale bar and, if panels share a colour range, its scalar bar into the foot of the window."""
    foot = foot_of(plotter)
    plotter.subplot(0, MOST_SHOWN)
    width, _ = size_of(plotter, foot)
    left = (AXES + add_scale_bar(plotter, AXES, min(LONGEST_SCALE, 0.2 * width)) + GAP) / width
    if scale:
        wide = min(1.0 - left - GAP / width, LONGEST_BAR / width)
        add_bar(plotter, scale, label, max(left, 0.5 * (1.0 - wide)), wide)
    if foot.axes_widget is None:
        add_axes(plotter)
    foot.axes_widget.SetViewport(0.0, 0.0, min(AXES / width, 1.0), 1.0)


def add_axes(plotter: Any) -> None:
    """Add axes that turn with the camera; their letters are as large as those of the scale bar."""
    axes = plotter.add_axes(line_width=2 * ratio_of(plotter))
    for caption in (axes.GetXAxisCaptionActor2D(), axes.GetYAxisCaptionActor2D(), axes.GetZAxisCaptionActor2D()):
        caption.GetTextActor().SetTextScaleModeToNone()
        _plain(caption.GetCaptionTextProperty(), 13)


def add_scale_bar(plotter: Any, left: float, longest: float) -> float:
    """Draw a bar of a round length beside the axes; return its length in pixels of the page."""
    import pyvista as pv
    from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D

    scale, ratio = pixels_per_um(plotter), ratio_of(plotter)
    length, text = round_length(longest / scale)
    width, height = size_of(plotter, plotter.renderer)
    mapper, actor = vtkPolyDataMapper2D(), vtkActor2D()
    mapper.ScalarVisibilityOff()
    mapper.SetInputData(pv.Line((0.0, 0.0, 0.0), (length * scale * ratio, 0.0, 0.0)))
    actor.SetMapper(mapper)
    actor.GetPositionCoordinate().SetCoordinateSystemToNormalizedViewport()
    actor.SetPosition(left / width, 28 / height)
    actor.GetProperty().SetColor(0.0, 0.0, 0.0)
    actor.GetProperty().SetLineWidth(3 * ratio)
    plotter.renderer.AddViewProp(actor)
    label = _text(text, (left + 0.5 * length * scale) / width, 22 / height, centred=True)
    label.GetTextProperty().SetFontSize(13)
    plotter.renderer.AddViewProp(label)
    return length * scale


def add_title(plotter: Any, run: OpenRun, design: str, shown: Shown, one: Piece | None) -> None:
    """Write the name of the design above its panel, with the numbers of the load step."""
    width, _ = size_of(plotter, plotter.renderer)
    letters = max(8, int(width / LETTER))
    lines = [design if len(design) <= letters else design[: letters - 1] + "…"]
    if one is None:
        lines.append(f"no case {shown.case}")
    if one is not None and (readings := run.readings(design, shown.case, shown.state)):
        lines += wrap(", ".join(readings[:2]), letters)
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
