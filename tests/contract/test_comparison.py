"""Comparisons of designs: what errors do not tell apart is joined, what is in unlike units is not ranked."""

from __future__ import annotations

from typing import Any

from microfem.results.comparison import best, ranking


def test_ranking_joins_what_errors_do_not_part() -> None:
    def value(number: float | None, error: float | None) -> dict[str, Any]:
        return {"value": number, "error": error, "unit": "ohm"}

    row = {"c": value(3.0, 0.1), "a": value(1.0, 0.1), "b": value(1.15, 0.1), "none": value(None, None)}
    assert ranking(row) == "a ≈ b < c"
    assert ranking({**row, "d": value(9.0, None)}) == "a ≈ b < c ≈ d"  # without an error nothing can be told apart
    assert ranking({"none": value(None, None)}) == ""


def test_values_in_unlike_units_are_not_ranked() -> None:
    row = {"solid": {"value": 3.0, "error": 0.1, "unit": "1/m"}, "section": {"value": 1.0, "error": 0.1, "unit": "1"}}
    assert ranking(row) == "not comparable: in 1/m and in no unit"
    assert best(row, "lower") == []
    assert best({**row, "solid": {**row["solid"], "unit": "1"}}, "lower") == ["section"]
