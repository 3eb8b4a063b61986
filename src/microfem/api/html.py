"""Records as HTML for a notebook: tables of numbers with units and errors, and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial, singledispatch
from html import escape
from typing import Any

import numpy as np

from microfem.api.loaded import LoadedStudy
from microfem.api.searched import Searched
from microfem.base.shown import ShownInNotebook
from microfem.base.units import format_quantity
from microfem.layout import Layout
from microfem.metrics import Value
from microfem.results.comparison import findings, number, table_rows
from microfem.results.notes import notes
from microfem.results.opened import Results, SavedCase
from microfem.results.stored import scalar
from microfem.results.summary import MetricResult, Summary
from microfem.run.solve_case import SolvedLayout

CELL = "style='text-align:{side};padding:2px 10px'"
WIDTH = "style='max-width:{most}px;width:100%;height:auto;background:white'"
WIDEST = 760  # pixels of a picture below a cell
ROUND_OFF = 1e-12  # of the largest value of a field: smaller ones are shown as 0
MOST_TRIALS = 8


@singledispatch
def html(record: ShownInNotebook) -> str:
    """Return a record as HTML; a kind of record without a form of its own as plain text."""
    return f"<pre>{escape(repr(record))}</pre>"


@html.register
def _(record: Summary) -> str:
    columns = {name: one.metrics for name, one in record.designs.items()}
    rows = [
        [label, *(f"{text}{' ★' if star else ''}" or "–" for text, star in cells)]
        for label, cells in table_rows(columns, record.calls, record.measures)
    ]
    failed = [f"{name} failed: {one.message}" for name, one in record.designs.items() if one.status != "ok"]
    return _table(record.study, ["metric", *columns], rows) + _lines([*failed, *findings(record), *notes(record)])


@html.register
def _(record: Results) -> str:
    from microfem.report.figures import SHEET, image

    names = record.summary.pictures
    chosen = [name for name in names if name.endswith(SHEET)] or list(names)
    shown = [image((record.folder / name).read_bytes(), "png", name) for name in chosen if name.endswith(".png")]
    return html(record.summary) + "".join(map(_limited, shown)) + _lines([f"folder: {record.folder}"])


@html.register
def _(record: SavedCase) -> str:
    rows = [[name, *_range(scalar(record.field(name)), unit)] for name, unit in record.units.items()]
    title = f"{record.name} of {record.design}: {record.mesh.n_points:,} points, {record.mesh.n_cells:,} cells"
    states = [f"{len(record.states)} states, each by .at(number)"] if record.states else []
    return _table(title, ["field", "least", "largest"], rows) + _lines(states) + _drawn(partial(_picture, record))


@html.register
def _(record: Layout) -> str:
    from microfem.render.layout import draw_layout

    materials = {name: one.name for name, one in record.materials.items()}
    facts = [f"footprint {format_quantity(record.footprint_area() * 1e-6, 'mm2')}",
             f"gap {format_quantity(record.gap, 'um')}",
             "; ".join(f"{name}: {material}" for name, material in materials.items())]  # fmt: skip
    return f"<b>{escape(record.family or 'layout')}</b>" + _drawn(partial(draw_layout, record)) + _lines(facts)


@html.register
def _(record: SolvedLayout) -> str:
    rows = [[name, number(_result(value))] for name, value in record.values.items()]
    refused = [f"{name}: {why}" for name, why in record.refused.items()]
    solved = f"{record.solution.case.physics}: {len(record.mesh.cells):,} cells, ended {record.ended.text}"
    return _table(solved, ["metric", "value"], rows) + _lines(refused)


@html.register
def _(record: LoadedStudy) -> str:
    study = record.study
    rows = [[name, study.designs[name].family, format_quantity(one.footprint_area() * 1e-6, "mm2"),
             format_quantity(one.gap, "um")] for name, one in record.layouts.items()]  # fmt: skip
    cases = [f"case {name}: {one.physics}, {one.dimension}" for name, one in study.cases.items()]
    wanted = {name: f" of {call.case}, to {100.0 * study.wanted()[name]:.3g} %" if call.case else ""
              for name, call in study.metrics.items()}  # fmt: skip
    metrics = [f"metric {name}: {call.name}{wanted[name]}" for name, call in study.metrics.items()]
    return _table(study.name, ["design", "family", "footprint", "gap"], rows) + _lines([*cases, *metrics])


@html.register
def _(record: Searched) -> str:
    from microfem.results.searches import format_chosen

    result, search = record.result, record.result.summary()
    best = [one for design in result.search.spaces for one in record.best(design)[:MOST_TRIALS]]
    shown, metrics = best or [one for one in record.trials if one.good][:MOST_TRIALS], list(result.study.metrics)
    rows = [[one.name, format_chosen(search, one), *(number(one.outcome.values[name]) if name in one.outcome.values
             else "–" for name in metrics)] for one in shown]  # fmt: skip
    valid = sum(one.good for one in record.trials)
    title = f"{result.study.name}: {len(record.trials)} trials, {valid} valid{', the best first' if best else ''}"
    notes = ["all of them: .to_dataframe()" if valid > len(shown) else "", f"folder: {record.folder}"]
    return _table(title, ["trial", "parameters", *metrics], rows) + _lines(notes)


def _picture(record: SavedCase) -> Any:
    """Return a figure of the first field of a case, as in the sheets of a run."""
    from microfem.render.sheet import draw_figure, make_row
    from microfem.study.file_schema import ViewModel

    view = ViewModel(case=record.name, field=next(iter(record.units)))
    return draw_figure([make_row(view, record.run, [record.design])])


def _drawn(draw: Any) -> str:
    from microfem.report.figures import picture

    return _limited(picture(draw, ""))


def _limited(element: str) -> str:
    return element.replace("<img ", f"<img {WIDTH.format(most=WIDEST)} ")


def _result(value: Value) -> MetricResult:
    return MetricResult(value=value.value, unit=value.unit, error=value.error, lower=value.lower, upper=value.upper)


def _range(values: Any, unit: str) -> list[str]:
    known = values[np.isfinite(values)]
    if not known.size:
        return ["–", "–"]
    ends = np.array([known.min(), known.max()])
    ends[abs(ends) < ROUND_OFF * abs(ends).max()] = 0.0
    return [format_quantity(float(end), unit) for end in ends]


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    def row(tag: str, cells: Sequence[str]) -> str:
        sides = ["left", *(["right"] * (len(cells) - 1))]
        inside = (
            f"<{tag} {CELL.format(side=side)}>{escape(cell)}</{tag}>" for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{''.join(inside)}</tr>"

    body = "".join(row("td", cells) for cells in rows)
    return f"<b>{escape(title)}</b><table><thead>{row('th', head)}</thead><tbody>{body}</tbody></table>"


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"<div><small>{escape(text)}</small></div>" for text in texts if text)
