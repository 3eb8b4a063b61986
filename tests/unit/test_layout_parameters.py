"""Layouts built in Python have the bounds of study files."""

from __future__ import annotations

import numpy as np
import pytest

from microfem.base.errors import LayoutError
from microfem.families import build_layout

WRONG = [
    ("gap", float("nan"), "gap = nan is impossible: expected a quantity"),
    ("gap", float("inf"), "expected a quantity"),
    ("gap", 0, "0 um is below its bound, 0.05 um"),
    ("gap", 1e300, "above its bound, 10000 um"),
    ("gap", True, "got 'True um'"),
    ("gap", None, "got None"),
    ("gap", 10**400, "expected a quantity"),
    ("gap", 10**5000, "thousands of digits is impossible"),
    ("gap", np.float32("nan"), "expected a quantity"),
    ("gap", np.zeros(3), "expected a quantity"),
    ("ring_pairs", 10**5000, "less than or equal to 100"),
    ("ring_pairs", 1.5, "valid integer"),
    ("ring_pairs", "3", "valid integer"),
    ("finger_pairs", 1.3, "multiple of 0.5"),
    ("finger_pairs", True, "valid number"),
    ("gp", 100.0, "interdigital has no such parameter; did you mean 'gap'"),
]


@pytest.mark.parametrize(("name", "value", "phrase"), WRONG, ids=[phrase for _, _, phrase in WRONG])
def test_what_no_study_can_state_is_refused(name: str, value: object, phrase: str) -> None:
    with pytest.raises(LayoutError, match=phrase) as caught:
        build_layout("concentric" if name == "ring_pairs" else "interdigital", {name: value})
    assert caught.value.parameter == name


def test_a_spiral_of_too_many_steps_is_refused_before_it_is_made() -> None:
    with pytest.raises(LayoutError, match="steps of"):
        build_layout("swiss_roll", {"cathode_collector_thickness": 1e-6, "core_radius": 10000.0})


def test_numbers_of_numpy_are_numbers() -> None:
    layout = build_layout("interdigital", {"gap": np.float64(70.1), "finger_pairs": np.int64(3)})
    assert layout.params["gap"] == 70.1
    assert layout.params["finger_pairs"] == 3
