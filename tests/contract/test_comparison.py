"""Comparisons of designs: what errors do not tell apart is joined, what is in unlike units is not ranked."""

from __future__ import annotations

from dataclasses import replace

from microfem.results.comparison import best, ranking
from support.records import metric


def test_ranking_joins_what_errors_do_not_part() -> None:
    row = {"c": metric(3.0, "ohm", 0.1), "a": metric(1.0, "ohm", 0.1), "b": metric(1.15, "ohm", 0.1),
           "none": metric(None)}  # fmt: skip
    assert ranking(row) == "a ≈ b < c"
    assert (
        ranking({**row, "d": metric(9.0, "ohm", None)}) == "a ≈ b < c ≈ d"
    )  # without an error nothing can be told apart
    assert ranking({"none": metric(None)}) == ""


def test_values_in_unlike_units_are_not_ranked() -> None:
    row = {"solid": metric(3.0, "1/m", 0.1), "section": metric(1.0, "1", 0.1)}
    assert ranking(row) == "not comparable: values in 1/m and no unit"
    assert best(row, "lower") == []
    assert best({**row, "solid": replace(row["solid"], unit="1")}, "lower") == ["section"]
