"""Pictures of a search: best so far, Pareto front, all trials across parameters and metrics."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any

from microfem.base.units import pretty_unit
from microfem.optimise.best import costs
from microfem.optimise.space import Value
from microfem.render.curves import axis_label
from microfem.render.style import COLOURS, MARKERS, WIDTHS, legend, panels
from microfem.study.records import Choice, Range

if TYPE_CHECKING:
    from microfem.optimise.results import Found
    from microfem.optimise.trial import Trial

GREY = "0.75"  # of what breaks a constraint
MOST_LINES = 500  # of parallel coordinates: the best, and the rest evenly
DARK, LIGHT = 0.95, 0.15  # of the colour map, the best and the worst


def history(found: Found) -> Any:
    """Return a figure of the one objective against the order of trials, with the best so far."""
    [(metric, way)] = found.search.objectives.items()
    figure, [axis] = panels(1, WIDTHS["single"] * 1.3)
    for design, colour, marker in zip(found.search.spaces, cycle(COLOURS), cycle(MARKERS), strict=False):
        trials = sorted(_ended(found, design), key=lambda one: one.number)
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
    axis.set_ylabel(label(found, metric))
    _wide(axis, [one.value(metric) for design in found.search.spaces for one in _ended(found, design)])
    legend(figure, [axis])
    return figure


def _so_far(values: Sequence[float], way: str) -> list[float]:
    better = min if way == "minimise" else max
    found: list[float] = []
    for value in values:
        found.append(value if not found else better(found[-1], value))
    return found


def _wide(axis: Any, values: Sequence[float]) -> None:
    """Make the axis logarithmic where values span more than one power of ten."""
    if values and min(values) > 0.0 and max(values) > 10.0 * min(values):
        from matplotlib.ticker import LogLocator, NullLocator

        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_locator(NullLocator())


def front(found: Found) -> Any:
    """Return a figure of each pair of neighbouring objectives: all trials, and the front with its errors."""
    pairs = list(pairwise(found.search.objectives))
    figure, axes = panels(len(pairs), max(WIDTHS["single"] * 1.3, 65.0 * len(pairs)))
    for axis, (x, y) in zip(axes, pairs, strict=True):
        for design, colour, marker in zip(found.search.spaces, cycle(COLOURS), cycle(MARKERS), strict=False):
            trials = _ended(found, design)
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
            best = found.best(design)
            errors = [[one.outcome.values[name].error or 0.0 for one in best] for name in (x, y)]
            axis.errorbar(
                [one.value(x) for one in best],
                [one.value(y) for one in best],
                errors[1],
                errors[0],
                fmt=f"{marker}-" if len(found.search.objectives) == 2 else marker,
                color=colour,
                label=design,
                linewidth=0.8,
                elinewidth=0.6,
                capsize=1.0,
                zorder=4,
            )
        axis.set_xlabel(label(found, x))
        axis.set_ylabel(label(found, y))
    legend(figure, axes)
    return figure


def parallel(found: Found, design: str) -> Any:
    """Return a figure of all trials of a design as lines across its parameters and what is sought."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib import pyplot as plt

    space, metrics = found.search.spaces[design], list(found.search.objectives) or list(found.study.metrics)
    trials = [one for one in _ended(found, design) if all(name in one.outcome.values for name in metrics)]
    trials = _some(sorted(trials, key=lambda one: (not one.good, costs(one, found.search.objectives))))
    columns = np.array(
        [
            [_across(free, one.chosen[name]) for name, free in space.free.items()]
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
        axis.text(k, -0.16, _named(found, name), ha="center", va="top", fontsize=7.0)
    axis.set_axis_off()
    return figure


def _across(free: Range | Choice, value: Value) -> float:
    """Return where a value lies between the ends of its axis, from 0 to 1."""
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


def _named(found: Found, name: str) -> str:
    from microfem.optimise.results import free_units

    units = free_units(found.study, found.search)
    unit = units.get(name, "")
    words = name.replace("_", "\n") if name in units else label(found, name).replace(" (", "\n(").replace("_", "\n")
    return f"{words}\n({pretty_unit(unit)})" if unit else words


def label(found: Found, metric: str) -> str:
    """Return a metric with its unit, as it stands at an axis."""
    unit = next((one.outcome.values[metric].unit for one in found.trials if metric in one.outcome.values), "1")
    return axis_label(metric, unit, found.study.beside().get(metric, ""))


def _ended(found: Found, design: str) -> list[Trial]:
    return [trial for trial in found.of(design) if trial.outcome.status == "ok"]
