"""Interleaved repeats of all engines, their medians, and whether all values agree."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from statistics import median
from typing import Any

from benchmarks import meshes
from benchmarks.problems import PROBLEMS, WARM, Problem
from benchmarks.runners import ROOT, Run, runs

Row = dict[str, Any]
PATIENCE = 10.0  # seconds of wall time; a run that took longer is not repeated
DIGITS = {"calculix": 6}  # digits that the number it prints is good for; all others 8
MEASURES = ("cpu_s", "wall_s", "load_cpu_s", "load_wall_s", "peak_mb")


def prepare(problem: Problem) -> None:
    """Make the meshes of a problem and of its warm-up, in another process so that this one stays small."""
    for name in (problem.name, WARM[problem.physics, problem.order]):
        if not meshes.mesh_path(PROBLEMS[name]).exists():
            subprocess.run([sys.executable, "-m", "benchmarks.meshes", name], cwd=ROOT, check=True)


def measure(problem: Problem, threads: int, repeats: int) -> list[Row]:
    """Run all engines in turn, `repeats` times over, and return one row each."""
    prepare(problem)
    present = [one for one in runs(problem) if not one.missing]
    found: dict[Run, list[Row]] = {one: [] for one in present}
    for _ in range(repeats):
        for one in present:
            if found[one] and (found[one][0].get("failed") or found[one][0]["wall_s"] > PATIENCE):
                continue
            try:
                row = one.start(problem, threads)
            except RuntimeError as error:
                row = {"failed": str(error)}
            found[one].append(row)
            told = row.get("failed") or "{wall_s:8.2f} s wall {cpu_s:8.2f} s CPU {peak_mb:7.0f} MB".format(**row)
            print(f"{problem.name:14} {threads} {one.name:24} {told}", flush=True)
    return [_row(problem, threads, one, rows) for one, rows in found.items()]


def _row(problem: Problem, threads: int, one: Run, rows: list[Row]) -> Row:
    row: Row = {"problem": problem.name, "engine": one.engine, "variant": one.variant, "threads": threads}
    if rows[0].get("failed"):
        return row | {"failed": rows[0]["failed"]}
    walls = [each["wall_s"] for each in rows]
    row |= {"dofs": rows[0]["dofs"], "value": rows[0]["value"], "repeats": len(rows)}
    row |= {key: round(median(each[key] for each in rows), 4) for key in MEASURES}
    return row | {"wall_min_s": round(min(walls), 4), "wall_max_s": round(max(walls), 4)}


def disagreements(rows: Iterable[Row]) -> list[str]:
    """Return what is wrong: runs that failed, and values that differ from the median of their problem."""
    wrong, solved = [], [row for row in rows if "failed" not in row]
    wrong += [f"{_name(row)} failed: {row['failed']}" for row in rows if "failed" in row]
    for problem in dict.fromkeys(row["problem"] for row in solved):
        mine = [row for row in solved if row["problem"] == problem]
        middle = sorted(row["value"] for row in mine)[len(mine) // 2]
        for row in mine:
            off = abs(row["value"] / middle - 1.0)
            if not off < 10.0 ** -DIGITS.get(row["engine"], 8):
                wrong.append(f"{_name(row)} has {row['value']:.12g}, the median is {middle:.12g}: {off:.1e} off")
    return wrong


def skipped(problems: Iterable[Problem]) -> dict[str, str]:
    """Return why engines are left out."""
    every = [one for problem in problems for one in runs(problem)]
    return {one.engine: one.missing for one in every if one.missing}


def _name(row: Row) -> str:
    return f"{row['problem']}, {row['engine']} {row['variant']}, {row['threads']} threads:"
