"""Maps of a metric over two parameters of a search: contours between its trials, and nothing outside of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.units import format_quantity
from microfem.render.style import legend, panels
from microfem.render.trials import TrialAxis, TrialPoint, lines_of, metric_of, missing, quantity_of, scale_axis
from microfem.results.searches import SearchSummary
from microfem.results.trials import Trial

LEVELS = 12
WIDE = 85.0  # mm: least width of a panel with its bar of colours
SMALL, LARGE, STAR = 2.0, 4.0, 8.0  # sizes of markers
LEAST_POINTS = 3


def draw_maps(search: SearchSummary, metrics: Sequence[str], over: Sequence[str], width: float) -> Any:
    """Return a figure of metrics over two parameters, a panel each.

    Contours are linear between the trials, in triangles inside their hull. Where trials differ in a third parameter
    there is no map of two: the trials are drawn as coloured points alone.

    Raises:
        MicrofemError: a name is unknown, there are not two parameters, or the trials are too few or lie on a line.
    """
    if len(over) != 2 or len(set(over)) != 2:
        raise MicrofemError(f"a map stands over two parameters, such as --against gap,width; got '{','.join(over)}'")
    x, y = (quantity_of(search, name) for name in over)
    if wrong := next((one.name for one in (x, y) if one.metric or one.choices), ""):
        raise MicrofemError(f"'{wrong}' is no parameter with numbers; a map needs two of these")
    shown = [metric_of(search, name) for name in metrics]
    figure, axes = panels(len(shown), width, WIDE)
    for axis, z in zip(axes, shown, strict=True):
        _add_map(figure, axis, search, x, y, z)
    legend(figure, axes)
    return figure


def _add_map(figure: Any, axis: Any, search: SearchSummary, x: TrialAxis, y: TrialAxis, z: TrialAxis) -> None:
    points = [one for line in lines_of(search, x, z) for one in line.points if y.at(one.trial) is not None]
    at = np.array([[one.x, float(y.at(one.trial) or 0.0)] for one in points]).reshape(-1, 2)
    values = np.array([one.y for one in points])
    remark = _largest_error(points, z)
    triangles = triangles_of(at, (x.log, y.log))
    if free_elsewhere(points, x, y):
        drawn = axis.scatter(*at.T, c=values, s=14.0, zorder=3, clip_on=False)
        remark = f"other parameters vary{'; ' * bool(remark)}{remark}"
    else:
        drawn = axis.tricontourf(*at.T, triangles, values, levels=LEVELS)
        _mark(axis, at[[one.trial.good for one in points]], "o", "black", "")
        _mark(axis, at[[not one.trial.good for one in points]], "o", "0.65", "violates a constraint")
    _mark_best(axis, search, x, y, z)
    for trials, marker, what in zip(missing(search), "x|", ("failed", "outside the design rules"), strict=True):
        _mark(axis, _places(trials, x, y), marker, "0.35", f"{len(trials)} {what}")
    axis.margins(0.06)
    for direction, one in (("x", x), ("y", y)):
        scale_axis(axis, direction, one, [value for trial in search.trials if (value := one.at(trial)) is not None])
    figure.colorbar(drawn, ax=axis).set_label(z.label)
    axis.set_title(remark, loc="left")


def triangles_of(at: np.ndarray[Any, Any], log: tuple[bool, bool]) -> Any:
    """Return the Delaunay triangles (n, 3) of points (n, 2), on axes from 0 to 1 over the range of each coordinate.

    Raises:
        MicrofemError: there are less than three points, or they lie on a line.
    """
    from scipy.spatial import Delaunay, QhullError

    scaled = np.column_stack([np.log(one) if way else one for one, way in zip(at.T, log, strict=True)])
    try:
        spread = np.ptp(scaled, axis=0) if len(scaled) else np.zeros(2)
        if len(scaled) < LEAST_POINTS or (spread <= 0.0).any():
            raise ValueError
        return Delaunay((scaled - scaled.min(axis=0)) / spread).simplices
    except (ValueError, QhullError):
        raise MicrofemError(
            f"{len(at)} trials with values lie on a line or are too few for a map; plot against one parameter, or "
            "run more samples"
        ) from None


def free_elsewhere(points: Sequence[TrialPoint], x: TrialAxis, y: TrialAxis) -> bool:
    """Tell whether the trials differ in their design, or in another parameter than two."""
    own = {x.name, y.name}
    rest = {(one.trial.design, *sorted((k, v) for k, v in one.trial.chosen.items() if k not in own)) for one in points}
    return len(rest) > 1


def _places(trials: Sequence[Trial], x: TrialAxis, y: TrialAxis) -> Any:
    return np.array([[x.at(one), y.at(one)] for one in trials if None not in (x.at(one), y.at(one))]).reshape(-1, 2)


def _mark(axis: Any, at: Any, marker: str, colour: str, label: str) -> None:
    if len(at):
        size = SMALL if marker == "o" else LARGE
        axis.plot(*at.T, marker, color=colour, markersize=size, label=label or "trials", clip_on=False)


def _mark_best(axis: Any, search: SearchSummary, x: TrialAxis, y: TrialAxis, z: TrialAxis) -> None:
    """Mark the best trial of a search by one objective with a star."""
    if [*search.objectives] == [z.name]:
        best = [one for design in search.spaces for one in search.shown(design)]
        star = {"color": "white", "markeredgecolor": "black", "markersize": STAR, "clip_on": False}
        axis.plot(*_places(best, x, y).T, "*", **star, label="best")


def _largest_error(points: Sequence[TrialPoint], z: TrialAxis) -> str:
    """Return the largest error of the values, which the distance of contours should exceed."""
    errors = [one.error for one in points]
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        return "errors unknown"
    return f"errors up to {format_quantity(max(known), z.unit, 2)}" if any(known) else ""
