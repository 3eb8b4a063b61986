"""Read the table of a property from a file of two columns, as a spreadsheet or a potentiostat exports it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from microfem.base.errors import MicrofemError
from microfem.materials.schema import PropertyModel
from microfem.study.design import find_geometry

P = TypeVar("P", bound=PropertyModel)
MOST_BYTES, MOST_POINTS = 5_000_000, 100_000
SEPARATORS = (";", "\t", ",")  # in this order; else spaces separate columns


def with_table(stated: P, folder: Path) -> P:
    """Return a property whose file, if it has one, is read into its table; folder: that of the study.

    Lines that begin with `#`, and a first line of names, are skipped. The two columns are separated by a semicolon, a
    tab, a comma or spaces.

    Raises:
        MicrofemError: there is no such file, or it has a line without two numbers; with the line.
    """
    return stated.model_copy(update={"file": "", "table": rows_of(stated.file, folder)}) if stated.file else stated


def rows_of(file: str, folder: Path) -> tuple[tuple[float, float], ...]:
    """Return the rows of a file of two columns; folder: that of the study.

    Raises:
        MicrofemError: there is no such file, or it has a line without two numbers; with the line.
    """
    path = find_geometry(file, folder)
    if path is None:
        raise MicrofemError(f"no file '{file}' in the study's folder, its parent or here")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise MicrofemError(f"'{file}' has more than {MOST_BYTES // 1_000_000} MB, too much for a table")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MicrofemError(f"'{file}' cannot be read as text in UTF-8: {error}") from None
    return _rows(file, text)


def with_tables(stated: Any, folder: Path) -> Any:
    """Return what a case states, with tables in place of all files of two columns, `{file, of, ...}`, at any depth.

    Raises:
        MicrofemError: there is no such file, or it has a line without two numbers; with the line.
    """
    if isinstance(stated, list):
        return [with_tables(one, folder) for one in stated]
    if not isinstance(stated, Mapping):
        return stated
    inside = {key: with_tables(one, folder) for key, one in stated.items()}
    if isinstance(inside.get("file"), str) and "of" in inside and "table" not in inside:
        rows = rows_of(inside.pop("file"), folder)
        return {**inside, "table": [list(row) for row in rows]}
    return inside


def _rows(name: str, text: str) -> tuple[tuple[float, float], ...]:
    rows: list[tuple[float, float]] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for position, (number, line) in enumerate(lines):
        row = _numbers(line)
        if row is not None:
            rows.append(row)
        elif position > 0 or any(_number(word) is not None for word in _columns(line)):  # else the names of columns
            raise MicrofemError(f"'{name}', line {number}: expected two numbers with decimal points, as in 0.5, 1.3")
    if len(rows) > MOST_POINTS:
        raise MicrofemError(f"'{name}' has {len(rows):,} points; {MOST_POINTS:,} are enough for a smooth curve")
    return tuple(rows)


def _columns(line: str) -> list[str]:
    """Return the columns of a line, by the first separator that it has: a decimal comma never separates columns."""
    separator = next((one for one in SEPARATORS if one in line), None)
    return [word.strip() for word in line.rstrip(separator).split(separator)]


def _numbers(line: str) -> tuple[float, float] | None:
    """Return the two numbers of a line, None where there are not two."""
    words = _columns(line)
    if len(words) != 2:
        return None
    first, second = _number(words[0]), _number(words[1])
    return None if first is None or second is None else (first, second)


def _number(word: str) -> float | None:
    """Return a finite number, None where the word is none."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
