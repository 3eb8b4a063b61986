"""Current along fingers: how much of it has left an electrode up to a distance from its busbar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

from microfem.render.style import COLOURS, WIDTHS, legend, panels

Rows = Mapping[str, Sequence[Sequence[float]]]  # design -> (distance, share)
DASHES = ("-", "--", "-.", ":")


def shares(designs: Mapping[str, Any]) -> dict[str, dict[str, Rows]]:
    """Return case -> electrode -> design -> (distance, share) of all that have fingers."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for design, one in designs.items():
        for case, told in one["cases"].items():
            for electrode, rows in told.get("fingers", {}).items():
                found.setdefault(case, {}).setdefault(electrode, {})[design] = rows
    return found  # type: ignore[return-value]


def draw_shares(electrodes: Mapping[str, Rows], width: float = WIDTHS["double"]) -> Any:
    """Return a figure, a panel for each electrode, a line for each design; the busbar lies at distances below 0."""
    figure, axes = panels(len(electrodes), width)
    for axis, (electrode, rows) in zip(axes, electrodes.items(), strict=True):
        for (design, row), colour, dash in zip(rows.items(), cycle(COLOURS), cycle(DASHES), strict=False):
            axis.plot(*zip(*row, strict=True), color=colour, linestyle=dash, label=design)
        if min(row[0][0] for row in rows.values()) < 0.0:
            axis.axvline(0.0, color="0.7", linewidth=0.6, zorder=0)
        axis.set_ylim(0.0, 1.02)
        axis.set_xlabel("distance from the busbar (µm)")
        axis.set_ylabel("share of current")
        axis.set_title(electrode, loc="left")
    legend(figure, axes)
    return figure
