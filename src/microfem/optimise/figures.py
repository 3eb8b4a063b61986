"""Figures of a search: best value so far, Pareto front, parallel coordinates of all trials."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any

from microfem.base.units import pretty_unit
from microfem.optimise.best import costs
from microfem.optimise.space import Value
from microfem.render.curves import axis_label
from microfem.render.style import COLOURS, MARKERS, legend, panels
from microfem.study.figure_schema import WIDTHS
from microfem.study.records import Choice, Range

if TYPE_CHECKING:
    from microfem.optimise.results import SearchResult
    from microfem.optimise.trial import Trial

GREY = "0.75"  # of trials that violate a constraint
MOST_LINES = 500  # of parallel coordinates
DARK, LIGHT = 0.95, 0.15  # positions on the colour map of the best and the worst trial


def history(result: SearchResult) -> Any:
    """Return a figure of the objective against the number of the trial, with the best value so far."""
    [(metric, way)] = result.search.objectives.items()
    figure, [axis] = panels(1, WIDTHS["single"] * 1.3)
    for design, colour, marker in zip(result.search.spaces, cycle(COLOURS), cycle(MARKERS), strict=False):
        trials = sorted(_ended(result, design), key=lambda one: one.number)
        for good, shade in ((False, GREY), (True, colour)):
            mine = [one for one in trials if one.good is good]
            axis.plot(
                [one.number for one in mine],
                [one.value(metric) for one in mine],
                marker,
                color=shade,
                markersize=2.5,
                zorder=2 + good,
            )
        kept = [one for one in trials if one.good]
        so_far = _so_far([one.value(metric) for one in kept], way)
        axis.step([one.number for one in kept], so_far, where="post", color=colour, label=design, zorder=4)
    axis.set_xlabel("trial")
    axis.set_ylabel(label(result, metric))
    _wide(axis, [one.value(metric) for design in result.search.spaces for one in _ended(result, design)])
    legend(figure, [axis])
    return figure


def _so_far(values: Sequence[float], way: str) -> list[float]:
    better = min if way == "minimise" else max
    best: list[float] = []
    for value in values:
        best.append(value if not best else better(best[-1], value))
    return best


def _wide(axis: Any, values: Sequence[float]) -> None:
    """Make the axis logarithmic where the values span more than one decade."""
    if values and min(values) > 0.0 and max(values) > 10.0 * min(values):
        from matplotlib.ticker import LogLocator, NullLocator

        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_locator(NullLocator())


def front(result: SearchResult) -> Any:
    """Return a figure of each pair of successive objectives: all trials, and the Pareto front with errors."""
    pairs = list(pairwise(result.search.objectives))
    figure, axes = panels(len(pairs), max(WIDTHS["single"] * 1.3, 65.0 * len(pairs)))
    for axis, (x, y) in zip(axes, pairs, strict=True):
        for design, colour, marker in zip(result.search.spaces, cycle(COLOURS), cycle(MARKERS), strict=False):
            trials = _ended(result, design)
            for good, shade in ((False, GREY), (True, colour)):
                mine = [one for one in trials if one.good is good]
                axis.plot(
                    [one.value(x) for one in mine],
                    [one.value(y) for one in mine],
                    marker,
                    color=shade,
                    markersize=2.5,
                    alpha=0.45,
                    markeredgewidth=0.0,
                    zorder=2 + good,
                )
            best = result.best(design)
            errors = [[one.outcome.values[name].error or 0.0 for one in best] for name in (x, y)]
            axis.errorbar(
                [one.value(x) for one in best],
                [one.value(y) for one in best],
                errors[1],
                errors[0],
                fmt=f"{marker}-" if len(result.search.objectives) == 2 else marker,
                color=colour,
                label=design,
                linewidth=0.8,
                elinewidth=0.6,
                capsize=1.0,
                zorder=4,
            )
        axis.set_xlabel(label(result, x))
        axis.set_ylabel(label(result, y))
    legend(figure, axes)
    return figure


def parallel(result: SearchResult, design: str) -> Any:
    """Return parallel coordinates of all trials of a design: its parameters and the objectives."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib import pyplot as plt

    space, metrics = result.search.spaces[design], list(result.search.objectives) or list(result.study.metrics)
    trials = [one for one in _ended(result, design) if all(name in one.outcome.values for name in metrics)]
    trials = _some(sorted(trials, key=lambda one: (not one.good, costs(one, result.search.objectives))))
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
        axis.text(k, -0.16, _named(result, name), ha="center", va="top", fontsize=7.0)
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


def _named(result: SearchResult, name: str) -> str:
    from microfem.optimise.results import free_units

    units = free_units(result.study, result.search)
    unit = units.get(name, "")
    words = name.replace("_", "\n") if name in units else label(result, name).replace(" (", "\n(").replace("_", "\n")
    return f"{words}\n({pretty_unit(unit)})" if unit else words


def label(result: SearchResult, metric: str) -> str:
    """Return the axis label of a metric, with its unit."""
    unit = next((one.outcome.values[metric].unit for one in result.trials if metric in one.outcome.values), "1")
    return axis_label(metric, unit, result.study.beside().get(metric, ""))


def _ended(result: SearchResult, design: str) -> list[Trial]:
    return [trial for trial in result.of(design) if trial.outcome.status == "ok"]
