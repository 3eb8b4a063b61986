"""Run the benchmarks and write benchmarks/results/latest.json: `python -m benchmarks --sizes small`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import accuracy, cell, startup
from benchmarks.collect import disagreements, measure, skipped
from benchmarks.machine import machine
from benchmarks.problems import PROBLEMS, SIZES

RESULTS = Path(__file__).parent / "results" / "latest.json"
PACKAGES = ("microfem", "numpy", "scipy", "numba", "mkl", "scikit-fem", "ngsolve")


def main() -> int:
    """Return 1 where engines disagree or fail, else 0."""
    asked = _arguments()
    problems = [PROBLEMS[name] for name in SIZES.get(asked.sizes, asked.sizes.split(","))]
    left_out = skipped(problems)
    for engine, reason in left_out.items():
        print(f"skipped {engine}: {reason}")
    rows = [row for one in problems for threads in asked.threads for row in measure(one, threads, asked.repeats)]
    found: dict[str, Any] = {"machine": machine(PACKAGES), "sizes": asked.sizes, "skipped": left_out, "rows": rows}
    if asked.sizes == "default":
        found |= {"startup": startup.measure(), "cell": cell.measure(), "accuracy": accuracy.measure()}
    asked.output.parent.mkdir(parents=True, exist_ok=True)
    asked.output.write_text(json.dumps(found, indent=1) + "\n")
    wrong = disagreements(rows)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(
        f"{len(rows)} rows in {asked.output}: " + ("THEY FAIL OR DISAGREE, see above" if wrong else "all values agree")
    )
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--sizes", default="default", help=f"{', '.join(SIZES)}, or problems: {','.join(PROBLEMS)}")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--output", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
