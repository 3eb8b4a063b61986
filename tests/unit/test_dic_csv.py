"""microfem's own CSV: reading back what was written is the identity, for any map."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from microfem.dic.read import read_maps, shape_of
from microfem.dic.records import DicMap, DicSettings
from microfem.dic.write import csv_of

LENGTHS = st.floats(-1e8, 1e8, allow_subnormal=False).map(lambda value: value + 0.0)
POSITIVE = st.floats(1e-6, 1e6)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
COUNTS = st.none() | st.integers(1, 500)
SETTINGS = st.builds(
    DicSettings,
    program=WORDS,
    subset=COUNTS,
    step=COUNTS,
    window=COUNTS,
    shape=st.sampled_from([None, "rigid", "affine", "quadratic"]),
    reference=st.sampled_from(["first", "previous"]),
    pixel=st.none() | POSITIVE,
    noise=st.none() | POSITIVE,
    strain_noise=st.none() | POSITIVE,
    speckle=st.none() | POSITIVE,
)


@st.composite
def maps(draw: st.DrawFn) -> DicMap:
    """Draw a map as microfem has it: different places, lost points with nan, as many as are counted."""
    points = np.array(draw(st.lists(st.tuples(LENGTHS, LENGTHS), min_size=2, max_size=9, unique=True)))
    n = len(points)
    valid = np.array([True, *draw(st.lists(st.booleans(), min_size=n - 1, max_size=n - 1))])

    def column(kept: np.ndarray | None = None, width: int | None = None) -> np.ndarray:
        values = draw(arrays(float, n if width is None else (n, width), elements=LENGTHS))
        values[~(valid if kept is None else kept)] = np.nan
        return values

    strain = column(width=3) if draw(st.booleans()) else None
    measure = draw(st.sampled_from(["nominal", "green_lagrange", "hencky", "almansi", "small"]))
    lost = int((~valid).sum())
    return DicMap(
        points=points,
        displacement=column(width=2),
        valid=valid,
        settings=replace(draw(SETTINGS), measure=measure if strain is not None else None),
        out_of_plane=column() if draw(st.booleans()) else None,
        strain=strain,
        quality=column(kept=np.ones(n, dtype=bool)) if draw(st.booleans()) else None,
        shape=shape_of(points),
        load=draw(st.none() | LENGTHS),
        name=draw(st.just("") | WORDS),
        why_lost=((draw(WORDS), lost),) if lost else (),
        notes=tuple(draw(st.lists(WORDS, max_size=2))),
    )


def differing(one: DicMap, other: DicMap) -> list[str]:
    """Return the names of fields that differ, but for where the map came from."""
    pairs = {entry.name: (getattr(one, entry.name), getattr(other, entry.name)) for entry in fields(one)}
    del pairs["source"]
    arrays_too = {name: isinstance(a, np.ndarray) and isinstance(b, np.ndarray) for name, (a, b) in pairs.items()}
    return [
        name
        for name, (a, b) in pairs.items()
        if not (np.array_equal(a, b, equal_nan=True) if arrays_too[name] else a == b)
    ]


def read_back(one: DicMap, folder: Path) -> DicMap:
    """Write a map and read it."""
    path = folder / "map.csv"
    path.write_text(csv_of(one), encoding="utf-8")
    (back,) = read_maps(path)
    return back


REPEATED = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


@settings(max_examples=8, **REPEATED)
@given(one=maps())
def test_reading_back_is_the_identity(one: DicMap, tmp_path: Path) -> None:
    assert differing(one, read_back(one, tmp_path)) == []


@pytest.mark.slow
@settings(max_examples=500, **REPEATED)
@given(one=maps())
def test_reading_many_back_is_the_identity(one: DicMap, tmp_path: Path) -> None:
    assert differing(one, read_back(one, tmp_path)) == []


def test_a_difference_is_seen(tmp_path: Path) -> None:
    """Negative control: one digit of one displacement."""
    one = DicMap(
        points=np.array([[0.0, 0.0], [1.0, 0.0]]),
        displacement=np.array([[0.1, 0.0], [0.2, 0.0]]),
        valid=np.ones(2, dtype=bool),
        settings=DicSettings(program="made"),
    )
    path = tmp_path / "map.csv"
    path.write_text(csv_of(one).replace("0.2", "0.20000000000000004"))
    assert differing(one, read_maps(path)[0]) == ["displacement"]
