"""Parallel coordinates of all trials of a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from microfem.base.units import pretty_unit
from microfem.render.trials import metric_label
from microfem.results.ranking import costs
from microfem.results.searches import SearchSummary
from microfem.results.trials import Trial, Value
from microfem.study.records import Choice, Range

GREY = "0.75"  # of trials that violate a constraint
MOST_LINES = 500  # of parallel coordinates
DARK, LIGHT = 0.95, 0.15  # positions on the colour map of the best and the worst trial


def parallel(search: SearchSummary, design: str) -> Any:
    """Return parallel coordinates of all trials of a design: its parameters and the objectives."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib import pyplot as plt

    space, metrics = search.spaces[design], list(search.objectives) or list(search.metrics)
    ended = [one for one in search.of(design) if one.outcome.status == "ok"]
    trials = [one for one in ended if all(name in one.outcome.values for name in metrics)]
    trials = _some(sorted(trials, key=lambda one: (not one.good, costs(one, search.objectives))))
    columns = np.array(
        [
            [_position(free, one.chosen[name]) for name, free in space.free.items()]
            + [one.value(name) for name in metrics]
            for one in trials
        ]
    )
    lows, highs = columns.min(axis=0), columns.max(axis=0)
    lows[: len(space.free)], highs[: len(space.free)] = 0.0, 1.0
    scaled = (columns - lows) / np.where(highs > lows, highs - lows, 1.0)
    figure, axis = plt.subplots(figsize=(min(1.1 * columns.shape[1] + 0.8, 7.4), 2.4), layout="constrained")
    shades = np.linspace(DARK, LIGHT, max(sum(one.good for one in trials), 1))
    for k in reversed(range(len(trials))):
        colour = colormaps["viridis_r"](shades[k]) if trials[k].good else GREY
        axis.plot(scaled[k], color=colour, linewidth=1.6 if k == 0 and trials[k].good else 0.6)
    names = [*space.free, *metrics]
    ends = [_ends(free) for free in space.free.values()] + [
        (f"{low:.3g}", f"{high:.3g}")
        for low, high in zip(lows[len(space.free) :], highs[len(space.free) :], strict=True)
    ]
    for k, (name, (low, high)) in enumerate(zip(names, ends, strict=True)):
        axis.axvline(k, color="0.3", linewidth=0.6, zorder=5)
        axis.text(k, -0.04, low, ha="center", va="top", fontsize=6.5)
        axis.text(k, 1.03, high, ha="center", va="bottom", fontsize=6.5)
        axis.text(k, -0.16, _named(search, name), ha="center", va="top", fontsize=7.0)
    axis.set_axis_off()
    return figure


def _position(free: Range | Choice, value: Value) -> float:
    """Return the position of a value on its axis, from 0 to 1."""
    if isinstance(free, Choice):
        return free.values.index(value) / (len(free.values) - 1)
    number = float(value)
    if free.log:
        return math.log(number / free.low) / math.log(free.high / free.low)
    return (number - free.low) / (free.high - free.low)


def _some(trials: Sequence[Trial]) -> list[Trial]:
    step = max(1, -(-len(trials) // MOST_LINES))
    return list(trials[::step])


def _ends(free: Range | Choice) -> tuple[str, str]:
    if isinstance(free, Choice):
        return str(free.values[0]), str(free.values[-1])
    return f"{free.low:.4g}", f"{free.high:.4g}"


def _named(search: SearchSummary, name: str) -> str:
    if name in search.units:
        unit = search.units[name]
        return name.replace("_", "\n") + (f"\n({pretty_unit(unit)})" if unit else "")
    return metric_label(search, name).replace(" (", "\n(").replace("_", "\n")
