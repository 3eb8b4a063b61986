"""Names of result files, and atomic writing: a file appears complete or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from microfem.base.errors import WriteError

SUMMARY = "summary.json"
RESULT = "result.json"
LOG = "run.log"
METRICS = "metrics.csv"
PAGE = "index.html"
STUDY = "study.yaml"
GRID = ".vtkhdf"  # suffix of the file with a case's mesh and fields
ABOUT = ".fields.json"  # suffix of the file with their labels and units


@contextmanager
def writing(path: Path) -> Iterator[Path]:
    """Yield a hidden path beside `path`; the file written there takes the place of `path` when it is complete.

    After a failure no part of the file stays, and an earlier file is as it was.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise WriteError.of(error, path) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def writing_together(path: Path) -> Iterator[Path]:
    """Yield a path of the same name in a hidden folder beside it; all files written there appear when the block ends.

    They replace earlier files of their names beside `path`. After a failure no part of them stays.

    Raises:
        WriteError: the disk is full or the folder cannot be written; the message names `path`.
    """
    work = path.with_name(f".{path.name}.partial")
    try:
        shutil.rmtree(work, ignore_errors=True)  # of a killed process
        work.mkdir(parents=True)
        yield work / path.name
        for file in sorted(work.iterdir()):
            os.replace(file, path.with_name(file.name))
    except OSError as error:
        raise WriteError.of(error, path) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file completely or not at all, see `writing`."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file completely or not at all, see `writing`."""
    with writing(path) as partial:
        partial.write_bytes(data)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON mapping; a missing or damaged file gives an empty one."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
