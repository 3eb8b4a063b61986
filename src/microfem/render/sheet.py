"""Sheets: views one below the other, designs side by side, each row with one colour range and one bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from microfem.errors import MicrofemError
from microfem.progress import tell
from microfem.render.panel import Cut, Floats, Stored, at_points, cut, magnitude, read_case
from microfem.render.scene import draw_scene, visible
from microfem.schema import ViewModel
from microfem.units import pretty_unit

SHEET = "pictures/sheet.png"  # of all views
PANEL, BAR, CAPTION = 3.2, 0.9, 0.25  # inches
FLAT, UNLIKE = 0.4, 4.0  # height over width of panels that go one below the other; ratio of sizes drawn to one scale
MAPS = {"potential": "viridis", "displacement": "cividis"}
LINE, LINE_OVER_LAYER = 0.5, 0.08  # points; width of lines between regions, and over what is between two of them
CLIPPED = 99.0  # percentile of a field that ends its colour range: edges of electrodes are singular
DECADES = 3.0  # that a logarithmic range spans


@dataclass(frozen=True)
class Row:
    """One view of all designs: cuts (None for a scene), stored cases, colour range, label.

    beyond: the sides on which values lie outside of the range, as matplotlib names them, `neither` where none do.
    """

    view: ViewModel
    names: tuple[str, ...]
    stored: tuple[Stored, ...]
    cuts: tuple[Cut | None, ...]
    low: float
    high: float
    beyond: str
    label: str

    def drawn(self) -> list[Cut]:
        """Return the cuts, none for a scene."""
        return [one for one in self.cuts if one is not None]


def draw_views(views: Sequence[ViewModel], folder: Path, designs: Sequence[str]) -> tuple[list[str], list[str]]:
    """Draw every view of all designs, and one sheet of all views.

    Returns the files' names within `folder`, and why views could not be drawn: numbers are worth keeping without
    a picture.
    """
    import matplotlib

    matplotlib.use("Agg")
    rows: list[Row] = []
    drawn: list[str] = []
    failed: list[str] = []
    for index, view in enumerate(views if designs else [], 1):
        tell(f"drawing {view.field} of {view.case}")
        name = f"pictures/{index:02d}-{view.case}-{view.field}.png"
        try:
            row = make_row(view, folder, designs)
            draw_rows([row], folder / name)
        except MicrofemError as error:
            failed.append(f"no picture of {view.field} of {view.case}: {error}")
        else:
            rows.append(row)
            drawn.append(name)
    if len(rows) > 1:
        draw_rows(rows, folder / SHEET)
        drawn.insert(0, SHEET)
    return drawn, failed


def make_row(view: ViewModel, folder: Path, designs: Sequence[str]) -> Row:
    """Read what a view shows of each design that its case is of, and find the colour range that suits all."""
    designs = [name for name in designs if (folder / "designs" / name / f"{view.case}.vtkhdf").is_file()] or designs
    stored = [read_case(folder / "designs" / name, view.case) for name in designs]
    if view.plane == "3d":
        cuts: list[Cut | None] = [None for _ in stored]
        every = [_scene_values(one, view.field) for one in stored]
    else:
        cuts = [cut(one, view) for one in stored]
        every = [one.values[np.unique(one.triangles[one.known])] for one in cuts if one is not None]
    values = np.concatenate([one[np.isfinite(one)] for one in every])
    if not len(values):
        raise MicrofemError(f"{view.field} of {view.case} has no values on {view.plane}")
    if view.log and values.max() <= 0.0:
        raise MicrofemError(f"{view.field} of {view.case} has no positive values; drop log: true")
    low, high, beyond = colour_range(values, view.log)
    label, unit = stored[0].field(view.field)
    return Row(view, tuple(designs), tuple(stored), tuple(cuts), low, high, beyond,
               f"{label} ({pretty_unit(unit)})" if unit != "1" else label)  # fmt: skip


def colour_range(values: Floats, log: bool) -> tuple[float, float, str]:
    """Return the ends of a colour range, and on which sides values lie beyond it."""
    low, high = float(values.min()), float(values.max())
    end = float(np.percentile(values, CLIPPED))
    above = high > 1.2 * end > 0.0
    high = end if above else high
    below = log and low < high * 10.0**-DECADES
    low = high * 10.0**-DECADES if below else low
    beyond = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    return low, high if high > low else low + 1e-12, beyond[below, above]


def _scene_values(stored: Stored, field: str) -> Any:
    return magnitude(at_points(visible(stored), field))


def draw_rows(rows: Sequence[Row], path: Path) -> None:
    """Draw views one below the other into one PNG."""
    from matplotlib import pyplot as plt

    figure = draw_figure(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)


def draw_figure(rows: Sequence[Row]) -> Any:
    """Return a figure of views one below the other; each is a block with its own colour bar."""
    from matplotlib import pyplot as plt

    width = max(PANEL * len(rows[0].names), 2.0 * PANEL) + BAR
    heights = [_block_height(row, width) for row in rows]
    figure = plt.figure(figsize=(width, sum(heights)), dpi=160, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.05, h_pad=0.07)
    blocks = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)[:, 0]
    for block, row, height in zip(blocks, rows, heights, strict=True):
        _draw_block(block, row, height)
    return figure


def _draw_block(block: Any, row: Row, height: float) -> None:
    """Draw one view of all designs, side by side or, where they are flat, one below the other."""
    count = len(row.names)
    shape = (count, 1) if _flat(row) else (1, count)
    axes = block.subplots(*shape, squeeze=False).ravel()
    mappable = scale(row)
    for k, axis in enumerate(axes):
        axis.set_title(row.names[k], fontsize=10, loc="left" if _flat(row) else "center")
        _draw_panel(axis, row, k, mappable)
    add_bar(block, row, height, ax=list(axes), fraction=0.06, pad=0.015, aspect=8.0 * height)
    for axis in axes:
        axis.set_anchor("C")  # the bar has pulled the panels to its side


def add_bar(figure: Any, row: Row, height: float, **place: Any) -> None:
    """Put the colour bar of a row, `height` inches high, into a figure."""
    bar = figure.colorbar(scale(row), extend=row.beyond, **place)
    bar.set_label("\n".join(wrap(row.label, max(12, int(11.0 * height)))), fontsize=9)
    bar.ax.tick_params(labelsize=8)


def _flat(row: Row) -> bool:
    """Tell whether panels are so wide that they go one below the other."""
    spans = [np.ptp(one.points, axis=0) for one in row.drawn()]
    return bool(spans) and max(float(span[1] / span[0]) for span in spans) < FLAT


def _block_height(row: Row, width: float) -> float:
    if row.cuts[0] is None:
        return 0.75 * PANEL + CAPTION
    shapes = [height / max(wide, 1e-30) for wide, height in (_extent(row, k) for k in range(len(row.names)))]
    if _flat(row):
        return sum(max(0.35, shape * (width - BAR)) + 1.6 * CAPTION for shape in shapes)
    return float(np.clip(max(shapes), 0.3, 1.6)) * PANEL + 1.6 * CAPTION


def _extent(row: Row, k: int) -> tuple[float, float]:
    """Return width and height of a panel, um: the same for all, but each its own where they are too unlike."""
    spans = np.array([np.ptp(one.box, axis=0) for one in row.drawn()])
    one = spans.max(axis=0) if _one_scale(row) else spans[k]
    return float(one[0]), float(one[1])


def _one_scale(row: Row) -> bool:
    sizes = [np.ptp(one.box, axis=0).max() for one in row.drawn()]
    return bool(max(sizes) <= UNLIKE * min(sizes))


def scale(row: Row) -> Any:
    """Return what takes the values of a row to colours."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    norm = LogNorm(row.low, row.high) if row.view.log else Normalize(row.low, row.high)
    return ScalarMappable(norm, MAPS.get(row.view.field, "inferno"))


def _draw_panel(axis: Any, row: Row, k: int, mappable: Any) -> None:
    axis.set_xticks([])
    axis.set_yticks([])
    one = row.cuts[k]
    if one is None:
        image = draw_scene(row.stored[k], row.view, mappable)
        axis.imshow(image, interpolation="antialiased")
        axis.set_frame_on(False)
        return
    width, height = _extent(row, k)
    line = _line_width(one, width)
    if one.rest is not None:
        _draw_lines(axis, one.rest[one.edges], "0.6", line)
    _draw_cut(axis, one, mappable, line)
    if row.view.streamlines and one.vectors is not None:
        _draw_streamlines(axis, one)
    middle = one.box.mean(axis=0)
    axis.set_xlim(middle[0] - 0.51 * width, middle[0] + 0.51 * width)
    axis.set_ylim(middle[1] - 0.51 * height, middle[1] + 0.51 * height)
    axis.set_aspect("equal")
    axis.set_frame_on(False)
    if k == 0 or not _one_scale(row):
        _scale_bar(axis, width)


def _line_width(one: Cut, width: float) -> float:
    """Return the width of lines between regions, points: thin enough to leave thin layers their colour."""
    a, b, c = (one.points[one.triangles[:, k]] for k in range(3))
    area = 0.5 * np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]).sum()
    ends = one.points[one.edges]
    apart = 2.0 * area / max(float(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1).sum()), 1e-30)
    return float(min(LINE, LINE_OVER_LAYER * apart * 72.0 * PANEL / max(width, 1e-30)))


def _draw_cut(axis: Any, one: Cut, mappable: Any, line: float) -> None:
    known, bare = one.known, one.triangles[~one.known]
    if len(bare):
        axis.tripcolor(one.points[:, 0], one.points[:, 1], bare, facecolors=np.zeros(len(bare)),
                       cmap="Greys", vmin=-0.25, vmax=1.0, rasterized=True)  # fmt: skip
    values = np.clip(np.nan_to_num(one.values), mappable.norm.vmin, mappable.norm.vmax)
    if known.any():
        axis.tripcolor(one.points[:, 0], one.points[:, 1], one.triangles[known], values, shading="gouraud",
                       cmap=mappable.cmap, norm=mappable.norm, rasterized=True)  # fmt: skip
    _draw_lines(axis, one.points[one.edges], "black", line)


def _draw_lines(axis: Any, lines: Any, colour: str, width: float) -> None:
    from matplotlib.collections import LineCollection

    axis.add_collection(LineCollection(lines, colors=colour, linewidths=width))


def _draw_streamlines(axis: Any, one: Cut) -> None:
    from matplotlib.tri import LinearTriInterpolator, Triangulation

    assert one.vectors is not None
    known = one.known
    mesh = Triangulation(one.points[:, 0], one.points[:, 1], one.triangles, mask=~known)
    low, high = one.points.min(axis=0), one.points.max(axis=0)
    x, y = (np.linspace(low[k], high[k], 160) for k in range(2))
    u, v = (LinearTriInterpolator(mesh, np.nan_to_num(one.vectors[:, k]))(*np.meshgrid(x, y)) for k in range(2))
    axis.streamplot(x, y, u, v, color="white", linewidth=0.6, density=1.4, arrowsize=0.6)


def _scale_bar(axis: Any, width: float) -> None:
    """Draw a bar of a round length below the panel's lower left."""
    length = 10.0 ** np.floor(np.log10(0.35 * width))
    length *= max(m for m in (1.0, 2.0, 5.0) if m * length <= 0.35 * width)
    (x0, _), (y0, y1) = axis.get_xlim(), axis.get_ylim()
    text = f"{length / 1000:g} mm" if length >= 1000.0 else f"{length:g} µm"
    below = y0 - 0.03 * max(width, y1 - y0)
    axis.plot([x0, x0 + length], [below, below], color="black", linewidth=2.5, clip_on=False, solid_capstyle="butt")
    axis.annotate(text, (x0, below), (0, -3), textcoords="offset points", fontsize=8, va="top", annotation_clip=False)
