"""Colour bars of figures: one for each range, with quantity, symbol and unit, log scale and clipping in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from microfem.base.rounding import power_of_ten
from microfem.base.symbols import symbol_text
from microfem.base.units import pretty_unit
from microfem.render.colours import Scale
from microfem.render.figure_content import FigureRow
from microfem.render.figure_layout import MARGIN
from microfem.render.letters import POINTS, SPACING, common_exponent, lines_of, number_text
from microfem.render.style import number_powers

THICK, TICK, BETWEEN = 6.0, 2.0, 8.0  # points: height of a bar, its ticks, its distance from the label
SHARE, LONGEST, SHORTEST = 0.42, 200.0, 80.0  # of the width that a bar has; its length in points
LEAST_LABEL = 90.0  # points beside a bar, below which its label stands above it
MOST_TICKS = 4


@dataclass(frozen=True, kw_only=True)
class BarLabel:
    """The label of a bar: its lines, whether they stand beside the bar or above it, and the length of the bar.

    exponent: power of ten of its unit.
    """

    lines: tuple[str, ...]
    beside: bool
    length: float
    letters: float
    exponent: int


def one_bar(a: FigureRow, b: FigureRow) -> bool:
    """Tell whether two views show one field on one scale, so that one bar serves both."""
    first, second = a.sheet.scale, b.sheet.scale
    same = all(getattr(first, part) == getattr(second, part) for part in ("low", "high", "log", "colours", "beyond"))
    return same and a.sheet.label == b.sheet.label and a.at == b.at


def label_of(row: FigureRow, room: float, letters: float) -> BarLabel:
    """Return the label of a view's bar; room: width of the figure without margins, points.

    Raises:
        MicrofemError: a word of it is wider than its place.
    """
    scale, stored, name = row.sheet.scale, row.sheet.stored[0], row.sheet.view.field
    exponent = 0 if scale.log else common_exponent(scale.low, scale.high)
    unit, _ = stored.unit(name)
    factor = power_of_ten(exponent) if exponent else ""
    bracket = " ".join(part for part in (factor, "" if unit == "1" else pretty_unit(unit)) if part)
    quantity = " ".join(part for part in (stored.field(name)[0], symbol_text(name)) if part)
    text = quantity + (f" ({bracket})".replace(" ", "\N{NO-BREAK SPACE}") if bracket else "")
    length = min(LONGEST, max(SHORTEST, SHARE * room))
    beside = room - length - BETWEEN >= LEAST_LABEL
    width = room - length - BETWEEN if beside else room
    lines = [*lines_of(text, letters, width), *lines_of(_words(row), letters, width)] if _words(row) else None
    return BarLabel(
        lines=tuple(lines or lines_of(text, letters, width)),
        beside=beside,
        length=min(length, room),
        letters=letters,
        exponent=exponent,
    )


def _words(row: FigureRow) -> str:
    """Return what a reader must know of a bar: log scale, clipped values, the state of a path."""
    scale = row.sheet.scale
    parts = [row.at] if row.at else []
    parts += ["log scale"] if scale.log else []
    ends = {"above": ("max", "largest", scale.most), "below": ("min", "least", scale.least)}
    clipped = [
        f"{side} ({word}\N{NO-BREAK SPACE}{number_text(value)})"
        for side, (end, word, value) in ends.items()
        if scale.beyond in (end, "both")
    ]
    parts += [f"clipped {' and '.join(clipped)}"] if clipped else []
    return "; ".join(parts)


def bar_height(label: BarLabel, small: float) -> float:
    """Return the height of a bar with its numbers and its label, points; small: size of numbers."""
    bar = THICK + TICK + SPACING * small + 2.0
    text = SPACING * label.letters * len(label.lines)
    return max(bar, text) if label.beside else bar + text + 2.0


def draw_bar(figure: Any, scale: Scale, label: BarLabel, top: float, small: float) -> None:
    """Draw a horizontal bar with its label; top: its distance from the top of the figure, points."""
    width, height = figure.get_size_inches() * POINTS
    inset = 1.2 * small  # half of a number, and the arrow of clipped values
    above = 0.0 if label.beside else SPACING * label.letters * len(label.lines) + 2.0
    low = height - top - above - THICK
    axis = figure.add_axes(
        ((MARGIN + inset) / width, low / height, (label.length - 2.0 * inset) / width, THICK / height)
    )
    arrow = {"extendfrac": THICK / (label.length - 2.0 * inset)}
    bar = figure.colorbar(scale.mappable(), cax=axis, extend=scale.beyond, orientation="horizontal", **arrow)
    bar.solids.set(rasterized=False, edgecolor="face")  # without edges viewers of PDF show gaps between colours
    bar.outline.set_linewidth(0.5)
    axis.tick_params(labelsize=small, length=TICK, width=0.5, pad=1.5)
    _number(bar, label.exponent)
    left = MARGIN + label.length + BETWEEN if label.beside else MARGIN
    figure.text(left / width, (height - top) / height, "\n".join(label.lines), va="top", linespacing=SPACING)


def _number(bar: Any, exponent: int) -> None:
    """Set at most MOST_TICKS numbers at round values within the bar."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    if bar.norm.vmin > 0.0 and type(bar.norm).__name__ == "LogNorm":
        number_powers(bar.ax.xaxis, (bar.vmin, bar.vmax))
        return
    ticks = MaxNLocator(MOST_TICKS).tick_values(bar.vmin, bar.vmax)
    little = 1e-9 * (bar.vmax - bar.vmin)
    inside = [tick for tick in ticks if bar.vmin - little <= tick <= bar.vmax + little]
    bar.ax.xaxis.set_major_locator(FixedLocator(inside))
    bar.ax.xaxis.set_major_formatter(lambda value, _: f"{round(value / 10.0**exponent, 9) + 0.0:g}".replace("-", "−"))
    bar.ax.minorticks_off()
