"""The programs of the benchmark of cells take the same steps: voltages agree to 0.1 mV; jobs hold their balances."""

from __future__ import annotations

from importlib import import_module

import pytest

from benchmarks.cells import JOBS
from benchmarks.charging import PROGRAMS, disagreements, skipped


def rows(engines: list[str]) -> list[dict]:
    """Return the rows of two steps of the smallest comb."""
    made = [(name, import_module(f"benchmarks.engines.charging.{name}").Engine) for name in engines]
    found = [(name, make("comb_1k", PROGRAMS[name]).solve(2)[0]) for name, make in made]
    return [{"problem": "comb_1k", "engine": name, "voltages": voltages} for name, voltages in found]


def test_a_wrong_voltage_is_seen() -> None:
    (ours,) = rows(["microfem"])
    other = ours | {"engine": "ngsolve", "voltages": [ours["voltages"][0], ours["voltages"][1] + 2e-4]}
    assert disagreements([ours, ours | {"engine": "ngsolve"}]) == []
    assert disagreements([ours, other])


@pytest.mark.slow
def test_programs_agree() -> None:
    if left_out := skipped():
        pytest.skip(f"not all programs are there: {left_out}")
    assert disagreements(rows(list(PROGRAMS))) == []


def test_the_smallest_comb_discharges() -> None:
    row = JOBS["comb_1k_rough"].solve()
    assert 0.5 < row["value"] < 0.97  # the share of its sites that is free at the start
    assert max(row["balances"].values()) < 1e-6
    assert row["steps"] > 10
