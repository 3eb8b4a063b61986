"""Properties that depend on a state: tables, their interpolation, their files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.materials import Material, parse_material
from microfem.materials.dependence import dependence, interpolated
from microfem.materials.schema import PropertyModel
from microfem.study.table_reader import MOST_BYTES, MOST_POINTS, with_table

FALLING = [(0.0, 1.5), (0.1, 1.32), (0.5, 1.3), (0.9, 1.25), (1.0, 0.8)]


def potential(points: list[list[float]], **more: str) -> Material:
    """Return a material whose open-circuit potential is a table."""
    stated = PropertyModel(**{"table": points, "of": "filling", "unit": "V", "source": "made up", **more})  # type: ignore[arg-type]
    return parse_material("paste", {"open_circuit_potential": stated})


def read(folder: Path, content: str | bytes) -> tuple[tuple[float, float], ...]:
    """Write a file of a table and read it as a study does."""
    path = folder / "ocv.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return with_table(PropertyModel(file="ocv.csv", of="filling", unit="V", source="made up"), folder).table


def test_it_is_exact_at_its_points_and_monotone_between_them() -> None:
    value, slope = interpolated(dependence("filling", FALLING))
    states, values = np.array(FALLING).T
    assert value(states) == pytest.approx(values, abs=1e-15)
    fine = np.linspace(0.0, 1.0, 5001)
    assert (np.diff(value(fine)) <= 0.0).all()
    assert (slope(fine) <= 0.0).all()


def test_its_slope_is_the_derivative_and_has_no_jumps() -> None:
    value, slope = interpolated(dependence("filling", FALLING))
    at, step = np.linspace(0.05, 0.95, 91) + 1e-4, 1e-6  # between the points
    assert (value(at + step) - value(at - step)) / (2.0 * step) == pytest.approx(slope(at), rel=1e-6)
    inner = np.array(FALLING)[1:-1, 0]
    assert slope(inner - 1e-12) == pytest.approx(slope(inner + 1e-12), abs=1e-8)


def test_two_points_are_a_straight_line_in_any_order() -> None:
    value, slope = interpolated(dependence("concentration", [(2000.0, 5.0), (0.0, 1.0)]))
    assert value(np.array([500.0])) == pytest.approx([2.0])
    assert slope(np.array([500.0])) == pytest.approx([2e-3])


@pytest.mark.parametrize("state", [-0.01, 0.45])
def test_outside_its_points_it_is_refused(state: float) -> None:
    table = dependence("filling", [(0.0, 1.0), (0.4, 2.0)])
    assert table.at(0.4, "U") == pytest.approx(2.0)
    with pytest.raises(MicrofemError, match=rf"U is stated for a filling from 0 to 0.4, not for {state}"):
        table.at(state, "U")


@pytest.mark.parametrize(
    ("of", "points", "said"),
    [
        ("filling", [(0.0, 1.0)], "two points or more"),
        ("filling", [], "two points or more"),
        ("filling", [(0.0, 1.0), (0.5, 1.1), (0.5, 1.2)], "two values, 1.1 and 1.2, at the filling 0.5"),
        ("filling", [(0.0, 1.0), (50.0, 1.1)], "a filling is from 0 to 1, got 50; state of_unit, such as of_unit: '%'"),
        ("concentration", [(-1.0, 1.0), (50.0, 1.1)], "a concentration is 0 or more, got -1, in mol/m3"),
        ("temperature", [(-20.0, 1.0), (50.0, 1.1)], "a temperature is 0 or more, got -20, in K"),
    ],
)
def test_what_is_no_function_of_a_state_is_refused(of: str, points: list[tuple[float, float]], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        dependence(of, points)


def test_units_are_those_stated() -> None:
    stated = potential([[0, 1500], [100, 800]], of_unit="%", unit="mV").stated("open_circuit_potential")
    assert stated.table is not None
    assert stated.table.points == ((0.0, 1.5), (1.0, 0.8))


@pytest.mark.parametrize(
    ("points", "more", "said"),
    [
        ([[0, 1], [1, 2]], {"of": "temperature"}, "may depend on filling, not on temperature"),
        ([[0, 1], [1, 2]], {"of_unit": "mol/L"}, "open_circuit_potential, of_unit: 'mol/L' is not a unit of the same"),
        ([[0, 1], [1, 2]], {"unit": "A"}, "open_circuit_potential: 'A' is not a unit of the same kind as 'V'"),
        ([[0, 1], [0, 2]], {}, "open_circuit_potential: the table has two values"),
    ],
)
def test_wrong_tables_name_their_property(points: list[list[float]], more: dict[str, str], said: str) -> None:
    with pytest.raises(MicrofemError, match=re.escape(said)):
        potential(points, **more)


@pytest.mark.parametrize(
    "points", [[[0, 1, 2]], [0, 1], [["0", "x"], [1, 2]], [[0, float("nan")], [1, 2]], [[0, True]]]
)
def test_rows_are_pairs_of_numbers(points: list[object]) -> None:
    with pytest.raises(ValueError, match=r"two numbers|expected a number|finite number"):
        PropertyModel(table=points, of="filling", unit="V", source="made up")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "state one of value, table and file"),
        ({"value": 1.0, "table": ((0.0, 1.0), (1.0, 2.0)), "of": "filling"}, "state one of"),
        ({"table": ((0.0, 1.0), (1.0, 2.0))}, "needs `of`"),
        ({"value": 1.0, "of": "filling"}, "a value has none"),
    ],
)
def test_a_property_is_one_number_or_one_table(more: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PropertyModel(unit="V", source="made up", **more)


@pytest.mark.parametrize(
    "text",
    [
        "0,1.5\n0.5,1.3\n",
        "\ufefffilling;U / V\r\n0;1.5\r\n\r\n0.5;1.3;\r\n",
        "# C/50\nx\ty\n0\t1.5\n# half\n0.5\t1.3",
        "0   1.5\n 5e-1 1.3",
        "filling, potential\n0 , 1.5\n+.5, 1.3",
    ],
)
def test_files_are_read_as_programs_write_them(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == ((0.0, 1.5), (0.5, 1.3))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("0;1,5\n0,5;1,3\n", 1),
        ("0,5 1,3\n0 1\n", 1),
        ("0,1,5\n0,5,1,3\n", 1),
        ("x,y\n0,1.5\n\n0.5,\n", 4),
        ("0,1.5\nnan,1\n", 2),
        ("0,1.5\n1,inf\n", 2),
        ("0 1.5 3\n", 1),
        ("a,b\nc,d\n", 2),
    ],
)
def test_a_line_without_two_numbers_is_told_by_its_number(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(MicrofemError, match=rf"'ocv.csv', line {line}: expected two numbers with decimal points"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\xff", "cannot be read as text in UTF-8"),
        ("0,1\n1,2\n".encode("utf-16"), "cannot be read as text in UTF-8"),
        (b"#" * (MOST_BYTES + 1), "more than 5 MB"),
        (b"0 1\n" * (MOST_POINTS + 1), "100,001 points"),
    ],
)
def test_files_that_are_no_tables_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(MicrofemError, match=said):
        read(tmp_path, content)


def test_a_file_that_is_not_there_is_told_with_where_it_was_sought(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match=r"no file 'none\.csv' in the study's folder, its parent or here"):
        with_table(PropertyModel(file="none.csv", of="filling", unit="V", source="made up"), tmp_path)


def test_at_rest_an_electrolyte_has_its_own_concentration() -> None:
    table = PropertyModel(table=((0, 1), (2000, 5)), of="concentration", unit="S/m", source="made up")
    two = PropertyModel(value=1, unit="mol/L", source="made up")
    assert parse_material("salt", {"conductivity": table, "concentration": two}).value("conductivity") == pytest.approx(
        3
    )
    four = PropertyModel(value=4, unit="mol/L", source="made up")
    with pytest.raises(MicrofemError, match=r"from 0 to 2000 mol/m3, not for 4000 mol/m3"):
        parse_material("salt", {"conductivity": table, "concentration": four}).value("conductivity")
    with pytest.raises(MicrofemError, match="depends on the filling; state one value here"):
        potential([[0, 1], [1, 2]]).value("open_circuit_potential")
