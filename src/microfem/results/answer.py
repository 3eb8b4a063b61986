"""The answer of a comparison: the best designs of each metric, the distance of the next one, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from microfem.results.comparison import best, direction, units
from microfem.results.summary import MetricResult, Summary


@dataclass(frozen=True, kw_only=True)
class Distance:
    """The interval of the distance between two values, relative to the better one, or absolute where that is near 0."""

    low: float
    high: float
    relative: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer that one metric gives.

    best: the designs with the best value, several if they are tied; next: the best of the others, "" if all are tied;
    distance: of next from the best, None if all are tied; sure: what the errors are; unknown: designs without an error.
    """

    metric: str
    better: str
    best: tuple[str, ...]
    next: str
    distance: Distance | None
    sure: str
    unknown: tuple[str, ...]


def answers(summary: Summary) -> list[Answer]:
    """Return the answer of each metric that has a better direction and values of one unit in two designs or more."""
    found = []
    for metric in summary.metrics:
        row = {name: one for name, one in summary.row(metric).items() if one.value is not None}
        better = direction(metric, summary.calls)
        if better and len(row) > 1 and len(units(row)) == 1:
            found.append(_answer(metric, row, better))
    return found


def _answer(metric: str, row: dict[str, MetricResult], better: str) -> Answer:
    winners = best(row, better)
    order = sorted(row, key=lambda name: _value(row[name]), reverse=better == "higher")
    rest = [name for name in order if name not in winners] if winners else []
    return Answer(
        metric=metric,
        better=better,
        best=tuple(name for name in order if name in winners or not winners),
        next=rest[0] if rest else "",
        distance=distance(row[order[0]], row[rest[0]]) if rest else None,
        sure=_sure([row[name] for name in (*winners, *rest[:1])] or list(row.values())),
        unknown=tuple(name for name, one in row.items() if one.error is None),
    )


def _value(one: MetricResult) -> float:
    return one.value if one.value is not None else 0.0


def distance(first: MetricResult, other: MetricResult) -> Distance:
    """Return the interval of |other - first| over |first|, both within their errors; absolute if first may be 0."""
    (a, b), others = _interval(first), _interval(other)
    relative = not a <= 0.0 <= b
    apart = [(y - x) / (abs(x) if relative else 1.0) for x in (a, b) for y in others]
    low = 0.0 if min(apart) <= 0.0 <= max(apart) else min(map(abs, apart))
    return Distance(low=low, high=max(map(abs, apart)), relative=relative)


def _interval(one: MetricResult) -> tuple[float, float]:
    if one.lower is not None and one.upper is not None:
        return one.lower, one.upper
    error = one.error or 0.0
    return _value(one) - error, _value(one) + error


def _sure(compared: Sequence[MetricResult]) -> str:
    """Return what the errors of values are: proven bounds, none (exact) or estimates."""
    if all(one.error == 0.0 for one in compared):
        return "exact"
    if all(one.lower is not None or one.error == 0.0 for one in compared):
        return "proven"
    return "estimated"
