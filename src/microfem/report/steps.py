"""Numbers along a load path: each quantity at each step, such as R/R0 and the strain at which it was computed."""

from __future__ import annotations

import math

from microfem.base.rounding import power_of_ten
from microfem.base.series import Series
from microfem.base.units import pretty_unit
from microfem.render.curves import CurvePanel, panels_of
from microfem.report.runs import Runs, table
from microfem.report.wording import quantity, section, told
from microfem.results.comparison import number
from microfem.results.summary import MetricResult

PATH = "path"  # the curve of a load path
LONG, LEADING_ZEROS = 4, 2  # powers of ten from which a table states its numbers over a power
UNKNOWN = " (no error estimate)"
MOST_ROWS = 12  # of a table; longer paths show so many of their steps


def steps(runs: Runs) -> str:
    """Return a table for each quantity along each load path: a row for each step, a column for each design."""
    parts = []
    for case in runs.merged.cases:
        panels = panels_of(runs.merged, case, PATH)
        tables = "".join(_table(runs, panel) for panel in panels)
        unknown = any(error is None for panel in panels for line in panel.lines.values() for error in line.error)
        note = "<p class='small'>Values without ± have no error estimate.</p>" if unknown else ""
        parts.append(
            section(f"At each step of {told(case)}", f"<div class='flow'>{tables}</div>", note) if tables else ""
        )
    return "".join(parts)


def _table(runs: Runs, panel: CurvePanel) -> str:
    first = next(iter(panel.lines.values()))
    power = _power(panel)
    unit = " ".join(text for text in (power_of_ten(power) if power else "", _unit(first.unit)) if text)
    remark = ", ".join(text for text in (unit, panel.beside) if text)
    title = quantity(panel.name, runs.merged.calls.get(panel.name, ""), remark)
    places = sorted({x for line in panel.lines.values() for x in line.x})
    cells = [[_at(line, x, 10.0**power) for line in panel.lines.values()] for x in _few(places)]
    rows = [[told(_place(x, first)), *map(told, row)] for x, row in zip(_few(places), cells, strict=True)]
    percent = "%" if _strained(first) else _unit(first.x_unit)
    head = [told(first.x_name) + (f" ({percent})" if percent else ""), *map(told, panel.lines)]
    return f"<div><p class='of'>{title}</p>{table(head, rows)}</div>"


def _power(panel: CurvePanel) -> int:
    """Return a power of ten, a multiple of three, that all values of a table share; 0 where they are short."""
    largest = max(abs(y) for line in panel.lines.values() for y in line.y)
    power = math.floor(math.log10(largest)) if largest else 0
    return 3 * (power // 3) if power >= LONG or power < -LEADING_ZEROS else 0


def _few(places: list[float]) -> list[float]:
    """Return all places, or MOST_ROWS of them with the first and the last."""
    if len(places) <= MOST_ROWS:
        return places
    return [places[round(k * (len(places) - 1) / (MOST_ROWS - 1))] for k in range(MOST_ROWS)]


def _at(line: Series, x: float, factor: float) -> str:
    """Return the value of a line over a factor, with its error; "–" where the line has no step there."""
    if x not in line.x:
        return "–"
    value, error = line.y[line.x.index(x)] / factor, line.error[line.x.index(x)]
    known = None if error is None else error / factor
    return number(MetricResult(value=value, unit="1", error=known)).removesuffix(UNKNOWN)


def _strained(line: Series) -> bool:
    return line.x_name == "strain" and line.x_unit == "1"


def _place(x: float, line: Series) -> str:
    return f"{100.0 * x:.4g}" if _strained(line) else f"{x:.4g}"


def _unit(unit: str) -> str:
    return "" if unit == "1" else pretty_unit(unit)
