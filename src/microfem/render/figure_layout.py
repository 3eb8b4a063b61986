"""The layout of a figure in points: panels side by side while letters fit, else in rows below each other."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from microfem.render.flat import round_length
from microfem.render.letters import SPACING, lines_of, points, text_width
from microfem.results.stored import Floats

MARGIN, GAP = 2.0, 9.0  # points: around all, and between panels
LEAST_PANEL, LEAST_FLAT = points(20.0), points(60.0)  # width of a panel, and of one that is flat
FLAT, TALLEST = 0.4, 1.4  # height over width, below which a panel is flat; at most
RULER = 11.0  # points from a panel to the text below its scale bar


@dataclass(frozen=True, kw_only=True)
class Panels:
    """The contents of the panels of one view.

    titles: above each; sizes: (n, 2) um as drawn, heights magnified; one_scale: whether they are drawn to one scale;
    suffix: text after the length of a scale bar, shown: drawn share of that length;
    paint: (axis, number of the panel, um per inch, pixels per inch) draws one, centred in the axis.
    """

    titles: tuple[str, ...]
    sizes: Floats
    one_scale: bool
    paint: Callable[[Any, int, float, float], None]
    suffix: str = ""
    shown: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Block:
    """The panels of one view in their rows; all lengths in points.

    titles: lines above each panel; widths: of the columns; units: um per point of each panel; ruled: whether a panel
    has a scale bar; letters: size of titles; small: of numbers and scale bars.
    """

    panels: Panels
    titles: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    units: Floats
    ruled: tuple[bool, ...]
    letters: float
    small: float

    def places(self) -> tuple[list[tuple[float, float]], float]:
        """Return left and top of the content of each panel from the top left of the block, and the block's height."""
        lefts = [sum(self.widths[:column]) + column * GAP for column in range(len(self.widths))]
        places: list[tuple[float, float]] = []
        top = 0.0
        for first in range(0, len(self.titles), len(self.widths)):
            row = range(first, min(first + len(self.widths), len(self.titles)))
            top += SPACING * self.letters * max(len(self.titles[k]) for k in row) + 0.3 * self.letters
            places += [(lefts[k - first], top) for k in row]
            top += max(self.size(k)[1] + (RULER + self.small) * self.ruled[k] for k in row) + 0.5 * GAP
        return places, top

    def size(self, k: int) -> tuple[float, float]:
        """Return width and height of the content of a panel."""
        wide, high = self.panels.sizes[k] / self.units[k]
        return float(wide), float(high)


def columns_of(titles: Sequence[str], flat: bool, width: float, letters: float) -> tuple[int, float]:
    """Return how many panels stand side by side, and the width of each; width: of the whole figure.

    Raises:
        MicrofemError: not even one panel has room for its title.
    """
    least = max(LEAST_FLAT if flat else LEAST_PANEL, *(text_width(title, letters) for title in titles))
    most = max(1, min(len(titles), int((width + GAP) / (least + GAP))))
    columns = math.ceil(len(titles) / math.ceil(len(titles) / most))  # rows of equal length
    return columns, (width - (columns - 1) * GAP) / columns


def arrange(panels: Panels, columns: int, width: float, sizes: tuple[float, float], ruled: float) -> Block:
    """Return the block of a view; width: of a panel where all are equal; sizes: of letters, and of small ones.

    ruled: um per point of which the figure has a scale bar above, 0 without one.

    Raises:
        MicrofemError: a title has no room.
    """
    letters, small = sizes
    widths, units = _widths(panels, columns, width, letters)
    first = not math.isclose(units[0], ruled, rel_tol=1e-3)
    bars = tuple((k == 0 and first) if panels.one_scale else True for k in range(len(units)))
    for k in np.flatnonzero(bars):
        text = f"{round_length(0.35 * float(panels.sizes[k, 0]))[1]}{panels.suffix}".replace(" ", "\N{NO-BREAK SPACE}")
        lines_of(text, small, widths[k % columns])  # refused where it has no room
    return Block(
        panels=panels,
        titles=tuple(tuple(lines_of(title, letters, widths[k % columns])) for k, title in enumerate(panels.titles)),
        widths=widths,
        units=units,
        ruled=bars,
        letters=letters,
        small=small,
    )


def _widths(panels: Panels, columns: int, width: float, letters: float) -> tuple[tuple[float, ...], Floats]:
    """Return the width of each column, and um per point of each panel.

    Panels on one scale have columns as wide as their widest content, so that the scale is as large as possible, unless
    a title would not fit.
    """
    own = np.maximum(panels.sizes[:, 0] / width, panels.sizes[:, 1] / (TALLEST * width))
    if not panels.one_scale:
        return (width,) * columns, own
    widest = np.array([panels.sizes[k::columns, 0].max() for k in range(columns)])
    unit = max(float(widest.sum()) / (columns * width), float(panels.sizes[:, 1].max()) / (TALLEST * width))
    widths = tuple(map(float, widest / unit))
    if any(text_width(title, letters) > widths[k % columns] for k, title in enumerate(panels.titles)):
        return (width,) * columns, np.full(len(own), own.max())
    return widths, np.full(len(own), unit)
