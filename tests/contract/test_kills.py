"""A search that is killed again and again, at random moments: what was finished stays, what ran runs once more."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from microfem.optimise.ledger import OUTCOME, RETRY
from microfem.optimise.storage import open_storage
from support.commands import command_line
from support.searching import STUDY, told_of
from support.studies import write_study

KILLS = int(os.environ.get("MICROFEM_KILLS", "5"))  # 100 take half an hour
EACH = 5  # trials of the budget for each kill
START = 6.0  # s in which a command starts, with its workers
PATIENCE = 300.0 + 20.0 * KILLS  # s for the rest of the trials
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 * KILLS + PATIENCE)]


@dataclass
class Seen:
    """What the kills found: trials by state, and finished ones that a later start changed."""

    kills: int = 0
    running: int = 0
    values: dict[int, Any] = field(default_factory=dict)
    stamps: dict[int, int] = field(default_factory=dict)
    changed: list[int] = field(default_factory=list)

    def compare(self, out: Path, aside: Path) -> None:
        """Compare the finished trials with those of earlier kills."""
        trials = trials_of(out, aside)
        self.running += sum(one.state.name == "RUNNING" for one in trials.values())
        complete = {number: one.values for number, one in trials.items() if one.state.name == "COMPLETE"}
        stamps = {number: result_of(out, number).stat().st_mtime_ns for number in complete}
        for before, now in ((self.values, complete), (self.stamps, stamps)):
            self.changed += [number for number, one in before.items() if now.get(number) != one]
        self.values, self.stamps = complete, stamps


def result_of(out: Path, number: int) -> Path:
    return out / f"trials/comb-{number:05d}/result.json"


def trials_of(out: Path, aside: Path) -> dict[int, Any]:
    """Return what optuna has kept, from a copy: opening the journal mends it, which is the next command's task."""
    import optuna

    if not (out / "journal.log").is_file():
        return {}
    aside.mkdir(exist_ok=True)
    shutil.copyfile(out / "journal.log", aside / "journal.log")
    storage = open_storage(aside, "")
    names = optuna.get_all_study_names(storage)
    trials = [one for name in names for one in optuna.load_study(study_name=name, storage=storage).get_trials()]
    return {one.number: one for one in trials}


def wait_for_moment(driver: subprocess.Popen[str], out: Path, moments: random.Random) -> None:
    """Wait until a random moment of the start, or until some more trials have ended and one more is under way."""
    if moments.random() < 0.4:
        time.sleep(moments.uniform(0.0, START))
        return
    log = out / "run.log"
    begun, count = _ended(log), moments.randrange(1, 5)
    while driver.poll() is None and _ended(log) < begun + count:
        time.sleep(0.02)
    time.sleep(moments.uniform(0.0, 0.5))


def _ended(log: Path) -> int:
    return log.read_text().count(": ok in ") if log.is_file() else 0


def test_kills_at_random_moments_lose_nothing(tmp_path: Path) -> None:
    budget, out, seen, moments = EACH * KILLS, tmp_path / "out", Seen(), random.Random(KILLS)
    study = write_study(tmp_path, STUDY.replace("trials: 12", f"trials: {budget}"))
    command = command_line("optimise", study, "-o", out, "--jobs", 2, "--quiet")
    while seen.kills < KILLS:
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as driver:
            wait_for_moment(driver, out, moments)
            driver.send_signal(signal.SIGKILL)
            _, told = driver.communicate()
        assert driver.returncode in (-signal.SIGKILL, 0), told
        assert "Traceback" not in told
        seen.kills += 1
        seen.compare(out, tmp_path / "aside")
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (ended.returncode, ended.stderr) == (0, "")
    seen.compare(out, tmp_path / "aside")
    trials = trials_of(out, tmp_path / "aside")
    states = Counter(one.state.name for one in trials.values())
    print(f"{seen.kills} kills, {seen.running} trials under way, {dict(states)}, {len(seen.changed)} changed")
    assert seen.running > 0
    assert seen.changed == []
    assert states["COMPLETE"] == budget == sum(OUTCOME in one.user_attrs for one in trials.values())
    assert states.total() == states["COMPLETE"] + states["FAIL"]
    retried = Counter(one.user_attrs[RETRY] for one in trials.values() if RETRY in one.user_attrs)
    assert retried == {number: 1 for number, one in trials.items() if one.state.name == "FAIL"}
    for number, one in trials.items():
        if one.state.name == "COMPLETE":
            assert json.loads(result_of(out, number).read_text())["status"] == "ok"
    summary = told_of(out)
    assert (summary["designs"]["comb"]["trials"], summary["designs"]["comb"]["failed"]) == (budget, 0)
    assert summary["over"]
    assert list((out / "trials").glob(".*")) == []  # neither partial results nor counts of tries
