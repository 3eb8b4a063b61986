"""Searches that are killed, as they are on shared machines: nothing that was done is lost, nothing runs twice."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from microfem.optimise.ledger import RETRY
from microfem.optimise.pool import workers
from microfem.optimise.search import search_layouts
from microfem.optimise.storage import open_storage
from support.commands import command_line
from support.searching import STUDY, leaking, poisonous, told_of
from support.studies import study_of, write_study

TRIALS, PATIENCE = 24, 600.0  # s, on a machine that others keep busy too
CLOSED = 60.0  # s: far below the minutes that a hung worker would keep a command
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3 * PATIENCE)]
ENDED = re.compile(r" (comb-\d{5}|plain): (ok|failed)")


def begin(study: Path, out: Path) -> subprocess.Popen[bytes]:
    """Begin a search that hears Ctrl-C, also where this process does not, as in the background of a shell.

    It tells its progress to a file: a pipe that nobody reads is full after 64 kB, and slow searches tell more.
    """
    command = command_line("optimise", study, "-o", out, "--jobs", 2)
    with open(told_by(study), "ab") as told:
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told, preexec_fn=hear_interrupts)


def hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def told_by(study: Path) -> Path:
    return study.with_name("told.txt")


def ended(out: Path) -> list[str]:
    """Return the names of trials in the order in which the log says that they ended."""
    log = out / "run.log"
    return [
        found[1] for line in (log.read_text().splitlines() if log.exists() else []) if (found := ENDED.search(line))
    ]


def wait_for(out: Path, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(ended(out)) < count:
        assert time.monotonic() < until, "the search does not get on"
        time.sleep(0.02)


def trials_of(out: Path) -> list[Any]:
    """Return what optuna has kept."""
    import optuna

    storage = open_storage(out, "")
    [name] = optuna.get_all_study_names(storage)
    return optuna.load_study(study_name=name, storage=storage).get_trials()


def own_processes(pid: int) -> list[int]:
    import psutil

    return [one.pid for one in psutil.Process(pid).children(recursive=True) if "spawn_main" in " ".join(one.cmdline())]


def test_a_killed_driver_goes_on_and_counts(tmp_path: Path) -> None:
    study_of(tmp_path, STUDY.replace("trials: 12", f"trials: {TRIALS}"))
    out = tmp_path / "out"
    first = begin(tmp_path / "study.yaml", out)
    wait_for(out, 8)
    workers_then = own_processes(first.pid)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert len(workers_then) >= 2
    for pid in workers_then:  # they end with their driver
        until = time.monotonic() + CLOSED
        while os.path.exists(f"/proc/{pid}"):
            assert time.monotonic() < until
            time.sleep(0.1)
    before = {one.number: one for one in trials_of(out)}
    running = [number for number, one in before.items() if one.state.name == "RUNNING"]
    complete = {number: one for number, one in before.items() if one.state.name == "COMPLETE"}
    stamps = {number: (out / f"trials/comb-{number:05d}/result.json").stat().st_mtime_ns for number in complete}
    assert running
    assert len(complete) >= 7

    second = begin(tmp_path / "study.yaml", out)
    assert second.wait(PATIENCE) == 0, told_by(tmp_path / "study.yaml").read_text()
    after = {one.number: one for one in trials_of(out)}
    for number, one in complete.items():  # every one that was complete is kept as it was
        assert after[number].values == one.values
        assert (out / f"trials/comb-{number:05d}/result.json").stat().st_mtime_ns == stamps[number]
    retried = Counter(one.user_attrs[RETRY] for one in after.values() if RETRY in one.user_attrs)
    told = [number for number in running if after[number].state.name == "COMPLETE"]  # their workers had finished them
    assert retried == {number: 1 for number in running if number not in told}  # every other one exactly once more
    for one in after.values():
        if RETRY in one.user_attrs:
            assert one.state.name == "COMPLETE"
            noted = before[one.user_attrs[RETRY]].params  # some alone, if the driver was killed while it asked
            assert noted.items() <= one.params.items()
            assert set(one.params) == {"gap", "anode_width"}
    assert sum(one.state.name == "COMPLETE" for one in after.values()) == TRIALS
    assert Counter(ended(out)) == {**{f"comb-{n:05d}": 1 for n, one in after.items() if one.state.name == "COMPLETE"},
                                   "plain": 1}  # fmt: skip
    summary = told_of(out)
    assert (summary["designs"]["comb"]["trials"], summary["over"]) == (TRIALS, True)


def test_a_killed_worker_costs_nothing_but_its_task(tmp_path: Path) -> None:
    study_of(tmp_path, STUDY.replace("trials: 12", f"trials: {TRIALS}"))
    out = tmp_path / "out"
    driver = begin(tmp_path / "study.yaml", out)
    for count in (4, 10):
        wait_for(out, count)
        os.kill(own_processes(driver.pid)[0], signal.SIGKILL)
    assert driver.wait(PATIENCE) == 0, told_by(tmp_path / "study.yaml").read_text()
    trials = trials_of(out)
    assert [one.state.name for one in trials] == ["COMPLETE"] * TRIALS
    assert Counter(ended(out)) == {**{f"comb-{n:05d}": 1 for n in range(TRIALS)}, "plain": 1}


def test_a_design_that_kills_three_workers_is_marked_and_its_neighbours_are_unharmed(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY)
    gaps = [50.0, 380.0, 70.0, 90.0, 110.0, 130.0]
    points = {"comb": [{"gap": gap, "anode_width": 200.0} for gap in gaps]}
    found = search_layouts(study, tmp_path / "out", lambda: workers(2), points=points, evaluate=poisonous)
    trials = sorted(found.trials, key=lambda one: one.number)
    assert [one.chosen["gap"] for one in trials] == gaps
    for one in trials:
        runs = (tmp_path / f"out/trials/{one.name}.runs").stat().st_size
        deadly = one.chosen["gap"] > 350.0
        assert (one.outcome.status, runs) == (("failed", 3) if deadly else ("ok", 1))
        if deadly:
            assert one.outcome.message == "killed 3 workers"
    assert "killed 3 workers" in (tmp_path / "out/index.html").read_text()


def test_workers_that_have_grown_are_renewed_between_designs(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY, "budget.trials=70", "sampler=random")
    found = search_layouts(study, tmp_path / "out", lambda: workers(2), evaluate=leaking)
    assert [one.outcome.status for one in found.trials] == ["ok"] * 70
    ran = [(tmp_path / f"out/trials/{one.name}.pids").read_text().split() for one in found.trials]
    assert all(len(one) == 1 for one in ran)  # each of them once
    each = Counter(one[0] for one in ran)
    assert len(each) > 2
    assert max(each.values()) < 30  # 20 at least, and 150 MB are 13 of them


def test_ctrl_c_ends_workers_that_hear_nothing(tmp_path: Path) -> None:
    """A solve hears no signal, as a process that is stopped: it must not keep the command, nor outlive it."""
    study = write_study(tmp_path, STUDY.replace("trials: 12", "trials: 1000"))
    out = tmp_path / "out"
    driver = begin(study, out)
    wait_for(out, 2)
    own = own_processes(driver.pid)
    assert len(own) == 2
    for pid in own:
        os.kill(pid, signal.SIGSTOP)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(CLOSED) == 130
    assert told_by(study).read_text().rstrip().endswith("the same command resumes")
    import psutil

    left = [pid for pid in own if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
    assert left == []
