"""Error against unknowns and seconds: `python -m benchmarks.convergence` writes results/convergence.json.

Uniform meshes are bisections of all cells of one first mesh. Adaptive ones are refined as `microfem run` does it;
their seconds are those of all meshes so far, of solving, estimating and refining, as are the seconds of refining
uniformly. The last adaptive mesh of a problem without a known answer is its reference.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import layouts
from benchmarks.runners import ROOT
from microfem.fem.error_estimates.refinement import refined
from microfem.fem.potential.bounds import Bounds, enclose
from microfem.fem.potential.terminals import TerminalSolutions, solve_terminals
from microfem.layout import Layout
from microfem.mesh import Mesh, build_mesh
from microfem.mesh.bisect import bisect
from microfem.mesh.curves import rounded
from microfem.solve.refinement import GROWTH

RESULTS = ROOT / "benchmarks" / "results" / "convergence.json"
HELD = {"anode": 1.0, "cathode": 0.0}
NARROWEST = 1e-8  # relative half-width beyond which rounding would be measured
Row = dict[str, Any]


@dataclass(frozen=True)
class Problem:
    """A layout, its view, the level of its first mesh, its conductance where known, and the most unknowns."""

    layout: Callable[[], Layout]
    view: str
    level: int
    exact: Callable[[], float] | None
    most: int


PROBLEMS = {
    "section": Problem(layouts.section, "section", -1, layouts.section_exact, 250_000),
    "ring": Problem(layouts.ring, "plan", -2, layouts.ring_exact, 250_000),
    "disc": Problem(layouts.tube, "3d", -2, layouts.tube_exact, 250_000),
    "device": Problem(layouts.comb, "3d", -2, None, 250_000),
}


def solved(mesh: Mesh, order: int) -> TerminalSolutions:
    """Return the field of a volt between the electrodes."""
    sigma = np.array([1.0 if name == "electrolyte" else 0.0 for name in mesh.regions])
    return solve_terminals(mesh, order, sigma[mesh.region_of_cell], {}, {name: (name,) for name in HELD})


def uniform(problem: Problem, order: int) -> Iterator[Row]:
    """Solve on meshes each of which halves all cells of the one before."""
    mesh, refining, unknowns, growth = build_mesh(problem.layout(), problem.view, problem.level), 0.0, 0, 1.0
    while unknowns * growth < problem.most:
        started = time.perf_counter()
        unit = solved(mesh, order)
        seconds, before = time.perf_counter() - started, unknowns
        unknowns = len(unit.system.free)
        growth = unknowns / before if before else growth
        yield {"unknowns": unknowns, "seconds": refining + seconds, "value": float(unit.matrix[0, 0])}
        unit.system.close()
        started = time.perf_counter()
        mesh = rounded(bisect(mesh, np.arange(len(mesh.cells))).mesh)
        refining += time.perf_counter() - started


def adaptive(problem: Problem) -> Iterator[Row]:
    """Solve, enclose and refine."""
    mesh, seconds, unknowns = build_mesh(problem.layout(), problem.view, problem.level), 0.0, 0
    growth = GROWTH[mesh.dim][1]
    while unknowns * growth < problem.most:
        started = time.perf_counter()
        unit = solved(mesh, 2)
        bounds: Bounds | None = enclose(unit, HELD, {})
        assert bounds is not None
        seconds += time.perf_counter() - started
        unknowns = len(unit.system.free)
        yield {
            "unknowns": unknowns,
            "seconds": seconds,
            "value": float(unit.matrix[0, 0]),
            "lower": bounds.lower,
            "upper": bounds.upper,
        }
        unit.system.close()
        if bounds.upper - bounds.lower < 2.0 * NARROWEST * bounds.upper:
            return
        started = time.perf_counter()
        mesh = refined(mesh, bounds.of_cell, bounds.anisotropy, growth)
        seconds += time.perf_counter() - started


def measure(name: str) -> dict[str, Any]:
    """Return the rows of the three sequences, the exact value and by how much it may be off, relative."""
    problem = PROBLEMS[name]
    rows = {"uniform P1": list(uniform(problem, 1)), "uniform P2": list(uniform(problem, 2))}
    rows["adaptive P2"] = list(adaptive(problem))
    if problem.exact is not None:
        return {"exact": problem.exact(), "unsure": 0.0, "rows": rows}
    last = rows["adaptive P2"].pop()
    middle = 0.5 * (last["lower"] + last["upper"])
    return {"exact": middle, "unsure": 0.5 * (last["upper"] - last["lower"]) / middle, "reference": last, "rows": rows}


def warm() -> None:
    """Run all compiled code once, in either dimension."""
    for name in ("section", "device"):
        one = PROBLEMS[name]
        for sequence in (uniform(one, 1), uniform(one, 2), adaptive(one)):
            for _ in zip(range(3), sequence, strict=False):
                pass


def main() -> None:
    """Measure the problems named, or all, and keep what is known of the others."""
    warm()
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in sys.argv[1:] or PROBLEMS:
        found[name] = measure(name)
        told = {kind: f"{len(rows)} meshes, {rows[-1]['seconds']:.1f} s" for kind, rows in found[name]["rows"].items()}
        print(name, told, flush=True)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
