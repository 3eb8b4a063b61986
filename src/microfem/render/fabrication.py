"""Drawings of layouts with numbered violations of design rules, and the list of these violations."""

from __future__ import annotations

import math
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.fabrication import Violation
from microfem.render.drawing import FONT, Drawing, Panel, draw
from microfem.render.layout import plan, size
from microfem.render.style import save, styled
from microfem.study.figure_schema import FORMATS
from microfem.study.records import Study

MARK, WARNING = "#c00000", "#b36b00"
LINE = 0.15  # inches, height of a line of text
CHARACTER = 0.058  # inches, width of a letter
LEAST_LETTERS = 90  # letters in a line
NEAR = 0.03  # of a panel's width: closer places share a mark
IN_A_ROW = 3  # designs side by side; more are drawn below each other


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
    panels = [_titled(name, plan(layout)) for name, layout in layouts.items()]
    figure = draw(Drawing(next(iter(layouts.values())), panels, row=len(panels) <= IN_A_ROW, lettered=False))
    lines, number = [], 0
    for axes, (name, each) in zip(figure.axes, violations.items(), strict=True):
        near = NEAR * (axes.get_xlim()[1] - axes.get_xlim()[0])
        marks: list[list[tuple[int, Violation]]] = []
        for one in each:
            number += 1
            here = next((mark for mark in marks if math.dist(mark[0][1].place, one.place) < near), None)
            marks.append([(number, one)]) if here is None else here.append((number, one))
            lines.append((f"{number}  {name}: {_short(one)}", WARNING if one.warning else MARK))
        for k, mark in enumerate(marks):
            _mark(axes, mark, (6.0, -11.0 if k % 2 else 5.0))
    _list(figure, lines or [(f"no violation of {study.fabrication.name if study.fabrication else ''}", "black")])
    return figure


def _titled(name: str, panel: Panel) -> Panel:
    """Return a panel with the design's name and only its width and depth, to leave room for the marks."""
    return replace(panel, title=f"{name}: {panel.title}", lengths=panel.lengths[:2])


def _mark(axes: Any, here: list[tuple[int, Violation]], off: tuple[float, float]) -> None:
    """Mark a place with the numbers of its violations, at an offset in points."""
    place, colour = here[0][1].place, WARNING if all(one.warning for _, one in here) else MARK
    axes.plot(*place, marker="o", ms=9.0, mfc="none", mec=colour, mew=1.4, zorder=6)
    numbers = ", ".join(str(number) for number, _ in here)
    axes.annotate(
        numbers,
        place,
        off,
        textcoords="offset points",
        color=colour,
        fontsize=FONT,
        fontweight="bold",
        zorder=7,
        bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.85},
    )


def _short(one: Violation) -> str:
    value, bound = (
        size(v) if one.unit == "um" else f"{v:.3g} {one.unit}".removesuffix(" 1") for v in (one.value, one.bound)
    )
    kind, way = (" (warning)" if one.warning else ""), ("least" if one.value < one.bound else "most")
    return f"{one.rule}{kind} of {one.part}: {value}, must be at {way} {bound}"


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
