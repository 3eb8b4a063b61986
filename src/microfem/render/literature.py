"""Reported cells as points beside computed curves of energy against power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from microfem.base.series import Series
from microfem.literature import Reported
from microfem.literature.reported import NOT_STATED, out_of_line

LOOKS = {"zinc": ("o", "0.45"), "lithium": ("^", "0.7")}  # chemistry -> marker, grey
OTHER = ("s", "0.6")
NOTED = 5.0  # pt, size of the reference beside a point


def add_reported(axis: Any, line: Series, cells: Sequence[Reported]) -> None:
    """Draw the cells whose units fit a line of energy against power: hollow without a footprint, * if out of line."""
    odd = out_of_line(cells)
    points: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    for cell in cells:
        if at := cell.at(line.unit, line.x_unit):
            points.setdefault((cell.chemistry, cell.footprint == NOT_STATED), []).append(at)
            note = f"{cell.reference}{'*' if cell in odd else ''}"
            axis.annotate(note, at, (2.0, 2.0), textcoords="offset points", fontsize=NOTED, color="0.35", zorder=1)
    for (chemistry, vague), places in points.items():
        marker, grey = LOOKS.get(chemistry, OTHER)
        label = f"{chemistry}, reported{' (footprint not stated)' if vague else ''}"
        look = {"marker": marker, "markersize": 3.5, "color": grey, "markerfacecolor": "white" if vague else grey}
        axis.plot(*zip(*places, strict=True), linestyle="none", label=label, zorder=1, **look)


def remarks_on(cells: Sequence[Reported]) -> list[str]:
    """Return what a reader of the points should know: rows without a footprint or a point, figures out of line."""
    vague = [one for one in cells if one.footprint == NOT_STATED]
    lines = []
    if vague:
        lines.append(
            f"{len(vague)} of {len(cells)} reported cells state no footprint: whether their area is that of an "
            "electrode, of electrodes and gaps or of the package is unknown, so that they may move by several times"
        )
    absent = [one for one in cells if one.pointless]
    if absent:
        lines.append(
            f"{len(absent)} of {len(cells)} reported cells make no point: their energy and power are not both stated "
            "of one share of the cell"
        )
    lines += [
        f"{one.electrodes} [{one.reference}] is out of line: sqrt(2 E / C) = {one.window:.2g} V; one of its figures "
        "may be wrong"
        for one in out_of_line(cells)
    ]
    return lines
