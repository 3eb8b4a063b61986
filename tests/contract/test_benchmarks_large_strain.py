"""The programs of the benchmark pull the same film: forces of the same unknowns agree to five digits."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are no part of the package

from benchmarks.film import FILMS
from benchmarks.large_strain import UNKNOWNS, disagreements, skipped


def test_programs_agree_and_a_wrong_force_is_seen() -> None:
    left_out = skipped()
    wanted = [one for one in UNKNOWNS if one[0] not in left_out]
    if len(wanted) < 2:
        pytest.skip(f"no other program is there: {left_out}")
    rows = []
    for engine, variant in wanted:
        made = import_module(f"benchmarks.engines.film.{engine}").Engine(FILMS["film_1k"].arrays, variant)
        row = {"problem": "film_1k", "engine": engine, "variant": variant, "unknowns": UNKNOWNS[engine, variant]}
        rows.append(row | {"value": made.solve()[0]})
    assert disagreements(rows) == []
    rows[0]["value"] *= 1.0 + 2e-5
    assert disagreements(rows)


def test_meshes_have_the_volume_of_the_block() -> None:
    import numpy as np

    arrays = FILMS["film_1k"].arrays
    sides = arrays.points[arrays.tets[:, 1:]] - arrays.points[arrays.tets[:, :1]]
    volumes = np.linalg.det(sides) / 6.0
    assert volumes.min() > 0.0
    assert volumes.sum() == pytest.approx(10.0 * 5.0 * 1.1, rel=1e-12)
    assert volumes[arrays.region == 1].sum() == pytest.approx(10.0 * 5.0 * 0.1, rel=1e-12)
