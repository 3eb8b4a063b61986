"""What is left when a run fails or is stopped, and what is never overwritten."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from microfem.base.errors import MicrofemError
from microfem.results import files, folders
from microfem.results.files import write_text
from microfem.results.folders import publish, workspace
from microfem.run.study import run_study
from microfem.study.reader import load_study
from support.commands import Command, command_line
from support.runs import finished, hidden, start, wait_for
from support.studies import summary_of


@pytest.mark.slow
def test_a_design_that_fails_leaves_the_others(done: Path, microfem: Command) -> None:
    before = finished(done)
    made = "materials.inert={density: {value: 1, unit: g/cm3, source: none}}"
    used = "designs.near.materials.electrolyte=inert"
    ended = microfem("run", done.parent / "study.yaml", "-o", done, "--set", made, "--set", used, "-q")
    told = summary_of(done).designs
    assert ended.status == 1
    assert ended.out == ""
    assert ended.err.startswith("near failed: case result: material 'inert' has no conductivity; state it in the study")
    assert (told["near"].status, told["far"].status) == ("failed", "ok")
    assert "has no conductivity" in told["near"].message
    solved = [one for one in told["near"].metrics.values() if one.value is not None and one.error != 0.0]
    assert solved == []  # what needs no solve is kept
    assert finished(done)["far"] == before["far"]
    assert "near failed" in (done / "index.html").read_text()
    again = microfem("run", done.parent / "study.yaml", "-o", done, "--set", made, "--set", used, "-q")
    assert again.status == 1
    assert microfem("run", done.parent / "study.yaml", "-o", done, "-q").status == 0
    assert finished(done)["far"] == before["far"]


@pytest.mark.slow
def test_an_exception_in_a_solve_is_told_and_kept_to_its_design(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from microfem.run import design as run

    whole = run.save_solution

    def broken(path: Path, solution: Any) -> None:
        if "near" in str(path):
            raise ZeroDivisionError("by chance")
        whole(path, solution)

    monkeypatch.setattr(run, "save_solution", broken)
    told = run_study(load_study(study), study.parent / "out").designs
    assert told["near"].message == "internal error, please report it: ZeroDivisionError: by chance"
    assert told["far"].status == "ok"


def test_a_killed_run_leaves_no_results_and_is_taken_up(study: Path) -> None:
    out, work = study.parent / "out", study.parent / ".out.work"
    run = start(study, out)
    wait_for(lambda: (work / "designs/near").is_dir(), run)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert not out.exists()
    before = finished(work)
    assert list(before) == ["near"]
    (work / "designs/gone").mkdir()  # as a design that the study no longer has
    told = run_study(load_study(study), out)
    assert finished(out)["near"] == before["near"]
    assert [one.status for one in told.designs.values()] == ["ok", "ok"]
    assert sorted(path.name for path in (out / "designs").iterdir()) == ["far", "near"]
    assert hidden(study.parent) == []


@pytest.mark.parametrize("options", [(), ("--jobs", "2")], ids=["here", "jobs"])
def test_ctrl_c_says_how_to_go_on(study: Path, options: tuple[str, ...]) -> None:
    work = study.parent / ".out.work"
    run = start(study, study.parent / "out", *options)
    wait_for(lambda: any((work / "designs").glob(".*.partial")), run)
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert run.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == "stopped; finished designs are kept; the same command resumes"
    assert "Traceback" not in err
    assert not (study.parent / "out").exists()


@pytest.mark.slow
def test_processes_end_with_a_killed_parent(study: Path) -> None:
    work = study.parent / ".out.work"
    run = start(study, study.parent / "out", "--jobs", "2")
    wait_for(lambda: any((work / "designs").glob(".*.partial")), run)
    run.kill()
    run.wait()
    limit = time.monotonic() + 20.0
    while _alive(run.pid):
        assert time.monotonic() < limit, "the pool outlives its parent"
        time.sleep(0.05)


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_two_runs_on_one_folder_are_kept_apart(study: Path) -> None:
    out = study.parent / "out"
    with workspace(out), pytest.raises(MicrofemError, match="is in use by another run"), workspace(out):
        pass
    with workspace(out):
        second = subprocess.run(command_line("run", study, "-o", out), capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert second.stderr == f"error: {out} is in use by another run; name another folder with -o\n"
    with workspace(out) as work:
        assert work.is_dir()


def test_the_lock_is_held_until_the_results_are_published(study: Path) -> None:
    """The folder that moves held the lock before: a second run could begin while the first published its results."""
    out = study.parent / "out"
    out.mkdir()
    with workspace(out) as work:
        publish(work, out)
        with pytest.raises(MicrofemError, match="is in use by another run"), workspace(out):
            pass
    assert hidden(study.parent) == []


def test_results_are_replaced_in_one_step(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At no moment is there no folder of results: without such a step the older one waits under another name."""
    out, work, old = (study.parent / name for name in ("out", ".out.work", ".out.old"))
    for one, text in ((out, "before"), (work, "after")):
        one.mkdir()
        (one / "summary.json").write_text(text)
    if folders._exchange(work, out):
        assert (out / "summary.json").read_text() == "after"
        assert (work / "summary.json").read_text() == "before"
        folders._exchange(work, out)
    monkeypatch.setattr(folders, "_exchange", lambda *_: False)
    publish(work, out)
    assert (out / "summary.json").read_text() == "after"
    assert hidden(study.parent) == []
    os.replace(out, old)  # as after a kill between the two renames
    with workspace(out):
        assert (out / "summary.json").read_text() == "after"


@pytest.mark.parametrize("summary", ['{"mine": 1}', "not json", "[]"])
def test_a_folder_with_a_summary_of_something_else_is_refused(study: Path, microfem: Command, summary: str) -> None:
    out = study.parent / "project"
    out.mkdir()
    (out / "summary.json").write_text(summary)
    ended = microfem("run", study, "-o", out)
    assert (ended.status, (out / "summary.json").read_text()) == (2, summary)
    assert "not microfem results" in ended.err


def test_a_file_put_into_results_is_not_deleted(done: Path, microfem: Command) -> None:
    (done / "notes.txt").write_text("mine")
    ended = microfem("run", done.parent / "study.yaml", "-o", done, "--set", "accuracy=0.3", "-q")
    assert (ended.status, (done / "notes.txt").read_text()) == (2, "mine")
    (done / "notes.txt").unlink()


@pytest.mark.slow
def test_results_through_a_link_are_written_twice(study: Path, microfem: Command) -> None:
    real, link = study.parent / "real", study.parent / "link"
    real.mkdir()
    link.symlink_to(real)
    assert microfem("run", study, "-o", link, "-q").status == 0
    assert microfem("run", study, "-o", link, "-q", "--set", "accuracy=0.3").status == 0
    assert link.is_symlink()
    assert (real / "summary.json").is_file()


@pytest.mark.slow
def test_a_picture_that_cannot_be_drawn_costs_no_numbers(study: Path, microfem: Command) -> None:
    study.write_text(study.read_text().replace("anode: 0 V, cathode: 1 V", "anode: -1 V, cathode: 0 V"))
    text = study.read_text().replace("views:", "views:\n  - {case: CASE, field: potential, log: true}", 1)
    case = next(iter(load_study(study).cases))
    study.write_text(text.replace("CASE", case))
    ended = microfem("run", study, "-o", study.parent / "out")
    assert ended.status == 0
    assert "no positive values" in ended.out


def test_a_folder_with_other_files_is_refused(study: Path, microfem: Command) -> None:
    out = study.parent / "thesis"
    out.mkdir()
    (out / "chapter.txt").write_text("years of work")
    ended = microfem("run", study, "-o", out)
    assert ended.status == 2
    assert "holds files that are not microfem results (chapter.txt); name another folder with -o" in ended.err
    assert [path.name for path in out.iterdir()] == ["chapter.txt"]
    assert hidden(study.parent) == []


def test_a_file_in_place_of_the_folder_is_refused(study: Path, microfem: Command) -> None:
    (study.parent / "out").write_text("mine")
    ended = microfem("run", study, "-o", study.parent / "out")
    assert (ended.status, ended.err) == (2, f"error: {study.parent / 'out'} is a file; name a folder for the results\n")
    ended = microfem("run", study, "-o", study.parent / "out/inner")
    assert (ended.status, ended.err) == (
        2,
        f"error: {study.parent / 'out/inner'} cannot be written: Not a directory\n",
    )
    assert (study.parent / "out").read_text() == "mine"


def test_a_full_disk_leaves_the_earlier_results(done: Path) -> None:
    """The writer of fields does not tell; the files are limited to 20 kB, less than the fields take."""
    before = {path: path.read_bytes() for path in sorted(done.rglob("*")) if path.is_file()}
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); "
    program = limit + "from microfem.cli.main import main; main()"
    command = [sys.executable, "-c", program, "run", str(done.parent / "study.yaml"), "-o", str(done), "-q"]
    for jobs in ("1", "2"):
        changed = [*command, "--set", "accuracy=0.04", "--jobs", jobs]
        run = subprocess.run(changed, capture_output=True, text=True, check=False)
        assert run.returncode == 2, run.stderr
        first, last = run.stderr.splitlines()[-2:]
        assert first.startswith("error: cannot write ")
        assert first.endswith("result.vtkhdf: the file is incomplete; is the disk full?")
        assert last == f"{done} is as it was; finished designs are kept; the same command resumes"
        assert "Traceback" not in run.stderr
        assert {path: path.read_bytes() for path in sorted(done.rglob("*")) if path.is_file()} == before
        assert list((done.parent / f".{done.name}.work").glob("designs/[!.]*/*.vtkhdf")) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20000


@pytest.mark.parametrize(
    "name",
    [
        "result.json",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("summary.json", "metrics.csv", "index.html")),
    ],
)
def test_a_full_disk_while_writing_text_ends_clean(
    study: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    whole = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == f".{Path(name).stem}.partial{Path(name).suffix}":
            raise OSError(28, "No space left on device")
        return whole(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    ended = microfem("run", study, "-o", study.parent / "out", "-q", "--set", "cases.result.order=1")
    assert ended.status == 2
    first, last = ended.err.splitlines()
    assert first.startswith("error: cannot write ")
    assert first.endswith(f"{name}: No space left on device")
    assert last == f"{study.parent / 'out'} is as it was; finished designs are kept; the same command resumes"
    assert not (study.parent / "out").exists()


def test_a_picture_that_cannot_be_written_ends_clean(
    study: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Figure, "savefig", full)
    ended = microfem("run", study, "-o", study.parent / "out", "-q")
    assert ended.status == 2
    assert "error: cannot write " in ended.err
    assert ".png: No space left on device\n" in ended.err
    assert not (study.parent / "out").exists()


def test_text_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a/b.txt"
    write_text(path, "before")

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(files.os, "replace", broken)
    with pytest.raises(MicrofemError, match="Input/output error"):
        write_text(path, "after")
    assert path.read_text() == "before"
