"""Numbers along a load path: each quantity at each step, such as R/R0 and the strain at which it was computed."""

from __future__ import annotations

from microfem.base.series import Series
from microfem.base.units import pretty_unit
from microfem.render.curves import CurvePanel, panels_of
from microfem.report.runs import Runs, table
from microfem.report.wording import quantity, section, told
from microfem.results.comparison import number
from microfem.results.summary import MetricResult

PATH = "path"  # the curve of a load path
MOST_ROWS = 12  # of a table; longer paths show so many of their steps


def steps(runs: Runs) -> str:
    """Return a table for each quantity along each load path: a row for each step, a column for each design."""
    parts = []
    for case in runs.merged.cases:
        tables = [_table(runs, panel) for panel in panels_of(runs.merged, case, PATH)]
        parts.append(
            section(f"At each step of {told(case)}", f"<div class='flow'>{''.join(tables)}</div>" * bool(tables))
        )
    return "".join(parts)


def _table(runs: Runs, panel: CurvePanel) -> str:
    first = next(iter(panel.lines.values()))
    remark = ", ".join(text for text in (_unit(first.unit), panel.beside) if text)
    title = quantity(panel.name, runs.merged.calls.get(panel.name, ""), remark)
    places = sorted({x for line in panel.lines.values() for x in line.x})
    rows = [[told(_place(x, first)), *(told(_at(line, x)) for line in panel.lines.values())] for x in _few(places)]
    percent = "%" if _strained(first) else _unit(first.x_unit)
    head = [told(first.x_name) + (f" ({percent})" if percent else ""), *map(told, panel.lines)]
    return f"<div><p class='of'>{title}</p>{table(head, rows)}</div>"


def _few(places: list[float]) -> list[float]:
    """Return all places, or MOST_ROWS of them with the first and the last."""
    if len(places) <= MOST_ROWS:
        return places
    return [places[round(k * (len(places) - 1) / (MOST_ROWS - 1))] for k in range(MOST_ROWS)]


def _at(line: Series, x: float) -> str:
    """Return the value of a line with its error, "–" where the line has no step there."""
    if x not in line.x:
        return "–"
    k = line.x.index(x)
    found = number(MetricResult(value=line.y[k], unit="1", error=line.error[k]))
    return found.removesuffix(" (no error estimate)")


def _strained(line: Series) -> bool:
    return line.x_name == "strain" and line.x_unit == "1"


def _place(x: float, line: Series) -> str:
    return f"{100.0 * x:.4g}" if _strained(line) else f"{x:.4g}"


def _unit(unit: str) -> str:
    return "" if unit == "1" else pretty_unit(unit)
