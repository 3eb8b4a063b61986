"""Sobol indices: the share of a metric's variance over a space that is due to each parameter."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.optimise.pool import missing
from microfem.optimise.results import SearchResult
from microfem.optimise.search import Points
from microfem.optimise.space import Chosen, at
from microfem.results.files import write_text
from microfem.results.trials import Trial
from microfem.study.records import SearchSpace


@dataclass(frozen=True, kw_only=True)
class Index:
    """Share of a metric's variance due to a parameter: alone (first), and with all interactions (total).

    first_error, total_error: half the width of the 95 % interval by bootstrap.
    """

    design: str
    metric: str
    parameter: str
    first: float
    first_error: float
    total: float
    total_error: float


def _problem(space: SearchSpace) -> dict[str, Any]:
    names = list(space.free)
    return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def base_points(space: SearchSpace, samples: int, seed: int) -> list[Chosen]:
    """Return the samples * (parameters + 2) base points, after A. Saltelli, Comput. Phys. Commun. 145 (2002) 280.

    Raises:
        MicrofemError: SALib is not installed, or `samples` is not a power of two, which the sequence needs.
    """
    try:
        from SALib.sample import sobol
    except ImportError:
        raise missing("optimise") from None
    if samples & (samples - 1):
        near = 2 ** round(math.log2(samples))
        raise MicrofemError(f"--samples must be a power of two for Sobol indices, such as {near}, got {samples}")
    points = sobol.sample(_problem(space), samples, calc_second_order=False, seed=seed)
    return [at(space, point) for point in points]


def indices(result: SearchResult, points: Points) -> list[Index]:
    """Return the indices of all metrics that every trial of a design has.

    points: the base points by design, in the order of the sequence; the numbers of retried trials differ from it.

    Raises:
        MicrofemError: a design has not run yet, or failed; the indices need all designs.
    """
    rows: list[Index] = []
    for name, space in result.search.spaces.items():
        ran = {frozenset(trial.chosen.items()): trial for trial in result.of(name)}
        trials = [ran[key] for one in points[name] if (key := frozenset(one.items())) in ran]
        if left := len(points[name]) - len(trials):
            raise MicrofemError(
                f"{left} of {len(points[name])} designs of {name} have not run yet, and the indices need "
                "all of them; the same command resumes"
            )
        failed = [trial for trial in trials if trial.outcome.status != "ok"]
        if failed:
            raise MicrofemError(
                f"{len(failed)} of {len(trials)} designs of {name} failed, and the indices need all of "
                f"them; {failed[0].name}: {failed[0].outcome.message}; narrow the space"
            )
        for metric in result.study.metrics:
            if all(metric in trial.outcome.values for trial in trials):
                rows += _indices(name, space, metric, trials, result.search.seed)
    return rows


def _indices(design: str, space: SearchSpace, metric: str, trials: Sequence[Trial], seed: int) -> list[Index]:
    import numpy as np
    from SALib.analyze import sobol

    values = np.array([trial.value(metric) for trial in trials])
    if np.ptp(values) <= 1e-12 * np.abs(values).max():
        return []  # the metric depends on no free parameter
    # seed + 1, because SALib takes a seed of 0 for no seed
    analysis = sobol.analyze(_problem(space), values, calc_second_order=False, seed=seed + 1)
    columns = zip(space.free, analysis["S1"], analysis["S1_conf"], analysis["ST"], analysis["ST_conf"], strict=True)
    return [
        Index(
            design=design,
            metric=metric,
            parameter=name,
            first=float(first),
            first_error=float(first_error),
            total=float(total),
            total_error=float(total_error),
        )
        for name, first, first_error, total, total_error in columns
    ]


def write_indices(result: SearchResult, folder: Path, points: Points) -> list[Index]:
    """Write the indices into sensitivity.csv; return them."""
    rows = indices(result, points)
    buffer = io.StringIO()
    table = csv.DictWriter(buffer, list(Index.__dataclass_fields__), lineterminator="\n")
    table.writeheader()
    table.writerows(vars(row) for row in rows)
    write_text(folder / "sensitivity.csv", buffer.getvalue())
    return rows


def print_indices(rows: Sequence[Index]) -> None:
    """Print the indices as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Sobol indices: shares of the variance over the space", header_style="bold")
    for head in ("design", "metric", "parameter", "first order", "total"):
        table.add_column(head, justify="left" if head in ("design", "metric", "parameter") else "right")
    for row in rows:
        table.add_row(
            row.design,
            row.metric,
            row.parameter,
            f"{row.first:.2f} ± {row.first_error:.2f}",
            f"{row.total:.2f} ± {row.total_error:.2f}",
        )
    Console(highlight=False).print(table)
