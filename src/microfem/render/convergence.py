"""Convergence: the error of each mesh's value against its cells, design by design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np

from microfem.base.units import EXACT
from microfem.render.style import COLOURS, MARKERS, WIDTHS, legend, panels

WANTED = "accuracy asked for"
Meshes = Sequence[Mapping[str, Any]]


def converging(designs: Mapping[str, Any]) -> dict[str, dict[str, Meshes]]:
    """Return, of each metric, what each mesh of each design gave, where an error is told that is not round-off."""
    found: dict[str, dict[str, Meshes]] = {}
    for design, one in designs.items():
        for name, meshes in one.get("meshes", {}).items():
            if any(known for _, _, known in _errors(meshes)):
                found.setdefault(name, {})[design] = meshes
    return found


def _errors(meshes: Meshes) -> list[tuple[int, float, bool]]:
    """Return (cells, relative error, whether the error is known); where it is not, the distance from the last value.

    Left out is what is exact to round-off, and all of a value that is 0 in the end.
    """
    last = abs(meshes[-1]["value"]) if meshes else 0.0
    found = [(one["cells"], abs(one["value"] - meshes[-1]["value"] if one["error"] is None else one["error"]),
              one["error"] is not None) for one in meshes]  # fmt: skip
    return [(cells, off / last, known) for cells, off, known in found if off > EXACT * last > 0.0]


def draw_convergence(
    metrics: Mapping[str, Mapping[str, Meshes]], wanted: Mapping[str, float], width: float = WIDTHS["double"]
) -> Any:
    """Return a figure, a panel for each metric: error in per cent against cells, with the accuracy that was wanted.

    Hollow marks have no error; they stand at their distance from the last value.
    """
    figure, axes = panels(len(metrics), width)
    designs = dict.fromkeys(design for rows in metrics.values() for design in rows)
    looks = dict(zip(designs, zip(cycle(COLOURS), cycle(MARKERS), strict=False), strict=False))
    for axis, (name, rows) in zip(axes, metrics.items(), strict=True):
        for design, meshes in rows.items():
            colour, marker = looks[design]
            points = [(cells, 100.0 * off, known) for cells, off, known in _errors(meshes)]
            told, rest = ([one[:2] for one in points if one[2] is known] for known in (True, False))
            look = {"color": colour, "marker": marker}
            axis.plot(*np.reshape(told, (-1, 2)).T, label=design, **look)
            axis.plot(*np.reshape(rest, (-1, 2)).T, linestyle=":", linewidth=0.7, markerfacecolor="white", **look)
        axis.set_title(name, loc="left")
        axis.set_xlabel("cells")
        axis.set_ylabel("error (%)")
        axis.set_xscale("log")
        axis.set_yscale("log")
        if name in wanted:
            axis.axhline(100.0 * wanted[name], color="0.4", linestyle="--", linewidth=0.8, label=WANTED)
        _number(axis.xaxis, axis.get_xlim())
        _number(axis.yaxis, axis.get_ylim())
    legend(figure, axes, last=WANTED)
    return figure


def _number(axis: Any, limits: tuple[float, float]) -> None:
    """Write numbers at a logarithmic axis: powers of ten, and between them where there are fewer than two."""
    from matplotlib.ticker import FixedLocator, NullLocator

    powers = range(int(np.floor(np.log10(limits[0]))), int(np.ceil(np.log10(limits[1]))) + 1)
    for factors in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)):
        ticks = [factor * 10.0**power for power in powers for factor in factors]
        ticks = [one for one in ticks if limits[0] <= one <= limits[1]]
        if len(ticks) > 1:
            break
    axis.set_major_locator(FixedLocator(ticks[:: -(-len(ticks) // 6)]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}" if value >= 1.0 else f"{value:g}")
