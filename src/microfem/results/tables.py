"""Tables of results as CSV: the metrics of a run, the lines of a curve."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from microfem.base.series import Series
from microfem.results.files import write_text
from microfem.results.summary import Summary


def write_metrics(path: Path, summary: Summary) -> None:
    """Write all metrics of all designs as one table: value, error, bounds, unit, reason of refusal or failure."""
    head = ["design", "metric", "value", "error", "lower", "upper", "unit", "refused", "failed"]
    rows = (
        [design, name, one.value, one.error, one.lower, one.upper, one.unit, one.refused, one.failed]
        for design, result in summary.designs.items()
        for name, one in result.metrics.items()
    )
    write_text(path, _csv(head, rows))


def write_curve(path: Path, lines: Sequence[Series]) -> None:
    """Write a curve as a table with a row for each value: line, abscissa, value, error, unit."""
    unit = "" if lines[0].x_unit == "1" else f" [{lines[0].x_unit}]"
    rows = (
        [line.name, x, y, error, line.unit]
        for line in lines
        for x, y, error in zip(line.x, line.y, line.error, strict=True)
    )
    write_text(path, _csv(["series", f"{lines[0].x_name}{unit}", "value", "error", "unit"], rows))


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(head)
    table.writerows(rows)  # None becomes an empty cell
    return buffer.getvalue()
