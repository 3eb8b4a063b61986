"""The command line: how commands end, what they print and where, runs and their results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from microfem.results.comparison import print_summary
from microfem.results.notes import notes
from microfem.run.study import run_study
from microfem.study.reader import load_study
from support.commands import Command, command_line
from support.studies import two_runs, write_study

STUDY = """\
name: small
designs:
  near: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  far: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
accuracy: 5 %
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(field), size: footprint()}
expect:
  near:
    size: {min: 0.1 mm2, why: it has an area}
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the study and two runs of it, which no test changes."""
    return two_runs(tmp_path_factory.mktemp("runs"), STUDY)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path, STUDY)


# how commands end


def test_check_holds_designs_against_their_technique(study: Path, microfem: Command) -> None:
    study.write_text("fabrication: screen_printing\n" + STUDY)
    picture = study.with_name("beyond.svg")
    fits = ["--set", "designs.near.params.anode_thickness=25um", "--set", "designs.near.params.cathode_thickness=25um"]
    ended = microfem("check", study, *fits)
    assert ended.status == 0, ended.out
    assert "near: not checked: " in ended.out
    ended = microfem("check", study, "--set", "designs.near.params.gap=150um", "--draw", picture)
    assert ended.status == 1
    assert "near: minimum_gap of " in ended.out
    assert "150 um, must be at least 200 um" in ended.out
    assert "1 violation of screen_printing" in ended.out
    assert picture.read_text().startswith("<?xml")


def test_a_run_names_what_its_technique_cannot_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path, "fabrication: stamping\n" + STUDY.replace("300 um", "200 um"))
    first = run_study(load_study(path), tmp_path / "out")
    assert [text.split(" at ")[0] for text in notes(first) if "minimum_gap" in text] == [
        "near: minimum_gap of anode", "far: minimum_gap of anode"]  # fmt: skip
    print_summary(first)
    assert first.fabrication[0] in capsys.readouterr().out
    path.write_text(STUDY.replace("300 um", "200 um"))
    second = run_study(load_study(path), tmp_path / "out")
    assert second.fabrication == ()
    assert second.inputs is not None
    assert first.inputs is not None
    assert second.inputs.designs == first.inputs.designs  # nothing was solved again
    assert [one.seconds for one in second.designs.values()] == [one.seconds for one in first.designs.values()]


def test_check_tells_what_a_study_would_do(study: Path, microfem: Command) -> None:
    ended = microfem("check", study)
    assert (ended.status, ended.err) == (0, "")
    verdict = "small: 2 designs x 1 case, 2 metrics, 0 views, 1 expectation: no problem found\n"
    assert ended.out.startswith("estimated cost")
    assert ended.out.endswith(f"\n{verdict}")


def test_bad_input_ends_with_2_and_no_traceback(study: Path) -> None:
    """In a process of its own, as a user has it."""
    study.write_text(STUDY.replace("200 um", "200"))
    ended = subprocess.run(command_line("run", study), capture_output=True, text=True, check=False, cwd=study.parent)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr == (
        f"{study}:3:58: designs.near.params.gap: '200' has no unit; write for example '200 um'\n"
        "      near: {family: interdigital, params: {finger_pairs: 1, gap: 200}}\n"
        f"{' ' * 61}^\n"
    )
    assert [path.name for path in study.parent.iterdir()] == ["study.yaml"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "none.yaml"], "none.yaml: there is no such file"),
        (["run", "none.yaml"], "none.yaml: there is no such file"),
        (["mesh", "none.yaml"], "none.yaml: there is no such file"),
        (["view", "nowhere"], "nowhere holds no results; run a study into it with: microfem run STUDY -o nowhere"),
        (["compare", "nowhere"], "nowhere holds no results"),
        (["list", "metals"], "cannot list 'metals'; did you mean 'materials'?"),
        (["show", "famly", "interdigital"], "cannot show 'famly'; did you mean 'family'?"),
        (["show", "family", "interdigitl"], "unknown family 'interdigitl'; did you mean 'interdigital'?"),
        (["show", "material", "../gold"], "unknown material '../gold'; did you mean 'gold'?"),
        (["new", "concentrc"], "unknown family 'concentrc'; did you mean 'concentric'?"),
        (["run"], "Missing argument"),
        (["run", "x", "--jobs", "0"], "--jobs"),
        (["rn"], "No such command"),
    ],
)
def test_wrong_commands_end_with_2_and_say_what_is_wrong(
    microfem: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = microfem(*arguments)
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err
    assert list(tmp_path.iterdir()) == []


def test_help_names_every_command(microfem: Command) -> None:
    ended = microfem("--help")
    assert ended.status == 0
    for command in ("run", "check", "mesh", "view", "report", "plot", "compare", "list", "show", "new", "schema"):
        assert f" {command} " in ended.out


# run


def test_run_prints_a_table_and_where_the_page_is(runs: Path, microfem: Command) -> None:
    ended = microfem("run", runs / "study.yaml", "-o", runs / "first")
    assert ended.status == 0
    assert "resistance" in ended.out
    assert "\n2 designs in " in ended.out
    assert ended.out.endswith(f"\n{runs / 'first/index.html'}\n")
    assert ended.err == f"nothing to do: {runs / 'first'} is up to date\n"


def test_progress_goes_to_stderr(study: Path, microfem: Command) -> None:
    ended = microfem("run", study, "-o", study.parent / "out")
    assert ended.status == 0
    assert "near: field: mesh 1: solving, " in ended.err
    assert "meshing" not in ended.out


def test_results_go_to_a_folder_named_after_the_study(
    study: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study.parent)
    assert microfem("run", "study.yaml", "-q").status == 0
    assert (study.parent / "results/small/summary.json").is_file()


def test_json_is_all_that_stdout_has(study: Path, microfem: Command) -> None:
    ended = microfem("run", study, "-o", study.parent / "out", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out, parse_constant=_refuse) == json.loads((study.parent / "out/summary.json").read_text())


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def test_quiet_says_nothing(study: Path, microfem: Command) -> None:
    ended = microfem("run", study, "-o", study.parent / "out", "--quiet")
    assert (ended.status, ended.out, ended.err) == (0, "", "")


def test_an_unmet_expectation_ends_with_1(study: Path, microfem: Command) -> None:
    study.write_text(STUDY.replace("min: 0.1 mm2", "max: 0.1 mm2"))
    ended = microfem("run", study, "-o", study.parent / "out", "-q")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("near: size = ")
    assert ended.err.endswith(" must be at most 0.1 mm²: it has an area\n")
    assert microfem("run", study, "-o", study.parent / "out", "-q").status == 1


def test_a_failed_design_ends_with_1(study: Path, microfem: Command) -> None:
    study.write_text(STUDY.replace("0 V, cathode: 1 V", "0 V, electrolyte: 1 V"))
    ended = microfem("run", study, "-o", study.parent / "out", "--quiet")
    assert (ended.status, ended.out) == (1, "")
    assert "near failed: case field: terminals anode and electrolyte touch each other" in ended.err
    assert "far failed: " in ended.err


def test_set_changes_a_value(study: Path, microfem: Command) -> None:
    change = "designs.near.params.gap=300um"
    ended = microfem("run", study, "-o", study.parent / "out", "--set", change, "--set", "accuracy=0.2", "--json")
    told = json.loads(ended.out)
    assert set(told["accuracy"].values()) == {0.2}
    values = [one["metrics"]["resistance"]["value"] for one in told["designs"].values()]
    assert values[0] == pytest.approx(values[1], rel=1e-12)
    ended = microfem("check", study, "--set", "designs.near.params.gap=0um")
    assert (ended.status, ended.out) == (2, "")
    assert "0 um is below its bound" in ended.err


# results


def test_compare_puts_runs_side_by_side(runs: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ended = microfem("compare", runs / "first", runs / "second")
    assert (ended.status, ended.err) == (0, "")
    for name in ("first/near", "first/far", "second/near", "second/far", "resistance"):
        assert name in ended.out
    told = json.loads(microfem("compare", runs / "first", runs / "second", "--json").out)
    assert list(told["designs"]) == ["first/near", "first/far", "second/near", "second/far"]
    one = json.loads(microfem("compare", runs / "first", "--json").out)
    assert list(one["designs"]) == ["near", "far"]
    assert one["designs"]["near"] == told["designs"]["first/near"]


def test_compare_marks_the_best_and_its_ties(runs: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = [row.split("│")[1:-1] for row in microfem("compare", runs / "first", runs / "second").out.splitlines()]
    first = next(k for k, row in enumerate(lines) if row and "resist" in row[0])
    metric, *cells = ("".join(pieces) for pieces in zip(*lines[first : first + 2], strict=True))  # a row of two lines
    assert "per unit depth" in " ".join(metric.split())
    stars = ["*" in cell for cell in cells]
    assert stars == [False, False, True, False]  # the narrowest gap alone


def test_view_without_a_display_says_what_to_do(runs: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    ended = microfem("view", "--window", runs / "first")
    assert (ended.status, ended.out) == (2, "")
    assert "there is no display to open a window on; the pictures are in" in ended.err
    assert "ssh -X" in ended.err


@pytest.mark.parametrize(
    ("options", "told"),
    [(["--design", "nera"], "no result of design 'nera'"), (["--case", "feld"], "no case 'feld'")],
)
def test_view_of_what_is_not_there(runs: Path, microfem: Command, options: list[str], told: str) -> None:
    ended = microfem("view", runs / "first", *options)
    assert ended.status == 2
    assert told in ended.err
