"""Tables of metrics across designs and runs; differences below the errors are ties."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from microfem.base.errors import MicrofemError
from microfem.base.units import EXACT, format_quantity, pretty_unit
from microfem.layout import Layout
from microfem.metrics.geometry import areal_capacity
from microfem.results.summary import ExpectedResult, MetricResult, Summary, open_summary
from microfem.solve.ending import Reason

WIDE = 140  # columns of a table that goes to a file
FINEST = 1e-4  # of a value: intervals closer than this are written as if they were so wide
ALIKE = 0.02  # relative difference below which designs count as equal
T = TypeVar("T")
Row = Mapping[str, MetricResult]


def merge(folders: Sequence[Path]) -> Summary:
    """Merge runs into one summary whose designs are named RUN/DESIGN where there are several runs.

    What a metric's name stands for and its accuracy are kept where all runs say the same.

    Raises:
        MicrofemError: a folder holds no run, or stands twice.
    """
    if twice := [str(one) for one in folders if [other.resolve() for other in folders].count(one.resolve()) > 1]:
        raise MicrofemError(f"{twice[0]} stands twice; name each run once")
    runs = {name: open_summary(folder) for name, folder in zip(label_runs(folders), folders, strict=True)}
    prefixes = {run: f"{run}/" if len(folders) > 1 else "" for run in runs}
    return Summary(
        study=" and ".join(str(folder) for folder in folders),
        source="",
        versions={},
        designs={prefixes[run] + name: one for run, told in runs.items() for name, one in told.designs.items()},
        expect=(),
        inputs=None,
        accuracy=_agreed([told.accuracy for told in runs.values()]),
        calls=_agreed([told.calls for told in runs.values()]),
        measures=_measures(runs),
        per_depth=tuple(dict.fromkeys(case for told in runs.values() for case in told.per_depth)),
    )


def _agreed(stated: Sequence[Mapping[str, T]]) -> dict[str, T]:
    """Return what all mappings that have a name say of it, where they say the same."""
    found: dict[str, list[T]] = {}
    for one in stated:
        for name, value in one.items():
            found.setdefault(name, []).append(value)
    return {name: values[0] for name, values in found.items() if len(set(values)) == 1}


def _measures(runs: Mapping[str, Summary]) -> dict[str, str]:
    """Return what stands beside metrics of several runs: once where they agree, else with the runs it is of."""
    names = dict.fromkeys(name for told in runs.values() for name in told.metrics)
    found = {}
    for name in names:
        texts = {run: told.measures.get(name, "") for run, told in runs.items() if name in told.metrics}
        alike = len(set(texts.values())) == 1
        found[name] = next(iter(texts.values())) if alike else "; ".join(
            f"{text} in {run}" for run, text in texts.items() if text
        )  # fmt: skip
    return {name: text for name, text in found.items() if text}


def label_runs(folders: Sequence[Path]) -> list[str]:
    """Return what runs are called: their folders' names, or whole paths where two names are the same."""
    names = [folder.resolve().name for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]


def tied(a: MetricResult, b: MetricResult) -> bool:
    """Tell whether two values differ by less than their errors; without an error nothing can be told apart."""
    if a.value is None or b.value is None or a.error is None or b.error is None:
        return True
    return abs(a.value - b.value) <= a.error + b.error


def _values(row: Row) -> dict[str, float]:
    """Return the values of a metric, of the designs that have one."""
    return {name: one.value for name, one in row.items() if one.value is not None}


def best(row: Row, better: str) -> list[str]:
    """Return the designs that share the best value of a metric, ties included; none where no direction is better or
    units differ, as those of a metric in 3D and in a section do."""
    known = _values(row)
    if not better or len(known) < 2 or len(units(row)) > 1:
        return []
    first = (min if better == "lower" else max)(known, key=known.__getitem__)
    winners = [name for name in known if name == first or tied(row[name], row[first])]
    return winners if len(winners) < len(known) else []


def ranking(row: Row) -> str:
    """Write designs from the lowest value of a metric to the highest: `a < b ≈ c`, ≈ where neighbours are tied."""
    if len(units(row)) > 1:
        told = " and in ".join(pretty_unit(one) if one != "1" else "no unit" for one in units(row))
        return f"not comparable: in {told}"
    known = _values(row)
    order = sorted(known, key=known.__getitem__)
    signs = ["≈" if tied(row[a], row[b]) else "<" for a, b in pairwise(order)]
    return " ".join([*(f"{name} {sign}" for name, sign in zip(order, signs, strict=False)), *order[-1:]])


def units(row: Row) -> list[str]:
    """Return the units in which a metric's values are given."""
    return list(dict.fromkeys(one.unit for one in row.values() if one.value is not None))


def direction(metric: str, calls: Mapping[str, str]) -> str:
    """Return whether lower or higher is better for a metric of a study."""
    from microfem.metrics import METRICS

    name = calls.get(metric, "")
    return METRICS.get(name).better if name in METRICS.names() else ""


def differences(layouts: Mapping[str, Layout]) -> list[str]:
    """Say in what designs differ that a fair comparison holds equal: footprint, gap, loading, by more than 2 %."""
    facts: dict[str, Callable[[Layout], float]] = {
        "footprint (mm²)": lambda one: one.footprint_area() * 1e-6,
        "gap (µm)": lambda one: one.gap,
        "areal capacity (mAh/cm²)": areal_capacity,
    }
    told = []
    for name, fact in facts.items():
        try:
            values = {design: fact(one) for design, one in layouts.items()}
        except MicrofemError:
            continue  # a material without density or capacity: nothing to compare
        if max(values.values()) > (1.0 + ALIKE) * min(values.values()):
            told.append(f"{name}: " + ", ".join(f"{design} {value:.4g}" for design, value in values.items()))
    return told


def number(one: MetricResult) -> str:
    """Write a value with unit and proven bounds, `12.31 Ω in [12.29, 12.32]`, or with its error, `12.31 ± 0.04 Ω`."""
    if one.value is None:
        return "failed" if one.failed else "refused"
    if one.lower is not None and one.upper is not None:
        return _interval(one.value, one.lower, one.upper, one.unit)
    if one.error is None:
        return format_quantity(one.value, one.unit) + " (no error estimate)"
    if one.error <= EXACT * abs(one.value):
        return format_quantity(one.value, one.unit)
    return f"{one.value:.4g} ± {one.error:.1g}{_after(one.unit)}"


def _after(unit: str) -> str:
    return "" if unit == "1" else f" {pretty_unit(unit)}"


def _interval(value: float, low: float, high: float, unit: str) -> str:
    """Write bounds rounded outward to two digits of their distance, six of the value at most, and the value between."""
    width = max(high - low, FINEST * max(abs(low), abs(high)), 1e-300)
    places = 1 - math.floor(math.log10(width))
    step = 10.0**-places
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    if -4 < places < 7:
        shown = [f"{number:.{max(places, 0)}f}" for number in (value, low, high)]
    else:
        digits = max(1, places + math.floor(math.log10(max(abs(low), abs(high)))) + 1)
        shown = [f"{number:.{digits}g}" for number in (value, low, high)]
    return f"{shown[0]}{_after(unit)} in [{shown[1]}, {shown[2]}]"


def bounds(one: ExpectedResult) -> str:
    """Write what an expectation allows: `at least 64.3`, `12.05 to 12.55`."""
    if one.low is None:
        return f"at most {one.high:.6g}"
    return f"at least {one.low:.6g}" if one.high is None else f"{one.low:.6g} to {one.high:.6g}"


def print_summary(summary: Summary) -> None:
    """Print the metrics of a run by design, and what a reader must know of them."""
    columns = {name: one.metrics for name, one in summary.designs.items()}
    print_table(summary.study, columns, summary.calls, summary.measures)
    console = _console()
    for text in notes(summary):
        console.print(text)


def print_table(
    title: str, columns: Mapping[str, Row], calls: Mapping[str, str], measures: Mapping[str, str]
) -> None:  # fmt: skip
    """Print metrics, by name in each column; the best of a row, ties included, is marked with a star.

    calls: which metric each name stands for; measures: what stands beside a name.
    """
    from rich.table import Table

    table = Table(title=title, header_style="bold")
    table.add_column("metric")
    for name in columns:
        table.add_column(name, justify="right")
    for key in dict.fromkeys(key for one in columns.values() for key in one):
        row = {name: one[key] for name, one in columns.items() if key in one}
        winners = best(row, direction(key, calls))
        cells = [(number(row[name]) + (" *" if name in winners else "  ")) if name in row else "–" for name in columns]
        table.add_row(f"{key} ({measures[key]})" if measures.get(key) else key, *cells)
    _console().print(table)


def _console() -> Any:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDE
    return console


def notes(summary: Summary) -> list[str]:
    """Say what a reader of the table must know: refusals, accuracy not reached, designs that differ."""
    told = []
    for name, one in summary.designs.items():
        if short := [key for key, value in one.metrics.items() if _short(value, summary.accuracy.get(key))]:
            ends = sorted({case.ended.text for case in one.cases.values() if case.ended.reason != Reason.ACCURATE})
            missed = ", ".join(f"{key} (wanted {100 * summary.accuracy[key]:g} %)" for key in short)
            told.append(f"{name}: not as accurate as wanted: {missed}; ended by {' and '.join(ends)}")
        told += [f"{name}: {value.refused}" for value in one.metrics.values() if value.refused]
        told += [f"{name}: {text}" for text in one.warnings]
    told += [f"designs differ in {text}" for text in summary.differs]
    stretched = summary.stretched
    told += [
        _measures_of(", ".join(name for name in stretched if stretched[name] == strain), strain)
        for strain in dict.fromkeys(stretched.values())
    ]
    return [*told, *summary.fabrication, *summary.undrawn]


def _measures_of(cases: str, strain: float) -> str:
    """Say what a stretch is in each measure of strain, so that published figures can be told apart."""
    nominal, log, green = (f"{100 * e:.3g} %" for e in (strain, math.log1p(strain), strain + 0.5 * strain**2))
    return (
        f"{cases}: {nominal} of nominal strain are {log} of logarithmic and {green} of Green-Lagrange strain; the "
        "largest strain of parts in series is not below that of the whole in one measure: a published one that is "
        "below it is in another measure"
    )


def _short(one: MetricResult, accuracy: float | None) -> bool:
    """Tell whether a value is there whose error is above the accuracy that is wanted."""
    if one.value is None or accuracy is None:
        return False
    return one.error is None or one.error > accuracy * abs(one.value)
