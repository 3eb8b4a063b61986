"""Drawings of layouts with numbered violations of design rules, and the list of these violations."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.symbols import words
from microfem.fabrication import Violation
from microfem.render.drawing import FONT, Drawing, Panel, around, draw
from microfem.render.layout import plan, size
from microfem.render.style import save, styled
from microfem.study.figure_schema import FORMATS
from microfem.study.records import Study

FITS, MARK, WARNING = "#1b6b2f", "#c00000", "#b36b00"
LINE = 0.15  # inches, height of a line of text
CHARACTER = 0.058  # inches, width of a letter
LEAST_LETTERS = 90  # letters in a line
NEAR = 0.03  # of a panel's width: closer places share a mark
IN_A_ROW = 3  # designs side by side; more are drawn below each other
ROOM, APART = 0.3, 0.2  # inches: beside a plan, for numbers; between two numbers

Mark = list[tuple[int, Violation]]  # violations at one place, with their numbers


def draw_study(study: Study, path: Path) -> None:
    """Draw every design of a study with its violations into a file.

    Raises:
        MicrofemError: the study states no technique, or the file is not svg, png or pdf.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise MicrofemError(f"'{path}' does not end in .{', .'.join(FORMATS)}")
    if study.fabrication is None:
        raise MicrofemError("no violations to draw without a technique; state one, such as fabrication: inkjet")
    with styled():
        save(_figure(study), path, kind)


def _figure(study: Study) -> Any:
    violations = study.violations()
    layouts = {name: design.layout() for name, design in study.designs.items()}
    panels = [_titled(name, plan(layout, entire=True), violations[name]) for name, layout in layouts.items()]
    figure = draw(Drawing(next(iter(layouts.values())), panels, row=len(panels) <= IN_A_ROW, lettered=False))
    lines: list[tuple[str, str]] = []
    for axes, panel, (name, each) in zip(figure.axes, panels, violations.items(), strict=True):
        axes.set_title(panel.title, loc="left", fontsize=FONT + 1.0, pad=3, color=_colour(each))
        numbered = list(enumerate(each, len(lines) + 1))
        lines += [(f"{number}  {words(name)}: {_short(one)}", _colour([one])) for number, one in numbered]
        _point_at(axes, panel, _marks(numbered, NEAR * (panel.box[2] - panel.box[0])))
    _list(figure, lines or [(f"no violation of {words(study.fabrication.name if study.fabrication else '')}", "black")])
    return figure


def _titled(name: str, panel: Panel, violations: Sequence[Violation]) -> Panel:
    """Return a panel with the design's name, its verdict, and room for numbers on both sides in place of lengths."""
    inch = (panel.box[2] - panel.box[0]) / panel.width
    box = around(panel.outlines, ROOM * inch, 0.05 * inch, ROOM * inch, 0.05 * inch)
    title = f"{_verdict(violations)} {words(name)}"
    return replace(panel, title=title, lengths=(), box=box, width=(box[2] - box[0]) / inch)


def _verdict(violations: Sequence[Violation]) -> str:
    """Return a tick for a design that fits, also one with warnings alone, and a cross for one that does not."""
    return "\N{CHECK MARK}" if all(one.warning for one in violations) else "\N{BALLOT X}"


def _colour(violations: Sequence[Violation]) -> str:
    if not violations:
        return FITS
    return WARNING if all(one.warning for one in violations) else MARK


def _marks(numbered: Sequence[tuple[int, Violation]], near: float) -> list[Mark]:
    """Return violations in groups whose places are nearer to each other than a length, um."""
    marks: list[Mark] = []
    for number, one in numbered:
        here = next((mark for mark in marks if math.dist(mark[0][1].place, one.place) < near), None)
        marks.append([(number, one)]) if here is None else here.append((number, one))
    return marks


def _point_at(axes: Any, panel: Panel, marks: list[Mark]) -> None:
    """Write the numbers of each mark beside the plan, on the nearer side, with an arrow to its place."""
    x0, y0, x1, y1 = panel.box
    inch = (x1 - x0) / panel.width
    for x, alignment in ((x0, "left"), (x1, "right")):
        side = [mark for mark in marks if (mark[0][1].place[0] < 0.5 * (x0 + x1)) == (x == x0)]
        heights = _spread([mark[0][1].place[1] for mark in side], APART * inch, y0, y1)
        for mark, y in zip(side, heights, strict=True):
            _arrow(axes, mark, (x, y), alignment)


def _spread(places: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Return heights near the places, in their order and some distance apart, within two limits where they fit."""
    order = sorted(range(len(places)), key=places.__getitem__)
    heights = [0.0] * len(places)
    below = low
    for k, index in enumerate(order):
        above = high - apart * (len(order) - k - 0.5)
        heights[index] = max(below + 0.5 * apart * (k == 0), min(places[index], above))
        below = heights[index] + apart
    return heights


def _arrow(axes: Any, mark: Mark, start: tuple[float, float], alignment: str) -> None:
    colour = _colour([one for _, one in mark])
    axes.annotate(
        ", ".join(str(number) for number, _ in mark),
        mark[0][1].place,
        start,
        color=colour,
        fontsize=FONT + 0.5,
        fontweight="bold",
        ha=alignment,
        va="center",
        zorder=7,
        annotation_clip=False,
        arrowprops={
            "arrowstyle": "-|>",
            "color": colour,
            "lw": 1.0,
            "shrinkA": 1.0,
            "shrinkB": 0.0,
            "path_effects": [_halo()],
        },
    )


def _halo() -> Any:
    from matplotlib.patheffects import withStroke

    return withStroke(linewidth=2.6, foreground="white")


def _short(one: Violation) -> str:
    value, bound = (
        size(v) if one.unit == "um" else f"{v:.3g} {one.unit}".removesuffix(" 1") for v in (one.value, one.bound)
    )
    kind, way = (" (warning)" if one.warning else ""), ("least" if one.value < one.bound else "most")
    return f"{words(one.rule)}{kind} of {words(one.part)}: {value}, must be at {way} {bound}"


def _list(figure: Any, lines: list[tuple[str, str]]) -> None:
    """Write lines of text below the drawings, and enlarge the figure by their height."""
    width, height = figure.get_size_inches()
    letters = max(LEAST_LETTERS, int(width / CHARACTER))
    rows = [(row, colour) for text, colour in lines for row in textwrap.wrap(text, letters, subsequent_indent="     ")]
    more = LINE * (len(rows) + 1)
    wide = max(width, CHARACTER * min(letters, max(len(row) for row, _ in rows)) + 0.2)
    boxes = [(axes, axes.get_position()) for axes in figure.axes]
    figure.set_size_inches(wide, height + more)
    for axes, box in boxes:
        axes.set_position(
            [
                box.x0 * width / wide,
                (box.y0 * height + more) / (height + more),
                box.width * width / wide,
                box.height * height / (height + more),
            ]
        )
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0.0, more / (height + more)))
    for k, (row, colour) in enumerate(rows):
        figure.text(0.08 / wide, (more - LINE * (k + 1)) / (height + more), row, color=colour, fontsize=FONT)
