"""The page of a search: the best layouts, the trials, the failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.located_yaml import remarks
from microfem.base.units import pretty_unit
from microfem.optimise import figures
from microfem.optimise.results import SearchResult, describe_ties, format_chosen, free_units, varied_units
from microfem.optimise.space import varied
from microfem.optimise.trial import Trial
from microfem.render.curves import axis_label
from microfem.report.figures import picture
from microfem.report.page import page
from microfem.report.runs import table, texts
from microfem.results.comparison import best, direction, number
from microfem.results.files import write_text
from microfem.results.summary import MetricResult
from microfem.run.study import versions

HARD = "&nbsp;"
AGAIN = 30  # s after which a browser reloads the page of a running search
MOST_LAYOUTS, MOST_ROWS, MOST_REASONS = 6, 12, 10  # drawn layouts, rows of the best trials, reasons of failures


def write_page(result: SearchResult, path: Path) -> None:
    """Write the page of a search as one HTML file."""
    body = [
        _question(result),
        _state(result),
        _best(result),
        _pictures(result),
        _layouts(result),
        _failures(result),
        _about(result),
    ]
    write_text(path, page(result.study.name, body, 0 if result.over else AGAIN))


def _question(result: SearchResult) -> str:
    question = " ".join(line.lstrip("# ").rstrip() for line in remarks(result.study.text))
    source = f"<p>Source: {escape(result.study.source)}</p>" if result.study.source else ""
    return (f"<p class='ask'>{escape(question)}</p>" if question else "") + source


def _state(result: SearchResult) -> str:
    """Show the number of trials, the objectives and the constraints."""
    search, rows = result.search, []
    for name in search.spaces:
        trials = result.of(name)
        failed = sum(trial.outcome.status != "ok" for trial in trials)
        good = sum(trial.good for trial in trials)
        rows.append(texts([name, len(trials), failed, len(trials) - failed - good, good]))
    objectives = ", ".join(f"{way} {name}" for name, way in search.objectives.items()) or "none (a sweep)"
    bounds = "; ".join(
        f"{figures.label(result, name)} {_interval(one.low, one.high)}" for name, one in search.constraints.items()
    )
    state = "" if result.over else f"<p><b>Running.</b> This page reloads every {AGAIN} s.</p>"
    kept = f"; constraints: {escape(bounds)}" if bounds else ""
    head = ["", "trials", "failed", "violate a constraint", "valid"]
    return f"{state}<p>Objectives: {escape(objectives)}{kept}.</p>{table(head, rows)}"


def _interval(low: float, high: float) -> str:
    if low == float("-inf"):
        return f"at most {high:g}"
    return f"at least {low:g}" if high == float("inf") else f"{low:g} to {high:g}"


def _best(result: SearchResult) -> str:
    """Compare the best layouts with the designs without a space; name ties."""
    if not result.search.objectives:
        return ""
    shown = [trial for design in result.search.spaces for trial in result.best(design)[:MOST_ROWS]]
    several = len(result.search.objectives) > 1
    title = "Pareto front" if several else "Best layouts"
    lines = [describe_ties(result, design) for design in result.search.spaces]
    note = "".join(f"<p>{escape(line)}.</p>" for line in [*lines, *result.remarks] if line)
    more = sum(max(len(result.best(design)) - MOST_ROWS, 0) for design in result.search.spaces)
    rest = f"<p class='small'>{more} more trials are in trials.csv.</p>" if more and several else ""
    return f"<h2>{title}</h2>{_compared(result, shown)}{rest}{note}"


def _compared(result: SearchResult, shown: Sequence[Trial]) -> str:
    """Return a table of the designs without a space and of some trials: their metrics and parameters."""
    metrics, units = result.study.metrics, varied_units(result.study, result.search)
    columns = {name: one.values for name, one in result.references.items() if one.values}
    columns |= {trial.name: trial.outcome.values for trial in shown}
    parameters: dict[str, Mapping[str, object]] = {name: one.params for name, one in result.study.designs.items()}
    parameters |= {trial.name: trial.params for trial in shown}
    calls = {name: call.name for name, call in metrics.items()}
    winners = {
        name: best({one: values[name] for one, values in columns.items() if name in values}, direction(name, calls))
        for name in metrics
    }
    rows = []
    for one, values in columns.items():
        cells = [_cell(values.get(name), one in winners[name]) for name in metrics]
        chosen = [_number(parameters[one].get(name, "")) for name in units]
        rows.append([f"<span class='n'>{escape(one)}</span>", *cells, *texts(chosen)])
    head = [figures.label(result, name) for name in metrics]
    head += [axis_label(name, unit or "1") for name, unit in units.items()]
    return table(texts(["", *head]), rows, "small")


def _cell(value: MetricResult | None, wins: bool) -> str:
    """Return a value without its unit, which the head has, with a star if it is the best or ties with it."""
    if value is None:
        return "<i>refused</i>"
    text = number(replace(value, unit="1")) + " *" * wins
    return escape(text).replace("± ", f"±{HARD}").replace(" *", f"{HARD}*")  # a line breaks before the error alone


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _pictures(result: SearchResult) -> str:
    """Draw the course of the search, or the Pareto front, and parallel coordinates of all trials."""
    good = [trial for trial in result.trials if trial.outcome.status == "ok"]
    if not good:
        return ""
    parts = []
    if len(result.search.objectives) == 1:
        parts.append(
            picture(
                lambda: figures.history(result),
                "values of all trials in their order; the line is the "
                "best valid trial so far, grey trials violate a constraint",
            )
        )
    elif result.search.objectives:
        parts.append(
            picture(
                lambda: figures.front(result),
                "all trials, and the Pareto front with error bars; grey trials violate a constraint",
            )
        )
    for design in result.search.spaces:
        caption = f"{design}: each line is a trial, the best is the darkest; grey trials violate a constraint"
        if any(one.design == design for one in good):
            parts.append(picture(lambda design=design: figures.parallel(result, design), caption))  # type: ignore[misc]
    return f"<h2>Trials</h2>{''.join(parts)}"


def _layouts(result: SearchResult) -> str:
    """Draw the best layouts to scale."""
    from microfem.render.layout import draw_layout

    shown = [trial for design in result.search.spaces for trial in result.shown(design)]
    parts = []
    for trial in _evenly(shown, MOST_LAYOUTS):
        design = varied(result.study.designs[trial.design], result.search.spaces[trial.design], trial.chosen)
        try:
            layout = design.layout()
        except MicrofemError:  # the family has other parameters in this version
            continue
        caption = f"{trial.name}: {format_chosen(result, trial)}"
        parts.append(picture(lambda layout=layout: draw_layout(layout), caption))  # type: ignore[misc]
    return f"<h2>Layouts</h2><div class='flow'>{''.join(parts)}</div>" if parts else ""


def _evenly(trials: list[Trial], most: int) -> list[Trial]:
    """Return `most` trials, evenly along the front, its ends included."""
    if len(trials) <= most:
        return trials
    return [trials[round(k * (len(trials) - 1) / (most - 1))] for k in range(most)]


def _failures(result: SearchResult) -> str:
    """List the reasons of failures, the most frequent first, with the first trial of each."""
    failed = [trial for trial in result.trials if trial.outcome.status != "ok"]
    reasons = Counter(trial.outcome.message for trial in failed)
    first = {trial.outcome.message: trial for trial in reversed(failed)}
    rows = [
        texts([count, reason, f"{first[reason].name}: {format_chosen(result, first[reason])}"])
        for reason, count in reasons.most_common(MOST_REASONS)
    ]
    return f"<h2>Failures</h2>{table(['trials', 'reason', 'first trial'], rows, 'last small text')}" if rows else ""


def _about(result: SearchResult) -> str:
    """Show the space, the sampler and the versions."""
    rows = []
    units = free_units(result.study, result.search)
    for design, space in result.search.spaces.items():
        for name, free in space.free.items():
            unit = f" {pretty_unit(units[name])}" if units[name] else ""
            if hasattr(free, "values"):
                how = ", ".join(map(str, free.values)) + unit
            else:
                kind = ", whole" if free.whole else ", logarithmic" if free.log else ""
                how = f"{free.low:g} to {free.high:g}{unit}{kind}"
            rows.append(texts([f"{design}: {name}", how]))
        told = result.study.designs[design].dependents.in_space(space.free, space.expressions).told
        rows += [texts([f"{design}: {name}", f"from {text}"]) for name, text in told.items()]
    libraries = ", ".join(f"{name} {version}" for name, version in versions().items())
    seconds = sum(trial.outcome.seconds for trial in result.trials)
    sampler = f"Sampler {result.search.sampler}, seed {result.search.seed}; " if result.search.objectives else ""
    return (
        f"<h2>Space and provenance</h2>{table(['parameter', 'values'], rows, 'text small')}"
        f"<p class='small'>{escape(sampler)}{seconds:.0f} s of workers' time. {escape(libraries)}.</p>"
    )
