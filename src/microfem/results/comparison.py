"""Tables of metrics for designs and runs; two values that differ by less than their errors are tied."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.units import EXACT, format_quantity, pretty_unit
from microfem.layout import Layout
from microfem.metrics.geometry import areal_capacity
from microfem.results.notes import notes
from microfem.results.summary import ExpectedResult, MetricResult, Summary

WIDE = 140  # characters of a table that is printed to a file
FINEST = 1e-4  # relative width: narrower intervals are printed with this width
ALIKE = 0.02  # relative difference below which designs are equal
Row = Mapping[str, MetricResult]


def tied(a: MetricResult, b: MetricResult) -> bool:
    """Tell whether two values differ by at most the sum of their errors; without an error values are tied."""
    if a.value is None or b.value is None or a.error is None or b.error is None:
        return True
    return abs(a.value - b.value) <= a.error + b.error


def _values(row: Row) -> dict[str, float]:
    """Return the values of a metric by design, without designs that lack one."""
    return {name: metric.value for name, metric in row.items() if metric.value is not None}


def best(row: Row, better: str) -> list[str]:
    """Return the designs with the best value of a metric, ties included.

    Without a better direction, or with different units, as in 3D and in a section, there is no best design.
    """
    known = _values(row)
    if not better or len(known) < 2 or len(units(row)) > 1:
        return []
    first = (min if better == "lower" else max)(known, key=known.__getitem__)
    winners = [name for name in known if name == first or tied(row[name], row[first])]
    return winners if len(winners) < len(known) else []


def ranking(row: Row) -> str:
    """Return the designs from the lowest value of a metric to the highest as `a < b ≈ c`; ≈ is a tie."""
    if len(units(row)) > 1:
        names = " and ".join(pretty_unit(unit) if unit != "1" else "no unit" for unit in units(row))
        return f"not comparable: values in {names}"
    known = _values(row)
    order = sorted(known, key=known.__getitem__)
    signs = ["≈" if tied(row[a], row[b]) else "<" for a, b in pairwise(order)]
    return " ".join([*(f"{name} {sign}" for name, sign in zip(order, signs, strict=False)), *order[-1:]])


def units(row: Row) -> list[str]:
    """Return the units of a metric's values."""
    return list(dict.fromkeys(metric.unit for metric in row.values() if metric.value is not None))


def direction(metric: str, calls: Mapping[str, str]) -> str:
    """Return which values of a study's metric are better: "lower", "higher" or ""."""
    from microfem.metrics import METRICS

    name = calls.get(metric, "")
    return METRICS.get(name).better if name in METRICS.names() else ""


def differences(layouts: Mapping[str, Layout]) -> list[str]:
    """Return the properties (footprint, gap, capacity) that differ by more than 2 %, which biases a comparison."""
    facts: dict[str, Callable[[Layout], float]] = {
        "footprint (mm²)": lambda layout: layout.footprint_area() * 1e-6,
        "gap (µm)": lambda layout: layout.gap,
        "areal capacity (mAh/cm²)": areal_capacity,
    }
    lines = []
    for name, fact in facts.items():
        try:
            values = {design: fact(layout) for design, layout in layouts.items()}
        except MicrofemError:
            continue  # a material without density or capacity: nothing to compare
        if max(values.values()) > (1.0 + ALIKE) * min(values.values()):
            lines.append(f"{name}: " + ", ".join(f"{design} {value:.4g}" for design, value in values.items()))
    return lines


def number(one: MetricResult) -> str:
    """Return a value as text, with proven bounds `12.31 Ω in [12.29, 12.32]`, or with its error `12.31 ± 0.04 Ω`."""
    if one.value is None:
        return "failed" if one.failed else "refused"
    if one.lower is not None and one.upper is not None:
        return _interval(one.value, one.lower, one.upper, one.unit)
    if one.error is None:
        return format_quantity(one.value, one.unit) + " (no error estimate)"
    if one.error <= EXACT * abs(one.value):
        return format_quantity(one.value, one.unit)
    return f"{one.value:.4g} ± {one.error:.1g}{after(one.unit)}"


def after(unit: str) -> str:
    """Return a unit as it stands after a number, with a space; "" for none."""
    return "" if unit == "1" else f" {pretty_unit(unit)}"


def _interval(value: float, low: float, high: float, unit: str) -> str:
    """Return value and bounds as text; bounds are rounded outward to two digits of their width, six of the value."""
    width = max(high - low, FINEST * max(abs(low), abs(high)), 1e-300)
    places = 1 - math.floor(math.log10(width))
    step = 10.0**-places
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    if -4 < places < 7:
        shown = [f"{number:.{max(places, 0)}f}" for number in (value, low, high)]
    else:
        digits = max(1, places + math.floor(math.log10(max(abs(low), abs(high)))) + 1)
        shown = [f"{number:.{digits}g}" for number in (value, low, high)]
    return f"{shown[0]}{after(unit)} in [{shown[1]}, {shown[2]}]"


def bounds(one: ExpectedResult) -> str:
    """Return the bounds of an expectation as text: `at least 64.3`, `12.05 to 12.55`."""
    if one.low is None:
        return f"at most {one.high:.6g}"
    return f"at least {one.low:.6g}" if one.high is None else f"{one.low:.6g} to {one.high:.6g}"


def print_summary(summary: Summary) -> None:
    """Print the metrics of a run by design, and the notes on them."""
    columns = {name: one.metrics for name, one in summary.designs.items()}
    print_table(summary.study, columns, summary.calls, summary.measures)
    console = _console()
    lines = [f"{name}: {metric}: {text}" for name, metric, text in ranges(summary)]
    for text in [*findings(summary), *lines, *notes(summary)]:
        console.print(text)


def ranges(summary: Summary) -> list[tuple[str, str, str]]:
    """Return what each range of a material value does to each metric: design, metric and a line on it."""
    lines = []
    for name, design in summary.designs.items():
        for one in design.ranges:
            unit = "" if one.unit == "1" else f" {pretty_unit(one.unit)}"
            of = f"{one.key.replace('_', ' ')} of {one.material} from {one.low:.4g} to {one.high:.4g}{unit}"
            for metric in design.metrics:
                low, high = one.at_low[metric], one.at_high[metric]
                if low.value != high.value:
                    lines.append((name, metric, f"{of}: {_change(low, high)}"))
    return lines


def _change(low: MetricResult, high: MetricResult) -> str:
    known = low.value is not None and high.value is not None
    return "no change beyond the errors" if known and tied(low, high) else f"{number(low)} to {number(high)}"


def print_table(title: str, columns: Mapping[str, Row], calls: Mapping[str, str], measures: Mapping[str, str]) -> None:
    """Print a table of metrics; a star marks the best value of a row, and the values tied with it.

    columns: metrics by design; calls: registered metric by name; measures: remark beside a name.
    """
    from rich.table import Table

    table = Table(title=title, header_style="bold")
    table.add_column("metric")
    for name in columns:
        table.add_column(name, justify="right")
    for label, cells in table_rows(columns, calls, measures):
        table.add_row(label, *(f"{text}{' *' if star else '  '}" if text else "–" for text, star in cells))
    _console().print(table)


def table_rows(
    columns: Mapping[str, Row], calls: Mapping[str, str], measures: Mapping[str, str]
) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Yield the label of each metric, and the text of each column, "" without a value, with whether it is the best."""
    for key in dict.fromkeys(key for one in columns.values() for key in one):
        row = {name: one[key] for name, one in columns.items() if key in one}
        winners = best(row, direction(key, calls))
        cells = [(number(row[name]), name in winners) if name in row else ("", False) for name in columns]
        yield f"{key} ({measures[key]})" if measures.get(key) else key, cells


def _console() -> Any:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDE
    return console


def findings(summary: Summary) -> list[str]:
    """Return the remarks of all cases, what several say once: what a reader should know before numbers and pictures."""
    lines = []
    for name, design in summary.designs.items():
        cases: dict[str, list[str]] = {}
        for case, one in design.cases.items():
            for text in one.remarks:
                cases.setdefault(text, []).append(case)
        for text, found in cases.items():
            place = name if len(found) == len(design.cases) else f"{name}, {', '.join(found)}"
            lines.append(f"{place}: {text}")
    return lines
