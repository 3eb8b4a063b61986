"""What a map does not tell is refused, with file, line, column and a remedy; nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import InputError, MicrofemError
from microfem.dic.read import MapReading, read_maps
from support import dic_texts as texts

PX, MM = MapReading(pixel=10.0), MapReading()
LARGE = texts.OPENCORR.replace(",0.02,-0.01,", ",0.2,-0.1,")
OWN = "Pos X;Pos Y;dX;dY\n0;0;0,5;0\n1;0;0,7;0\n"
COLUMNS = {"x": "Pos X", "y": "Pos Y", "u": "dX", "v": "dY"}
# What is wrong -> text, what is stated, where the fault is and what is said.
REFUSED = {
    "px without a pixel": (texts.DICE, MM, ":11:2: COORDINATE_X: x is in px; state how large a pixel is"),
    "no unit": (texts.MATCHID_2023, MM, ":1:3: x: no unit of x in the header; state the unit of lengths, such as mm"),
    "no displacement": (texts.OPENCORR.replace("x,y,u,v,", "x,y,a,b,"), PX,
                        "the nearest is opencorr, but it lacks u, v; name the program, or the columns"),
    "two programs": (texts.VIC.replace('"Z [mm]"', '"x_undef [mm]"').replace('"W [mm]"', '"y_undef [mm]"')
                     .replace('"eyy [1] - Lagrange"', '"u [mm]"').replace('"exy [1] - Lagrange"', '"v [mm]"'), MM,
                     ":2:1: its columns are those of aramis and vic-3d; state the program"),
    "another program": (texts.DICE, MapReading(program="pyvale", pixel=10.0),
                        ":11:1: no columns as pyvale has them: it lacks x, y, u, v, quality; found"),
    "no measure": (LARGE, PX, ":1:11: exx: strains of 0.2 and no measure in the header: state the measure, nominal,"),
    "two measures": (texts.VIC, MapReading(measure="hencky"),
                     ":2:7: exx [1] - Lagrange: the file says that the strains are green_lagrange, and hencky"),
    "mixed percent": (texts.VIC.replace("exx [1]", "exx [%]"), MM,
                      ":2:8: eyy [1] - Lagrange: percent and plain numbers are mixed: exx in %, eyy in 1, exy in 1"),
    "percent of ARAMIS changed": (texts.ARAMIS.replace("epsxy [1]", "epsxy [%]"), MM,
                                  ":5:10: epsxy [%]: percent and plain numbers are mixed"),
    "decimal commas": (texts.OPENCORR.replace("0.5,", "0,5,"), PX, ":2:13: has 14 columns, and the header 13; decimal"),
    "a word": (texts.DICE.replace("7.0000E-01", "7.00O0E-01"), PX, ":13:4: DISPLACEMENT_X: '7.00O0E-01' is no number"),
    "a short row": (texts.PYVALE.replace(",0.996,1e-05,1e-05,4,", ",0.996"), PX, ":4:7: has 7 columns, and the header"),
    "infinite": (texts.DICE.replace("7.0000E-01", "1.0E+999"), PX, ":13:4: DISPLACEMENT_X: (inf, 0) um lies beyond"),
    "no place": (texts.DICE.replace("1,1.0000E+01", "1,nan"), PX, ":13:2: COORDINATE_X: has a displacement and no"),
    "all lost": (texts.DICE.replace("E-02,0.0000E+00\n", "E-02,-1.0\n"), PX, "all of its 4 points are lost: MATCH < 0"),
    "one place twice": (texts.PYVALE.replace("\n10,0,", "\n0,0,"), PX, ":3:1: subset_x: has the same place as line 2"),
    "a name twice": (texts.PYVALE.replace('"ftol"', '"disp_u"'), PX, ":1:8: two columns are called 'disp_u', 3 and"),
    "no points": (texts.PYVALE.split("\n")[0] + "\n", PX, ":1:1: has no points below the names of its columns"),
    "two maps in one": (texts.OPENCORR * 2, PX, ":6:1: x: 'x' is no number"),
    "no unit of length": (texts.VIC.replace("[mm]", "[N]"), MM, ":2:1: X [N]: x is in 'N', which is no unit of length"),
    "numbers alone": ("1,2,3,4\n5,6,7,8\n", PX, "has no line with names of columns for x, y, u, v"),
    "empty": ("", PX, "is empty"),
    "binary": ("II*\0\0\0", PX, "is binary, no table of points; export it as text"),
    "no such column": (OWN, MapReading(columns={**COLUMNS, "u": "dx"}, y="up", unit="mm"), "it lacks u; found Pos X"),
}  # fmt: skip


def refusal(folder: Path, text: str, how: MapReading) -> str:
    """Read a map that must be refused, and return what is said after the file's name."""
    path = folder / "map.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_maps(path, how)
    said = str(caught.value)
    assert said.startswith(str(path))
    assert "\n" not in said
    return said.removeprefix(str(path))


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_known_is_refused(fault: str, tmp_path: Path) -> None:
    text, how, said = REFUSED[fault]
    assert said in refusal(tmp_path, text, how)


def test_what_is_stated_resolves_it(tmp_path: Path) -> None:
    """Negative control: the refused files are read when what they lack is stated."""
    path = tmp_path / "map.csv"
    path.write_text(LARGE)
    (one,) = read_maps(path, MapReading(pixel=10.0, measure="green_lagrange"))
    assert one.settings.measure == "green_lagrange"
    (bare,) = read_maps(path, MapReading(pixel=10.0, with_strains=False))
    assert bare.strain is None
    path.write_text(OWN)
    (own,) = read_maps(path, MapReading(columns=COLUMNS, y="up", unit="mm"))
    assert own.displacement == pytest.approx(np.array([[500.0, 0.0], [700.0, 0.0]]))


def test_zeros_without_a_column_that_tells_lost_points_are_no_displacements(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text("\n".join(",".join(row.split(",")[:-1]) for row in texts.VIC.splitlines()[1:]).replace('"', ""))
    (one,) = read_maps(path)
    assert one.why_lost == (("u = v = 0, and no column tells which points are lost", 1),)
    assert np.isnan(one.displacement[3]).all()


def test_engineering_shear_is_halved(tmp_path: Path) -> None:
    path = tmp_path / "map.csv"
    path.write_text("a,b,c,d,e,f,g\n0,0,1,0,0.01,0.02,0.03\n1,0,2,0,0.01,0.02,0.03\n")
    columns = {"x": "a", "y": "b", "u": "c", "v": "d", "exx": "e", "eyy": "f", "gxy": "g"}
    (one,) = read_maps(path, MapReading(columns=columns, y="down", unit="um"))
    assert one.strain is not None
    assert one.strain[0] == pytest.approx((0.01, 0.02, -0.015))


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (MapReading(program="vic"), "unknown program 'vic'; did you mean 'vic-"),
        (MapReading(columns={"x": "a"}), "stated columns need to know where y points"),
        (MapReading(columns={"x": "a"}, y="up"), "state the column of y too, such as y=NAME"),
        (MapReading(columns={"exz": "a"}, y="up"), "a map has no 'exz'; did you mean 'exy'"),
    ],
)
def test_what_is_stated_wrongly_is_refused(how: MapReading, said: str, tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match=said):
        read_maps(tmp_path / "map.csv", how)
