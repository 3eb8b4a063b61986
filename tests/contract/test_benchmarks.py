"""The engines of the benchmark solve the same problem: on the smallest mesh all values agree to eight digits."""

from __future__ import annotations

import pytest

from benchmarks.collect import disagreements, prepare
from benchmarks.problems import PROBLEMS
from benchmarks.runners import runs

WANTED = ("microfem", "scikitfem cg", "ngsolve sparsecholesky", "ngsolve bddc", "ngsolve h1amg")


def solved(name: str):
    """Return one row of each engine."""
    prepare(PROBLEMS[name])
    wanted = [one for one in runs(PROBLEMS[name]) if one.name in WANTED]
    return [
        {"problem": name, "engine": one.engine, "variant": one.variant, "threads": 1} | one.start(PROBLEMS[name], 1)
        for one in wanted
    ]


@pytest.mark.parametrize("name", ["p1_4k", "p2_21k"])
def test_engines_agree_and_a_wrong_value_is_seen(name: str) -> None:
    pytest.importorskip("ngsolve", reason="NGSolve is not installed: pip install 'microfem[bench]'")
    rows = solved(name)
    assert {row["engine"] for row in rows} == {"microfem", "scikitfem", "ngsolve"}
    assert disagreements(rows) == []
    rows[-1]["value"] *= 1.0 + 2e-8
    assert len(disagreements(rows)) == 1
