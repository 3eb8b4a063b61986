"""The table of points in a text file: its program by the names of its columns, its numbers, and where a fault is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import numpy as np

from microfem.base.errors import InputError, InputProblem, brief
from microfem.dic.presets import NEEDED, ColumnName, Preset
from microfem.dic.records import Floats, Ints

MOST_BYTES = 500_000_000
FURTHEST = 200  # lines among which the names of columns must stand
MOST_COLUMNS, LONGEST_NAME = 500, 200
DELIMITERS = (";", "\t", ",")  # in this order; else spaces separate columns
REMARKS = "#*%"  # what lines that are no data begin with
NO_NUMBER = re.compile(r"-?nan\(\w*\)|-?1\.#(?:QNAN|IND|SNAN)\w*|\bN/A\b", re.IGNORECASE)  # as C libraries write it


@dataclass(frozen=True, kw_only=True)
class Table:
    """The columns of a map as the file has them: what a column holds -> its values and its unit, "" if not stated.

    head: the lines down to the names of columns; first, lines: line of the header and of each row, 0 and none where the
    file has no lines; places: number of each column, from 1.
    """

    file: str
    preset: Preset
    values: dict[str, Floats]
    units: dict[str, str]
    head: str
    header: int = 0
    lines: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    places: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def refuse(self, what: str, message: str, row: int | None = None) -> NoReturn:
        """Raise an error at a column, by what it holds, and at a row, else at the header."""
        line = int(self.lines[row]) if row is not None and len(self.lines) else self.header
        where = f"line {row + 1} of the points: " if row is not None and not self.header else ""
        refuse(self.file, where + message, line, self.places.get(what, 1) if line else 0)


def refuse(file: str, message: str, line: int = 0, column: int = 0) -> NoReturn:
    """Raise an error in a file; column: number of a column of its table, from 1.

    Raises:
        InputError: always.
    """
    raise InputError(file, [InputProblem(path="", message=message, line=line, column=column)])


def text_of(file: str, data: bytes) -> str:
    """Return a file's text: UTF-8, UTF-16 with its mark, else the Windows code page of western Europe.

    Raises:
        InputError: the file is empty or binary.
    """
    try:
        text = data.decode("utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        refuse(file, "is binary, no table of points; export it as text")
    if not text.strip():
        refuse(file, "is empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_table(file: str, data: bytes, known: Sequence[Preset]) -> Table:
    """Read a table whose columns fit one of the known presets.

    Raises:
        InputError: they fit none or several, a row has more or fewer columns than the header, or a cell is no number.
    """
    text = text_of(file, data)
    lines = text.split("\n")
    header, preset = _header(file, lines, known)
    delimiter, cells = _split(lines[header])
    names = [ColumnName.of(one) for one in cells]
    found = preset.found(names)
    _refuse_twins(file, header + 1, names, found)
    rows = [k for k in range(header + 1, len(lines)) if (one := lines[k].strip()) and one[0] not in REMARKS]
    if not rows:
        refuse(file, "has no points below the names of its columns", header + 1, 1)
    body, notes = _plain([lines[k] for k in rows], delimiter)
    _refuse_ragged(file, rows, body, delimiter, len(cells))
    values = _numbers(file, rows, body, delimiter, list(found.values()), names)
    return Table(
        file=file,
        preset=preset,
        values={what: np.ascontiguousarray(values[:, k]) for k, what in enumerate(found)},
        units={what: names[k].unit for what, k in found.items()},
        head="\n".join(lines[: header + 1]),
        header=header + 1,
        lines=np.array(rows, dtype=np.int64) + 1,
        places={what: k + 1 for what, k in found.items()},
        notes=notes,
    )


def _split(line: str) -> tuple[str | None, list[str]]:
    """Return the delimiter of a line, None for spaces, and its cells; remarks may begin it."""
    bare = line.strip().lstrip(REMARKS).strip(" ")
    delimiter = next((one for one in DELIMITERS if one in bare), None)
    if delimiter is None:
        return None, bare.replace('"', "").split()
    return delimiter, [one.strip() for one in next(csv.reader(io.StringIO(bare), delimiter=delimiter), [])]


def _header(file: str, lines: Sequence[str], known: Sequence[Preset]) -> tuple[int, Preset]:
    """Return the number of the line with the names of columns, from 0, and the preset that they fit."""
    nearest: tuple[int, int, Preset, list[str]] = (-1, 0, known[0], [])
    for k, cells in _candidates(lines):
        names = [ColumnName.of(one) for one in cells]
        fitting = [one for one in known if one.fits(names)]
        if len(fitting) == 1:
            return k, fitting[0]
        if fitting:
            both = " and ".join(one.name for one in fitting)
            refuse(file, f"its columns are those of {both}; state the program", k + 1, 1)
        for one in known:
            if (count := len(one.found(names)) - len(one.missing(names))) > nearest[0]:
                nearest = (count, k, one, cells)
    count, k, preset, cells = nearest
    if count < 0 or not cells:
        refuse(file, f"has no line with names of columns for {', '.join(NEEDED)} among its first {FURTHEST} lines")
    lacks = preset.missing([ColumnName.of(one) for one in cells])
    why = f"lacks {', '.join(lacks)}" if lacks else "has other columns"
    named = ", ".join(repr(one) for one in cells)
    refuse(
        file,
        f"columns of no known program: {brief(named)}; the nearest is {preset.name}, for which it {why}; "
        "name the columns yourself, such as x=NAME,y=NAME,u=NAME,v=NAME",
        k + 1,
        1,
    )


def _candidates(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines that can hold names of columns, with their cells."""
    for k, line in enumerate(lines[:FURTHEST]):
        if len(line) > MOST_COLUMNS * LONGEST_NAME:
            continue
        try:
            _, cells = _split(line)
        except csv.Error:
            continue
        words = [one for one in cells if one and len(one) <= LONGEST_NAME and not _is_number(one)]
        if len(NEEDED) <= len(words) and len(cells) <= MOST_COLUMNS:
            yield k, cells


def _is_number(word: str) -> bool:
    try:
        float(word.replace(",", "."))
    except ValueError:
        return False
    return True


def _refuse_twins(file: str, line: int, names: Sequence[ColumnName], found: Mapping[str, int]) -> None:
    """Refuse a column whose header another one has too."""
    for place in found.values():
        twins = [k + 1 for k, one in enumerate(names) if one.text == names[place].text]
        if len(twins) > 1:
            refuse(
                file, f"two columns are called '{brief(names[place].text)}', {twins[0]} and {twins[1]}", line, twins[1]
            )


def _plain(rows: list[str], delimiter: str | None) -> tuple[list[str], tuple[str, ...]]:
    """Return rows with decimal points and `nan` in empty cells, and what was changed."""
    text, notes = "\n".join(rows), []
    if delimiter != "," and "," in text:
        text = text.replace(",", ".")
        notes.append("decimal commas read as points")
    if "#" in text or "(" in text or "/" in text:
        text = NO_NUMBER.sub("nan", text)
    if delimiter is not None:
        text = re.sub(rf'(?<![^\n{delimiter}])[ "]*(?=[{delimiter}\n]|$)', "nan", text)
    return text.split("\n"), tuple(notes)


def _refuse_ragged(file: str, rows: Sequence[int], body: Sequence[str], delimiter: str | None, width: int) -> None:
    """Refuse a row that has more or fewer columns than the header; a delimiter may end it."""
    for k, row in zip(rows, body, strict=True):
        count = row.count(delimiter) + 1 if delimiter else len(row.split())
        if count == width or (delimiter and count == width + 1 and row.rstrip().endswith(delimiter)):
            continue
        commas = "; decimal commas between commas cannot be told apart" if delimiter == "," and count > width else ""
        refuse(file, f"has {count} columns, and the header {width}{commas}", k + 1, min(count, width))


def _numbers(
    file: str,
    rows: Sequence[int],
    body: Sequence[str],
    delimiter: str | None,
    places: list[int],
    names: Sequence[ColumnName],
) -> Floats:
    try:
        return np.loadtxt(body, delimiter=delimiter, usecols=places, ndmin=2, comments=None, quotechar='"')
    except ValueError as error:
        for k, row in zip(rows, body, strict=True):
            cells = row.split(delimiter)
            for place in places:
                word = cells[place].strip(' "\t')
                try:
                    float(word)
                except ValueError:
                    what = f"'{brief(word)}' is no number of {names[place].text}"
                    refuse(file, what, k + 1, place + 1)
        refuse(file, f"is no table of numbers: {error}")


def read_bytes(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        InputError: there is none, it is no file, or it is too large.
    """
    file = str(path)
    try:
        if path.exists() and not path.is_file():
            refuse(file, "is no file")
        if path.stat().st_size > MOST_BYTES:
            refuse(file, f"has more than {MOST_BYTES // 1_000_000} MB, too much for a map")
        return path.read_bytes()
    except FileNotFoundError:
        refuse(file, "there is no such file")
    except OSError as error:
        refuse(file, f"cannot be read: {error.strerror or error}")
