"""Whole runs of microfem to a guaranteed accuracy, through its Python API; their counterpart is `cell`.

Every case runs in a process of its own, `python -m benchmarks.accuracy CASE`. One row for each: what was asked, the
value with its interval, half of that relative to it, seconds from layout to number, unknowns, memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from statistics import median
from typing import Any

from benchmarks import cell, layouts
from benchmarks.child import Clock, peak_megabytes
from benchmarks.runners import ROOT, THREADS
from microfem.layout import Layout
from microfem.metrics import Call
from microfem.physics.potential.conduction import ConductionCase
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import solve_to_accuracy
from microfem.study.design import load_geometry
from microfem.study.records import Limits

Row = dict[str, Any]
GEOMETRY = ROOT / "geometries" / "zn_pani_interdigital.yaml"
WANTED_3D, REPEATS = 1e-2, 7
CASES = {"section_cell": 1, "device": 2}  # with the threads that each is given


def solve(layout: Layout, view: str, metric: str, wanted: float) -> Row:
    """Run once, from a layout to an interval that is narrow enough."""
    case = ConductionCase(physics="conduction", dimension=view, terminals={"anode": "1 V", "cathode": "0 V"})
    clock = Clock()
    calls = {metric: Call(metric, "field", {})}
    solution, found, end = solve_to_accuracy(
        first_mesh(layout, case, Limits()), case, calls, {metric: wanted}, Limits()
    )
    wall, cpu = clock.read()
    value = found.values[metric]
    return {
        "engine": "microfem",
        "dofs": solution.report.ndofs,
        "wall_s": wall,
        "cpu_s": cpu,
        "value": value.value,
        "lower": value.lower,
        "upper": value.upper,
        "error": value.error / value.value,
        "wanted": wanted,
        "ended": end.text,
    }


def section_cell() -> Row:
    """Time the section of `cell` to an error of 1e-4 that microfem guarantees, meshing and error bound included."""
    runs = [solve(layouts.section(), "section", "conductance", cell.WANTED) for _ in range(REPEATS + 1)][1:]
    seconds = {key: median(run[key] for run in runs) for key in ("wall_s", "cpu_s")}
    inside = runs[0]["lower"] <= cell.exact() <= runs[0]["upper"]
    return runs[0] | seconds | {"name": "microfem, guaranteed", "problem": "section_cell", "exact_inside": inside}


def device() -> Row:
    """Time a full 3D interdigital device to an error of 1 % that microfem guarantees, meshing included."""
    solve(layouts.comb(), "3d", "resistance", 0.1)  # compiled code is there afterwards
    row = solve(load_geometry(GEOMETRY).layout(), "3d", "resistance", WANTED_3D)
    return row | {"name": "microfem, guaranteed, whole device in 3D", "problem": "device"}


def measure() -> list[Row]:
    """Return the rows of all cases."""
    return [_start(name, threads) for name, threads in CASES.items()]


def _start(name: str, threads: int) -> Row:
    command = [sys.executable, "-m", "benchmarks.accuracy", name]
    environment = os.environ | dict.fromkeys(THREADS, str(threads))
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return {"threads": threads, **json.loads(done.stdout.splitlines()[-1])}


if __name__ == "__main__":
    row = {"section_cell": section_cell, "device": device}[sys.argv[1]]()
    print(json.dumps(row | {"peak_mb": peak_megabytes()}))
