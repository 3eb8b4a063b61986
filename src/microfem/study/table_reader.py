"""Read the table of a property from a file of two columns, as a spreadsheet or a potentiostat exports it."""

from __future__ import annotations

import re
from pathlib import Path

from microfem.base.errors import MicrofemError, brief
from microfem.materials.library import PropertyModel
from microfem.study.design import find_geometry

MOST_BYTES, MOST_POINTS = 5_000_000, 100_000


def with_table(stated: PropertyModel, folder: Path) -> PropertyModel:
    """Return a property whose file, if it has one, is read into its table; folder: that of the study.

    Lines that begin with `#`, and a first line of names, are skipped. Columns are separated by a comma, a semicolon, a
    tab or spaces.

    Raises:
        MicrofemError: there is no such file, or it has a line without two numbers; with the line.
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
    except (OSError, UnicodeDecodeError) as error:
        raise MicrofemError(f"'{stated.file}' cannot be read as text: {error}") from None
    return stated.model_copy(update={"file": "", "table": _rows(stated.file, text)})


def _rows(name: str, text: str) -> tuple[tuple[float, float], ...]:
    rows: list[tuple[float, float]] = []
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    for position, (number, line) in enumerate(lines):
        words = [word for word in re.split(r"[;,\t ]+", line) if word]
        try:
            x, y = (float(word) for word in words[:2])
        except ValueError:
            if position == 0:
                continue  # the names of the columns
            raise MicrofemError(f"'{name}', line {number}: expected two numbers, got '{brief(line)}'") from None
        rows.append((x, y))
    if len(rows) > MOST_POINTS:
        raise MicrofemError(f"'{name}' has {len(rows):,} points; {MOST_POINTS:,} are enough for a smooth curve")
    return tuple(rows)
