"""Folders of results, which appear complete or not at all.

A run works in a hidden folder beside the folder of results. Each finished design has a folder of its own, so that a
killed run can resume. When the run is complete the hidden folder takes the name of the folder of results.
"""

from __future__ import annotations

import ctypes
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from microfem.base.errors import MicrofemError, WriteError, is_unicode
from microfem.base.progress import Stage
from microfem.results.files import LOG, METRICS, PAGE, STUDY, SUMMARY
from microfem.results.summary import is_run

LOCK = ".lock"
AT_CWD, EXCHANGE = -100, 2  # of Linux: paths relative to the current folder; RENAME_EXCHANGE
OWN = {SUMMARY, LOG, METRICS, PAGE, STUDY, "designs", "pictures"}  # all entries that a run writes


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """Yield the hidden work folder of `out`; only one run at a time can hold it, until its results are published.

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
    with _locked(out.parent / f".{out.name}.lock", out):
        if not out.exists() and _old(out).is_dir():  # an earlier run was killed between two renames
            os.replace(_old(out), out)
        work = out.parent / f".{out.name}.work"
        try:
            work.mkdir(exist_ok=True)
        except OSError as error:
            raise WriteError.of(error, work) from error
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
    with _locked(out / LOCK, out):
        yield


def _refuse_name(out: Path) -> None:
    if not is_unicode(str(out)):
        raise MicrofemError(f"the name {str(out)!a} is not UTF-8; rename it, or name another folder with -o")
    if out.exists() and not out.is_dir():
        raise MicrofemError(f"{out} is a file; name a folder for the results")


@contextmanager
def _locked(path: Path, out: Path) -> Iterator[None]:
    """Hold a lock file, which the system releases when the process ends, also when it is killed.

    Raises:
        MicrofemError: another process holds it, or it cannot be created.
    """
    lock = _claim(path, out)
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        lock.close()


def _claim(path: Path, out: Path) -> IO[str]:
    """Return the lock file, open and locked; a file that its last holder removed meanwhile is opened anew."""
    while True:
        try:
            if not path.parent.exists():
                path.parent.mkdir(parents=True)
            lock = open(path, "w")  # noqa: SIM115
        except OSError as error:
            raise MicrofemError(f"{out} cannot be written: {error.strerror}") from error
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock.fileno()), os.stat(path)):
                return lock
        except ImportError:  # Windows has no lock that the system releases when a process is killed
            return lock
        except FileNotFoundError:
            pass
        except OSError:
            lock.close()
            raise MicrofemError(f"{out} is in use by another run; name another folder with -o") from None
        lock.close()


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
    """Give the finished work folder the name `out`, in one step where the system can; remove the earlier results.

    Raises:
        WriteError: the folder cannot be renamed.
    """
    try:
        if not out.exists():
            os.replace(work, out)
        elif _exchange(work, out):
            shutil.rmtree(work, ignore_errors=True)
        else:
            shutil.rmtree(_old(out), ignore_errors=True)
            os.replace(out, _old(out))
            os.replace(work, out)
            shutil.rmtree(_old(out), ignore_errors=True)
    except OSError as error:
        raise WriteError.of(error, out) from error


def _old(out: Path) -> Path:
    return out.parent / f".{out.name}.old"


def _exchange(a: Path, b: Path) -> bool:
    """Exchange the names of two folders in one step; False where the system or its disk cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if sys.platform == "linux" else None
    return rename is not None and rename(AT_CWD, os.fsencode(a), AT_CWD, os.fsencode(b), EXCHANGE) == 0
