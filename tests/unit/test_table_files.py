"""Tables of properties from files: what spreadsheets and potentiostats write is read, or refused with its line."""

from __future__ import annotations

import pytest

from microfem.base.errors import MicrofemError
from microfem.materials.dependence import dependence
from microfem.materials.library import PropertyModel
from microfem.study.table_reader import with_table

POINTS = ((0.0, 1.5), (0.5, 1.25), (1.0, 0.75))


def read(folder, text, encoding="utf-8"):
    (folder / "curve.csv").write_bytes(text.encode(encoding))
    stated = PropertyModel(file="curve.csv", of="filling", unit="V", source="a test")
    return with_table(stated, folder).table


@pytest.mark.parametrize(
    "text",
    [
        "0,1.5\n0.5,1.25\n1,0.75\n",
        "# a comment\nfilling, potential (V)\n0, 1.5\n\n0.5, 1.25\n1, 0.75",
        "0 1.5\r\n0.5  1.25\r\n1 0.75\r\n",
        "x;U\n0;1,5\n0,5;1,25\n1;0,75\n",
        "column 1\tcolumn 2\n0\t1,5\n0,5\t1,25\n1\t0,75\n",
        "\ufeffx;U\n0;1.5;\n0.5;1.25;\n1;0.75;\n",
    ],
    ids=["commas", "comment-and-names", "spaces", "decimal-commas", "tabs", "byte-order-mark"],
)
def test_two_columns_are_read(tmp_path, text) -> None:
    assert read(tmp_path, text) == POINTS


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("t,x,U\n0,0,1.5\n1,0.5,1.2\n", 2),
        ("0,0 1,5\n0,5 1,2\n", 1),
        ("0,1.5\nnan,1.2\n1,0.8\n", 2),
        ("0,1.5\n0.5,inf\n", 2),
        ("x,U\n1,V\n0,1.5\n", 2),
        ("0,1.5\n0.5\n1,0.8\n", 2),
    ],
    ids=["three-columns", "decimal-commas-and-spaces", "no-state", "infinite", "units", "one-number"],
)
def test_another_line_is_refused_with_its_number(tmp_path, text, line) -> None:
    with pytest.raises(MicrofemError, match=rf"'curve.csv', line {line}: expected two numbers"):
        read(tmp_path, text)


def test_another_encoding_is_told(tmp_path) -> None:
    with pytest.raises(MicrofemError, match=r"'curve.csv' is no text in UTF-8; save it"):
        read(tmp_path, "# 25 °C\n0,1.5\n1,0.8\n", "latin-1")


@pytest.mark.parametrize(("of", "states"), [("filling", (0.0, 100.0)), ("concentration", (-1.0, 10.0))])
def test_an_impossible_state_is_refused(of, states) -> None:
    with pytest.raises(ValueError, match=rf"a {of} of .* is impossible; .* `of_unit`"):
        dependence(of, [(state, 1.0) for state in states])
