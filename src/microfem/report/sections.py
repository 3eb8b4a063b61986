"""The sections of a report with text and tables; each function returns HTML, "" without content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

from microfem.base.located_yaml import remarks
from microfem.base.units import pretty_unit
from microfem.report.runs import Runs, table
from microfem.report.wording import quantity, section, told
from microfem.results.comparison import best, bounds, direction, number, ranking, units
from microfem.results.comparison import findings as found
from microfem.results.comparison import ranges as effects
from microfem.results.files import STUDY
from microfem.results.summary import CaseResult, DesignResult, MetricResult
from microfem.solve.ending import Reason

MOST_COLUMNS = 6  # designs beside each other; more stand below each other


def question(runs: Runs) -> str:
    """Return the question of each study (the comments before its designs) and its source."""
    parts = []
    for run in runs.each:
        if len(runs.each) > 1:
            parts.append(f"<h3>{told(run.name)}: {told(run.summary.study)}</h3>")
        text, source = comments(run.folder), run.summary.source
        parts.append(f"<p class='ask'>{told(text)}</p>" if text else "")
        parts.append(f"<p>Source: {told(source)}</p>" if source else "")
    return "".join(parts)


def comments(folder: Path) -> str:
    """Return the comments before the designs of the study file in a folder of results as one text."""
    try:
        text = (folder / STUDY).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    return " ".join(line.lstrip("# ").rstrip() for line in remarks(text))


def findings(runs: Runs) -> str:
    """Return the remarks of all cases: what a reader should know before any number or picture."""
    lines = [f"{run.name}: {text}" if run.name else text for run in runs.each for text in found(run.summary)]
    shown = "".join(f"<li>{told(text)}</li>" for text in lines)
    return f"<ul class='findings'>{shown}</ul>" if lines else ""


def failures(runs: Runs) -> str:
    """Return the failed designs with their messages."""
    return "".join(
        f"<p class='bad'><b>{told(name)} failed:</b> {told(one.message)}</p>"
        for name, one in runs.designs.items()
        if one.status != "ok"
    )


def metrics(runs: Runs) -> str:
    """Return the table of all metrics; a star marks the best of a row, and the values tied with it."""
    rows = []
    for key in runs.merged.metrics:
        row = runs.merged.row(key)
        winners = best(row, direction(key, runs.merged.calls))
        rows.append([_label(runs, key), *(_cell(row.get(name), name in winners) for name in runs.designs)])
    legend = (
        "<p class='small'>Intervals are proven bounds for the layout as stated; errors after ± are estimates "
        "of the discretisation error. * marks the best of a row and the values tied with it.</p>"
    )
    turned = len(runs.designs) > MOST_COLUMNS
    shown = table(["", *map(told, runs.designs)], rows) if not turned else _turned(runs, rows)
    return section("Metrics", shown, legend) if rows else ""


def _turned(runs: Runs, rows: list[list[str]]) -> str:
    """Return the table with a row for each design, for many designs."""
    columns = list(zip(*rows, strict=True))
    return table(
        ["", *columns[0]], [[told(name), *cells] for name, cells in zip(runs.designs, columns[1:], strict=True)]
    )


def _cell(one: MetricResult | None, wins: bool) -> str:
    if one is None:
        return "–"
    if one.value is None:
        return f"<i>{number(one)}</i>"
    pieces = re.split(r" (?=[±(])|(?<=in) |(?<=,) ", number(one) + (" *" if wins else ""))
    cell = " ".join(f"<span class='n'>{told(piece)}</span>" for piece in pieces)  # a piece never breaks
    return f"<b>{cell}</b>" if wins else cell


def _label(runs: Runs, key: str) -> str:
    return quantity(key, runs.merged.calls.get(key, ""), runs.merged.measures.get(key, ""))


def rankings(runs: Runs) -> str:
    """Return the ranking of the designs by each metric; ≈ marks a tie."""
    rows = []
    for key in runs.merged.metrics:
        row = runs.merged.row(key)
        if sum(one.value is not None for one in row.values()) < 2:
            continue
        better = direction(key, runs.merged.calls)
        winners = best(row, better)
        first = ", ".join(winners) if winners else "all tied" if better and len(units(row)) == 1 else "–"
        rows.append([_label(runs, key), told(ranking(row)), better or "–", told(first)])
    note = "<p class='small'>≈ is a tie: the difference is not above the sum of the two errors.</p>"
    shown = table(["", "from the lowest value to the highest", "better", "best"], rows, "text")
    return section("Differences and ties", shown, note) if rows else ""


def ranges(runs: Runs) -> str:
    """Return what ranges of material values do to metrics."""
    rows = [[told(name), _label(runs, metric), told(text)] for name, metric, text in effects(runs.merged)]
    shown = table(["design", "metric", "with a material value from its lowest to its highest"], rows, "text")
    return section("Ranges of material values", shown)


def expectations(runs: Runs) -> str:
    """Return the expectations with value, bounds, verdict and reason."""
    rows = []
    for run in runs.each:
        for one in run.summary.expect:
            value = "–" if one.value is None else f"{one.value:.4g}"
            verdict = "<span class='good'>met</span>" if one.met else "<span class='bad'>not met</span>"
            name = f"{told(run.prefix + one.design)}: {_label(runs, one.metric)}"
            rows.append([name, told(value), f"<span class='n'>{told(bounds(one))}</span>", verdict, told(one.why)])
    return section("Expectations", table(["", "value", "expected", "", "why"], rows, "last"))


def solves(runs: Runs) -> str:
    """Return size, checks and end of the last solve of each case."""
    rows = [
        [
            told(f"{name}: {case}"),
            f"{one.report.ncells:,}",
            f"{one.report.ndofs:,}",
            f"{one.report.seconds:.1f} s",
            *(
                f"<span class='n'>{told(f'{error:.1e}')}</span>"
                for error in (one.report.residual, one.report.balance_error)
            ),
            told(describe_end(one)),
        ]
        for name, design in runs.designs.items()
        for case, one in design.cases.items()
    ]
    head = ["", "cells", "unknowns", "last solve", "residual", "balance", "refinement ended"]
    return section("Solves", table(head, rows, "last small"))


def describe_end(one: CaseResult) -> str:
    """Return why the refinement ended, and why the load path stopped before its end, if it did."""
    path = one.stopped if one.ended.reason != Reason.PATH_STOPPED else ""
    return "; ".join(text for text in (one.ended.text, path) if text)


def provenance(runs: Runs) -> str:
    """Return versions, target accuracy, times and input hashes of each run."""
    parts = []
    for run in runs.each:
        libraries = ", ".join(f"{name} {version}" for name, version in run.summary.versions.items())
        accuracy = sorted({100.0 * one for one in run.summary.accuracy.values()})
        wanted = f" Target accuracy: {', '.join(f'{one:g} %' for one in accuracy)}." if accuracy else ""
        rows = [
            [
                told(run.prefix + name),
                told(one.family),
                f"{one.seconds:.1f} s",
                one.fingerprint,
                told(one.source or "–"),
            ]
            for name, one in run.summary.designs.items()
        ]
        parts.append(f"<p>{told(run.name + ': ' if run.name else '')}{escape(libraries)}.{wanted}</p>")
        parts.append(table(["", "family", "total time", "hash of inputs", "source"], rows, "text small"))
    return section("Provenance", *parts)


def parameters(designs: Mapping[str, DesignResult]) -> str:
    """Return the parameters of designs of one family with their meaning; different values are bold."""
    from microfem.families import FAMILIES

    first = next(iter(designs.values()))
    known = FAMILIES.get(first.family).params if first.family in FAMILIES.names() else {}
    rows = []
    for key in first.params:
        values = [one.params.get(key) for one in designs.values()]
        unit, doc = (known[key][1].unit, known[key][1].doc) if key in known else ("", "")
        shown = [_quantity(value, unit) for value in values]
        differ = len(set(shown)) > 1
        kind = "b" if differ else "span"
        follows = [f"<br>from {told(one.follows[key])}" if key in one.follows else "" for one in designs.values()]
        cells = [f"<{kind} class='n'>{told(one)}</{kind}>{why}" for one, why in zip(shown, follows, strict=True)]
        rows.append([quantity(key), *cells, told(doc)])
    return table(["parameter", *map(told, designs), "meaning"], rows, "last small")


def _quantity(value: object, unit: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {True: "yes", False: "no"}.get(value, "–") if isinstance(value, bool) else str(value)
    return f"{value:.6g}" + (f" {pretty_unit(unit)}" if unit not in ("", "1") else "")
