"""Arithmetic with units and names: values in decimals, dimensions, and what is refused."""

from __future__ import annotations

import math
import random

import pytest

from microfem.base.expressions import Dimensioned, ExpressionError, evaluate, is_expression

NAMES = {"gap": (300.0, "um"), "anode_width": (0.2, "mm"), "pairs": (4.0, "1")}


def look_up(name: str) -> Dimensioned:
    if name not in NAMES:
        raise ExpressionError(f"no parameter '{name}'")
    return Dimensioned.of(*NAMES[name])


def micrometres(text: str) -> float:
    return evaluate(text, look_up).in_unit("um")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("gap", 300.0),
        ("3 * 0.1 mm", 300.0),  # 300.00000000000006 in binary fractions
        ("2 * gap + 0.5 mm - 10um", 1090.0),
        ("gap - 100 um - 50 um", 150.0),
        ("1 cm2 / (2 * gap) / pairs", 1e8 / 600.0 / 4.0),
        ("-gap + 2 * --gap", 300.0),
        ("gap^2 / anode_width", 450.0),
        ("gap ** 2 * anode_width^-1", 450.0),
        ("10 um ^ 2 / 5 um", 2.0),
        ("(10 um)^2 / 5 um", 20.0),
        ("sqrt(gap^2 + (2 * anode_width)^2)", 500.0),
        ("max(min(gap, anode_width), 1 um, pairs * 1 nm)", 200.0),
        ("floor(1 cm / gap) * 1 µm", 33.0),
        ("50 % × gap", 150.0),
    ],
)
def test_values(text: str, value: float) -> None:
    assert micrometres(text) == value


def test_random_sums_and_products_are_those_of_python() -> None:
    rng = random.Random(3)
    for _ in range(200):
        text = "".join(f"{rng.choice('+-*/')} {rng.uniform(0.1, 9.0):.3f} " for _ in range(8))[2:]
        text = f"({text[:12]} * 2) {rng.choice('+-')} {text}" if text[:12].count(".") == 2 else text
        assert evaluate(text, look_up).in_unit("1") == pytest.approx(eval(text), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gap + 1", "adds a number without a unit to a length"),
        ("3 * 2", "is a number without a unit, and must be a length; give its numbers a unit, such as um"),
        ("gap * gap", "is an area, and must be a length"),
        ("sqrt(gap)", "a square, such as an area, not a length"),
        ("min(gap, 5)", "compares a number without a unit with a length"),
        ("floor(gap)", "not a length; divide it by a length"),
        ("gap / (pairs - 4)", "divides by zero"),
        ("0 / 0", "no value"),
        ("sqrt(-1)", "no value"),
        ("1e999999 * 1e999999 * gap", "too large"),
        ("1e400 m", "too large"),
        ("gapp * 2", "no parameter 'gapp'"),
        ("3 gap", "to multiply write 3 * gap"),
        ("3 anode_width", "to multiply write 3 * anode_width"),
        ("3 pixels * gap", "unknown unit 'pixels'"),
        ("gap +", "ends where a number or a name is missing"),
        ("(gap", "where ')' is missing"),
        ("gap)", "unexpected ')'"),
        ("= gap", "unexpected '='"),
        ("gap^0.5", "whole number from -12 to 12"),
        ("gap^99", "whole number from -12 to 12"),
        ("__import__('os')", "no parameter '__import__'"),
        ("gap.real", "unexpected '.'"),
        ("(" * 5000 + "gap" + ")" * 5000, "at most 500 characters"),
        ("(" * 30 + "gap" + ")" * 30, "more than 20 brackets"),
        ("-" * 30 + "gap", "more than 20 brackets or signs"),
        ("", "ends where"),
    ],
)
def test_what_is_refused(text: str, told: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        micrometres(text)
    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["60 um", "-3 um", "1e-3 m", ".5mm", "300 km999", "5 µm", "7"])
def test_a_number_with_a_unit_is_no_expression(text: str) -> None:
    assert not is_expression(text)
    assert is_expression(f"{text} * 2")


def test_noise_never_ends_in_another_error() -> None:
    rng, letters = (
        random.Random(5),
        [
            "gap",
            "pairs",
            "1",
            "2.5",
            "um",
            "mm2",
            "(",
            ")",
            "+",
            "-",
            "*",
            "/",
            "^",
            ",",
            "min",
            "sqrt",
            ".",
            "e",
            "0",
            "%",
            "²",
            "_",
        ],
    )
    for _ in range(3000):
        text = "".join(rng.choice([*letters, " "]) for _ in range(rng.randint(1, 14)))
        try:
            assert math.isfinite(evaluate(text, look_up).in_unit("um"))
        except ExpressionError:
            continue
