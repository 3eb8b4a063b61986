"""What is no curve is refused, where the curve is made and where it is read back."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from microfem.base.errors import CurveError
from microfem.base.series import Series
from microfem.results.summary import from_json, to_json


def line(x: tuple[float, ...] = (0.0, 1.0), y: tuple[float, ...] = (2.0, 3.0), errors: int = 2) -> Series:
    return Series(name="u", unit="V", x_name="x", x_unit="um", x=x, y=y, error=(None,) * errors)


def test_columns_are_of_one_length() -> None:
    with pytest.raises(CurveError, match="series 'u' has 2 places, 3 values, 2 errors; they must be as many"):
        line(y=(2.0, 3.0, 4.0))
    with pytest.raises(CurveError, match="2 places, 2 values, 1 errors"):
        line(errors=1)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_values_are_finite_numbers(wrong: float) -> None:
    with pytest.raises(CurveError, match=r"series .u. has the value .* at x = 1; leave it out"):
        line(y=(2.0, wrong))
    with pytest.raises(CurveError, match="has the value 3 at x = "):
        line(x=(0.0, wrong))


def test_a_damaged_line_is_not_read_back() -> None:
    told = to_json(line())
    assert from_json(Series, told) == line()
    with pytest.raises(ValidationError, match="2 places, 1 values"):
        from_json(Series, {**told, "y": [2.0]})
