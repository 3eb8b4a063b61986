"""Several runs, or the best trials of searches, as one summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from microfem.base.errors import MicrofemError
from microfem.results.opened import read_folder
from microfem.results.summary import Summary

T = TypeVar("T")
MOST_MERGED = 2  # trials of a search


def merge(folders: Sequence[Path]) -> Summary:
    """Merge runs into one summary; the designs of several runs are named RUN/DESIGN. A search enters with its best.

    The registered metric of a name and its accuracy are kept where all runs agree.

    Raises:
        MicrofemError: a folder holds no run, or is named twice.
    """
    paths = [folder.resolve() for folder in folders]
    if twice := [str(folder) for folder in folders if paths.count(folder.resolve()) > 1]:
        raise MicrofemError(f"{twice[0]} is named twice; name each run once")
    runs = {name: read_folder(folder, MOST_MERGED) for name, folder in zip(label_runs(folders), folders, strict=True)}
    prefixes = {run: f"{run}/" if len(folders) > 1 else "" for run in runs}
    return Summary(
        study=" and ".join(str(folder) for folder in folders),
        source="",
        versions={},
        designs={
            prefixes[run] + name: design for run, summary in runs.items() for name, design in summary.designs.items()
        },
        expect=(),
        inputs=None,
        accuracy=_agreed([summary.accuracy for summary in runs.values()]),
        calls=_agreed([summary.calls for summary in runs.values()]),
        measures=_measures(runs),
        per_depth=tuple(dict.fromkeys(case for summary in runs.values() for case in summary.per_depth)),
    )


def _agreed(stated: Sequence[Mapping[str, T]]) -> dict[str, T]:
    """Return the entries on which all mappings that have them agree."""
    gathered: dict[str, list[T]] = {}
    for mapping in stated:
        for name, value in mapping.items():
            gathered.setdefault(name, []).append(value)
    return {name: values[0] for name, values in gathered.items() if len(set(values)) == 1}


def _measures(runs: Mapping[str, Summary]) -> dict[str, str]:
    """Return the remark beside each metric: one text where all runs agree, else the text of each run."""
    names = dict.fromkeys(name for summary in runs.values() for name in summary.metrics)
    remarks = {}
    for name in names:
        texts = {run: summary.measures.get(name, "") for run, summary in runs.items() if name in summary.metrics}
        alike = len(set(texts.values())) == 1
        remarks[name] = (
            next(iter(texts.values()))
            if alike
            else "; ".join(f"{text} in {run}" for run, text in texts.items() if text)
        )
    return {name: text for name, text in remarks.items() if text}


def label_runs(folders: Sequence[Path]) -> list[str]:
    """Return labels of runs: the names of their folders, or whole paths where two names are equal."""
    names = [folder.resolve().name for folder in folders]
    return names if len(set(names)) == len(names) else [str(folder) for folder in folders]
