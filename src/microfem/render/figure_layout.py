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

    titles: lines above each panel; width: of each panel; units: um per point of each panel; ruled: whether a panel has
    a scale bar; letters: size of titles; small: of numbers and scale bars.
    """

    panels: Panels
    titles: tuple[tuple[str, ...], ...]
    columns: int
    width: float
    units: Floats
    ruled: tuple[bool, ...]
    letters: float
    small: float

    def places(self) -> tuple[list[tuple[float, float]], float]:
        """Return left and top of the content of each panel from the top left of the block, and the block's height."""
        places: list[tuple[float, float]] = []
        top = 0.0
        for first in range(0, len(self.titles), self.columns):
            row = range(first, min(first + self.columns, len(self.titles)))
            top += SPACING * self.letters * max(len(self.titles[k]) for k in row) + 0.3 * self.letters
            places += [((k - first) * (self.width + GAP), top) for k in row]
            top += max(self.size(k)[1] for k in row)
            top += 0.5 * GAP + ((RULER + self.small) if any(self.ruled[k] for k in row) else 0.0)
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
    """Return the block of a view; width: of a panel; sizes: of letters, and of small ones.

    ruled: um per point of which the figure has a scale bar above, 0 without one.

    Raises:
        MicrofemError: a title has no room.
    """
    letters, small = sizes
    own = np.maximum(panels.sizes[:, 0] / width, panels.sizes[:, 1] / (TALLEST * width))
    units = np.full(len(own), own.max()) if panels.one_scale else own
    first = not math.isclose(units[0], ruled, rel_tol=1e-3)
    bars = tuple((k == 0 and first) if panels.one_scale else True for k in range(len(own)))
    for k in np.flatnonzero(bars):
        text = f"{round_length(0.35 * float(panels.sizes[k, 0]))[1]}{panels.suffix}".replace(" ", "\N{NO-BREAK SPACE}")
        lines_of(text, small, width)  # refused where it has no room
    return Block(
        panels=panels,
        titles=tuple(tuple(lines_of(title, letters, width)) for title in panels.titles),
        columns=columns,
        width=width,
        units=units,
        ruled=bars,
        letters=letters,
        small=small,
    )
