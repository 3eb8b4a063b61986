"""Figures for papers: views of designs at an exact width, fields as rasters between vector lines and letters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from microfem.base.errors import MicrofemError, WriteError
from microfem.render.figure_bar import bar_height, draw_bar, label_of, one_bar
from microfem.render.figure_content import FigureRow, content
from microfem.render.figure_layout import FLAT, GAP, MARGIN, Block, arrange, columns_of
from microfem.render.figure_panels import SPARE, panels_of_cuts, panels_of_scenes
from microfem.render.flat import scale_bar
from microfem.render.letters import POINTS, SPACING, points
from microfem.render.sheet import SheetRow
from microfem.render.style import save, small_letters, styled
from microfem.results.summary import Summary
from microfem.study.figure_schema import FigureModel

FIGURE = "pictures/figure"  # of a study, without its suffix


def write_figure(run: Path, summary: Summary, wanted: FigureModel, paths: Sequence[Path]) -> None:
    """Write a figure of a run into files, in the format of their suffix.

    Raises:
        MicrofemError: the run has not what is wanted, or letters have no room at the width.
        WriteError: a file cannot be written.
    """
    rows = content(run, summary, wanted)
    with styled(wanted):
        figure = draw(rows, _blocks(rows, wanted), wanted)
        for path in paths:
            save(figure, path, path.suffix[1:])


def draw_stated(wanted: FigureModel | None, run: Path, summary: Summary) -> tuple[list[str], list[str]]:
    """Write the figure that a study states, if it states one, beside the pictures.

    Returns the file names within the run's folder, and the reason why it could not be drawn; a missing figure must not
    lose the metrics.
    """
    if wanted is None:
        return [], []
    try:
        files = [f"{FIGURE}.{kind}" for kind in wanted.format]
        write_figure(run, summary, wanted, [run / file for file in files])
    except WriteError:
        raise
    except MicrofemError as error:
        return [], [f"no figure: {error}"]
    return files, []


def _blocks(rows: Sequence[FigureRow], wanted: FigureModel) -> list[Block]:
    """Return the panels of all views with their letters, arranged at the width."""
    blocks: list[Block] = []
    letters = iter(f"({one})" for one in _alphabet())
    alone = sum(len(row.sheet.names) for row in rows) == 1
    room, sizes = points(wanted.width) - 2.0 * MARGIN, (wanted.font, small_letters(wanted))
    for row in rows:
        sheet = row.sheet
        titles = [name if alone else f"{next(letters)}\N{NO-BREAK SPACE}{name}" for name in sheet.names]
        columns, width = columns_of(titles, _flat(sheet), room, wanted.font)
        scenes = sheet.cuts[0] is None
        panels = panels_of_scenes(sheet, titles, width) if scenes else panels_of_cuts(sheet, titles)
        ruled = float(blocks[-1].units[0]) if blocks and blocks[-1].panels.one_scale else 0.0
        blocks.append(arrange(panels, columns, width, sizes, ruled))
    return blocks


def _alphabet() -> Sequence[str]:
    return [*ascii_lowercase, *(f"{a}{b}" for a in ascii_lowercase for b in ascii_lowercase)]


def _flat(row: SheetRow) -> bool:
    shapes = [row.tall(k) * float(one.size[1] / one.size[0]) for k, one in enumerate(row.drawn())]
    return bool(shapes) and max(shapes) < FLAT


def draw(rows: Sequence[FigureRow], blocks: Sequence[Block], wanted: FigureModel) -> Any:
    """Return the figure in the current style; views with the same scale and label share one bar."""
    from matplotlib import pyplot as plt

    width, small = points(wanted.width), small_letters(wanted)
    room = width - 2.0 * MARGIN
    labels = [label_of(row, room, wanted.font) for row in rows]
    barred = [k + 1 == len(rows) or not one_bar(row, rows[k + 1]) for k, row in enumerate(rows)]
    tall = [bar_height(label, small) if own else 0.0 for label, own in zip(labels, barred, strict=True)]
    height = 2.0 * MARGIN + sum(block.places()[1] for block in blocks) + sum(tall) + GAP * (len(rows) - 1)
    figure = plt.figure(figsize=(width / POINTS, height / POINTS))
    top = MARGIN
    for row, block, label, own, space in zip(rows, blocks, labels, barred, tall, strict=True):
        _draw_block(figure, block, top, wanted)
        top += block.places()[1]
        if own:
            draw_bar(figure, row.sheet.scale, label, top, small)
        top += space + GAP
    return figure


def _draw_block(figure: Any, block: Block, top: float, wanted: FigureModel) -> None:
    """Draw the panels of a view; top: distance of the block from the top of the figure, points."""
    width, height = figure.get_size_inches() * POINTS
    for k, (left, down) in enumerate(block.places()[0]):
        x, y = MARGIN + left, height - top - down
        lines = block.titles[k]
        rise = 0.4 * block.letters
        figure.text(x / width, (y + rise) / height, "\n".join(lines), va="bottom", linespacing=SPACING)
        wide, high = block.size(k)
        place = (
            (x - SPARE) / width,
            (y - high - SPARE) / height,
            (wide + 2 * SPARE) / width,
            (high + 2 * SPARE) / height,
        )
        axis = figure.add_axes(place)
        axis.set_axis_off()
        unit = float(block.units[k])
        block.panels.paint(axis, k, unit * POINTS, wanted.dpi)
        if block.ruled[k]:
            corner = axis.transData.inverted().transform(axis.transAxes.transform((SPARE / wide, SPARE / high)))
            size = float(block.panels.sizes[k, 0])
            scale_bar(axis, corner, size, block.panels.suffix, block.panels.shown, block.small)
