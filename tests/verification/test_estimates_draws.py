"""Estimated errors of random designs, on a coarse mesh, against the same metrics at a quarter of those errors.

In tests, python -m verification.test_estimates_draws --count 400 [--seed 0] tells how all metrics do.
"""

from __future__ import annotations

import argparse
import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pytest

from microfem.metrics import Value
from microfem.solve.error_series import Measured
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import solve_to_accuracy
from microfem.study.records import Limits
from support.estimate_draws import Draw, draw

ACCURACY, FINER, FINEST = 0.08, 4.0, 1e-4  # wanted of the coarse result; the fine one's is so much less, and no less
UNKNOWNS = {2: 6_000, 3: 10_000}  # where the coarse result stops, by dimension; the fine one at FINER times as many
MOST = 3.0  # stated errors between the two
QUICK = (1, 5, 10, 29, 33, 38, 39, 72, 82, 107)  # all physics, 10 s
ALL = 400


@dataclass(frozen=True)
class Compared:
    """A metric of a draw, coarse and fine."""

    seed: int
    call: str
    coarse: Value
    fine: Value
    cells: tuple[int, int]

    @property
    def ratio(self) -> float:
        """How many stated errors, of both, lie between the two."""
        off = abs(self.coarse.value - self.fine.value)
        return off / (self.coarse.error + self.fine.error)  # type: ignore[operator]

    @property
    def effectivity(self) -> float:
        """Stated over true error, where the fine value stands for the truth."""
        off = abs(self.coarse.value - self.fine.value)
        return self.coarse.error / off if off > 0.0 else math.inf  # type: ignore[operator]


def solved(one: Draw, accuracy: dict[str, float], unknowns: int) -> tuple[Measured, int]:
    """Return the metrics of a draw to an accuracy, and the cells it took."""
    mesh = first_mesh(one.layout, one.case, Limits(10**7))
    found = solve_to_accuracy(mesh, one.case, one.calls, accuracy, Limits(unknowns, 120.0))
    return found[1], found[0].report.ncells


def compared(seed: int) -> list[Compared]:
    """Solve a draw twice."""
    one = draw(seed)
    most = UNKNOWNS[3 if one.case.dimension == "3d" else 2]
    coarse, few = solved(one, dict.fromkeys(one.calls, ACCURACY), most)
    wanted = {name: max(value.error / FINER / max(abs(value.value), 1e-9), FINEST)
              for name, value in coarse.values.items() if value.error is not None}  # fmt: skip
    fine, many = solved(one, {name: wanted.get(name, ACCURACY / FINER) for name in one.calls}, round(FINER * most))
    return [Compared(seed, name, coarse.values[name], fine.values[name], (few, many))
            for name in one.calls if name in coarse.values and name in fine.values
            and coarse.values[name].error is not None and fine.values[name].error is not None]  # fmt: skip


def check(seed: int) -> None:
    """Hold every estimate of a draw against the finer value."""
    for one in compared(seed):
        assert one.coarse.error > 0.0, f"{one.call}: an error of 0"  # type: ignore[operator]
        assert one.ratio <= MOST, f"{one.call}: {one.coarse} and then {one.fine}"


@pytest.mark.parametrize("seed", QUICK)
def test_random_designs(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", sorted(set(range(ALL)) - set(QUICK)))
def test_more_random_designs(seed: int) -> None:
    check(seed)


def main() -> None:
    """Tell of each metric how often it was compared, the most stated errors between, and the median effectivity."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=ALL)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    found: dict[str, list[Compared]] = defaultdict(list)
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        for one in compared(seed):
            found[one.call.split("(")[0]].append(one)
    print(f"{'metric':24s} {'n':>5s} {'most':>6s} of draw  stated / true")
    for name, every in sorted(found.items()):
        worst = max(every, key=lambda one: one.ratio)
        told = [one.effectivity for one in every if math.isfinite(one.effectivity)]
        middle = f"{np.median(told):.2f}" if told else "-"
        print(f"{name:24s} {len(every):5d} {worst.ratio:6.2f} {worst.seed:7d}  {middle}")


if __name__ == "__main__":
    main()
