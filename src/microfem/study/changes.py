"""Changes on the command line, laid over the data of a study file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from microfem.base.errors import InputProblem
from microfem.base.located_yaml import FROM_OUTSIDE, Source, parse_source, read_source
from microfem.study.design import find_geometry


def apply_changes(source: Source, changes: Sequence[str]) -> None:
    """Lay `a.b.c=value` over the data; a design given as a file becomes that file's mapping first.

    Raises:
        InputError: a change that is no assignment, or that no mapping can take.
    """
    problems: list[InputProblem] = []
    for change in changes:
        path, equals, value = change.partition("=")
        keys = path.split(".")
        at = source.data
        for depth, key in enumerate(keys[:-1]):
            inner = at.get(key) if isinstance(at, dict) else None
            if isinstance(inner, str) and keys[0] == "designs" and depth == 1 and isinstance(at, dict):
                found = find_geometry(inner, source.folder)
                inner = at[key] = read_source(found).data if found else inner
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


def _scalar(text: str) -> object:
    return parse_source(text, "--set", Path()).data
