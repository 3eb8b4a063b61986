"""What a run writes is read back as it was: summary, results of designs, curves; what is damaged says what to do."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from microfem.base.errors import MicrofemError
from microfem.base.series import Series
from microfem.metrics.curve import CURVES
from microfem.results.summary import (
    MetricResult,
    StoredState,
    Summary,
    from_json,
    open_summary,
    read_result,
    read_summary,
    to_json,
    write_record,
)
from microfem.run.study import run_study
from microfem.study.reader import load_study
from support.commands import Command
from support.studies import summary_of

LOADS = (0.0, 0.5, 1.0, 0.5)


def test_a_run_returns_what_it_writes(kept: Path) -> None:
    study = load_study(kept.parent / "study.yaml")
    again = run_study(study, kept.parent / "again")
    assert again == summary_of(kept.parent / "again")
    assert {name: one.status for name, one in again.designs.items()} == {"whole": "ok", "broken": "failed"}


def test_results_of_designs_are_those_of_the_summary(kept: Path) -> None:
    told = summary_of(kept)
    assert {name: read_result(kept / "designs" / name) for name in told.designs} == told.designs


def test_all_kinds_of_results_are_among_those_that_were_read_back(kept: Path) -> None:
    """What the tests above compare has failures and refusals, states, bounds and materials in it."""
    told = summary_of(kept)
    whole, broken = told.designs["whole"], told.designs["broken"]
    assert whole.metrics["peak"].refused
    assert broken.metrics["ratio"] == MetricResult(value=None, unit="", error=None, failed="its case field failed")
    assert (broken.failures, list(broken.cases)) == ({"field": broken.message.removeprefix("case field: ")}, ["pull"])
    for case in ("pull", "field"):
        assert tuple(state.at for state in whole.cases[case].states) == pytest.approx(LOADS)
    assert [one.met for one in told.expect] == [True, False]
    assert whole.materials["electrolyte"].properties["neo_hooke_mu"].value == 1e-3  # MPa
    assert broken.materials["electrolyte"].properties["neo_hooke_mu"].grade == "illustrative"
    assert told.inputs is not None
    assert set(told.inputs.designs) == {"whole", "broken"}


def test_json_is_plain_and_says_no_more_than_it_must(kept: Path) -> None:
    data = json.loads((kept / "summary.json").read_text())
    assert data == to_json(from_json(Summary, data))
    metrics = data["designs"]["whole"]["metrics"]
    assert set(metrics["resistance"]) == {"value", "unit", "error"}  # neither bounds nor a refusal
    assert metrics["peak"]["value"] is None
    assert data["designs"]["whole"]["cases"]["field"]["ended"] == {"reason": "accurate"}


@pytest.mark.parametrize(
    "record", [replace(MetricResult(value=1.5, unit="ohm", error=None), lower=1.0), MetricResult(value=0.1 + 0.2,
               unit="µm", error=1e-300, upper=float(2**70), refused="‘no’")], ids=["few", "many"])  # fmt: skip
def test_a_record_is_itself_after_it_was_written(tmp_path: Path, record: MetricResult) -> None:
    write_record(tmp_path / "one.json", record)
    assert from_json(MetricResult, json.loads((tmp_path / "one.json").read_text())) == record


# what cannot be read


def damaged(kept: Path, folder: Path, change: Any) -> Path:
    """Return a folder with the summary of a run, changed."""
    folder.mkdir()
    data = json.loads((kept / "summary.json").read_text())
    change(data)
    (folder / "summary.json").write_text(json.dumps(data))
    return folder


OLDER = {
    "metrics as in an older version": lambda data: data["designs"]["whole"]["metrics"].update(resistance=[1.0, "ohm"]),
    "an end in words": lambda data: data["designs"]["whole"]["cases"]["pull"].update(ended="within the accuracy"),
    "an end that is none": lambda data: data["designs"]["whole"]["cases"]["pull"]["ended"].update(reason="tired"),
    "no report": lambda data: data["designs"]["whole"]["cases"]["pull"].pop("report"),
    "a number as text": lambda data: data["designs"]["whole"]["metrics"]["size"].update(value="large"),
    "a grade that is none": lambda data: data["designs"]["whole"]["materials"]["anode"]["properties"][
        "density"].update(grade="good"),
    "a curve with a value too few": lambda data: data["designs"]["whole"]["cases"]["pull"]["curves"]["path"]["lines"][
        0]["y"].pop(),
}  # fmt: skip


@pytest.mark.parametrize("change", OLDER.values(), ids=OLDER)
def test_a_damaged_or_older_summary_asks_for_another_run(kept: Path, tmp_path: Path, change: Any) -> None:
    folder = damaged(kept, tmp_path / "old", change)
    assert read_summary(folder) is None
    with pytest.raises(MicrofemError, match=r"old are damaged or of another version; run the study again$"):
        open_summary(folder)


def test_keys_that_a_later_version_adds_are_passed_over(kept: Path, tmp_path: Path) -> None:
    folder = damaged(kept, tmp_path / "newer", lambda data: data["designs"]["whole"].update(newer={}))
    assert read_summary(folder) == summary_of(kept)


@pytest.mark.parametrize("command", [["view"], ["report"], ["plot"], ["compare"]], ids=" ".join)
def test_every_command_that_reads_results_says_so(
    kept: Path, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = microfem(*command, damaged(kept, tmp_path / "old", OLDER["no report"]))
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.endswith("old are damaged or of another version; run the study again\n")


def test_an_older_summary_is_replaced_by_another_run(kept: Path, tmp_path: Path) -> None:
    """It is known as that of a run, so that its folder is taken; results that cannot be read are not re-used."""
    shutil.copytree(kept, tmp_path / "out")
    data = json.loads((tmp_path / "out/summary.json").read_text())
    OLDER["no report"](data)
    (tmp_path / "out/summary.json").write_text(json.dumps(data))
    assert read_summary(tmp_path / "out") is None
    before = (tmp_path / "out/designs/whole/result.json").stat().st_mtime_ns
    told = run_study(load_study(kept.parent / "study.yaml"), tmp_path / "out")
    assert told == summary_of(tmp_path / "out")
    assert (tmp_path / "out/designs/whole/result.json").stat().st_mtime_ns == before  # its design could be read


# curves


def read_curve(path: Path) -> list[Series]:
    """Read the lines of a curve from its table, as another program would."""
    with path.open(newline="") as file:
        (_, axis, *_), *rows = csv.reader(file)
    name, _, unit = axis.removesuffix("]").partition(" [")
    lines = []
    for series in dict.fromkeys(row[0] for row in rows):
        mine = [row for row in rows if row[0] == series]
        _, x, y, error, units = zip(*mine, strict=True)
        assert len(set(units)) == 1
        errors = tuple(float(one) if one else None for one in error)
        lines.append(Series(name=series, unit=units[0], x_name=name, x_unit=unit or "1", x=tuple(map(float, x)),
                            y=tuple(map(float, y)), error=errors))  # fmt: skip
    return lines


def test_tables_of_curves_are_the_curves(kept: Path) -> None:
    seen = set()
    for design, one in summary_of(kept).designs.items():
        for case, result in one.cases.items():
            for name, curve in result.curves.items():
                assert f"{case}.{name}.csv" in result.files
                assert read_curve(kept / "designs" / design / f"{case}.{name}.csv") == list(curve.lines)
                seen.add(name)
    ours = {name for name in CURVES.names() if not CURVES.get(name).on or "conduction" in CURVES.get(name).on}
    assert seen == {*ours, "other"}


def test_a_curve_of_a_path_is_that_of_its_states(kept: Path) -> None:
    field = summary_of(kept).designs["whole"].cases["field"]
    lines = {line.name: line for line in field.curves["path"].lines}
    for name, unit in (("ratio", "1"), ("resistance", "ohm m")):
        assert (lines[name].x_name, lines[name].unit) == ("strain", unit)
        assert lines[name].x == pytest.approx([0.1 * load for load in LOADS])
        assert list(lines[name].y) == [state.numbers[name][0] for state in field.states]
    assert lines["ratio"].y[0] == 1.0
    assert lines["ratio"].y[1] == pytest.approx(lines["ratio"].y[3], rel=1e-6)
    assert lines["ratio"].y[2] > lines["ratio"].y[1] > 1.0


def test_every_file_of_a_case_is_there_and_no_other(kept: Path) -> None:
    for design, one in summary_of(kept).designs.items():
        folder = kept / "designs" / design
        told = {"result.json", *(file for case in one.cases.values() for file in case.files)}
        assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == told


@pytest.mark.parametrize("name", ["../../secret.vtkhdf", "/etc/secret.vtkhdf", "a/../../b.vtkhdf", "..\\b.vtkhdf"])
def test_a_state_names_no_file_outside_its_folder(name: str) -> None:
    with pytest.raises(ValueError, match="leads out of the folder of results"):
        StoredState(at=0.0, numbers={}, file=name)
