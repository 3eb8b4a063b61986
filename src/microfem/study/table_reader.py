"""Read the table of a property from a file of two columns, as a spreadsheet or a potentiostat exports it."""

from __future__ import annotations

import math
import re
from pathlib import Path

from microfem.base.errors import MicrofemError, brief
from microfem.materials.library import PropertyModel
from microfem.study.design import find_geometry

MOST_BYTES, MOST_POINTS = 5_000_000, 100_000


def with_table(stated: PropertyModel, folder: Path) -> PropertyModel:
    """Return a property whose file, if it has one, is read into its table; folder: that of the study.

    Lines that begin with `#`, and a first line of names, are skipped. Columns are separated by a semicolon or a tab,
    and numbers may then have a decimal comma; else by a comma or spaces.

    Raises:
        MicrofemError: there is no such file, or it has a line that is not two numbers; with the line.
    """
    if not stated.file:
        return stated
    path = find_geometry(stated.file, folder)
    if path is None:
        raise MicrofemError(f"no file '{stated.file}' in the study's folder, its parent or here")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise MicrofemError(f"'{stated.file}' has more than {MOST_BYTES // 1_000_000} MB, too much for a table")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise MicrofemError(f"'{stated.file}' is no text in UTF-8; save it as CSV in UTF-8") from None
    except OSError as error:
        raise MicrofemError(f"'{stated.file}' cannot be read: {error}") from None
    return stated.model_copy(update={"file": "", "table": _rows(stated.file, text)})


def _rows(name: str, text: str) -> tuple[tuple[float, float], ...]:
    rows: list[tuple[float, float]] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for position, (number, line) in enumerate(lines):
        values = _numbers(line)
        if values is None and position == 0:
            continue  # the names of the columns
        if values is None or len(values) != 2 or not all(math.isfinite(value) for value in values):
            raise MicrofemError(f"'{name}', line {number}: expected two numbers, got '{brief(line)}'")
        rows.append((values[0], values[1]))
    if len(rows) > MOST_POINTS:
        raise MicrofemError(f"'{name}' has {len(rows):,} points; {MOST_POINTS:,} are enough for a smooth curve")
    return tuple(rows)


def _numbers(line: str) -> list[float] | None:
    """Return the numbers of a line, None if something else stands in it."""
    if ";" in line or "\t" in line:
        line = line.replace(",", ".")
    try:
        return [float(word) for word in re.split(r"[;,\t ]+", line) if word]
    except ValueError:
        return None
