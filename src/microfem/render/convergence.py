"""Convergence: how far each mesh's value is from the last, design by design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

from microfem.render.style import COLOURS, MARKERS, legend, panels


def converging(designs: Mapping[str, Any]) -> dict[str, dict[str, Sequence[Any]]]:
    """Return, of each metric, each design's values mesh by mesh, if there are two or more and the last is not 0."""
    names = dict.fromkeys(name for one in designs.values() for name in one.get("meshes", {}))
    found = {name: {design: one["meshes"][name] for design, one in designs.items()
                    if len(one.get("meshes", {}).get(name, ())) > 1 and one["meshes"][name][-1]["value"]}
             for name in names}  # fmt: skip
    return {name: rows for name, rows in found.items() if rows}


def draw_convergence(metrics: Mapping[str, Mapping[str, Sequence[Any]]]) -> Any:
    """Return a figure, a panel for each metric: deviation from the last mesh's value against cells, with errors."""
    from matplotlib.ticker import LogLocator, NullLocator

    figure, axes = panels(len(metrics))
    for axis, (name, rows) in zip(axes, metrics.items(), strict=True):
        for (design, meshes), colour, marker in zip(rows.items(), cycle(COLOURS), cycle(MARKERS), strict=False):
            scale = 100.0 / abs(meshes[-1]["value"])
            off = [scale * (one["value"] - meshes[-1]["value"]) for one in meshes]
            errors = [scale * (one["error"] or 0.0) for one in meshes]
            axis.errorbar([one["cells"] for one in meshes], off, errors, color=colour, marker=marker, label=design)
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.xaxis.set_minor_locator(NullLocator())
        axis.axhline(0.0, color="0.7", linewidth=0.6, zorder=0)
        axis.set_title(name, loc="left")
        axis.set_xlabel("cells")
        axis.set_ylabel("off the last value (%)")
    legend(figure, axes)
    return figure
