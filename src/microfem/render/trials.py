"""What a plot of trials shows: quantities of trials, and the lines and points of a metric against another quantity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.base.units import format_quantity
from microfem.render.curves import axis_label
from microfem.render.style import number_powers
from microfem.results.searches import SearchSummary
from microfem.results.trials import Trial, Value
from microfem.study.records import Choice, Range

DECADE = 10.0
MOST_LINES = 7  # of one panel, as many as there are colours


@dataclass(frozen=True, kw_only=True)
class TrialAxis:
    """A parameter or a metric of trials as an axis.

    choices: the values of a parameter without numbers, which stand at 0, 1, 2, ... on the axis; log: of its range.
    """

    name: str
    unit: str
    beside: str = ""
    metric: bool = False
    choices: tuple[Value, ...] = ()
    log: bool = False

    @property
    def label(self) -> str:
        """Label of the axis."""
        return axis_label(self.name, self.unit or "1", self.beside)

    def at(self, trial: Trial) -> float | None:
        """Return where a trial stands on the axis; None if it has no value."""
        if self.metric:
            one = trial.outcome.values.get(self.name)
            return one.value if one else None
        value = trial.params.get(self.name)
        if value is None:
            return None
        return float(self.choices.index(value)) if self.choices else float(value)

    def error(self, trial: Trial) -> float | None:
        """Return the error of a trial's value; 0 of a parameter, None if unknown."""
        return trial.outcome.values[self.name].error if self.metric else 0.0

    def text(self, value: Value) -> str:
        """Return a value of the parameter as text: `gap 100 µm`."""
        shown = format_quantity(float(value), self.unit) if self.unit and not isinstance(value, str) else f"{value}"
        return f"{self.name.replace('_', ' ')} {shown}"


@dataclass(frozen=True, kw_only=True)
class TrialPoint:
    """A trial in a plot; error: of y, None if unknown; x_error likewise."""

    x: float
    y: float
    error: float | None
    x_error: float | None
    trial: Trial


@dataclass(frozen=True, kw_only=True)
class TrialLine:
    """Trials of one colour, in the order of x.

    joined: whether nothing but x varies along them, so that a line may join them.
    """

    label: str
    points: tuple[TrialPoint, ...]
    joined: bool


def quantity_of(search: SearchSummary, name: str) -> TrialAxis:
    """Return a parameter or a metric by its name.

    Raises:
        MicrofemError: the search varies no such parameter and has no such metric.
    """
    if name in search.units:
        free = [space.free[name] for space in search.spaces.values() if name in space.free]
        return TrialAxis(
            name=name,
            unit=search.units[name],
            choices=_choices(search, name, free),
            log=any(isinstance(one, Range) and one.log for one in free),
        )
    return metric_of(search, name, (*search.units, *search.metrics))


def _choices(search: SearchSummary, name: str, free: Sequence[Range | Choice]) -> tuple[Value, ...]:
    """Return the values of a parameter that are no numbers, as stated; those that follow from others as they occur."""
    stated = [value for one in free if isinstance(one, Choice) for value in one.values]
    values = stated or [one.params[name] for one in search.trials if name in one.params]
    return tuple(dict.fromkeys(values)) if any(isinstance(one, str | bool) for one in values) else ()


def metric_of(search: SearchSummary, name: str, known: Iterable[str] = ()) -> TrialAxis:
    """Return a metric by its name.

    Raises:
        MicrofemError: the search has no such metric, or no trial has a value of it.
    """
    if name not in search.metrics:
        names = tuple(known) or search.metrics
        kind = "parameter or metric" if known else "metric"
        raise MicrofemError(f"no {kind} '{name}' here{did_you_mean(name, names)}")
    if not any(name in one.outcome.values for one in search.trials):
        reasons = [one.outcome.refused.get(name) or one.outcome.message for one in search.trials]
        why = next((text for text in reasons if text), "none has ended yet")
        raise MicrofemError(f"nothing has a value of '{name}': {why}")
    return TrialAxis(name=name, unit=search.unit(name), beside=search.measures.get(name, ""), metric=True)


def metric_label(search: SearchSummary, name: str) -> str:
    """Return the axis label of a metric, with its unit."""
    return axis_label(name, search.unit(name), search.measures.get(name, ""))


def lines_of(search: SearchSummary, x: TrialAxis, y: TrialAxis, by: str = "") -> list[TrialLine]:
    """Return the trials with values of both quantities: a line for each design and each value of the parameter `by`.

    Raises:
        MicrofemError: `by` is no parameter of the search, is x, or has too many values for lines.
    """
    second = _second(search, x, by) if by else None
    groups: dict[str, list[TrialPoint]] = {}
    for trial in sorted(search.trials, key=lambda one: _place(second, one)):
        if (point := _point(trial, x, y)) is not None:
            groups.setdefault(_label(search, trial, second), []).append(point)
    if len(groups) > MOST_LINES:
        raise MicrofemError(
            f"'{by or 'design'}' has {len(groups)} values, and a plot at most {MOST_LINES} lines; draw a map with: "
            f"--against {x.name},{by}, or sweep with: --method grid"
        )
    ordered = {label: sorted(points, key=lambda one: one.x) for label, points in groups.items()}
    return [
        TrialLine(label=label, points=tuple(points), joined=_joined(points, x)) for label, points in ordered.items()
    ]


def _second(search: SearchSummary, x: TrialAxis, by: str) -> TrialAxis:
    if by not in search.units:
        raise MicrofemError(f"no free parameter '{by}'{did_you_mean(by, search.units)}")
    if by == x.name:
        raise MicrofemError(f"'{by}' is the abscissa already; name another parameter with --by")
    return quantity_of(search, by)


def _place(second: TrialAxis | None, trial: Trial) -> float:
    return (second.at(trial) or 0.0) if second else 0.0


def _point(trial: Trial, x: TrialAxis, y: TrialAxis) -> TrialPoint | None:
    at, value = x.at(trial), y.at(trial)
    if trial.outcome.status != "ok" or at is None or value is None:
        return None
    return TrialPoint(x=at, y=value, error=y.error(trial), x_error=x.error(trial), trial=trial)


def _label(search: SearchSummary, trial: Trial, second: TrialAxis | None) -> str:
    own = trial.design if len(search.spaces) > 1 else ""
    value = second.text(trial.params[second.name]) if second and second.name in trial.params else ""
    return ", ".join(text for text in (own, value) if text)


def _joined(points: Sequence[TrialPoint], x: TrialAxis) -> bool:
    """Tell whether the trials differ in the parameter x alone, apart from what follows from it."""
    others = {tuple(sorted((k, v) for k, v in one.trial.chosen.items() if k != x.name)) for one in points}
    return not x.metric and len(others) == 1 and len({one.x for one in points}) == len(points)


def scale_axis(axis: Any, direction: str, quantity: TrialAxis, values: Sequence[float]) -> None:
    """Label an axis; number choices by name; make it logarithmic over a decade, or as the range of a parameter is."""
    getattr(axis, f"set_{direction}label")(quantity.label)
    its = getattr(axis, f"{direction}axis")
    if quantity.choices:
        its.set_ticks(range(len(quantity.choices)), [str(one) for one in quantity.choices])
    elif values and min(values) > 0.0 and (quantity.log or max(values) > DECADE * min(values)):
        axis.set(**{f"{direction}scale": "log"})
        number_powers(its, getattr(axis, f"get_{direction}lim")())


def missing(search: SearchSummary) -> tuple[list[Trial], list[Trial]]:
    """Return the trials without values: those that failed, and those outside the design rules."""
    lost = [one for one in search.trials if one.outcome.status != "ok"]
    return [one for one in lost if not one.outcome.outside], [one for one in lost if one.outcome.outside]
