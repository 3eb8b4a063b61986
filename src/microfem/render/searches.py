"""Figures of searches and sweeps: metrics against parameters, the course of a search, the front of its objectives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle, pairwise
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.metrics.curve import PARAMETER
from microfem.render.maps import draw_maps
from microfem.render.style import COLOURS, MARKERS, legend, panels
from microfem.render.trials import (
    TrialAxis,
    TrialLine,
    TrialPoint,
    lines_of,
    metric_of,
    missing,
    quantity_of,
    scale_axis,
)
from microfem.results.searches import SearchSummary
from microfem.study.plots import FRONT, TRIAL, PlotModel

GREY = "0.65"  # of trials that violate a constraint
LOST = "0.35"  # of trials without values
SMALL = 2.5  # size of a marker among many
MOST_BARS = 100  # points of a line, above which error bars would hide them
FOOT = 0.02  # height of the marks of trials without values, over the panel's


def draw_search(search: SearchSummary, plot: PlotModel) -> Any:
    """Return the figure of a search that a plot states, in the current style.

    Raises:
        MicrofemError: the search lacks a metric or parameter of the plot, or the plot suits no search.
    """
    width = plot.width
    if plot.against == FRONT:
        return front(search, width)
    if plot.against == TRIAL:
        return history(search, width, plot.metrics)
    if len(plot.over) > 1:
        return draw_maps(search, plot.metrics or search.metrics, plot.over, width)
    x = quantity_of(search, _only(search) if plot.against == PARAMETER else plot.against)
    shown = plot.metrics or [name for name in search.metrics if name != x.name]
    return draw_lines(search, x, [metric_of(search, name) for name in shown], width, plot.by)


def _only(search: SearchSummary) -> str:
    """Return the one free parameter of a search.

    Raises:
        MicrofemError: there are several.
    """
    free = list(dict.fromkeys(name for space in search.spaces.values() for name in space.free))
    if len(free) == 1:
        return free[0]
    raise MicrofemError(
        f"{search.study} varies {', '.join(free)}; state one with --against {free[0]}, two for a map with --against "
        f"{free[0]},{free[1]}, or {TRIAL}, {FRONT} or a metric"
    )


def draw_lines(search: SearchSummary, x: TrialAxis, metrics: Sequence[TrialAxis], width: float, by: str = "") -> Any:
    """Return a figure of metrics with their errors against a parameter or another metric, a panel each."""
    figure, axes = panels(len(metrics), width)
    for axis, y in zip(axes, metrics, strict=True):
        lines = lines_of(search, x, y, by)
        for line, colour, marker in zip(lines, COLOURS, MARKERS, strict=False):
            _add_line(axis, line, colour, marker)
        scale_axis(axis, "x", x, [one.x for line in lines for one in line.points])
        scale_axis(axis, "y", y, [one.y for line in lines for one in line.points])
        if not x.metric:
            _add_missing(axis, search, x)
    legend(figure, axes, last="violates a constraint")
    return figure


def _add_line(axis: Any, line: TrialLine, colour: str, marker: str) -> None:
    """Draw the trials of a line: filled, hollow where the error is unknown, grey where a constraint is violated."""
    size = SMALL if len(line.points) > MOST_BARS else None
    if line.joined:
        axis.plot([one.x for one in line.points], [one.y for one in line.points], color=colour, linewidth=0.9, zorder=2)
    for keep, shade, face, label in _states(colour, line.label):
        points = [one for one in line.points if keep(one)]
        if points:
            axis.errorbar(
                [one.x for one in points],
                [one.y for one in points],
                **_bars(points),
                linestyle="none",
                marker=marker,
                markersize=size,
                color=shade,
                markerfacecolor=face,
                zorder=3,
            )
            axis.plot([], [], marker, color=shade, markerfacecolor=face, label=label)


def _states(colour: str, label: str) -> list[tuple[Callable[[TrialPoint], bool], str, str, str]]:
    """Return which trials look how: test, colour, fill, name in the legend."""
    return [
        (lambda one: one.trial.good and one.error is not None, colour, colour, label or "trials"),
        (lambda one: one.trial.good and one.error is None, colour, "white", f"{label}, error unknown".strip(", ")),
        (lambda one: not one.trial.good, GREY, GREY, "violates a constraint"),
    ]


def _bars(points: Sequence[TrialPoint]) -> dict[str, Any]:
    """Return error bars, none where all errors are 0 or the points are many."""
    if len(points) > MOST_BARS:
        return {}
    bars = {"yerr": [one.error or 0.0 for one in points], "xerr": [one.x_error or 0.0 for one in points]}
    return {key: values for key, values in bars.items() if any(values)}


def _add_missing(axis: Any, search: SearchSummary, x: TrialAxis) -> None:
    """Mark at the foot of a panel where trials failed, or lie outside the design rules."""
    for trials, marker, what in zip(missing(search), "x|", ("failed", "outside the design rules"), strict=True):
        places = [at for one in trials if (at := x.at(one)) is not None]
        if places:
            foot = axis.get_xaxis_transform()
            axis.plot(places, [FOOT] * len(places), marker, color=LOST, markersize=4.0, transform=foot,
                      clip_on=False, label=f"{len(places)} {what}")  # fmt: skip


def history(search: SearchSummary, width: float, names: Sequence[str] = ()) -> Any:
    """Return a figure of metrics, the objectives by default, against the number of the trial.

    A line shows the best value of an objective so far.

    Raises:
        MicrofemError: a metric is unknown, or no trial has a value of it.
    """
    metrics = [metric_of(search, name) for name in names or search.objectives or search.metrics]
    figure, axes = panels(len(metrics), width)
    for axis, y in zip(axes, metrics, strict=True):
        for design, colour, marker in zip(search.spaces, cycle(COLOURS), cycle(MARKERS), strict=False):
            points = [(one, value) for one in search.of(design) if (value := y.at(one)) is not None]
            for good, shade, label in ((False, GREY, "violates a constraint"), (True, colour, design)):
                mine = [(one.number, value) for one, value in points if one.good is good]
                if mine:
                    axis.plot(*zip(*mine, strict=True), marker, color=shade, markersize=SMALL, zorder=2 + good,
                              label=label)  # fmt: skip
            if y.name in search.objectives:
                _add_best(axis, search, design, y, colour)
        axis.set_xlabel("trial")
        scale_axis(axis, "y", y, [value for one in search.trials if (value := y.at(one)) is not None])
    legend(figure, axes, last="violates a constraint")
    return figure


def _add_best(axis: Any, search: SearchSummary, design: str, y: TrialAxis, colour: str) -> None:
    """Draw the best value so far of the valid trials as steps, up to the last trial."""
    kept = sorted((one for one in search.of(design) if one.good), key=lambda one: one.number)
    if kept:
        so_far = best_so_far([one.value(y.name) for one in kept], search.objectives[y.name])
        numbers = [*(one.number for one in kept), max(one.number for one in search.of(design))]
        axis.step(numbers, [*so_far, so_far[-1]], where="post", color=colour, linewidth=0.9, zorder=4)


def best_so_far(values: Sequence[float], way: str) -> list[float]:
    """Return the best of the values up to each of them."""
    better = min if way == "minimise" else max
    best: list[float] = []
    for value in values:
        best.append(value if not best else better(best[-1], value))
    return best


def front(search: SearchSummary, width: float) -> Any:
    """Return a figure of each pair of successive objectives: all trials, and the Pareto front with errors.

    Raises:
        MicrofemError: the search has one objective or none.
    """
    if len(search.objectives) < 2:
        own = f"the one objective {', '.join(search.objectives)}" if search.objectives else "no objective"
        raise MicrofemError(f"{search.study} has {own}, and a front needs two; plot one metric against another instead")
    pairs = [[metric_of(search, name) for name in pair] for pair in pairwise(search.objectives)]
    figure, axes = panels(len(pairs), width)
    for axis, (x, y) in zip(axes, pairs, strict=True):
        for line, colour, marker in zip(lines_of(search, x, y), cycle(COLOURS), cycle(MARKERS), strict=False):
            for good, shade in ((False, GREY), (True, colour)):
                mine = [(one.x, one.y) for one in line.points if one.trial.good is good]
                if mine:
                    axis.plot(*zip(*mine, strict=True), marker, color=shade, markersize=SMALL, alpha=0.45,
                              markeredgewidth=0.0, zorder=2 + good,
                              label="" if good else "violates a constraint")  # fmt: skip
            design = line.points[0].trial.design
            _add_front(axis, [one for one in line.points if one.trial in search.best(design)], colour, marker, design)
        scale_axis(axis, "x", x, [one.x for line in lines_of(search, x, y) for one in line.points])
        scale_axis(axis, "y", y, [one.y for line in lines_of(search, x, y) for one in line.points])
    legend(figure, axes, last="violates a constraint")
    return figure


def _add_front(axis: Any, points: Sequence[TrialPoint], colour: str, marker: str, label: str) -> None:
    """Draw the trials of a front with their errors."""
    if points:
        axis.errorbar([one.x for one in points], [one.y for one in points], **_bars(points), color=colour,
                      fmt=f"{marker}-", label=f"front of {label}", linewidth=0.8, elinewidth=0.6, capsize=1.0,
                      zorder=4)  # fmt: skip
