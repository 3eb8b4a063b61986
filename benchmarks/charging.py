"""Benchmarks of cells that charge and discharge: `python -m benchmarks.charging` writes results/charging.json.

microfem alone runs jobs, some with an aim in CPU seconds; NGSolve and microfem discharge one comb in the same steps.
All on one thread. Every run has a process of its own, which first solves a small problem of the same kind.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from benchmarks.cells import JOBS, WARM
from benchmarks.child import Clock, peak_megabytes
from benchmarks.euler import LENGTH, LEVELS, STEPS
from benchmarks.machine import machine
from benchmarks.runners import ROOT, Run
from benchmarks.turns import Row, in_turn

RESULTS = ROOT / "benchmarks" / "results" / "charging.json"
PROGRAMS = {"microfem": "", "ngsolve": "pardiso"}
COMPARED = (
    "one discharge in equal steps of Euler's implicit method: the same triangles, P1 elements, equations and evenly "
    "filled particles, Newton's method with new factors in each iteration to the same last correction"
)
SMALL = ("strip", "comb_1k", "comb_1k_rough", "comb_6k", "comb_6k_rough", "certified", "series", "pulses")
SIZES = {
    "tiny": (("strip", "comb_1k"), ("comb_1k",)),
    "small": (SMALL, ("comb_1k", "comb_6k")),
    "medium": (SMALL, ("comb_1k", "comb_6k", "comb_16k")),
    "default": (tuple(name for name in JOBS if name != "comb_3d"), tuple(LEVELS)),
    "large": (tuple(JOBS), tuple(LEVELS)),
}  # jobs, and sizes on which programs are compared
AGREE = 1e-4  # V
PACKAGES = ("microfem", "numpy", "scipy", "mkl", "pypardiso", "ngsolve")


def main() -> int:
    """Return 1 where programs disagree or fail, else 0."""
    asked = _arguments()
    jobs, compared = SIZES[asked.sizes]
    left_out = skipped()
    for engine, reason in left_out.items():
        print(f"skipped {engine}: {reason}")
    rows = in_turn("benchmarks.charging", {("job", name): {"job": name} for name in jobs}, asked.repeats)
    every = {
        ("steps", engine, size): {"problem": size, "engine": engine, "variant": variant}
        for size in compared
        for engine, variant in PROGRAMS.items()
        if engine not in left_out
    }
    steps = {"compared": COMPARED, "steps": STEPS, "step_s": LENGTH}
    steps["rows"] = in_turn("benchmarks.charging", every, asked.repeats)
    found = {"machine": machine(PACKAGES), "skipped": left_out, "rows": rows, "euler": steps}
    asked.output.write_text(json.dumps(found, indent=1) + "\n")
    wrong = failures(rows) + disagreements(steps["rows"])
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.charging")
    parser.add_argument("--sizes", default="default", choices=SIZES)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


def skipped() -> dict[str, str]:
    """Return why programs are left out."""
    every = [Run(engine, variant, sys.executable, engine) for engine, variant in PROGRAMS.items()]
    return {one.engine: one.missing for one in every if one.missing}


def failures(rows: Iterable[Row]) -> list[str]:
    """Return which runs failed."""
    return [
        f"{row.get('job', row.get('problem'))} {row.get('engine', '')} failed: {row['failed']}"
        for row in rows
        if "failed" in row
    ]


def disagreements(rows: list[Row]) -> list[str]:
    """Return which runs failed, and whose voltages differ from microfem's."""
    wrong, first = failures(rows), dict[str, Row]()
    for row in rows:
        if "failed" in row:
            continue
        other = first.setdefault(row["problem"], row)
        off = max(abs(a - b) for a, b in zip(row["voltages"], other["voltages"], strict=True))
        if not off < AGREE:
            wrong.append(f"{row['problem']}, {row['engine']}: voltages are {off:.1e} V off those of {other['engine']}")
    return wrong


def child(kind: str, *words: str) -> Row:
    """Solve once and return seconds, memory, sizes, counts and values."""
    row = _job(*words) if kind == "job" else _steps(*words)
    return row | {"peak_mb": peak_megabytes()}


def _job(name: str) -> Row:
    job = JOBS[name]
    WARM.get(name, JOBS["comb_1k_rough"]).solve()
    return {"name": job.name, "aim_s": job.aim, "load_cpu_s": 0.0} | job.solve()


def _steps(engine: str, size: str) -> Row:
    make, variant = import_module(f"benchmarks.engines.charging.{engine}").Engine, PROGRAMS[engine]
    make("comb_1k", variant).solve(2)
    clock = Clock()
    one = make(size, variant)
    load, clock = clock.read()[1], Clock()
    voltages, iterations = one.solve()
    wall, cpu = clock.read()
    times = {"wall_s": wall, "cpu_s": cpu, "load_cpu_s": load}
    return {"dofs": one.dofs, "value": voltages[-1], "voltages": voltages, "iterations": iterations} | times


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        print(json.dumps(child(*sys.argv[2:])))
    else:
        sys.exit(main())
