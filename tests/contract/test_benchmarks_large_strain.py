"""The programs of the benchmark pull the same film: forces of the same unknowns agree to five digits."""

from __future__ import annotations

from importlib import import_module

import pytest

from benchmarks.film import FILMS
from benchmarks.large_strain import UNKNOWNS, disagreements, skipped


def compared(wanted: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the programs and variants that another one has the same unknowns as."""
    kinds = [UNKNOWNS[one] for one in wanted]
    return [one for one in wanted if kinds.count(UNKNOWNS[one]) > 1]


def test_programs_agree_and_a_wrong_force_is_seen() -> None:
    left_out = skipped()
    wanted = compared([one for one in UNKNOWNS if one[0] not in left_out])
    if not wanted:
        pytest.skip(f"no two programs with the same unknowns are there: {left_out}")
    rows = []
    for engine, variant in wanted:
        made = import_module(f"benchmarks.engines.film.{engine}").Engine(FILMS["film_1k"].arrays, variant)
        row = {"problem": "film_1k", "engine": engine, "variant": variant, "unknowns": UNKNOWNS[engine, variant]}
        rows.append(row | {"value": made.solve()[0]})
    assert disagreements(rows) == []
    rows[0]["value"] *= 1.0 + 2e-5
    assert disagreements(rows)


def test_forces_of_the_same_unknowns_are_compared_whatever_programs_are_there() -> None:
    """Without microfem's partner a wrong force of microfem is not seen; those of CalculiX's variants are."""
    here = [("microfem", ""), ("calculix", "own"), ("calculix", "tight")]
    assert compared(here) == here[1:]
    rows = [{"problem": "film_1k", "engine": e, "variant": v, "unknowns": UNKNOWNS[e, v], "value": 2.0}
            for e, v in here]  # fmt: skip
    assert disagreements(rows) == []
    rows[0]["value"] = 3.0
    assert disagreements(rows) == []
    rows[2]["value"] = 2.0001
    assert disagreements(rows)


def test_meshes_have_the_volume_of_the_block() -> None:
    import numpy as np

    arrays = FILMS["film_1k"].arrays
    sides = arrays.points[arrays.tets[:, 1:]] - arrays.points[arrays.tets[:, :1]]
    volumes = np.linalg.det(sides) / 6.0
    assert volumes.min() > 0.0
    assert volumes.sum() == pytest.approx(10.0 * 5.0 * 1.1, rel=1e-12)
    assert volumes[arrays.region == 1].sum() == pytest.approx(10.0 * 5.0 * 0.1, rel=1e-12)
