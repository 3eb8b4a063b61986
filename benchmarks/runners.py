"""Which engines there are, which of their variants solve a problem, and how one run of them is started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.problems import Problem

ROOT = Path(__file__).parents[1]
LIMIT = 600.0  # seconds after which a run is given up
THREADS = tuple(f"{name}_NUM_THREADS" for name in ("OMP", "MKL", "OPENBLAS", "NUMBA"))  # what libraries look at
DOLFINX_PYTHON = os.environ.get("DOLFINX_PYTHON") or sys.executable


@dataclass(frozen=True)
class Run:
    """One engine in one variant: what to start it with and what it needs to be there."""

    engine: str
    variant: str
    python: str
    needs: str

    @property
    def name(self) -> str:
        """Engine and variant."""
        return f"{self.engine} {self.variant}".strip()

    def start(self, problem: Problem, threads: int) -> dict[str, Any]:
        """Run once in a process of its own and return its row.

        Raises:
            RuntimeError: the run failed or took too long.
        """
        command = [self.python, "-m", "benchmarks.child", self.engine, self.variant, problem.name, str(threads)]
        if self.engine == "dolfinx" and threads > 1:  # it runs in processes, not in threads
            command = [str(Path(self.python).parent / "mpiexec"), "-n", str(threads), *command]
        # NGSolve has threads of its own: those of BLAS beneath them would only be too many; CPU time is the same.
        each = "1" if self.engine in ("dolfinx", "ngsolve") else str(threads)
        environment = os.environ | dict.fromkeys(THREADS, each) | {"MKL_DYNAMIC": "FALSE"}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
            )
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"given up after {LIMIT:.0f} s") from None
        if done.returncode:
            raise RuntimeError((done.stderr.strip() or "it failed").splitlines()[-1])
        return dict(json.loads(done.stdout.strip().splitlines()[-1]))

    @property
    def missing(self) -> str:
        """Why it cannot run, empty if it can."""
        return _missing(self.engine, self.python, self.needs)


@cache
def _missing(engine: str, python: str, needs: str) -> str:
    if engine == "calculix":
        program = os.environ.get("CCX", "ccx")
        return "" if shutil.which(program) else f"no program {program}: install calculix-ccx or set CCX"
    if subprocess.run([python, "-c", f"import {needs}"], capture_output=True, check=False).returncode == 0:
        return ""
    if engine == "dolfinx":
        return "not installed: it needs Python 3.12; set DOLFINX_PYTHON to one with dolfinx-solver-real"
    return "not installed: pip install 'microfem[bench]'"


def runs(problem: Problem) -> list[Run]:
    """Return what solves a problem. Left out are variants that would take minutes or gigabytes to no use."""
    small = problem.name in ("p1_4k", "p2_21k", "p2_62k", "el_62k")
    large = problem.name in ("p2_912k", "p1_750k")
    wanted = {"microfem": [""]}
    if problem.physics == "elasticity":
        wanted |= {"scikitfem": ["direct"] * small, "ngsolve": ["sparsecholesky", "multigrid", "bddc"]}
        wanted |= {"dolfinx": ["mumps"], "calculix": [""]}
    else:
        slow = ["sparsecholesky"] * (not large and not problem.again) + ["umfpack"] * small
        fast = ["multigrid", "bddc", "bddc_amg"] if problem.order == 2 else ["h1amg"] + ["local"] * (not large)
        wanted |= {"scikitfem": ["direct"] * small + ["cg"] * (not large and not problem.again)}
        wanted |= {"ngsolve": slow + fast}
        wanted |= {"dolfinx": ["mumps"] * (not large) + ["gamg"] * (small or large or problem.order == 1)}
    if problem.alone:
        wanted = {"microfem": [""]}
    needs = {"scikitfem": "skfem", "dolfinx": "dolfinx_solver"}
    return [
        Run(engine, variant, DOLFINX_PYTHON if engine == "dolfinx" else sys.executable, needs.get(engine, engine))
        for engine, variants in wanted.items()
        for variant in variants
    ]
