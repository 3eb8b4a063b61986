"""Tables of metrics across designs and runs; differences below the errors are ties."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.units import EXACT, format_quantity, pretty_unit
from microfem.layout import Layout
from microfem.metrics.geometry import areal_capacity
from microfem.results.store import read_summary

WIDE = 140  # columns of a table that goes to a file
FINEST = 1e-4  # of a value: intervals closer than this are written as if they were so wide
ALIKE = 0.02  # relative difference below which designs count as equal
WITHIN = "within"  # how the end of a refinement that reached the accuracy begins


def merge(folders: Sequence[Path]) -> dict[str, Any]:
    """Merge runs into one summary whose designs are named RUN/DESIGN where there are several runs.

    What a metric's name stands for and its accuracy are kept where all runs say the same.

    Raises:
        MicrofemError: a folder holds no run, or stands twice.
    """
    if twice := [str(one) for one in folders if [other.resolve() for other in folders].count(one.resolve()) > 1]:
        raise MicrofemError(f"{twice[0]} stands twice; name each run once")
    designs: dict[str, Any] = {}
    per_depth: list[str] = []
    stated: dict[str, dict[str, list[Any]]] = {key: {} for key in ("calls", "accuracy")}
    measures: dict[str, dict[str, str]] = {}
    for folder, run in zip(folders, label_runs(folders), strict=True):
        told = read_summary(folder)
        if not told:
            raise MicrofemError(f"{folder} holds no results; run a study into it with: microfem run STUDY -o {folder}")
        for key, found in stated.items():
            for name, one in told.get(key, {}).items():
                found.setdefault(name, []).append(one)
        for name in dict.fromkeys(name for one in told["designs"].values() for name in one["metrics"]):
            measures.setdefault(name, {})[run] = told.get("measures", {}).get(name, "")
        per_depth += told.get("per_depth", [])
        designs |= {f"{run}/{name}" if len(folders) > 1 else name: one for name, one in told["designs"].items()}
    agreed = {key: {name: ones[0] for name, ones in found.items() if len(set(ones)) == 1}
              for key, found in stated.items()}  # fmt: skip
    return {"study": " and ".join(str(f) for f in folders), "expect": [], **agreed, "per_depth": per_depth,
            "measures": {name: text for name, of in measures.items() if (text := _joined(of))},
            "designs": designs}  # fmt: skip


def _joined(measures: Mapping[str, str]) -> str:
    """Return what stands beside a metric of several runs: once where they agree, else with the runs it is of."""
    if len(set(measures.values())) == 1:
        return next(iter(measures.values()))
    return "; ".join(f"{text} in {run}" for run, text in measures.items() if text)


def label_runs(folders: Sequence[Path]) -> list[str]:
    """Return what runs are called: their folders' names, or whole paths where two names are the same."""
    names = [folder.resolve().name for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]


def tied(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Tell whether two values differ by less than their errors; without an error nothing can be told apart."""
    if a["value"] is None or b["value"] is None or a["error"] is None or b["error"] is None:
        return True
    return bool(abs(a["value"] - b["value"]) <= a["error"] + b["error"])


def best(row: Mapping[str, Mapping[str, Any]], better: str) -> list[str]:
    """Return the designs that share the best value of a metric, ties included; none where no direction is better or
    units differ, as those of a metric in 3D and in a section do."""  # fmt: skip
    known = {name: one for name, one in row.items() if one["value"] is not None}
    if not better or len(known) < 2 or len(units(row)) > 1:
        return []
    pick = min if better == "lower" else max
    first = pick(known, key=lambda name: float(known[name]["value"]))
    winners = [name for name in known if name == first or tied(known[name], known[first])]
    return winners if len(winners) < len(known) else []


def ranking(row: Mapping[str, Mapping[str, Any]]) -> str:
    """Write designs from the lowest value of a metric to the highest: `a < b ≈ c`, ≈ where neighbours are tied."""
    if len(units(row)) > 1:
        return (
            f"not comparable: in {' and in '.join(pretty_unit(one) if one != '1' else 'no unit' for one in units(row))}"
        )
    known = sorted(
        (name for name, one in row.items() if one["value"] is not None), key=lambda n: float(row[n]["value"])
    )
    signs = ["≈" if tied(row[a], row[b]) else "<" for a, b in pairwise(known)]
    return " ".join([*(f"{name} {sign}" for name, sign in zip(known, signs, strict=False)), *known[-1:]])


def units(row: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the units in which a metric's values are given."""
    return list(dict.fromkeys(str(one["unit"]) for one in row.values() if one["value"] is not None))


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


def number(one: Mapping[str, Any]) -> str:
    """Write a value with unit and proven bounds, `12.31 Ω in [12.29, 12.32]`, or with its error, `12.31 ± 0.04 Ω`."""
    if one["value"] is None:
        return "failed" if "failed" in one else "refused"
    if one.get("lower") is not None:
        return _interval(one)
    if one["error"] is None:
        return format_quantity(one["value"], one["unit"]) + " (no error estimate)"
    if one["error"] <= EXACT * abs(one["value"]):
        return format_quantity(one["value"], one["unit"])
    unit = "" if one["unit"] == "1" else f" {pretty_unit(one['unit'])}"
    return f"{one['value']:.4g} ± {one['error']:.1g}{unit}"


def _interval(one: Mapping[str, Any]) -> str:
    """Write bounds rounded outward to two digits of their distance, six of the value at most, and the value between."""
    low, high = one["lower"], one["upper"]
    width = max(high - low, FINEST * max(abs(low), abs(high)), 1e-300)
    places = 1 - math.floor(math.log10(width))
    step = 10.0**-places
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    unit = "" if one["unit"] == "1" else f" {pretty_unit(one['unit'])}"
    if -4 < places < 7:
        shown = [f"{number:.{max(places, 0)}f}" for number in (one["value"], low, high)]
    else:
        digits = max(1, places + math.floor(math.log10(max(abs(low), abs(high)))) + 1)
        shown = [f"{number:.{digits}g}" for number in (one["value"], low, high)]
    return f"{shown[0]}{unit} in [{shown[1]}, {shown[2]}]"


def bounds(one: Mapping[str, Any]) -> str:
    """Write what an expectation allows: `at least 64.3`, `12.05 to 12.55`."""
    low, high = one["low"], one["high"]
    if low is None:
        return f"at most {high:.6g}"
    return f"at least {low:.6g}" if high is None else f"{low:.6g} to {high:.6g}"


def print_table(summary: Mapping[str, Any]) -> None:
    """Print metrics by design; the best of a row, ties included, is marked with a star."""
    from rich.console import Console
    from rich.table import Table

    designs = summary["designs"]
    table = Table(title=str(summary["study"]), header_style="bold")
    table.add_column("metric")
    for name in designs:
        table.add_column(name, justify="right")
    for key in dict.fromkeys(k for one in designs.values() for k in one["metrics"]):
        row = {name: one["metrics"][key] for name, one in designs.items() if key in one["metrics"]}
        winners = best(row, direction(key, summary.get("calls", {})))
        cells = [(number(row[name]) + (" *" if name in winners else "  ")) if name in row else "–" for name in designs]
        measure = summary.get("measures", {}).get(key)
        table.add_row(f"{key} ({measure})" if measure else key, *cells)
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
    for text in notes(summary):
        console.print(text)


def notes(summary: Mapping[str, Any]) -> list[str]:
    """Say what a reader of the table must know: refusals, accuracy not reached, designs that differ."""
    told = []
    for name, one in summary["designs"].items():
        metrics, wanted = one["metrics"], summary.get("accuracy", {})
        valued = {key: value for key, value in metrics.items() if value["value"] is not None}
        short = [key for key, value in valued.items() if key in wanted and not _within(value, wanted[key])]
        if short:
            ends = sorted({case["ended"] for case in one["cases"].values() if not case["ended"].startswith(WITHIN)})
            missed = ", ".join(f"{key} (wanted {100 * wanted[key]:g} %)" for key in short)
            told.append(f"{name}: not as accurate as wanted: {missed}; ended by {' and '.join(ends)}")
        told += [f"{name}: {value['refused']}" for value in metrics.values() if "refused" in value]
        told += [f"{name}: {text}" for text in one.get("warnings", ())]
    told += [f"designs differ in {text}" for text in summary.get("differs", [])]
    stretched = summary.get("stretched", {})
    told += [_measures(", ".join(name for name in stretched if stretched[name] == strain), strain)
             for strain in dict.fromkeys(stretched.values())]  # fmt: skip
    told += [*summary.get("fabrication", []), *summary.get("undrawn", [])]
    return told


def _measures(cases: str, strain: float) -> str:
    """Say what a stretch is in each measure of strain, so that published figures can be told apart."""
    nominal, log, green = (f"{100 * e:.3g} %" for e in (strain, math.log1p(strain), strain + 0.5 * strain**2))
    return (f"{cases}: {nominal} of nominal strain are {log} of logarithmic and {green} of Green-Lagrange strain; the "
            "largest strain of parts in series is not below that of the whole in one measure: a published one that is "
            "below it is in another measure")  # fmt: skip


def _within(one: Mapping[str, Any], accuracy: float) -> bool:
    return one["error"] is not None and bool(one["error"] <= accuracy * abs(one["value"]))
