"""Names of curves at their ends, in their colours, where all of them fit; a legend serves otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from microfem.render.letters import POINTS, SPACING, text_width

AT_RIGHT = 0.75  # of an axis' width: curves that end before have a legend
WIDEST = 0.35  # of an axis' width: longer names have a legend
FARTHEST = 1.6  # lines of text that a name may stand above or below the end of its curve
ASIDE = 4.0  # points from the end of a curve to its name


def label_ends(figure: Any, axes: Sequence[Any], letters: float) -> bool:
    """Write the names of curves at their ends if that is possible in all axes; tell whether it was.

    letters: size in points. An axis with one curve has no name.
    """
    figure.draw_without_rendering()  # places the axes
    shifts = [_shifts(axis, letters) for axis in axes]
    if any(one is None for one in shifts):
        return False
    for axis, names in zip(axes, shifts, strict=True):
        for (x, y, name, colour), shift in names or ():
            look = {"color": colour, "fontsize": letters, "va": "center", "annotation_clip": False}
            axis.annotate(name, (x, y), (ASIDE, shift), textcoords="offset points", **look)
    return True


def _shifts(axis: Any, letters: float) -> list[tuple[tuple[float, float, str, Any], float]] | None:
    """Return the ends of an axis' curves, and how far the name of each moves up, points; None where names do not fit.

    An end is x, y, name and colour.
    """
    ends = sorted(_ends(axis), key=lambda end: axis.transData.transform(end[:2])[1])
    if len(ends) < 2:
        return []
    box, scale = axis.get_window_extent(), POINTS / axis.get_figure().dpi
    places = np.array([axis.transData.transform(end[:2]) for end in ends])
    if (places[:, 0] < box.x0 + AT_RIGHT * box.width).any():
        return None
    if max(text_width(name, letters) for *_, name, _ in ends) > WIDEST * box.width * scale:
        return None
    heights = places[:, 1] * scale
    moved = spread(heights, SPACING * letters) - heights
    if np.abs(moved).max() > FARTHEST * SPACING * letters:
        return None
    return list(zip(ends, map(float, moved), strict=True))


def _ends(axis: Any) -> list[tuple[float, float, str, Any]]:
    """Return the last point of each named curve, its name and its colour."""
    ends = []
    for handle, name in zip(*axis.get_legend_handles_labels(), strict=True):
        line = handle if hasattr(handle, "get_xydata") else handle.lines[0]
        points = line.get_xydata()
        x, y = points[int(np.argmax(points[:, 0]))]
        ends.append((float(x), float(y), name, line.get_color()))
    return ends


def spread(heights: Any, apart: float) -> Any:
    """Return rising heights (n,) moved as little as needed to lie `apart` or more, groups about their own middle."""
    groups = [[float(height)] for height in heights]
    k = 1
    while k < len(groups):
        low, high = (np.mean(groups[i]) for i in (k - 1, k))
        if high - low < 0.5 * apart * (len(groups[k - 1]) + len(groups[k])):
            groups[k - 1 : k + 1] = [groups[k - 1] + groups[k]]
            k = max(1, k - 1)
        else:
            k += 1
    return np.concatenate([np.mean(g) + apart * (np.arange(len(g)) - 0.5 * (len(g) - 1)) for g in groups])
