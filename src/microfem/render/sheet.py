"""Sheets: views one below the other, designs side by side, each row with one colour range and one bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from microfem.errors import MicrofemError
from microfem.render.panel import Cut, Stored, at_points, borders, cut, magnitude, read_case
from microfem.render.scene import draw_scene, visible
from microfem.schema import ViewModel
from microfem.units import pretty_unit

PANEL, BAR = 3.2, 0.9  # inches
MAPS = {"potential": "viridis", "displacement": "cividis"}
CLIPPED = 99.0  # percentile of a field that ends its colour range: edges of electrodes are singular
DECADES = 3.0  # that a logarithmic range spans


@dataclass(frozen=True)
class Row:
    """One view of all designs: cuts (None for a scene), stored cases, colour range, label."""

    view: ViewModel
    names: tuple[str, ...]
    stored: tuple[Stored, ...]
    cuts: tuple[Cut | None, ...]
    low: float
    high: float
    clipped: bool
    label: str


def draw_views(
    views: Sequence[ViewModel], folder: Path, designs: Sequence[str], say: Callable[[str], None]
) -> list[str]:
    """Draw every view of all designs, and one sheet of all views; return the files' names within `folder`."""
    import matplotlib

    matplotlib.use("Agg")
    rows, drawn = [], []
    if not designs:
        return []
    for index, view in enumerate(views, 1):
        say(f"drawing {view.field} of {view.case}")
        row = make_row(view, folder, designs)
        name = f"pictures/{index:02d}-{view.case}-{view.field}.png"
        draw_rows([row], folder / name)
        rows.append(row)
        drawn.append(name)
    if len(rows) > 1:
        draw_rows(rows, folder / "pictures/sheet.png")
        drawn.insert(0, "pictures/sheet.png")
    return drawn


def make_row(view: ViewModel, folder: Path, designs: Sequence[str]) -> Row:
    """Read what a view shows of each design and find the colour range that suits all."""
    stored = [read_case(folder / "designs" / name, view.case) for name in designs]
    if view.plane == "3d":
        cuts: list[Cut | None] = [None for _ in stored]
        every = [_scene_values(one, view.field) for one in stored]
    else:
        cuts = [cut(one, view.field, view.plane) for one in stored]
        every = [one.values[np.unique(one.triangles[one.known])] for one in cuts if one is not None]
    values = np.concatenate([one[np.isfinite(one)] for one in every])
    if not len(values):
        raise MicrofemError(f"{view.field} of {view.case} has no values on {view.plane}")
    low, high = float(values.min()), float(values.max())
    end = float(np.percentile(values, CLIPPED))
    clipped = high > 1.2 * end > 0.0
    if clipped:
        high = end
    if view.log:
        low = max(low, high * 10.0**-DECADES)
    label, unit = stored[0].field(view.field)
    return Row(view, tuple(designs), tuple(stored), tuple(cuts), low, high if high > low else low + 1e-12, clipped,
               f"{label} ({pretty_unit(unit)})" if unit != "1" else label)  # fmt: skip


def _scene_values(stored: Stored, field: str) -> Any:
    return magnitude(at_points(visible(stored), field))


def draw_rows(rows: Sequence[Row], path: Path) -> None:
    """Draw rows of panels into one PNG."""
    from matplotlib import pyplot as plt

    heights = [PANEL * _aspect(row) for row in rows]
    count = len(rows[0].names)
    figure = plt.figure(
        figsize=(PANEL * count + BAR + 0.3, sum(heights) + 0.45 * len(rows) + 0.1), dpi=160, layout="constrained"
    )
    grid = figure.add_gridspec(len(rows), count, height_ratios=heights)
    for r, row in enumerate(rows):
        axes = [figure.add_subplot(grid[r, k]) for k in range(count)]
        mappable = _mappable(row)
        for k, axis in enumerate(axes):
            _draw_panel(axis, row, k, mappable)
            axis.set_title(row.names[k] if r == 0 else "", fontsize=11)
        extend = ("both" if row.clipped else "min") if row.view.log else ("max" if row.clipped else "neither")
        bar = figure.colorbar(mappable, ax=axes, extend=extend, fraction=0.05, pad=0.015, aspect=18)
        bar.set_label(row.label, fontsize=9)
        bar.ax.tick_params(labelsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    plt.close(figure)


def _aspect(row: Row) -> float:
    if row.cuts[0] is None:
        return 0.75
    width, height = _extent(row)
    return float(np.clip(height / width, 0.25, 1.6))


def _extent(row: Row) -> tuple[float, float]:
    spans = np.array([np.ptp(one.points, axis=0) for one in row.cuts if one is not None])
    return float(spans[:, 0].max()), float(spans[:, 1].max())


def _mappable(row: Row) -> Any:
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
    _draw_cut(axis, one, mappable)
    if row.view.streamlines and one.vectors is not None:
        _draw_streamlines(axis, one)
    width, height = _extent(row)
    middle = 0.5 * (one.points.min(axis=0) + one.points.max(axis=0))
    axis.set_xlim(middle[0] - 0.52 * width, middle[0] + 0.52 * width)
    axis.set_ylim(middle[1] - 0.52 * height, middle[1] + 0.52 * height)
    axis.set_aspect("equal" if height / width > 0.25 else "auto")
    axis.set_frame_on(False)
    if k == 0:
        _scale_bar(axis, width, height, one.axes, stretched=height / width <= 0.25)


def _draw_cut(axis: Any, one: Cut, mappable: Any) -> None:
    from matplotlib.collections import LineCollection

    known, bare = one.known, one.triangles[~one.known]
    if len(bare):
        axis.tripcolor(one.points[:, 0], one.points[:, 1], bare, facecolors=np.zeros(len(bare)),
                       cmap="Greys", vmin=-0.25, vmax=1.0, rasterized=True)  # fmt: skip
    values = np.clip(np.nan_to_num(one.values), mappable.norm.vmin, mappable.norm.vmax)
    if known.any():
        axis.tripcolor(one.points[:, 0], one.points[:, 1], one.triangles[known], values, shading="gouraud",
                       cmap=mappable.cmap, norm=mappable.norm, rasterized=True)  # fmt: skip
    axis.add_collection(LineCollection(borders(one), colors="black", linewidths=0.5))


def _draw_streamlines(axis: Any, one: Cut) -> None:
    from matplotlib.tri import LinearTriInterpolator, Triangulation

    assert one.vectors is not None
    known = one.known
    mesh = Triangulation(one.points[:, 0], one.points[:, 1], one.triangles, mask=~known)
    low, high = one.points.min(axis=0), one.points.max(axis=0)
    x, y = (np.linspace(low[k], high[k], 160) for k in range(2))
    u, v = (LinearTriInterpolator(mesh, np.nan_to_num(one.vectors[:, k]))(*np.meshgrid(x, y)) for k in range(2))
    axis.streamplot(x, y, u, v, color="white", linewidth=0.6, density=1.4, arrowsize=0.6)


def _scale_bar(axis: Any, width: float, height: float, axes: str, stretched: bool) -> None:
    """Draw a bar of a round length below the panel's lower left, with the height's own scale where it is stretched."""
    length = 10.0 ** np.floor(np.log10(0.35 * width))
    length *= max(m for m in (1.0, 2.0, 5.0) if m * length <= 0.35 * width)
    x0, y0 = axis.get_xlim()[0] + 0.02 * width, axis.get_ylim()[0] - 0.04 * height
    axis.plot([x0, x0 + length], [y0, y0], color="black", linewidth=2.5, clip_on=False, solid_capstyle="butt")
    text = f"{length / 1000:g} mm" if length >= 1000.0 else f"{length:g} µm"
    if stretched:
        text += f"  ({axes[1]} stretched, {height:.3g} µm high)"
    axis.text(x0, y0 - 0.03 * height, text, fontsize=8, va="top", ha="left", clip_on=False)
