"""Folders of results, which appear complete or not at all.

A run works in a hidden folder beside the folder of results. Each finished design has a folder of its own, so that a
killed run can resume. When the run is complete the hidden folder takes the name of the folder of results.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError, is_unicode
from microfem.base.progress import Stage
from microfem.results.files import LOG, METRICS, PAGE, STUDY, SUMMARY
from microfem.results.summary import is_run

LOCK = ".lock"
OWN = {SUMMARY, LOG, METRICS, PAGE, STUDY, "designs", "pictures"}  # all entries that a run writes


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """Yield the hidden work folder of `out`; only one run at a time can hold it.

    Raises:
        MicrofemError: `out` holds other files, cannot be created, or is in use by another run.
    """
    _refuse_name(out)
    if out == Path.cwd() or out in Path.cwd().parents:
        raise MicrofemError(f"{out} is the current folder or contains it; name another folder for the results with -o")
    foreign = sorted(entry.name for entry in out.iterdir() if entry.name not in OWN) if out.is_dir() else []
    if foreign or (out.is_dir() and any(out.iterdir()) and not is_run(out)):
        names = f" ({', '.join(foreign[:3])})" if foreign else ""
        raise MicrofemError(f"{out} holds files that are not microfem results{names}; name another folder with -o")
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
    """Lock the folder of a search for one command at a time; `mark` names the file that identifies such a folder.

    Raises:
        MicrofemError: `out` holds other files, cannot be created, or is in use by another command.
    """
    _refuse_name(out)
    if out.is_dir() and any(entry.name != LOCK for entry in out.iterdir()) and not (out / mark).is_file():
        raise MicrofemError(f"{out} holds files that do not belong to a search; name another folder with -o")
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = open(out / LOCK, "w")  # noqa: SIM115
    except OSError as error:
        raise MicrofemError(f"cannot write into {out}: {error.strerror}") from error
    with lock:
        _claim(lock, out)
        yield


def _refuse_name(out: Path) -> None:
    if not is_unicode(str(out)):
        raise MicrofemError(f"the name {str(out)!a} is not UTF-8; rename it, or name another folder with -o")
    if out.exists() and not out.is_dir():
        raise MicrofemError(f"{out} is a file; name a folder for the results")


def _claim(lock: Any, out: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has no lock that the system releases when a process is killed
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise MicrofemError(f"{out} is in use by another run; name another folder with -o") from None


class LogFile(logging.FileHandler):
    """The log file of a run; it ignores a full disk, which the writers of results report."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Ignore the error."""


@contextmanager
def logged(path: Path, earlier: Path) -> Iterator[Callable[[Stage], None]]:
    """Yield a function that appends a stage with its time to a log; the log of an earlier run is kept in front."""
    if not path.exists() and earlier.is_file():
        shutil.copyfile(earlier, path)
    handler = LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger("microfem")  # of this run only: a program that calls microfem has loggers of its own
    log.addHandler(handler)

    def write(stage: Stage) -> None:
        left = f", about {stage.left:.0f} s left for this case" if (stage.left or 0.0) >= 1.0 else ""
        log.info("%s%s%s", stage, left, f"\n{stage.detail}" if stage.detail else "")

    try:
        yield write
    finally:
        with suppress(OSError):
            handler.close()


def publish(work: Path, out: Path) -> None:
    """Rename the finished work folder to `out`; it replaces an earlier folder of results."""
    (work / "lock").unlink(missing_ok=True)
    old = out.parent / f".{out.name}.old"
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        os.replace(out, old)
    os.replace(work, out)
    shutil.rmtree(old, ignore_errors=True)
