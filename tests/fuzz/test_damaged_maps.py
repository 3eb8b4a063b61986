"""Damaged maps are read or end with a message that names the file, in bounded time; no number of theirs is infinite."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.dic.read import MapReading, read_maps
from support import dic_texts as texts

SOUND = {name: getattr(texts, name) for name in ("VIC", "VIC_EUROPE", "MATCHID_2024", "ARAMIS", "DICE", "PYVALE")}
HOW = MapReading(pixel=10.0, unit="mm")
LONGEST = 5.0  # s
FEW, MANY = 10, 1500
ODD = (
    "",
    "nan",
    "inf",
    "-1.#IND",
    "1e308",
    "1e999",
    "0x1F",
    "1_0",
    "٣",
    "text",
    '"',
    '""',
    "1,5",
    "--",
    "\0",
    "\r",
    "#",
)
HOSTILE = {
    "a million columns": "x,y,u,v," + "a," * 1_000_000 + "\n" + "1," * 1_000_004 + "\n",
    "a million columns in a row": texts.PYVALE + "1," * 1_000_000 + "\n",
    "a million quotes": '"' * 1_000_000 + "\n" + texts.PYVALE + '"' * 1_000_000,
    "blank lines": "\n" * 1_000_000,
    "brackets": "x [" * 40_000 + "," * 4,
    "spaces": "x" + " " * 150_000 + ",y,u,v\n",
    "names without points": "subset_x,subset_y,disp_u,disp_v,cost_zncc",
}


def mutant(text: str, seed: int) -> bytes:
    """Return a damaged copy: cells, lines, bytes, its end or its encoding changed."""
    rng = random.Random(f"{seed} {text}")
    for _ in range(rng.randint(1, 3)):
        lines = text.split("\n")
        row = rng.randrange(len(lines))
        delimiter = max(";,", key=lines[row].count)
        cells = lines[row].split(delimiter)
        kind = rng.randrange(5)
        if kind < 2:
            cells[rng.randrange(len(cells))] = rng.choice(ODD)
        elif kind == 2:
            cells = cells[: rng.randrange(len(cells) + 1)] + rng.sample(cells, rng.randrange(2))
        elif kind == 3:
            lines.insert(rng.randrange(len(lines)), rng.choice(lines))
        lines[row] = delimiter.join(cells)
        text = "\n".join(lines)
        if kind == 4:
            text = text[: rng.randrange(len(text) + 1)]
    data = text.encode(rng.choice(["utf-8", "utf-8", "utf-16", "utf-16-le", "utf-8-sig", "cp500"]), errors="replace")
    return data if rng.random() < 0.7 else data[: rng.randrange(len(data) + 1)] + rng.randbytes(rng.randrange(4))


def outcome(path: Path, data: bytes) -> str:
    """Read a file and return what was said, "" if it is a map."""
    path.write_bytes(data)
    started = time.monotonic()
    try:
        (one,) = read_maps(path, HOW)
        said = ""
        assert np.isfinite(one.points).all()
        assert np.isfinite(one.displacement[one.valid]).all()
        assert np.isnan(one.displacement[~one.valid]).all()
        assert one.valid.any()
    except MicrofemError as error:
        said = str(error)
    assert time.monotonic() - started < LONGEST
    assert said.startswith(str(path)) or not said
    assert "\n" not in said
    return said


def check_mutants(text: str, seeds: range, folder: Path) -> int:
    """Read mutants and return the number of those that are maps."""
    return sum(outcome(folder / "map.csv", mutant(text, seed)) == "" for seed in seeds)


@pytest.mark.parametrize("name", SOUND)
def test_damaged_maps_end_well(name: str, tmp_path: Path) -> None:
    assert outcome(tmp_path / "map.csv", SOUND[name].encode()) == "", "negative control: the damage alone is refused"
    assert check_mutants(SOUND[name], range(FEW), tmp_path) < FEW


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUND)
def test_many_damaged_maps_end_well(name: str, tmp_path: Path) -> None:
    assert 0 < check_mutants(SOUND[name], range(FEW, MANY), tmp_path) < MANY


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    assert outcome(tmp_path / "map.csv", HOSTILE[name].encode()) != ""
