"""The command that exports files for machines."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from support.cad_files import svg
from support.commands import Command
from support.studies import write_study


def test_export_writes_a_design_of_a_file_or_a_study(tmp_path: Path, microfem: Command) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\nparams: {finger_pairs: 2, tab_length: 800 um}\n")
    study = write_study(tmp_path, "name: two\ndesigns: {a: comb.yaml, b: {family: circular}}\n")
    ended = microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / "out/a.gds", "--module", "5S3P")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out == f"{tmp_path / 'out/a.gds'}\n{tmp_path / 'out/a.gds.json'}\n"
    told = json.loads((tmp_path / "out/a.gds.json").read_text())["grid"]
    assert (told["columns"], told["rows"]) == (5, 3)
    assert microfem("export", f"{study}:b", "-o", tmp_path / "b.svg", "--array", "4x4", "--pitch",
                    "10 mm").status == 0  # fmt: skip
    assert svg(tmp_path / "b.svg")["anode"].area == pytest.approx(16.0 * math.pi * 1500.0**2, rel=1e-5)


@pytest.mark.parametrize(("ending", "begins"), [("OAS", b"%SEMI-OASIS"), ("Step", b"ISO-10303-21")])
def test_the_format_is_that_of_the_ending_in_capitals_too(
    ending: str, begins: bytes, tmp_path: Path, microfem: Command
) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    assert microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / f"a.{ending}").status == 0
    assert (tmp_path / f"a.{ending.lower()}").read_bytes().startswith(begins)


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path, microfem: Command) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    (tmp_path / "a.gds").mkdir()
    ended = microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / "a.gds")
    assert ended.status == 2
    assert ended.err == f"error: cannot write {tmp_path / 'a.gds'}: Is a directory\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "a.pdf"], "'.pdf' is no format for layouts; use .gds, .oas, .dxf, .svg, .lyp, .stl, .step"),
        (["-o", "a.gds", "--array", "4"], "'4' is impossible: write --array 4x4, each number from 1 to 100"),
        (["-o", "a.gds", "--array", "4x999"], "each number from 1 to 100"),
        (["-o", "a.gds", "--module", "5x3"], "write --module 5S3P"),
        (["-o", "a.gds", "--module", "5S3P"], "at the left neither polarity alone extends out of the electrolyte"),
        (["-o", "a.gds", "--module", "5S3P", "--array", "4x4"], "--array and --module do not go together"),
        (["-o", "a.gds", "--pitch", "10 mm"], "--pitch is the distance between devices; it needs --array or --module"),
        (["-o", "a.gds", "--array", "2x2", "--pitch", "10"], "--pitch: '10' has no unit; write for example '10 um'"),
        (
            ["-o", "a.gds", "--array", "2x2", "--pitch", "1 mm,1 mm,1 mm"],
            "one length, or one along x and one along y",
        ),
        (["-o", "a.gds", "--tolerance", "1 m"], "--tolerance: 1e+06 um is above its bound, 100 um"),
        (["-o", "a.stl", "--array", "2x2"], "arrays and modules are written as .gds, .oas, .dxf, .svg"),
        (["-o", "a.step", "--layers", "anod"], "no solid 'anod'; did you mean 'anode'?"),
    ],
)
def test_wrong_orders_end_with_2_and_leave_nothing(
    options: list[str], told: str, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    ended = microfem("export", "comb.yaml", *options)
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["comb.yaml"]


@pytest.mark.parametrize(("suffix", "missing"), [(".gds", "gdstk"), (".dxf", "ezdxf")])
def test_a_missing_library_is_named(
    suffix: str, missing: str, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "comb.yaml").write_text("family: interdigital\n")
    monkeypatch.setitem(sys.modules, missing, None)
    ended = microfem("export", tmp_path / "comb.yaml", "-o", tmp_path / f"a{suffix}")
    assert (ended.status, ended.err) == (
        2, f"error: {missing} is not installed; get it with: pip install 'microfem[fab]'\n")  # fmt: skip
