"""Sheets: a row for each view, a column for each design, one colour range and one bar per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from microfem.base.errors import MicrofemError, WriteError
from microfem.base.progress import tell
from microfem.base.symbols import words
from microfem.render.colours import Scale, Span, scale_of, volume_span
from microfem.render.flat import DPI, draw_cut, scale_bar
from microfem.render.panel import Cut, cut
from microfem.render.scene import FORESHORTENED, draw_scenes, prepare, visible
from microfem.render.style import draw_off_screen, number_powers, save
from microfem.results.opened import design_folder
from microfem.results.stored import Stored, read_case
from microfem.study.file_schema import ViewModel

SHEET = "pictures/sheet.png"  # the sheet of all views
PANEL, BAR, CAPTION = 3.2, 0.9, 0.25  # inches
FLATTEST_ROW = 0.4  # height over width, below which panels are placed below each other
UNLIKE = 4.0  # largest ratio of sizes that are drawn to one scale
TALLEST = 1.6  # height over width of the room of a panel beside others
LOW, LOW_BENT = 0.08, 0.01  # least size across over size along; of a shape that is deformed
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000)  # magnifications across
BELOW, LEAST_PANEL = 0.75, 0.35  # inches: a horizontal bar with its label; the least height of a panel
LETTER = 0.067  # inches, width of a letter of a bar's label


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """One view of all designs: cuts (None for a scene), stored cases, colour scale, label."""

    view: ViewModel
    names: tuple[str, ...]
    stored: tuple[Stored, ...]
    cuts: tuple[Cut | None, ...]
    scale: Scale
    label: str

    def drawn(self) -> list[Cut]:
        """Return the cuts, none for a scene."""
        return [one for one in self.cuts if one is not None]

    def tall(self, k: int) -> float:
        """Return the magnification of heights: above 1 of thin layers, below 1 where widths are magnified.

        A deformed shape is drawn as it is, unless it is too slender to be seen. Designs on one scale have one
        magnification.
        """
        cuts = self.drawn()
        if not cuts:
            return 1.0
        shapes = [float(one.size[1] / one.size[0]) for one in (cuts if self.one_scale else [cuts[k]])]
        least = LOW_BENT if any(one.deformed for one in cuts) else LOW
        if max(shapes) <= 1.0:
            return _magnified(max(shapes), least)
        return 1.0 / _magnified(1.0 / max(shapes), least)

    @cached_property
    def one_scale(self) -> bool:
        """Whether all designs are drawn to one scale: unless the smallest would be too small to see."""
        sizes = [float(one.size.max()) for one in self.drawn()]
        return not sizes or max(sizes) <= UNLIKE * min(sizes)


def draw_views(views: Sequence[ViewModel], folder: Path, designs: Sequence[str]) -> tuple[list[str], list[str]]:
    """Draw every view of all designs, and one sheet of all views.

    Returns the file names within `folder`, and the reasons why views could not be drawn; a missing picture must not
    lose the metrics.
    """
    draw_off_screen()
    rows: list[SheetRow] = []
    drawn: list[str] = []
    failed: list[str] = []
    for index, view in enumerate(views if designs else [], 1):
        tell(f"drawing {view.field} of {view.case}")
        name = f"pictures/{index:02d}-{view.case}-{view.field}.png"
        try:
            row = make_row(view, folder, designs)
            draw_rows([row], folder / name)
        except WriteError:
            raise
        except MicrofemError as error:
            failed.append(f"no picture of {view.field} of {view.case}: {error}")
        else:
            rows.append(row)
            drawn.append(name)
    if len(rows) > 1:
        draw_rows(rows, folder / SHEET)
        drawn.insert(0, SHEET)
    return drawn, failed


def make_row(view: ViewModel, folder: Path, designs: Sequence[str]) -> SheetRow:
    """Read the case of a view for each design of the case, and find the common colour scale."""
    designs = [name for name in designs if (design_folder(folder, name) / f"{view.case}.vtkhdf").is_file()] or designs
    return row_of(view, designs, [read_case(design_folder(folder, name), view.case) for name in designs])


def row_of(view: ViewModel, designs: Sequence[str], stored: Sequence[Stored]) -> SheetRow:
    """Return a view of stored cases, one for each design, with their common colour scale.

    Raises:
        MicrofemError: the field has no values there.
    """
    cuts: list[Cut | None] = [None if view.plane == "3d" else cut(one, view) for one in stored]

    def spans(log: bool) -> list[Span]:
        every = [
            volume_span(one, visible(one), view.field, log) if drawn is None else drawn.span(log)
            for one, drawn in zip(stored, cuts, strict=True)
        ]
        return [one for one in every if one]

    every_span = spans(view.log)
    if not every_span and view.log and spans(log=False):
        raise MicrofemError(f"{view.field} of {view.case} has no positive values; remove log: true")
    if not every_span:
        raise MicrofemError(f"{view.field} of {view.case} has no values on {view.plane}")
    scale = scale_of(every_span, view.field, view.log)
    return SheetRow(
        view=view,
        names=tuple(designs),
        stored=tuple(stored),
        cuts=tuple(cuts),
        scale=scale,
        label=stored[0].label(view.field),
    )


def draw_rows(rows: Sequence[SheetRow], path: Path) -> None:
    """Draw views below each other into one PNG."""
    save(draw_figure(rows), path, "png")


def draw_figure(rows: Sequence[SheetRow]) -> Any:
    """Return a figure of views below each other; each has its own colour bar."""
    from matplotlib import pyplot as plt

    width = max(PANEL * len(rows[0].names), 2.0 * PANEL) + BAR
    heights = [_block_height(row, width) for row in rows]
    figure = plt.figure(figsize=(width, sum(heights)), dpi=DPI, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.05, h_pad=0.07)
    blocks = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)[:, 0]
    for block, row, height in zip(blocks, rows, heights, strict=True):
        _draw_block(block, row, height)
    return figure


def _draw_block(block: Any, row: SheetRow, height: float) -> None:
    """Draw one view of all designs, side by side or, if the panels are flat, below each other."""
    count, flat = len(row.names), _flat(row)
    axes = block.subplots(*((count, 1) if flat else (1, count)), squeeze=False).ravel()
    for k, (axis, name) in enumerate(zip(axes, row.names, strict=True)):
        axis.set_title(
            words(name) + _told(row.tall(k), " " if flat else "\n"), fontsize=10, loc="left" if flat else "center"
        )
        axis.set_xticks([])
        axis.set_yticks([])
        axis.set_frame_on(False)
    if row.cuts[0] is None:
        _draw_scenes(axes, row)
    else:
        for k, axis in enumerate(axes):
            _draw_panel(axis, row, k)
    if flat:
        add_bar(
            block,
            row,
            0.6 * block.get_figure(root=True).get_figwidth(),
            ax=list(axes),
            orientation="horizontal",
            fraction=BELOW / height,
            pad=0.02,
            aspect=40.0,
            shrink=0.6,
        )
    else:
        add_bar(block, row, height, ax=list(axes), fraction=0.06, pad=0.015, aspect=8.0 * height)
    for axis in axes:
        axis.set_anchor("C")  # because the bar moves the panels to its side


def _magnified(shape: float, least: float) -> float:
    """Return the magnification across of a shape, its size across over its size along, that makes it wide enough."""
    return float(next((factor for factor in STEPS if factor * shape >= least), STEPS[-1]))


def _told(tall: float, space: str) -> str:
    """Return what a title says of a magnification of heights, "" of none."""
    which, factor = ("heights", tall) if tall > 1.0 else ("widths", 1.0 / tall)
    return f",{space}{which} drawn {factor:g} times larger" if tall != 1.0 else ""


def add_bar(figure: Any, row: SheetRow, length: float, **place: Any) -> None:
    """Add the colour bar of a row, `length` inches long, to a figure."""
    bar = figure.colorbar(row.scale.mappable(), extend=row.scale.beyond, **place)
    whole = row.label.replace(" (", "\N{NO-BREAK SPACE}(")  # keep the unit on the line of the last word
    bar.set_label("\n".join(wrap(whole, max(12, int((length - 2.0 * CAPTION) / LETTER)))), fontsize=9)
    bar.ax.tick_params(labelsize=8)
    if not row.scale.log:
        bar.formatter.set_powerlimits((-3, 4))
    elif np.floor(np.log10(bar.vmax)) - np.ceil(np.log10(bar.vmin)) < 1.0:  # one power of ten at most
        number_powers(bar.ax.xaxis if bar.orientation == "horizontal" else bar.ax.yaxis, (bar.vmin, bar.vmax))


def _flat(row: SheetRow) -> bool:
    """Tell whether panels are so flat that they are placed below each other."""
    shapes = [row.tall(k) * float(one.size[1] / one.size[0]) for k, one in enumerate(row.drawn())]
    return bool(shapes) and max(shapes) < FLATTEST_ROW


def _block_height(row: SheetRow, width: float) -> float:
    if row.cuts[0] is None:
        return 0.75 * PANEL + 1.6 * CAPTION
    extents = [_extent(row, k) for k in range(len(row.names))]
    shapes = [row.tall(k) * high / max(wide, 1e-30) for k, (wide, high) in enumerate(extents)]
    if _flat(row):
        return sum(max(LEAST_PANEL, shape * (width - 0.2)) + 2.0 * CAPTION for shape in shapes) + BELOW
    return float(np.clip(max(shapes), 0.3, TALLEST)) * PANEL + 1.6 * CAPTION


def _extent(row: SheetRow, k: int) -> tuple[float, float]:
    """Return width and height of a panel, um: equal for all designs on one scale, else its own."""
    sizes = np.array([one.size for one in row.drawn()])
    one = sizes.max(axis=0) if row.one_scale else sizes[k]
    return float(one[0]), float(one[1])


def _draw_panel(axis: Any, row: SheetRow, k: int) -> None:
    one = row.cuts[k]
    assert one is not None
    width, height = _extent(row, k)
    panel_width = axis.get_figure(root=True).get_figwidth() if _flat(row) else PANEL
    streams = row.view.streamlines and one.stored.is_vector(row.view.field)
    inch = max(width / panel_width, row.tall(k) * height / (TALLEST * PANEL))
    draw_cut(axis, one, row.scale, inch, row.tall(k), streams)
    middle = one.box.mean(axis=0)
    axis.set_xlim(middle[0] - 0.51 * width, middle[0] + 0.51 * width)
    axis.set_ylim(middle[1] - 0.51 * height, middle[1] + 0.51 * height)
    axis.set_aspect(row.tall(k))
    if k == 0 or not row.one_scale:
        scale_bar(axis, one.box[0], width)


def _draw_scenes(axes: Any, row: SheetRow) -> None:
    """Draw all designs from one direction, and to one scale unless their sizes differ too much."""
    surfaces = [prepare(one, row.view, row.scale) for one in row.stored]
    images, pixels = draw_scenes(surfaces, row.scale)
    sizes = np.array([(one.shape[1], one.shape[0]) for one in images]) * np.array(pixels)[:, None]
    same = sizes.max() <= UNLIKE * sizes.max(axis=1).min()
    for k, (axis, image) in enumerate(zip(axes, images, strict=True)):
        wide, high = sizes.max(axis=0) if same else sizes[k]
        own = 0.5 * sizes[k]
        axis.imshow(image, extent=(-own[0], own[0], -own[1], own[1]), interpolation="antialiased")
        axis.set_xlim(-0.51 * wide, 0.51 * wide)
        axis.set_ylim(-0.51 * high, 0.51 * high)
        if k == 0 or not same:
            scale_bar(axis, -own, wide, " along x, y and z", FORESHORTENED)
