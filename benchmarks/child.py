"""One run of one engine, in a process of its own: `python -m benchmarks.child ENGINE VARIANT PROBLEM THREADS`.

Before the timed run the engine solves a small problem of the same kind, so that compiled code is there for all.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from importlib import import_module
from typing import Any

from benchmarks import meshes
from benchmarks.problems import CHANGED, PROBLEMS, WARM


class Clock:
    """Wall and CPU seconds since it was made; CPU of finished child processes included."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), _cpu()

    def read(self) -> tuple[float, float]:
        """Return wall and CPU seconds."""
        return time.perf_counter() - self.wall, _cpu() - self.cpu


def _used() -> list[Any]:
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


def _cpu() -> float:
    return sum(one.ru_utime + one.ru_stime for one in _used())


def peak_megabytes() -> float:
    """Return the largest resident size of this process or of a child of it."""
    return max(used.ru_maxrss for used in _used()) / 1024.0


def run(engine: str, variant: str, name: str, threads: int) -> dict[str, float]:
    """Return seconds, memory, unknowns and value of one run."""
    module = import_module(f"benchmarks.engines.{engine}")
    total = getattr(module, "total", float)  # an engine of several processes sums over them
    problem = PROBLEMS[name]
    small = PROBLEMS[WARM[problem.physics, problem.order]]
    module.Engine(meshes.load(meshes.mesh_path(small)), small, variant, threads).solve(small.values)
    arrays = meshes.load(meshes.mesh_path(problem))
    clock = Clock()
    one = module.Engine(arrays, problem, variant, threads)
    load_wall, load_cpu = clock.read()
    clock = Clock()
    value = one.solve(problem.values)
    if problem.again:
        clock = Clock()
        value = one.solve(CHANGED)
    wall, cpu = clock.read()
    return {
        "dofs": int(one.dofs),
        "value": value,
        "wall_s": wall,
        "cpu_s": total(cpu),
        "load_wall_s": load_wall,
        "load_cpu_s": total(load_cpu),
        "peak_mb": total(peak_megabytes()),
        "first": getattr(module, "FIRST", True),
    }


if __name__ == "__main__":
    row = run(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
    if row.pop("first"):  # of several processes one speaks
        print(json.dumps(row))
