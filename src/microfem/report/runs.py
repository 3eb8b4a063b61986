"""What a page tells of: runs with their folders, and one table of all their designs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from microfem.base.errors import MicrofemError
from microfem.results.comparison import label_runs, merge
from microfem.results.store import read_summary

LONG = re.compile(r"\S{15,}")  # words of a head that may be broken
BREAK, BROKEN = re.compile(r"[/_]"), r"\g<0><wbr>"
Designs = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Run:
    """One run: its name, its folder, its summary; design names stand in the page with `prefix` before them."""

    name: str
    folder: Path
    summary: Mapping[str, Any]
    prefix: str = ""


@dataclass(frozen=True)
class Runs:
    """Runs, and the summary of all their designs."""

    each: Sequence[Run]
    merged: Mapping[str, Any]

    @property
    def designs(self) -> Designs:
        """All designs by the names that the page gives them."""
        found: Designs = self.merged["designs"]
        return found


def gather(folders: Sequence[Path]) -> Runs:
    """Read runs from their folders.

    Raises:
        MicrofemError: a folder holds no results, or such as this version cannot read.
    """
    merged = merge(folders)
    prefixes = [f"{label}/" if len(folders) > 1 else "" for label in label_runs(folders)]
    return Runs([Run(prefix[:-1], folder, read_summary(folder), prefix)
                 for folder, prefix in zip(folders, prefixes, strict=True)], merged)  # fmt: skip


def table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """Return a table of cells that are HTML already; nothing if it has no rows."""
    if not rows:
        return ""
    top = "".join(f"<th>{LONG.sub(lambda found: BREAK.sub(BROKEN, found[0]), one)}</th>" for one in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table class='{kind}'><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def texts(values: Sequence[object]) -> list[str]:
    """Return values as text of HTML."""
    return [escape(str(one)) for one in values]


def unreadable(folder: Path, error: Exception) -> MicrofemError:
    """Return what to say of results that lack something or are broken."""
    told = f"{type(error).__name__}: {error}"
    return MicrofemError(f"the results in {folder} cannot be read ({told}); run the study again")
