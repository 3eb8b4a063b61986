"""Results on disk: numbers as JSON and CSV; folders that appear whole or not at all.

Work goes on in a hidden folder beside the wanted one, each finished design in a folder of its own, so a run
that is killed goes on from there. When all is done the hidden folder takes the wanted one's name.
"""

from __future__ import annotations

import csv
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from microfem.base.errors import MicrofemError
from microfem.base.progress import Stage

if TYPE_CHECKING:  # who only reads results, as the viewer, needs no solver
    from microfem.metrics.fingers import Shares
    from microfem.solve.deformed_geometry import Row

SUMMARY = "summary.json"
RESULT = "result.json"
LOG = "run.log"
LOCK = ".lock"
OWN = {SUMMARY, LOG, "metrics.csv", "index.html", "study.yaml", "designs", "pictures"}  # all that a run writes
KEYS = {"study", "versions", "designs", "expect", "inputs"}  # of every summary
ABOUT = ".fields.json"  # ends the name of the file that tells of a case's fields
FIELDS = (".vtkhdf", ABOUT)  # end the names of what every case leaves
HISTORY = (".history.csv", ".steps.npz")  # and of what a case with a load path does,
FINGERS = (".fingers.csv",)  # and of what one whose current leaves along fingers does


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        MicrofemError: the disk is full or the folder cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        MicrofemError: the disk is full or the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        os.replace(partial, path)
    except OSError as error:
        raise MicrofemError(f"cannot write {path}: {error.strerror}") from error


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON mapping; a missing or broken file gives an empty one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def read_summary(folder: Path) -> dict[str, Any]:
    """Read the summary of a run; what is no such summary gives an empty mapping."""
    told = read_json(folder / SUMMARY)
    return told if set(told) >= KEYS and isinstance(told["designs"], dict) else {}


def write_csv(path: Path, summary: Mapping[str, Any]) -> None:
    """Write all metrics of all designs as one table: value, error, bounds, unit, why refused or failed."""
    import io

    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    columns = ("value", "error", "lower", "upper", "unit", "refused", "failed")
    table.writerow(["design", "metric", *columns])
    for design, told in summary["designs"].items():
        for name, one in told["metrics"].items():
            table.writerow([design, name, *(one.get(key, "") for key in columns)])
    write_text(path, buffer.getvalue())


def write_history(path: Path, rows: Sequence[Row]) -> None:
    """Write a history as a table: load, what goes with it, and each metric with its error; `name [unit]` above."""
    import io

    numbers = {name: unit for row in rows for name, (_, unit) in row.numbers.items()}
    values = {name: one.unit for row in rows for name, one in row.values.items()}
    heads = [(f"{name} [{unit}]", f"{name} error") for name, unit in values.items()]
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["load", *(f"{name} [{unit}]" for name, unit in numbers.items()), *chain(*heads)])
    for row in rows:
        told = [row.numbers[name][0] if name in row.numbers else "" for name in numbers]
        found = [
            (row.values[name].value, row.values[name].error) if name in row.values else ("", "") for name in values
        ]
        table.writerow([row.load, *told, *chain(*found)])
    write_text(path, buffer.getvalue())


def write_fingers(path: Path, shares: Shares) -> None:
    """Write how much of each electrode's current has left it up to a distance from its busbar, as a table."""
    import io

    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["electrode", "distance [um]", "share"])
    table.writerows((electrode, *row) for electrode, rows in shares.items() for row in rows)
    write_text(path, buffer.getvalue())


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
    if foreign or (out.is_dir() and any(out.iterdir()) and not read_summary(out)):
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
