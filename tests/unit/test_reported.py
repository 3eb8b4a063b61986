"""Reported cells: what their figures imply, and tables of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from microfem.base.errors import MicrofemError
from microfem.literature import read_reported, reported
from microfem.literature.reported import out_of_line
from microfem.render.literature import remarks_on

HEAD = "electrodes,chemistry,energy,energy_unit,power,power_unit,footprint\n"


def test_mean_voltages_and_windows_follow_from_the_figures() -> None:
    """By hand: 0.113/0.163, 0.25/0.253, 50.5/36.1 V; sqrt(2 x 0.145 x 3.6/0.388), sqrt(2 x 0.0511 x 3.6/0.4925) V."""
    cells = {(one.electrodes, one.reference): one for one in reported()}
    assert len(cells) == 28
    for key, volts in {("V2O5//Zn", "81"): 0.6933, ("PANI//Zn", "79"): 0.9881, ("MnO2//Zn", "71"): 1.3989}.items():
        assert cells[key].mean_voltage == pytest.approx(volts, abs=1e-4)
        assert cells[key].window is None
    for key, volts in {("MnO2//Ti3C2Tx", "61"): 1.6403, ("V3CrC3Tx//Zn", "75"): 0.8643}.items():
        assert cells[key].window == pytest.approx(volts, abs=1e-4)
        assert cells[key].mean_voltage is None


def test_one_row_is_out_of_line_and_no_row_states_a_footprint() -> None:
    assert [one.electrodes for one in out_of_line(reported())] == ["V3CrC3Tx//Zn"]
    vague, absent, odd = remarks_on(reported())
    assert "28 of 28 reported cells state no footprint" in vague
    assert absent.startswith("10 of 28 reported cells make no point")
    assert "V3CrC3Tx//Zn [75] is out of line: sqrt(2 E / C) = 0.86 V" in odd


def test_points_are_drawn_in_the_units_of_a_plot_alone() -> None:
    cells = {one.reference: one for one in reported()}
    assert cells["79"].at("mWh/cm2", "mW/cm2") == pytest.approx((0.99, 0.25))
    assert cells["79"].at("Wh/m2", "W/m2") == pytest.approx((9.9, 2.5))
    assert cells["79"].at("mWh/cm3", "mW/cm3") is None
    assert cells["44"].at("mWh/cm2", "mW/cm2") is None  # its power is per volume
    assert cells["72"].at("mWh/cm3", "mW/cm3") == pytest.approx((150.0, 17.3))


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(HEAD + "A//Zn,zinc,0.5,mWh/cm2,2,mW/cm2,electrodes and gaps\nB//Zn,zinc,0.5,mWh/cm2,2,mW/cm2,\n")
    first, second = read_reported(file)
    assert (first.footprint, second.footprint) == ("electrodes and gaps", "not stated")
    assert remarks_on([first]) == []
    assert remarks_on([first, second])[0].startswith("1 of 2 reported cells state no footprint")


def test_a_cell_whose_energy_and_power_are_of_different_shares_is_told(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(HEAD + "A//Zn,zinc,0.5,mWh/cm3,2,mW/cm2,gaps too\nB//Zn,zinc,0.5,J/cm2,2,W/m2,gaps too\n")
    (told,) = remarks_on(read_reported(file))
    assert (
        told
        == "1 of 2 reported cells make no point: their energy and power are not both stated of one share of the cell"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column 'electrodes'"),
        ("a,b\n1,2\n", "has no column 'electrodes'; it needs a row with electrodes, chemistry, energy"),
        (HEAD, "has no cells; it needs a row for each"),
        (HEAD + "A,zinc,x,mWh/cm2,2,mW/cm2,\n", "line 2: 'x' is no number"),
        (HEAD + "A,zinc,-1,mWh/cm2,2,mW/cm2,\n", "line 2: -1 must be above 0"),
        (HEAD + "A,zinc,nan,mWh/cm2,2,mW/cm2,\n", "line 2: nan must be above 0"),
        (HEAD + "A,zinc,1,mAh/cm2,2,mW/cm2,\n", "line 2: 'mAh/cm2' is no unit of it; use one such as mWh/cm2"),
        (HEAD + "A,zinc,1,mWh/cm2,2,,\n", "line 2: '' is no unit of it; use one such as mW/cm2"),
    ],
)
def test_a_wrong_table_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(text)
    with pytest.raises(MicrofemError, match=r"mine\.csv") as caught:
        read_reported(file)
    assert said in str(caught.value)


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match="cannot be read as a table"):
        read_reported(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(MicrofemError, match="cannot be read as a table"):
        read_reported(tmp_path / "x.csv")
