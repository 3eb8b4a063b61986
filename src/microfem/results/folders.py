"""Folders of results, which appear whole or not at all.

Work goes on in a hidden folder beside the wanted one, each finished design in a folder of its own, so a run
that is killed goes on from there. When all is done the hidden folder takes the wanted one's name.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.base.progress import Stage
from microfem.results.files import LOG, METRICS, PAGE, STUDY, SUMMARY
from microfem.results.summary import is_run

LOCK = ".lock"
OWN = {SUMMARY, LOG, METRICS, PAGE, STUDY, "designs", "pictures"}  # all that a run writes


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """Give the hidden folder in which the results of `out` are made; only one run at a time.

    Raises:
        MicrofemError: `out` holds something else, cannot be made, or another run is at work on it.
    """
    if out.exists() and not out.is_dir():
        raise MicrofemError(f"{out} is a file; name a folder for the results")
    if out == Path.cwd() or out in Path.cwd().parents:
        raise MicrofemError(f"{out} is where you are; name a folder of its own for the results, with -o")
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in OWN) if out.is_dir() else []
    if foreign or (out.is_dir() and any(out.iterdir()) and not is_run(out)):
        told = f" ({', '.join(foreign[:3])})" if foreign else ""
        raise MicrofemError(f"{out} holds files that are no microfem results{told}; name another folder with -o")
    work = out.parent / f".{out.name}.work"
    try:
        work.mkdir(parents=True, exist_ok=True)
        lock = open(work / "lock", "w")  # noqa: SIM115
    except OSError as error:
        raise MicrofemError(f"cannot write beside {out}: {error.strerror}") from error
    with lock:
        _claim(lock, out)
        yield work


@contextmanager
def claimed(out: Path, mark: str) -> Iterator[None]:
    """Claim a folder in which a search works openly, for one command at a time; `mark` is the file that it knows by.

    Raises:
        MicrofemError: `out` holds something else, cannot be made, or another command is at work on it.
    """
    if out.exists() and not out.is_dir():
        raise MicrofemError(f"{out} is a file; name a folder for the results")
    if out.is_dir() and any(one.name != LOCK for one in out.iterdir()) and not (out / mark).is_file():
        raise MicrofemError(f"{out} holds files that are not of a search; name another folder with -o")
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = open(out / LOCK, "w")  # noqa: SIM115
    except OSError as error:
        raise MicrofemError(f"cannot write into {out}: {error.strerror}") from error
    with lock:
        _claim(lock, out)
        yield


def _claim(lock: Any, out: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: no lock that a killed process lets go of
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise MicrofemError(f"another run is at work on {out}") from None


class LogFile(logging.FileHandler):
    """Lines of a log; a full disk is told by those who save results."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Leave it at that."""


@contextmanager
def logged(path: Path, earlier: Path) -> Iterator[Callable[[Stage], None]]:
    """Give what writes a log line by line, each with its time; the log of an earlier run stands before it."""
    if not path.exists() and earlier.is_file():
        shutil.copyfile(earlier, path)
    handler = LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger("microfem")  # of this run alone, not of the program that it may be part of
    log.addHandler(handler)

    def write(stage: Stage) -> None:
        left = f", some {stage.left:.0f} s left of this case" if (stage.left or 0.0) >= 1.0 else ""
        log.info("%s%s%s", stage, left, f"\n{stage.detail}" if stage.detail else "")

    try:
        yield write
    finally:
        with suppress(OSError):
            handler.close()


def publish(work: Path, out: Path) -> None:
    """Give the finished work folder the name of `out`, in place of what was there."""
    (work / "lock").unlink(missing_ok=True)
    old = out.parent / f".{out.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        os.replace(out, old)
    os.replace(work, out)
    shutil.rmtree(old, ignore_errors=True)
