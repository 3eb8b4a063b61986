"""The command `microfem dic read`: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from microfem.dic.presets import program_names
from support import dic_texts as texts
from support.commands import Command


@pytest.fixture
def dice(tmp_path: Path) -> Path:
    path = tmp_path / "dice.txt"
    path.write_text(texts.DICE)
    return path


def test_it_tells_what_is_in_a_map(dice: Path, microfem: Command) -> None:
    ended = microfem("dic", "read", dice, "--pixel", "10 um")
    assert (ended.status, ended.err) == (0, "")
    lines = {line.split(maxsplit=1)[0]: line for line in ended.out.splitlines()[1:]}
    assert (
        "subset 27 px, step 10 px, window 6 points, affine subsets, pixel 10 um, strain gauge 770" in lines["settings"]
    )
    assert "exx, eyy, exy, measure green_lagrange" in lines["strains"]
    assert "4, 2 rows x 2 columns" in lines["points"]
    assert "1 SIGMA < 0: not correlated" in lines["lost"]
    assert "not known: fewer than 32 points" in lines["as"], "no number without an error"
    assert "y turned upwards" in lines["note"]


def test_what_it_writes_reads_back(dice: Path, tmp_path: Path, microfem: Command) -> None:
    out = tmp_path / "made" / "map.csv"
    assert microfem("dic", "read", dice, "--pixel", "10um", "-o", out).out.endswith(f"{out}\n")
    told = [json.loads(microfem("dic", "read", *words, "--json").out)[0]
            for words in ((dice, "--pixel", "10um"), (out,))]  # fmt: skip
    for one in told:
        del one["file"], one["sha256"]
    assert told[0] == told[1]
    assert told[0]["settings"]["program"] == "dice v1.0-28-g0aaeef"
    assert told[0]["lost"] == {"SIGMA < 0: not correlated": 1}


def test_several_maps_go_to_a_folder(dice: Path, tmp_path: Path, microfem: Command) -> None:
    other = tmp_path / "vic.csv"
    other.write_text(texts.VIC)
    ended = microfem("dic", "read", dice, other, "--pixel", "10um", "-o", tmp_path / "maps")
    assert ended.status == 0
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["dice.csv", "vic.csv"]
    ended = microfem("dic", "read", dice, other, "--pixel", "10um", "-o", tmp_path / "maps.csv")
    assert ended.status == 2
    assert "2 maps do not fit in one file; name a folder" in ended.err


def test_columns_of_any_program(tmp_path: Path, microfem: Command) -> None:
    path = tmp_path / "own.txt"
    rows = [f"{x}\t{y}\t{0.5 + 0.2 * x}\t{0.1 * y}" for y in range(6) for x in range(6)]
    path.write_text("\n".join(["Pos X\tPos Y\tdX\tdY", *rows]))
    words = ("--columns", "x=Pos X,y=Pos Y,u=dX,v=dY", "--y", "up", "--unit", "mm")
    ended = microfem("dic", "read", path, *words)
    assert ended.status == 0
    assert "columns as stated" in ended.out
    assert "exx 0.2 +-" in ended.out, "F = diag(1.2, 1.1), by hand"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), ":11:2: COORDINATE_X: x is in px; state how large a pixel is"),
        (("--pixel", "12"), "--pixel: '12' has no unit; write for example '12 um'"),
        (("--y", "left"), "--y = 'left' is impossible; known: up, down"),
        (("--measure", "henky"), "--measure = 'henky' is impossible; did you mean 'hencky'?"),
        (("--columns", "x"), "--columns: 'x' is impossible: write WHAT=NAME"),
        (("--program", "dicy"), "unknown program 'dicy'; did you mean 'dice'?"),
    ],
)
def test_what_is_wrong_ends_in_one_line(words: tuple[str, ...], said: str, dice: Path, microfem: Command) -> None:
    ended = microfem("dic", "read", dice, *words)
    assert ended.status == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1


def test_programs_are_listed(microfem: Command) -> None:
    rows = microfem("list", "dic-programs").out.splitlines()
    assert [row.split()[0] for row in rows] == program_names()
