"""The runs of a report, with their folders and the merged table of all designs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from microfem.results.merging import MOST_MERGED, label_runs, merge
from microfem.results.opened import read_folder
from microfem.results.summary import DesignResult, Summary

LONG = re.compile(r"\S{15,}")  # words of a table head that may break across lines
BREAK, BROKEN = re.compile(r"[/_]"), r"\g<0><wbr>"


@dataclass(frozen=True)
class Run:
    """One run: name, folder, summary; `prefix` precedes the names of its designs in the page."""

    name: str
    folder: Path
    summary: Summary
    prefix: str = ""


@dataclass(frozen=True)
class Runs:
    """Runs, and the merged summary of all their designs."""

    each: Sequence[Run]
    merged: Summary

    @property
    def designs(self) -> Mapping[str, DesignResult]:
        """All designs by their names in the page."""
        return self.merged.designs


def gather(folders: Sequence[Path]) -> Runs:
    """Read runs from their folders.

    Raises:
        MicrofemError: a folder holds no results, or this version cannot read them.
    """
    merged = merge(folders)
    prefixes = [f"{label}/" if len(folders) > 1 else "" for label in label_runs(folders)]
    return Runs(
        [
            Run(prefix[:-1], folder, read_folder(folder, MOST_MERGED), prefix)
            for folder, prefix in zip(folders, prefixes, strict=True)
        ],
        merged,
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """Return an HTML table; cells: HTML text; "" without rows."""
    if not rows:
        return ""
    top = "".join(f"<th>{LONG.sub(lambda match: BREAK.sub(BROKEN, match[0]), one)}</th>" for one in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class='scroll'><table class='{kind}'><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def texts(values: Sequence[object]) -> list[str]:
    """Return values as escaped HTML text."""
    return [escape(str(one)) for one in values]
