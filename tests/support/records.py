"""Records of results that no solver made: what a test states of them, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from microfem.base.series import Look, Series
from microfem.physics import Report
from microfem.results.files import SUMMARY
from microfem.results.summary import (
    CaseResult,
    CurveResult,
    DesignResult,
    Inputs,
    MetricResult,
    StoredState,
    Summary,
    write_record,
)
from microfem.solve.ending import Ended, Reason

NOTHING_SOLVED = Report(ncells=0, ndofs=0, seconds=0.0, residual=0.0, balance_error=0.0)


def metric(value: float | None, unit: str = "1", error: float | None = None, **stated: Any) -> MetricResult:
    """Return a number with unit and error, or why there is none."""
    return MetricResult(value=value, unit=unit, error=error, **stated)


def case(**stated: Any) -> CaseResult:
    """Return what a case gave: nothing but what is stated."""
    told = {"report": NOTHING_SOLVED, "ended": Ended(Reason.ACCURATE), "stopped": "", "totals": {}, "curves": {},
            "states": (), "files": ()}  # fmt: skip
    return CaseResult(**{**told, **stated})


def state(at: float, file: str, **numbers: tuple[float, str]) -> StoredState:
    """Return a state of a path, its numbers by name with their units."""
    return StoredState(at=at, numbers=numbers, file=file)


def curve(*lines: Series, **look: Any) -> CurveResult:
    """Return a curve of lines."""
    return CurveResult(look=Look(**{"title": "A curve", **look}), lines=lines)


def line(name: str, *points: tuple[float, float, float | None], unit: str = "1", x_name: str = "x") -> Series:
    """Return a line through points (x, value, error) of a curve."""
    x, y, error = zip(*points, strict=True)
    return Series(name=name, unit=unit, x_name=x_name, x_unit="1", x=x, y=y, error=error)


def design(**stated: Any) -> DesignResult:
    """Return what a design gave: nothing but what is stated."""
    told = {"fingerprint": "", "family": "interdigital", "source": "", "params": {}, "placement": None,
            "materials": {}, "status": "ok", "message": "", "seconds": 0.0}  # fmt: skip
    return DesignResult(**{**told, **stated})


def summary(designs: Mapping[str, DesignResult], **stated: Any) -> Summary:
    """Return what a run found."""
    told = {"study": "a test", "source": "", "versions": {}, "expect": (), "inputs": None}
    return Summary(designs=designs, **{**told, **stated})


def inputs(*views: Any) -> Inputs:
    """Return what a run depends on: views alone."""
    return Inputs(designs={}, study=("", ""), fabrication="", views=views, expect=())


def with_design(run: Summary, name: str, **changes: Any) -> Summary:
    """Return a run with other results of one design."""
    return replace(run, designs={**run.designs, name: replace(run.designs[name], **changes)})


def with_case(run: Summary, name: str, of: str, **changes: Any) -> Summary:
    """Return a run with other results of one case of a design."""
    cases = run.designs[name].cases
    return with_design(run, name, cases={**cases, of: replace(cases[of], **changes)})


def write_run(folder: Path, run: Summary) -> Path:
    """Write the summary of a run into its folder, which is returned."""
    write_record(folder / SUMMARY, run)
    return folder
