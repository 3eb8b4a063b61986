"""Random layouts of every family, each built and meshed in a child process: mesh, refusal, failure or hang.

cd tests; python -m support.draws --count 200 --seed 0 [--family concentric] [--near 0.5] [--timeout 60]
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import random
import time
from collections import Counter
from multiprocessing.connection import Connection
from typing import Any, Literal, get_args, get_origin

from microfem.base.errors import LayoutError, MeshError
from microfem.families import FAMILIES, Param, build_layout
from microfem.mesh import build_mesh
from microfem.mesh.sizes import sizes_of
from support.sizes import film_sizes, region_sizes

TYPICAL = 100.0  # um, the scale of lengths whose default is 0
REDRAWS = 8  # of refused parameters near the defaults
MOST = 500_000  # cells; what needs more is left out
FINE = ("mesh", "refused", "too large")


def draw(rng: random.Random, name: str, spread: float) -> dict[str, object]:
    """Draw parameters of a family, within a factor `spread` of the defaults or, if 0, over all that is declared."""
    return {key: _value(rng, *one, spread=spread) for key, one in FAMILIES.get(name).params.items()}


def _value(rng: random.Random, kind: Any, param: Param, default: Any, spread: float) -> object:
    if get_origin(kind) is Literal:
        return rng.choice(get_args(kind))
    if kind is str:
        return default
    if kind is bool:
        return rng.random() < 0.5
    low, high = float(param.low or 0.0), float(param.high or 1.0)
    if low == 0.0 and rng.random() < 0.4:
        return kind(0)
    if spread:
        centre = float(default) or TYPICAL
        low, high = max(low, centre / spread), min(high, centre * spread)
    low = low or 1e-6 * high
    number = math.exp(rng.uniform(math.log(low), math.log(max(low, high))))
    return round(number) if kind is int else float(f"{number:.4g}")


def attempt(name: str, rng: random.Random, params: dict[str, object], spread: float) -> tuple[str, str]:
    """Build and mesh all views of one draw; return the outcome and what was said.

    Near the defaults a parameter that is refused is drawn again, for a plausible whole.
    """
    started, told = time.perf_counter(), []
    for left in range(REDRAWS if spread else 1, 0, -1):
        try:
            layout = build_layout(name, params)
            break
        except LayoutError as error:
            if error.parameter not in params:
                return "failed", str(error)
            if left == 1:
                return "refused", str(error)
            params[error.parameter] = _value(rng, *FAMILIES.get(name).params[error.parameter], spread=spread)
    outcome = "too large"
    for dimension in FAMILIES.get(name).dimensions:
        try:
            mesh = build_mesh(layout, dimension, most=MOST)
        except MeshError as error:
            if ", more than " not in str(error):
                return "failed", f"{dimension}: {error}"
            told.append(f"{dimension} too large")
            continue
        outcome = "mesh"
        found = sizes_of(mesh)
        for part, (_, size) in (region_sizes(layout, dimension) | film_sizes(layout, dimension)).items():
            if abs(found.get(part, 0.0) - size) > (1e-2 if layout.circles else 1e-3) * size:  # few chords are coarse
                return "wrong size", f"{dimension}: {part} {found.get(part, 0.0):.6g} instead of {size:.6g}"
        told.append(f"{dimension} {len(mesh.cells)} cells")
    return outcome, f"{', '.join(told)}, {time.perf_counter() - started:.1f} s"


def _child(name: str, seed: int, spread: float, pipe: Connection) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"
    rng = random.Random(seed)
    params = draw(rng, name, spread)
    try:
        outcome, told = attempt(name, rng, params, spread)
    except Exception as error:
        outcome, told = "crash", f"{type(error).__name__}: {error}"
    pipe.send((outcome, told if outcome in FINE else f"{told}\n    {params}"))


def run_in_child(name: str, seed: int, spread: float, timeout: float) -> tuple[str, str]:
    """Run one attempt in a process of its own; a process that dies is a crash, one that lasts is a hang."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(name, seed, spread, there))
    process.start()
    there.close()
    outcome = ("hang", f"{timeout:.0f} s, {draw(random.Random(seed), name, spread)}")
    if here.poll(timeout):
        try:
            outcome = here.recv()
        except EOFError:
            outcome = ("crash", f"the process died, {draw(random.Random(seed), name, spread)}")
    process.kill()
    process.join()
    return outcome


def main() -> int:
    """Draw, attempt, report; return 1 if anything neither meshed nor was refused by name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", action="append")
    parser.add_argument("--near", type=float, default=0.5, help="share of draws near the defaults")
    parser.add_argument("--spread", type=float, default=4.0, help="how far from the default is near, as a factor")
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)
    names = chosen.family or FAMILIES.names()
    counts: dict[str, Counter[str]] = {name: Counter() for name in names}
    for index in range(chosen.count):
        name = names[index % len(names)]
        spread = chosen.spread if rng.random() < chosen.near else 0.0
        outcome, told = run_in_child(name, rng.randrange(2**32), spread, chosen.timeout)
        counts[name][outcome] += 1
        if chosen.verbose or outcome not in FINE:
            print(f"{index} {name} {'near' if spread else 'wide'}: {outcome}: {told}", flush=True)
    for name in names:
        print(f"{name:14s} " + ", ".join(f"{key} {number}" for key, number in sorted(counts[name].items())))
    return int(any(key not in FINE for counter in counts.values() for key in counter))


if __name__ == "__main__":
    raise SystemExit(main())
