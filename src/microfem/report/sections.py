"""The sections of a page that are text and tables; each returns HTML, or nothing where it has nothing to tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from microfem.base.located_yaml import remarks
from microfem.base.units import format_quantity, pretty_unit
from microfem.report.runs import Run, Runs, table, texts
from microfem.results.comparison import best, bounds, direction, notes, number, ranking, units

UNSURE = re.compile(r"memory|disagree|order of|assum|estimate|typical|extrapolat|chosen|unknown", re.IGNORECASE)


def question(runs: Runs) -> str:
    """Tell what each study asks: its source, and the comments before its designs."""
    parts = []
    for run in runs.each:
        if len(runs.each) > 1:
            parts.append(f"<h3>{escape(run.name)}: {escape(run.summary['study'])}</h3>")
        told = comments(run)
        parts.append(f"<p class='ask'>{escape(told)}</p>" if told else "")
        source = run.summary.get("source", "")
        parts.append(f"<p>Source: {escape(source)}</p>" if source else "")
    return "".join(parts)


def comments(run: Run) -> str:
    """Return the comments at the top of a run's study file, those before its designs, as one text."""
    try:
        text = (run.folder / "study.yaml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    return " ".join(line.lstrip("# ").rstrip() for line in remarks(text))


def failures(runs: Runs) -> str:
    """Name the designs that failed, and why."""
    return "".join(f"<p class='bad'><b>{escape(name)} failed:</b> {escape(one['message'])}</p>"
                   for name, one in runs.designs.items() if one["status"] != "ok")  # fmt: skip


def metrics(runs: Runs) -> str:
    """Put all metrics of all designs into one table; the best of a row, ties included, has a star."""
    rows = []
    for key in _names(runs):
        row = _row(runs, key)
        winners = best(row, direction(key, runs.merged["calls"]))
        rows.append([_label(runs, key), *(_cell(row.get(name), name in winners) for name in runs.designs)])
    legend = ("<p class='small'>Intervals are proven for the polygons that were meshed; errors after ± are estimates "
              "of the discretisation. * marks the best of a row and what ties with it.</p>")  # fmt: skip
    turned = len(runs.designs) > 6
    found = table(["", *texts(list(runs.designs))], rows) if not turned else _turned(runs, rows)
    return f"<h2>Metrics</h2>{found}{legend}" if rows else ""


def _turned(runs: Runs, rows: list[list[str]]) -> str:
    """Return the table with a row for each design, where they are too many for columns."""
    columns = list(zip(*rows, strict=True))
    return table(["", *columns[0]], [[escape(name), *cells] for name, cells in
                                     zip(runs.designs, columns[1:], strict=True)])  # fmt: skip


def _cell(one: Mapping[str, Any] | None, wins: bool) -> str:
    if one is None:
        return "–"
    if one["value"] is None:
        return f"<i>{number(one)}</i>"
    pieces = re.split(r" (?=[±(])|(?<=in) |(?<=,) ", number(one) + (" *" if wins else ""))
    told = " ".join(f"<span class='n'>{escape(piece)}</span>" for piece in pieces)  # each stays on one line
    return f"<b>{told}</b>" if wins else told


def _names(runs: Runs) -> list[str]:
    return list(dict.fromkeys(key for one in runs.designs.values() for key in one["metrics"]))


def _row(runs: Runs, key: str) -> dict[str, Mapping[str, Any]]:
    return {name: one["metrics"][key] for name, one in runs.designs.items() if key in one["metrics"]}


def _label(runs: Runs, key: str) -> str:
    measure = runs.merged.get("measures", {}).get(key)
    return escape(f"{key} ({measure})" if measure else key)


def ties(runs: Runs) -> str:
    """Order the designs by each metric, with ≈ where a difference is below the errors."""
    rows = []
    for key in _names(runs):
        row = _row(runs, key)
        if sum(one["value"] is not None for one in row.values()) < 2:
            continue
        better = direction(key, runs.merged["calls"])
        winners = best(row, better)
        told = ", ".join(winners) if winners else "all tie" if better and len(units(row)) == 1 else "–"
        rows.append(texts([key, ranking(row), better or "–", told]))
    note = "<p class='small'>≈ joins neighbours whose difference is not above the sum of their errors: a tie.</p>"
    found = table(["", "from the lowest value to the highest", "better", "best"], rows, "text")
    return f"<h2>Differences and ties</h2>{found}{note}" if rows else ""


def warnings(runs: Runs, more: Sequence[str] = ()) -> str:
    """List what a reader must know: accuracy missed, refusals, unlike designs, paths that stopped, unsure materials."""
    told = []
    for run in runs.each:
        before = f"{run.name}: " if run.name else ""
        told += [before + text for text in [*notes(run.summary), *_stopped(run.summary), *_unsure(run.summary)]]
    told += more
    shown = "".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(told))
    return f"<h2>Warnings</h2><ul class='warn'>{shown}</ul>" if told else ""


def _stopped(summary: Mapping[str, Any]) -> list[str]:
    return [f"{name}: {case}: {one['ended']}" for name, design in summary["designs"].items()
            for case, one in design["cases"].items() if "path" in one["ended"] or "failed" in one["ended"]]  # fmt: skip


def _unsure(summary: Mapping[str, Any]) -> list[str]:
    """Name the values of materials whose note says that they are not measured, disputed or from memory."""
    found: dict[str, dict[str, None]] = {}
    for design in summary["designs"].values():
        for one in design.get("materials", {}).values():
            for key, value in one["properties"].items():
                if UNSURE.search(f"{value['note']} {value['source']}"):
                    found.setdefault(one["name"], {})[key] = None
    told = "; ".join(f"{name} ({', '.join(keys)})" for name, keys in found.items())
    return [f"values of materials that are uncertain, see their notes: {told}"] if found else []


def expectations(runs: Runs) -> str:
    """Show each expectation with its reason and whether it is met."""
    rows = []
    for run in runs.each:
        for one in run.summary["expect"]:
            value = "–" if one["value"] is None else f"{one['value']:.4g}"
            verdict = "met" if one["met"] else "<span class='bad'>not met</span>"
            name, allowed = escape(f"{run.prefix}{one['design']}: {one['metric']}"), escape(bounds(one))
            rows.append([name, value, f"<span class='n'>{allowed}</span>", verdict, escape(one["why"])])
    found = table(["", "value", "expected", "", "why"], rows, "last")
    return f"<h2>Expectations</h2>{found}" if rows else ""


def materials(runs: Runs) -> str:
    """List each material once: where it is, its values with units, sources and notes."""
    used: dict[str, tuple[Mapping[str, Any], dict[str, None]]] = {}
    for design in runs.designs.values():
        for region, one in design.get("materials", {}).items():
            at = used.setdefault(str(sorted(one.items(), key=str)), (one, {}))
            at[1][re.sub(r"_\d+$", "", region)] = None
    rows = []
    for one, regions in used.values():
        told = f"<b>{escape(one['name'])}</b><br>{escape(', '.join(regions))}"
        for key, value in one["properties"].items():
            quantity = format_quantity(value["value"], value["unit"])
            rows.append([told, *texts([key.replace("_", " "), quantity, value["source"], value["note"]])])
            told = ""
    found = table(["material, used in", "property", "value", "source", "note"], rows, "text small")
    return f"<h2>Materials</h2>{found}" if rows else ""


def solves(runs: Runs) -> str:
    """Show size, checks and end of each case's last solve."""
    rows = [texts([f"{name}: {case}", f"{one['ncells']:,}", f"{one['ndofs']:,}", f"{one['seconds']:.1f} s",
                   f"{one['residual']:.1e}", f"{one['balance_error']:.1e}", one["ended"]])
            for name, design in runs.designs.items() for case, one in design["cases"].items()]  # fmt: skip
    head = ["", "cells", "unknowns", "last solve", "residual", "balance", "refinement ended"]
    return f"<h2>Solves</h2>{table(head, rows, 'last small')}" if rows else ""


def provenance(runs: Runs) -> str:
    """Tell versions, hashes of the inputs, seconds and accuracy of each run."""
    parts = []
    for run in runs.each:
        told = ", ".join(f"{name} {version}" for name, version in run.summary["versions"].items())
        accuracy = sorted({100.0 * one for one in run.summary.get("accuracy", {}).values()})
        wanted = f" Accuracy asked for: {', '.join(f'{one:g} %' for one in accuracy)}." if accuracy else ""
        hashes = run.summary["inputs"].get("designs", {})
        rows = [texts([run.prefix + name, one["family"], f"{one['seconds']:.1f} s", hashes.get(name, "–"),
                       one["source"] or "–"]) for name, one in run.summary["designs"].items()]  # fmt: skip
        parts.append(f"<p>{escape(run.name + ': ' if run.name else '')}{escape(told)}.{escape(wanted)}</p>")
        parts.append(table(["", "family", "whole time", "hash of inputs", "source"], rows, "text small"))
    return f"<h2>Provenance</h2>{''.join(parts)}"


def parameters(told: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the parameters of designs of one family with their meaning; those that differ in bold."""
    from microfem.families import FAMILIES

    first = next(iter(told.values()))
    known = FAMILIES.get(first["family"]).params
    rows = []
    for key in first["params"]:
        values = [one["params"].get(key) for one in told.values()]
        unit, doc = (known[key][1].unit, known[key][1].doc) if key in known else ("", "")
        shown = [_quantity(value, unit) for value in values]
        differ = len(set(shown)) > 1
        kind = "b" if differ else "span"
        cells = [f"<{kind} class='n'>{escape(one)}</{kind}>" for one in shown]
        rows.append([*texts([key]), *cells, escape(doc)])
    return table(["parameter", *texts(list(told)), "meaning"], rows, "last small")


def _quantity(value: object, unit: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {True: "yes", False: "no"}.get(value, "–") if isinstance(value, bool) else str(value)
    return f"{value:.6g}" + (f" {pretty_unit(unit)}" if unit not in ("", "1") else "")
