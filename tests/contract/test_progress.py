"""What a run tells while it works: on a terminal, elsewhere, in its log, from other processes."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from microfem.base.progress import Stage, duration, listening, tell, within
from microfem.cli.progress_board import Board
from microfem.run.study import run_study
from microfem.study.reader import load_study
from support.commands import command_line
from support.studies import write_study

STUDY = """\
name: told
designs:
  near: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  far: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
accuracy: 1 %
cases:
  field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  resistance: resistance(field)
"""
LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_study(tmp_path_factory.mktemp("progress"), STUDY)


def log_of(folder: Path) -> list[str]:
    return (folder / "run.log").read_text().splitlines()


def test_what_is_told_says_where(study: Path) -> None:
    heard: list[Stage] = []
    with listening(heard.append), within(design="a"), within(case="b", mesh=2):
        tell("solving", unknowns=12345, left=3.0)
    tell("to no one")
    assert heard == [Stage(design="a", case="b", mesh=2, doing="solving", unknowns=12345, left=3.0)]
    assert str(heard[0]) == "a: b: mesh 2: solving, about 12,345 unknowns"


def test_listeners_add_up() -> None:
    outer: list[Stage] = []
    inner: list[Stage] = []
    with listening(outer.append):
        with listening(inner.append):
            tell("both")
        tell("one")
    assert [stage.doing for stage in outer] == ["both", "one"]
    assert [stage.doing for stage in inner] == ["both"]


def test_the_log_has_each_stage_with_its_time_and_that_of_earlier_runs(study: Path) -> None:
    out = study.parent / "logged"
    run_study(load_study(study), out)
    first = log_of(out)
    assert all(LINE.match(line) for line in first)
    told = [LINE.sub("", line) for line in first]
    assert told[0] == "near: field: meshing"
    assert any(re.fullmatch(r"far: field: mesh 1: solving, about [\d,]+ unknowns", line) for line in told)
    assert any(line.startswith("near: ok in ") for line in told)
    run_study(load_study(study, ["designs.far.params.gap=250 um"]), out)
    assert log_of(out)[: len(first)] == first
    assert LINE.sub("", log_of(out)[len(first)]) == "near: re-used"


@pytest.mark.slow
def test_other_processes_are_heard(study: Path) -> None:
    heard: list[Stage] = []
    with listening(heard.append):
        run_study(load_study(study), study.parent / "two", jobs=2)
    for design in ("near", "far"):
        mine = [stage for stage in heard if stage.design == design]
        assert [stage.doing for stage in mine][:2] == ["meshing", "solving"]
        assert mine[-1].ended
        assert mine[1].unknowns > 100


def test_an_internal_error_leaves_its_traceback_in_the_log(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from microfem.solve import refinement

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by chance")

    monkeypatch.setattr(refinement, "first_mesh", broken)
    out = study.parent / "broken"
    told = run_study(load_study(study), out)
    assert told.designs["near"].message.startswith("internal error, please report it: ZeroDivisionError")
    text = (out / "run.log").read_text()
    assert "Traceback (most recent call last)" in text
    assert "ZeroDivisionError: by chance" in text


def test_a_log_that_cannot_be_written_stops_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full, a disk that is always full")
    from microfem.results.folders import logged

    with logged(Path("/dev/full"), Path("/nowhere")) as log:
        log(Stage(doing="working"))
    assert capfd.readouterr().err == ""


@pytest.mark.slow
def test_a_terminal_shows_rows_and_leaves_the_outcome(study: Path) -> None:
    pty = pytest.importorskip("pty", reason="needs a terminal of its own")
    leader, follower = pty.openpty()
    out = study.parent / "shown"
    command = command_line("run", study, "-o", out)
    env = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower, env=env)
    os.close(follower)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # the other end is closed
        pass
    assert process.wait() == 0
    text = shown.decode()
    assert "near: ok in" in text
    assert re.search(r"field: mesh 1: solving, about [\d,]+ unknowns", text)
    assert "study" in text
    assert "Traceback" not in text


def test_the_board_closes_rows_and_expects_the_rest_to_take_as_long() -> None:
    from rich.console import Console
    from rich.progress import Progress

    with open(os.devnull, "w") as nowhere, Progress(console=Console(file=nowhere)) as live:
        board = Board(live, 3)
        board(Stage(design="near", case="field", mesh=1, doing="solving", unknowns=1000, left=5.0))
        assert [task.description for task in live.tasks] == ["study", "near"]
        assert live.tasks[1].fields["about"] == "field: mesh 1: solving, about 1,000 unknowns"
        assert live.tasks[1].fields["until"] is not None
        board(Stage(design="near", doing="ok in 1 s", ended=True))
        [study] = live.tasks
        assert (study.completed, study.total) == (1, 3)
        assert study.fields["until"] is not None


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "0 s"), (89.0, "89 s"), (120.0, "2 min"), (5399.0, "90 min"), (9000.0, "2.5 h")]
)
def test_durations_are_told_as_people_do(seconds: float, told: str) -> None:
    assert duration(seconds) == told
