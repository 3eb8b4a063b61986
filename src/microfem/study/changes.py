"""Changes of a study file's values from the command line, `--set`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from microfem.base.errors import InputProblem
from microfem.base.located_yaml import FROM_OUTSIDE, Source, parse_source, read_source
from microfem.study.design import find_geometry


def apply_changes(source: Source, changes: Sequence[str]) -> None:
    """Apply changes `a.b.2.c=value` to the data; a design given as a file is first replaced by the file's mapping."""
    problems: list[InputProblem] = []
    for change in changes:
        path, equals, value = change.partition("=")
        keys = [int(key) if key.isdecimal() else key for key in path.split(".")]  # names begin with a letter
        at = source.data
        for depth, key in enumerate(keys[:-1]):
            inner = _entry(at, key)
            if isinstance(inner, str) and keys[0] == "designs" and depth == 1 and isinstance(at, dict):
                file = find_geometry(inner, source.folder)
                inner = at[key] = read_source(file, "family", "layers").data if file else inner
            if isinstance(at, dict) and inner is None:
                inner = at[key] = {}
            at = inner
        if not equals or not isinstance(at, dict):
            problems.append(
                InputProblem(path="--set", message=f"expected designs.NAME.params.PARAMETER=VALUE, got '{change}'")
            )
            continue
        at[keys[-1]] = _scalar(value)
        source.marks[tuple(keys)] = FROM_OUTSIDE
    source.refuse(problems)


def _entry(at: object, key: str | int) -> Any:
    if isinstance(at, dict):
        return at.get(key)
    return at[key] if isinstance(at, list) and isinstance(key, int) and key < len(at) else None


def _scalar(text: str) -> object:
    return parse_source(text, "--set", Path()).data
