"""The answer of a report: which design is best, by how much, how sure; ties are told as ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from microfem.base.units import pretty_unit
from microfem.report.runs import Runs
from microfem.report.wording import chapter, quantity, told
from microfem.results.answer import Answer, Distance, answers
from microfem.results.comparison import number
from microfem.results.summary import MetricResult, Summary

SURE = {
    "exact": "Both values are exact.",
    "proven": "Both values lie within proven bounds.",
    "estimated": "The errors are estimates.",
}
TWICE = 1.0  # relative distance from which a factor reads better than per cent


def answer(runs: Runs) -> str:
    """Return the answer to the question of a study, metric by metric, and whether expectations are met."""
    found = answers(runs.merged)
    lines = "".join(f"<li>{_line(runs.merged, one)}</li>" for one in found)
    listed = f"<ul class='answer'>{lines}</ul>" if lines else ""
    return chapter("Answer", _overall(runs.merged, found), listed, _only(runs.merged, found), _expected(runs))


def _overall(summary: Summary, found: Sequence[Answer]) -> str:
    """Return which design is best in everything, or that none is."""
    if len(found) < 2:
        return ""
    first = [name for name in summary.designs if all(name in one.best for one in found)]
    decided = [one for one in found if one.next]
    if not decided:
        text = "The designs are tied in every metric."
    elif len(first) == 1:
        text = f"<b>{told(first[0])}</b> is the best, or tied with the best, in all {len(found)} metrics."
    elif first:
        text = f"{_names(first)} are tied for the best in all {len(found)} metrics."
    else:
        text = "No design is the best in every metric."
    return f"<p class='ask'>{text}</p>"


def _line(summary: Summary, one: Answer) -> str:
    """Return the answer of one metric as sentences."""
    row = summary.row(one.metric)
    name = quantity(one.metric, summary.calls.get(one.metric, ""), summary.measures.get(one.metric, ""))
    values = "; ".join(_value(design, row, len(one.best) > 1) for design in one.best)
    head = f"<b>{name[:1].upper()}{name[1:]}</b>, {one.better} is better: "
    if one.distance is None:
        return f"{head}a tie: the designs differ by less than their errors ({values}).{_unknown(one)}"
    tie = " are tied for the best" if len(one.best) > 1 else " is the best"
    worse = "higher" if one.better == "lower" else "lower"
    unit = row[one.next].unit
    after = f"The next, {told(one.next)}, is {_apart(one.distance, worse, unit)} ({_value(one.next, row, False)})"
    return f"{head}<b>{_names(one.best)}</b>{tie} ({values}). {after}. {SURE[one.sure]}{_unknown(one)}"


def _value(design: str, row: Mapping[str, MetricResult], named: bool) -> str:
    return (f"{told(design)} " if named else "") + f"<span class='n'>{told(number(row[design]))}</span>"


def _names(names: Sequence[str]) -> str:
    return told(" and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names))


def _unknown(one: Answer) -> str:
    return f" Without an error, and so counted as tied: {told(', '.join(one.unknown))}." if one.unknown else ""


def _apart(one: Distance, worse: str, unit: str) -> str:
    """Return a distance as text, as an interval where its ends differ in three digits."""
    if not one.relative:
        after = "" if unit == "1" else f" {pretty_unit(unit)}"
        return f"{told(_span(one.low, one.high))}{told(after)} {worse}"
    if worse == "higher" and one.low > TWICE:
        return f"{_span(1.0 + one.low, 1.0 + one.high)} times as high"
    return f"{_span(100.0 * one.low, 100.0 * one.high)} % {worse}"


def _span(low: float, high: float) -> str:
    ends = list(dict.fromkeys(f"{end:.3g}" for end in (low, high)))
    return " to ".join(ends)


def _only(summary: Summary, found: Sequence[Answer]) -> str:
    """Return the values of a single design, which has nothing to be compared with."""
    if found or len(summary.designs) != 1:
        return ""
    (one,) = summary.designs.values()
    lines = "".join(
        f"<li>{quantity(key, summary.calls.get(key, ''), summary.measures.get(key, ''))}: {told(number(value))}</li>"
        for key, value in one.metrics.items()
        if value.value is not None
    )
    return f"<ul class='answer'>{lines}</ul>" if lines else ""


def _expected(runs: Runs) -> str:
    """Return how many expectations of the studies are met."""
    every = [one for run in runs.each for one in run.summary.expect]
    met = sum(one.met for one in every)
    return f"<p>{met} of {len(every)} expectations are met.</p>" if every else ""
