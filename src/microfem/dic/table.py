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

MOST_BYTES = 200_000_000
FURTHEST = 200  # lines among which the names of columns must stand
MOST_COLUMNS, LONGEST_NAME = 500, 200
DELIMITERS = (";", "\t", ",")  # in this order; else spaces separate columns
REMARKS = "#*%"  # what lines that are no data begin with
NO_NUMBER = re.compile(r"-?nan\(\w*\)|-?1\.#(?:QNAN|IND|SNAN)\w*|\bN/A\b", re.IGNORECASE)  # as C libraries write it


@dataclass(frozen=True, kw_only=True)
class Table:
    """The columns of a map as the file has them: what a column holds -> its values and its unit, "" if not stated.

    head: the lines down to the names of columns; header, lines: line of these names and of each row, 0 and none where
    the file has no lines; places: number of each column, from 1, and its header.
    """

    file: str
    preset: Preset
    values: dict[str, Floats]
    units: dict[str, str]
    head: str
    header: int = 0
    lines: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    places: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def refuse(self, what: str, message: str, row: int | None = None) -> NoReturn:
        """Raise an error at a column, by what it holds, and at a row, else at the header."""
        line = int(self.lines[row]) if row is not None and len(self.lines) else self.header
        where = f"point {row + 1}: " if row is not None and not self.header else ""
        column, name = self.places.get(what, (1 if line else 0, ""))
        refuse(self.file, where + message, line, column, name)


def refuse(file: str, message: str, line: int = 0, column: int = 0, name: str = "") -> NoReturn:
    """Raise an error in a file; column, name: number of a column of its table, from 1, and its header.

    Raises:
        InputError: always.
    """
    raise InputError(file, [InputProblem(path=name, message=message, line=line, column=column)])


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
    body, notes = _with_points([lines[k] for k in rows], delimiter)
    _refuse_ragged(file, rows, body, delimiter, len(cells))
    try:
        values = _numbers(body, delimiter, list(found.values()))
    except ValueError as error:
        _refuse_words(file, rows, body, delimiter, {k: names[k] for k in sorted(found.values())})
        refuse(file, f"is no table of numbers: {error}")
    return Table(
        file=file,
        preset=preset,
        values={what: np.ascontiguousarray(values[:, k]) for k, what in enumerate(found)},
        units={what: names[k].unit for what, k in found.items()},
        head="\n".join(lines[: header + 1]),
        header=header + 1,
        lines=np.array(rows, dtype=np.int64) + 1,
        places={what: (k + 1, names[k].text) for what, k in found.items()},
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
    nearest: tuple[tuple[int, int], int, Preset, list[str]] | None = None
    for k, cells in _candidates(lines):
        names = [ColumnName.of(one) for one in cells]
        fitting = [one for one in known if one.fits(names)]
        if len(fitting) == 1:
            return k, fitting[0]
        if fitting:
            both = " and ".join(one.name for one in fitting)
            refuse(file, f"its columns are those of {both}; state the program", k + 1, 1)
        for one in known:
            likeness = (len(one.found(names)) - len(one.missing(names)), max(map(lines[k].count, DELIMITERS)))
            if nearest is None or likeness > nearest[0]:
                nearest = (likeness, k, one, cells)
    if nearest is None:
        refuse(file, f"has no line with names of columns for {', '.join(NEEDED)} among its first {FURTHEST} lines")
    _, k, preset, cells = nearest
    lacks = preset.missing([ColumnName.of(one) for one in cells])
    why = f"it lacks {', '.join(lacks)}" if lacks else f"it has columns that {preset.name} has not"
    found = brief(", ".join(cells))
    if len(known) == 1:
        refuse(file, f"no columns as {preset.name} has them: {why}; found {found}", k + 1, 1)
    remedy = "name the program, or the columns yourself: x=NAME,y=NAME,u=NAME,v=NAME"
    refuse(file, f"columns of no known program: {found}; the nearest is {preset.name}, but {why}; {remedy}", k + 1, 1)


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


def _with_points(rows: list[str], delimiter: str | None) -> tuple[list[str], tuple[str, ...]]:
    """Return rows with decimal points, and what was changed: a comma that separates no columns is a decimal one."""
    text = "\n".join(rows)
    if delimiter == "," or "," not in text:
        return rows, ()
    return text.replace(",", ".").split("\n"), ("decimal commas read as points",)


def _filled(rows: list[str], delimiter: str | None) -> list[str]:
    """Return rows with `nan` in empty cells and for what C libraries write in its place."""
    text = NO_NUMBER.sub("nan", "\n".join(rows))
    if delimiter is not None:
        text = re.sub(rf'(?<![^\n{delimiter}])[ "]*(?=[{delimiter}\n]|$)', "nan", text)
    return text.split("\n")


def _refuse_ragged(file: str, rows: Sequence[int], body: Sequence[str], delimiter: str | None, width: int) -> None:
    """Refuse a row that has more or fewer columns than the header; a delimiter may end it."""
    for k, row in zip(rows, body, strict=True):
        count = row.count(delimiter) + 1 if delimiter else len(row.split())
        if count == width or (delimiter and count == width + 1 and row.rstrip().endswith(delimiter)):
            continue
        commas = "; decimal commas between commas cannot be told apart" if delimiter == "," and count > width else ""
        refuse(file, f"has {count} columns, and the header {width}{commas}", k + 1, min(count, width))


def _numbers(body: list[str], delimiter: str | None, columns: list[int]) -> Floats:
    """Return the numbers in some columns of rows.

    Raises:
        ValueError: a cell is no number.
    """

    def read(rows: list[str]) -> Floats:
        return np.loadtxt(rows, delimiter=delimiter, usecols=columns, ndmin=2, comments=None, quotechar='"')

    try:
        return read(body)
    except ValueError:
        return read(_filled(body, delimiter))


def _refuse_words(
    file: str, rows: Sequence[int], body: list[str], delimiter: str | None, names: Mapping[int, ColumnName]
) -> None:
    """Refuse the first cell that is no number; names: of the columns that are read, by their numbers from 0."""
    for k, row in zip(rows, _filled(body, delimiter), strict=True):
        cells = row.split(delimiter)
        for place, name in names.items():
            word = cells[place].strip(' "\t')
            try:
                float(word)
            except ValueError:
                refuse(file, f"'{brief(word)}' is no number", k + 1, place + 1, name.text)


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
