"""Studies that are written and run into folders, and what they leave there."""

from __future__ import annotations

from pathlib import Path

from microfem.results.summary import Summary, open_summary
from microfem.run.study import run_study
from microfem.study.reader import load_study
from microfem.study.records import Study


def write_study(folder: Path, text: str) -> Path:
    """Write a study into a folder and return its file."""
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def study_of(folder: Path, text: str, *changes: str) -> Study:
    """Write a study into a folder and load it."""
    return load_study(write_study(folder, text), changes)


def results_of(folder: Path, text: str) -> Path:
    """Run a study in a folder and return the folder of its results."""
    run_study(study_of(folder, text), folder / "out")
    return folder / "out"


def two_runs(folder: Path, text: str) -> Path:
    """Return the folder with a study and two runs of it: `first`, and `second` with a gap of 100 um in `near`."""
    run_study(study_of(folder, text), folder / "first")
    run_study(study_of(folder, text, "designs.near.params.gap=100um"), folder / "second")
    return folder


def summary_of(out: Path) -> Summary:
    """Return the summary that a run wrote."""
    return open_summary(out)
