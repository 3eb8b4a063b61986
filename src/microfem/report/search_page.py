"""The page of a search: the best layouts, the trials, the failures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from html import escape
from pathlib import Path
from typing import TypeVar

from microfem.base.errors import MicrofemError
from microfem.base.units import pretty_unit
from microfem.render.curves import axis_label
from microfem.render.parallel import parallel
from microfem.render.searches import draw_search, front, history
from microfem.render.trials import metric_label
from microfem.report.figures import layout, picture
from microfem.report.page import page
from microfem.report.runs import table, texts
from microfem.report.sections import comments
from microfem.results.comparison import best, direction, number
from microfem.results.files import write_text
from microfem.results.search_table import describe_ties, spans, state
from microfem.results.searches import TRIALS, Allowed, SearchSummary, format_chosen
from microfem.results.summary import MetricResult, read_result
from microfem.results.trials import Trial
from microfem.study.figure_schema import WIDTHS
from microfem.study.plots import PlotModel

T = TypeVar("T")
NUMBER = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?")  # in which alike reasons differ
DARKEST = ", the best is the darkest"
GREYS = "grey trials violate a constraint"
WIDTH = 1.3 * WIDTHS["single"]  # mm
HARD = "&nbsp;"
MOST_LAYOUTS, MOST_ROWS, MOST_REASONS = 6, 12, 10  # drawn layouts, rows of the best trials, reasons of failures


def write_search_page(search: SearchSummary, folder: Path, path: Path, again: int = 0) -> None:
    """Write the page of a search as one HTML file.

    folder: of the search; again: seconds after which a browser reloads the page of a running search, 0 for never.

    Raises:
        MicrofemError: the file cannot be written.
    """
    body = [
        _question(search, folder),
        _state(search, again),
        _best(search),
        _spans(search),
        _pictures(search),
        _layouts(search, folder),
        _failures(search),
        _about(search),
    ]
    write_text(path, page(search.study, body, again))


def _question(search: SearchSummary, folder: Path) -> str:
    text = comments(folder)
    source = f"<p>Source: {escape(search.source)}</p>" if search.source else ""
    return (f"<p class='ask'>{escape(text)}</p>" if text else "") + source


def _state(search: SearchSummary, again: int) -> str:
    """Show the number of trials, how the search ended, the objectives and the constraints."""
    rows = []
    for name in search.spaces:
        trials = search.of(name)
        failed = sum(trial.outcome.status != "ok" for trial in trials)
        good = sum(trial.good for trial in trials)
        rows.append(texts([name, len(trials), failed, len(trials) - failed - good, good]))
    objectives = ", ".join(f"{way} {name}" for name, way in search.objectives.items()) or "none (a sweep)"
    bounds = "; ".join(f"{metric_label(search, name)} {_interval(one)}" for name, one in search.constraints.items())
    ending = f"<b>Running.</b> This page reloads every {again} s." if again else escape(f"{state(search)}.")
    kept = f"; constraints: {escape(bounds)}" if bounds else ""
    head = ["", "trials", "failed", "violate a constraint", "valid"]
    return f"<p>{ending}</p><p>Objectives: {escape(objectives)}{kept}.</p>{table(head, rows)}"


def _interval(one: Allowed) -> str:
    if one.low is None:
        return f"at most {one.high:g}"
    return f"at least {one.low:g}" if one.high is None else f"{one.low:g} to {one.high:g}"


def _best(search: SearchSummary) -> str:
    """Compare the best layouts with the designs without a space; name ties."""
    if not search.objectives:
        return ""
    shown = [trial for design in search.spaces for trial in search.best(design)[:MOST_ROWS]]
    several = len(search.objectives) > 1
    title = "Pareto front" if several else "Best layouts"
    lines = [describe_ties(search, design) for design in search.spaces]
    note = "".join(f"<p>{escape(line)}.</p>" for line in [*lines, *search.remarks] if line)
    more = sum(max(len(search.best(design)) - MOST_ROWS, 0) for design in search.spaces)
    rest = f"<p class='small'>{more} more trials are in trials.csv.</p>" if more and several else ""
    return f"<h2>{title}</h2>{_compared(search, shown)}{rest}{note}"


def _spans(search: SearchSummary) -> str:
    """Show the span of each metric of a sweep, and the trials at its ends."""
    lines = "".join(f"<li>{escape(line)}</li>" for line in [*spans(search), *search.remarks])
    return f"<h2>Spans</h2><ul>{lines}</ul>" if lines and not search.objectives else ""


def _compared(search: SearchSummary, shown: Sequence[Trial]) -> str:
    """Return a table of the designs without a space and of some trials: their metrics and parameters."""
    columns = {name: one.values for name, one in search.references.items() if one.values}
    columns |= {trial.name: trial.outcome.values for trial in shown}
    parameters: dict[str, Mapping[str, object]] = {**search.stated}
    parameters |= {trial.name: trial.params for trial in shown}
    having = {name: {one: values[name] for one, values in columns.items() if name in values} for name in search.metrics}
    winners = {name: best(row, direction(name, search.calls)) for name, row in having.items()}
    rows = []
    for one, values in columns.items():
        cells = [_cell(values.get(name), one in winners[name]) for name in search.metrics]
        chosen = [_number(parameters[one].get(name, "")) for name in search.units]
        rows.append([f"<span class='n'>{escape(one)}</span>", *cells, *texts(chosen)])
    head = [metric_label(search, name) for name in search.metrics]
    head += [axis_label(name, unit or "1") for name, unit in search.units.items()]
    return table(texts(["", *head]), rows, "small")


def _cell(value: MetricResult | None, wins: bool) -> str:
    """Return a value without its unit, which the head has, with a star if it is the best or ties with it."""
    if value is None:
        return "<i>refused</i>"
    text = number(replace(value, unit="1")) + " *" * wins
    return escape(text).replace("± ", f"±{HARD}").replace(" *", f"{HARD}*")  # a line breaks before the error alone


def _number(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _pictures(search: SearchSummary) -> str:
    """Draw the course of the search or its front, metrics over one or two parameters, parallel coordinates."""
    if not any(trial.outcome.status == "ok" for trial in search.trials):
        return ""
    parts = []
    if len(search.objectives) == 1:
        parts.append(picture(lambda: history(search, WIDTH), f"values of all trials in their order; the steps are the "
                             f"best valid trial so far, {GREYS}"))  # fmt: skip
    elif search.objectives:
        parts.append(
            picture(lambda: front(search, WIDTH), f"all trials, and the Pareto front with its errors; {GREYS}")
        )
    parts += [_plot(search, plot, plot.title.replace("-", " ")) for plot in search.plots] or [_over_parameters(search)]
    for design in search.spaces:
        caption = f"{design}: each line is a trial{DARKEST if search.objectives else ''}; {GREYS}"
        if any(one.outcome.status == "ok" for one in search.of(design)):
            parts.append(picture(partial(parallel, search, design), caption))
    return f"<h2>Trials</h2>{''.join(parts)}"


def _over_parameters(search: SearchSummary) -> str:
    """Draw each metric against the free parameter, or as a map over both where there are two with numbers."""
    free = list(dict.fromkeys(name for space in search.spaces.values() for name in space.free))
    shown = [name for name in search.metrics if any(name in one.outcome.values for one in search.trials)]
    plot = PlotModel.model_validate({"metrics": shown, "against": ",".join(free), "width": "double"})
    if not shown or len(free) > 2 or len(search.spaces) > 1:
        return ""
    return _plot(search, plot, f"metrics over {' and '.join(free)}, with their errors; {GREYS}")


def _plot(search: SearchSummary, plot: PlotModel, caption: str) -> str:
    try:
        return picture(lambda: draw_search(search, plot), caption)
    except MicrofemError:  # too few trials for a map, or a parameter without numbers
        return ""


def _layouts(search: SearchSummary, folder: Path) -> str:
    """Draw the best layouts to scale: those whose trial ran here."""
    shown = [trial for design in search.spaces for trial in search.shown(design)]
    having = [(trial, one) for trial in shown if (one := read_result(folder / TRIALS / trial.name))]
    drawn = _evenly(having, MOST_LAYOUTS)
    parts = [layout(one, f"{trial.name}: {format_chosen(search, trial)}") for trial, one in drawn]
    return f"<h2>Layouts</h2><div class='flow'>{''.join(parts)}</div>" if parts else ""


def _evenly(trials: list[T], most: int) -> list[T]:
    """Return `most` trials, evenly along the front, its ends included."""
    if len(trials) <= most:
        return trials
    return [trials[round(k * (len(trials) - 1) / (most - 1))] for k in range(most)]


def _failures(search: SearchSummary) -> str:
    """List the reasons of failures, the most frequent first, with the first trial of each."""
    failed = [trial for trial in search.trials if trial.outcome.status != "ok"]
    reasons = Counter(NUMBER.sub("", trial.outcome.message) for trial in failed)
    first = {NUMBER.sub("", trial.outcome.message): trial for trial in reversed(failed)}
    rows = [
        texts([count, (one := first[reason]).outcome.message, f"{one.name}: {format_chosen(search, one)}"])
        for reason, count in reasons.most_common(MOST_REASONS)
    ]
    return (
        f"<h2>Failures</h2>{table(['trials', 'reason, of the first one', 'first trial'], rows, 'last small text')}"
        if rows
        else ""
    )


def _about(search: SearchSummary) -> str:
    """Show the space, the sampler and the versions."""
    rows = []
    for design, space in search.spaces.items():
        for name, free in space.free.items():
            unit = f" {pretty_unit(search.units[name])}" if search.units[name] else ""
            if hasattr(free, "values"):
                how = ", ".join(map(str, free.values)) + unit
            else:
                kind = ", whole" if free.whole else ", logarithmic" if free.log else ""
                how = f"{free.low:g} to {free.high:g}{unit}{kind}"
            rows.append(texts([f"{design}: {name}", how]))
        rows += [texts([f"{design}: {name}", f"from {text}"]) for name, text in search.follows[design].items()]
    libraries = ", ".join(f"{name} {version}" for name, version in search.versions.items())
    seconds = sum(trial.outcome.seconds for trial in search.trials)
    sampler = f"Sampler {search.sampler}, seed {search.seed}; " if search.objectives else ""
    return (
        f"<h2>Space and provenance</h2>{table(['parameter', 'values'], rows, 'text small')}"
        f"<p class='small'>{escape(sampler)}{seconds:.0f} s of workers' time. {escape(libraries)}.</p>"
    )
