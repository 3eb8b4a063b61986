"""Tables of metrics across designs and runs; differences below the errors are ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from microfem.errors import MicrofemError
from microfem.report import number
from microfem.store import SUMMARY, read_json


def merge(folders: Sequence[Path]) -> dict[str, Any]:
    """Merge runs into one summary whose designs are named RUN/DESIGN where there are several runs.

    Raises:
        MicrofemError: a folder holds no run.
    """
    merged: dict[str, Any] = {"study": " and ".join(str(f) for f in folders), "designs": {}, "expect": []}
    for folder in folders:
        told = read_json(folder / SUMMARY)
        if not told:
            raise MicrofemError(f"{folder} holds no results; run a study into it with: microfem run STUDY -o {folder}")
        for name, one in told["designs"].items():
            merged["designs"][f"{folder.name}/{name}" if len(folders) > 1 else name] = one
    return merged


def tied(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Tell whether two values differ by less than their errors; without an error nothing can be told apart."""
    if a["value"] is None or b["value"] is None or a["error"] is None or b["error"] is None:
        return True
    return bool(abs(a["value"] - b["value"]) <= a["error"] + b["error"])


def best(row: Mapping[str, Mapping[str, Any]], better: str) -> list[str]:
    """Return the designs that share the best value of a metric, ties included; none where no direction is better."""
    known = {name: one for name, one in row.items() if one["value"] is not None}
    if not better or len(known) < 2:
        return []
    pick = min if better == "lower" else max
    first = pick(known, key=lambda name: float(known[name]["value"]))
    winners = [name for name in known if name == first or tied(known[name], known[first])]
    return winners if len(winners) < len(known) else []


def direction(metric: str, calls: Mapping[str, str]) -> str:
    """Return whether lower or higher is better for a metric of a study."""
    from microfem.metrics import METRICS

    name = calls.get(metric, "")
    return METRICS.get(name).better if name in METRICS.names() else ""


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
        table.add_row(key, *cells)
    Console(highlight=False).print(table)
