"""The page of a search: the best layouts, how they were found, what failed."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path

from microfem.base.errors import MicrofemError
from microfem.base.located_yaml import remarks
from microfem.base.units import pretty_unit
from microfem.optimise import figures
from microfem.optimise.results import Found, free_units, told_ties, told_values
from microfem.optimise.space import varied
from microfem.optimise.trial import Trial
from microfem.report.figures import picture
from microfem.report.page import page
from microfem.report.runs import table, texts
from microfem.results.comparison import best, direction, number
from microfem.results.files import write_text
from microfem.run.study import versions

AGAIN = 30  # s after which a page of a search that is under way is read again
MOST_LAYOUTS, MOST_ROWS, MOST_REASONS = 6, 12, 10  # drawn, in the table of the best, of failures


def write_page(found: Found, path: Path) -> None:
    """Write the page of a search as one HTML file."""
    body = [
        _question(found),
        _state(found),
        _best(found),
        _pictures(found),
        _layouts(found),
        _failures(found),
        _about(found),
    ]
    write_text(path, page(found.study.name, body, 0 if found.over else AGAIN))


def _question(found: Found) -> str:
    told = " ".join(line.lstrip("# ").rstrip() for line in remarks(found.study.text))
    source = f"<p>Source: {escape(found.study.source)}</p>" if found.study.source else ""
    return (f"<p class='ask'>{escape(told)}</p>" if told else "") + source


def _state(found: Found) -> str:
    """Tell how far the search is, and what it seeks."""
    search, rows = found.search, []
    for name in search.spaces:
        mine = found.of(name)
        failed = sum(one.outcome.status != "ok" for one in mine)
        good = sum(one.good for one in mine)
        rows.append(texts([name, len(mine), failed, len(mine) - failed - good, good]))
    goals = ", ".join(f"{way} {name}" for name, way in search.objectives.items()) or "no objective: a sweep"
    bounds = "; ".join(
        f"{figures.label(found, name)} {_interval(one.low, one.high)}" for name, one in search.constraints.items()
    )
    state = "" if found.over else f"<p><b>Under way.</b> This page is read again every {AGAIN} s.</p>"
    kept = f"; kept: {escape(bounds)}" if bounds else ""
    head = ["", "trials", "failed", "break a constraint", "count"]
    return f"{state}<p>Sought: {escape(goals)}{kept}.</p>{table(head, rows)}"


def _interval(low: float, high: float) -> str:
    if low == float("-inf"):
        return f"at most {high:g}"
    return f"at least {low:g}" if high == float("inf") else f"{low:g} to {high:g}"


def _best(found: Found) -> str:
    """Put the best layouts and those that do not vary side by side, with what ties."""
    if not found.search.objectives:
        return ""
    shown = [trial for design in found.search.spaces for trial in found.best(design)[:MOST_ROWS]]
    columns = {name: one.values for name, one in found.references.items() if one.values}
    columns |= {trial.name: trial.outcome.values for trial in shown}
    calls = {name: call.name for name, call in found.study.metrics.items()}
    beside = found.study.beside()
    head = [
        "",
        *texts([f"{name} ({beside[name]})" if name in beside else name for name in found.study.metrics]),
        "chosen",
    ]
    winners = {
        name: best({one: values[name] for one, values in columns.items() if name in values}, direction(name, calls))
        for name in found.study.metrics
    }
    told = {trial.name: told_values(found, trial) for trial in shown}
    rows = []
    for one, values in columns.items():
        cells = [
            f"{escape(number(values[name]))}{' *' if one in winners[name] else ''}"
            if name in values
            else "<i>refused</i>"
            for name in found.study.metrics
        ]
        rows.append([f"<span class='n'>{escape(one)}</span>", *cells, escape(told.get(one, "as stated"))])
    several = len(found.search.objectives) > 1
    title = "Pareto front" if several else "Best layouts"
    lines = [told_ties(found, design) for design in found.search.spaces]
    note = "".join(f"<p>{escape(line)}.</p>" for line in [*lines, *found.remarks] if line)
    more = sum(max(len(found.best(design)) - MOST_ROWS, 0) for design in found.search.spaces)
    rest = f"<p class='small'>{more} more in trials.csv.</p>" if more and several else ""
    return f"<h2>{title}</h2>{table(head, rows, 'last small')}{rest}{note}"


def _pictures(found: Found) -> str:
    """Draw how the search went: the best so far or the front, and all trials across parameters."""
    good = [trial for trial in found.trials if trial.outcome.status == "ok"]
    if not good:
        return ""
    parts = []
    if len(found.search.objectives) == 1:
        parts.append(
            picture(
                lambda: figures.history(found),
                "values of all trials in their order; the line is the "
                "best so far that keeps the constraints, grey ones break a constraint",
            )
        )
    elif found.search.objectives:
        parts.append(
            picture(
                lambda: figures.front(found),
                "all trials, those that no other one beats with bars of their errors, grey ones break a constraint",
            )
        )
    for design in found.search.spaces:
        caption = f"{design}: each line is a trial, the best coloured darkest; grey ones break a constraint"
        if any(one.design == design for one in good):
            parts.append(picture(lambda design=design: figures.parallel(found, design), caption))  # type: ignore[misc]
    return f"<h2>Trials</h2>{''.join(parts)}"


def _layouts(found: Found) -> str:
    """Draw the best layouts to scale."""
    from microfem.render.layout import draw_layout

    shown = [trial for design in found.search.spaces for trial in found.shown(design)]
    parts = []
    for trial in _spread(shown, MOST_LAYOUTS):
        design = varied(found.study.designs[trial.design], found.search.spaces[trial.design], trial.chosen)
        try:
            layout = design.layout()
        except MicrofemError:  # of an earlier version of a family
            continue
        parts.append(picture(lambda layout=layout: draw_layout(layout), f"{trial.name}: {told_values(found, trial)}"))  # type: ignore[misc]
    return f"<h2>Layouts</h2><div class='flow'>{''.join(parts)}</div>" if parts else ""


def _spread(trials: list[Trial], most: int) -> list[Trial]:
    """Return `most` trials, evenly along the front, its ends included."""
    if len(trials) <= most:
        return trials
    return [trials[round(k * (len(trials) - 1) / (most - 1))] for k in range(most)]


def _failures(found: Found) -> str:
    """List why trials failed, the commonest reason first, with one that did."""
    failed = [trial for trial in found.trials if trial.outcome.status != "ok"]
    why = Counter(trial.outcome.message for trial in failed)
    first = {trial.outcome.message: trial for trial in reversed(failed)}
    rows = [
        texts([count, told, f"{first[told].name}: {told_values(found, first[told])}"])
        for told, count in why.most_common(MOST_REASONS)
    ]
    return f"<h2>Failures</h2>{table(['trials', 'why', 'the first'], rows, 'last small text')}" if rows else ""


def _about(found: Found) -> str:
    """Tell the space, the sampler, versions."""
    rows = []
    units = free_units(found.study, found.search)
    for design, space in found.search.spaces.items():
        for name, free in space.free.items():
            unit = f" {pretty_unit(units[name])}" if units[name] else ""
            if hasattr(free, "values"):
                how = ", ".join(map(str, free.values)) + unit
            else:
                kind = ", whole" if free.whole else ", in the logarithm" if free.log else ""
                how = f"{free.low:g} to {free.high:g}{unit}{kind}"
            rows.append(texts([f"{design}: {name}", how]))
        rows += [texts([f"{design}: {name}", f"as {other}"]) for name, other in space.ties.items()]
    told = ", ".join(f"{name} {version}" for name, version in versions().items())
    seconds = sum(trial.outcome.seconds for trial in found.trials)
    sampler = f"Sampler {found.search.sampler}, seed {found.search.seed}; " if found.search.objectives else ""
    return (
        f"<h2>Space and provenance</h2>{table(['parameter', 'values'], rows, 'text small')}"
        f"<p class='small'>{escape(sampler)}{seconds:.0f} s of workers' time. {escape(told)}.</p>"
    )
