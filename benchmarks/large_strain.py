"""Benchmarks at large strain: `python -m benchmarks.large_strain --sizes small` writes results/large_strain.json.

Several programs solve the film on its substrate; microfem alone runs what has an aim in seconds. All on one thread.
Every run has a process of its own, which first solves a small problem of the same kind; programs take turns.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from benchmarks.child import Clock, peak_megabytes
from benchmarks.film import FILMS
from benchmarks.machine import machine
from benchmarks.runners import ROOT, Run
from benchmarks.turns import Row, in_turn

RESULTS = ROOT / "benchmarks" / "results" / "large_strain.json"
UNKNOWNS = {
    ("microfem", ""): "mixed",
    ("ngsolve", "sparsecholesky"): "mixed",
    ("felupe", "mixed"): "mixed",
    ("felupe", "displacement"): "displacement",
    ("calculix", "own"): "displacement",
    ("calculix", "tight"): "displacement",
}  # of each engine and variant; forces agree among those with the same
SIZES = {"tiny": ("film_1k",), "small": ("film_6k",), "medium": ("film_17k",), "default": ("film_17k", "film_70k")}
AGREE = 1e-5
PACKAGES = ("microfem", "numpy", "scipy", "numba", "mkl", "ngsolve", "felupe", "pypardiso")


def main() -> int:
    """Return 1 where engines disagree or fail, else 0."""
    asked = _arguments()
    left_out = skipped()
    for engine, reason in left_out.items():
        print(f"skipped {engine}: {reason}")
    wanted = [one for one in UNKNOWNS if one[0] not in left_out]
    rows = [row for film in asked.films for row in measure(film, wanted, asked.repeats)]
    found = {"machine": machine(PACKAGES), "skipped": left_out, "rows": rows, "alone": []}
    if "film_17k" in asked.films:
        found["alone"] = in_turn(
            "benchmarks.large_strain", {("alone", str(k), ""): {} for k in range(4)}, asked.repeats
        )
    asked.output.write_text(json.dumps(found, indent=1) + "\n")
    wrong = disagreements(rows)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_strain")
    parser.add_argument("--sizes", default="default", help=f"{', '.join(SIZES)}, or films: {','.join(FILMS)}")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULTS)
    asked = parser.parse_args()
    asked.films = SIZES.get(asked.sizes, tuple(name for name in asked.sizes.split(",") if name in FILMS))
    return asked


def skipped() -> dict[str, str]:
    """Return why engines are left out."""
    every = [Run(engine, variant, sys.executable, engine) for engine, variant in UNKNOWNS]
    return {one.engine: one.missing for one in every if one.missing}


def measure(film: str, wanted: Iterable[tuple[str, str]], repeats: int) -> list[Row]:
    """Return one row of each engine and variant for a film."""
    every = {
        (engine, variant, film): {
            "problem": film, "engine": engine, "variant": variant, "unknowns": UNKNOWNS[engine, variant],
        }
        for engine, variant in wanted
    }  # fmt: skip
    return in_turn("benchmarks.large_strain", every, repeats)


def disagreements(rows: Iterable[Row]) -> list[str]:
    """Return what is wrong: runs that failed, and forces that differ from the first with the same unknowns."""
    wrong, first = [], dict[tuple[str, str], Row]()
    for row in rows:
        name = f"{row['problem']}, {row['engine']} {row['variant']}"
        if "failed" in row:
            wrong.append(f"{name} failed: {row['failed']}")
            continue
        other = first.setdefault((row["problem"], row["unknowns"]), row)
        off = abs(row["value"] / other["value"] - 1.0)
        if not off < AGREE:
            wrong.append(f"{name} has {row['value']:.8g}, {other['engine']} {other['value']:.8g}: {off:.1e} off")
    return wrong


def child(engine: str, variant: str, film: str) -> Row:
    """Solve once and return seconds, memory, unknowns, iterations and force."""
    if engine == "alone":
        return _alone(int(variant))
    make = import_module(f"benchmarks.engines.film.{engine}").Engine
    make(FILMS["film_1k"].arrays, variant).solve()
    arrays, clock = FILMS[film].arrays, Clock()
    one = make(arrays, variant)
    load, clock = clock.read()[1], Clock()
    value, iterations = one.solve()
    wall, cpu = clock.read()
    return {
        "dofs": one.dofs,
        "value": value,
        "iterations": iterations,
        "wall_s": wall,
        "cpu_s": cpu,
        "load_cpu_s": load,
        "peak_mb": peak_megabytes(),
    }


def _alone(number: int) -> Row:
    from benchmarks.alone import ALONE, WARM

    name, (solve, aim) = list(ALONE.items())[number]
    WARM["block" if name.startswith("block") else "sheet"]()
    clock = Clock()
    dofs, value, iterations = solve()
    wall, cpu = clock.read()
    return {
        "name": name,
        "aim_s": aim,
        "dofs": dofs,
        "value": value,
        "iterations": iterations,
        "wall_s": wall,
        "cpu_s": cpu,
        "load_cpu_s": 0.0,
        "peak_mb": peak_megabytes(),
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        print(json.dumps(child(*sys.argv[2:])))
    else:
        sys.exit(main())
