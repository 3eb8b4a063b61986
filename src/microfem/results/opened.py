"""A folder of results, opened for a program: tables, and the fields of each case as numpy and pyvista."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.base.shown import ShownInNotebook
from microfem.results.files import GRID
from microfem.results.searches import (
    REFERENCES,
    TRIALS,
    SearchSummary,
    in_order,
    is_search,
    open_search,
    outstanding,
    run_again,
)
from microfem.results.stored import Floats, read_grid
from microfem.results.summary import DesignResult, StoredState, Summary, open_summary, read_result
from microfem.results.trials import Trial


@dataclass(frozen=True, eq=False, kw_only=True)
class SavedCase(ShownInNotebook):
    """A saved case of one design, at the end of its path or at one state of it.

    mesh: pyvista grid, points in um, with each field as an array of its points or cells; quadratic cells for order 2.
    units: of each field.
    states: of the path, in order, each with its load factor or time; empty for a single solve, and for one state.
    run, design: folder of the run, and the design; name: of the case, or of one state within the design's folder.
    """

    mesh: Any
    units: Mapping[str, str]
    states: tuple[StoredState, ...]
    run: Path
    design: str
    name: str

    def field(self, name: str) -> Floats:
        """Return a field as numpy: values at the points of the mesh, or means over its cells where it jumps.

        Scalars are (n,), vectors (n, 3), tensors (n, 4) in 2D and (n, 9) in 3D, by rows; NaN where it is not defined.

        Raises:
            MicrofemError: the case has no such field; the message lists its fields.
        """
        if name not in self.units:
            raise MicrofemError(f"no field '{name}' in this case{did_you_mean(name, self.units)}")
        arrays = self.mesh.point_data if name in self.mesh.point_data else self.mesh.cell_data
        return np.asarray(arrays[name], dtype=float)

    def at(self, number: int) -> SavedCase:
        """Return a state of the path by its number in `states`, from the end if it is below 0.

        Raises:
            MicrofemError: there is no such state, or its file is missing or damaged.
        """
        if not -len(self.states) <= number < len(self.states):
            raise MicrofemError(f"no state {number} in this case, which has {len(self.states)} states")
        return _saved(self.run, self.design, self.states[number].file.removesuffix(GRID), ())


@dataclass(frozen=True, eq=False)
class Results(ShownInNotebook):
    """A folder of results: all numbers as a summary, and the fields that are read when they are asked for."""

    folder: Path
    summary: Summary

    @property
    def designs(self) -> Mapping[str, DesignResult]:
        """The result of each design with parameters, metrics, errors, totals, failures."""
        return self.summary.designs

    def to_dataframe(self) -> Any:
        """Return a pandas DataFrame with one row for each design, see `Summary.to_dataframe`.

        Raises:
            MicrofemError: pandas is not installed.
        """
        return self.summary.to_dataframe()

    def case(self, design: str, case: str) -> SavedCase:
        """Return the saved fields of a case of a design.

        Raises:
            MicrofemError: the design or the case is unknown, or its file is missing or damaged.
        """
        if design not in self.designs:
            raise MicrofemError(f"no design '{design}' in {self.folder}{did_you_mean(design, self.designs)}")
        result = self.designs[design]
        if case in result.failures:
            raise MicrofemError(f"case '{case}' of design '{design}' failed: {result.failures[case]}")
        if case not in result.cases:
            raise MicrofemError(f"no case '{case}' of design '{design}'{did_you_mean(case, result.cases)}")
        return _saved(self.folder, design, case, result.cases[case].states)


def open_results(folder: str | Path) -> Results:
    """Open the folder of a run, or of a search, whose trials are its designs.

    Raises:
        MicrofemError: the folder holds no results, or results that this version cannot read.
    """
    return Results(Path(folder), read_folder(Path(folder)))


def read_folder(folder: Path, most: int = 0) -> Summary:
    """Read a run, or a search as if each of its trials were a design, the best first, then the references.

    most: number of outstanding trials of each search, 0 for all of its trials.

    Raises:
        MicrofemError: the folder holds neither, or this version cannot read it.
    """
    if not is_search(folder):
        return open_summary(folder)
    search = open_search(folder)
    trials = outstanding(search, most) if most else in_order(search)
    designs = {one.name: read_result(design_folder(folder, one.name)) or _unread(search, one) for one in trials}
    alone = {name: read_result(folder / REFERENCES / name) for name in search.references}
    return Summary(
        study=search.study,
        source=search.source,
        versions=search.versions,
        designs={**designs, **{name: one for name, one in alone.items() if one is not None}},
        expect=(),
        inputs=None,
        calls=search.calls,
        measures=search.measures,
    )


def _unread(search: SearchSummary, trial: Trial) -> DesignResult:
    """Return what the record of a search tells of a trial without files here."""
    return DesignResult(
        fingerprint="",
        family=search.families[trial.design],
        source="",
        params=trial.params,
        placement=None,
        materials={},
        status="ok" if trial.outcome.status == "ok" else "failed",
        message=trial.outcome.message,
        seconds=trial.outcome.seconds,
        metrics=trial.outcome.values,
    )


def design_folder(folder: Path, design: str) -> Path:
    """Return the folder of a design of a run, or of a trial or a reference of a search."""
    if not is_search(folder):
        return folder / "designs" / design
    alone = folder / REFERENCES / design
    return alone if alone.is_dir() else folder / TRIALS / design


def without_fields(folder: Path, design: str, known: Sequence[str]) -> str:
    """Return why a design has no fields to show; known: the designs that have some."""
    search = open_search(folder) if is_search(folder) else None
    trial = next((one for one in search.trials if one.name == design), None) if search else None
    if search is None or trial is None:
        return f"no result of design '{design}' in {folder}{did_you_mean(design, known)}"
    if trial.outcome.status != "ok":
        return f"trial '{design}' failed: {trial.outcome.message}"
    if trial.by:
        return f"trial '{design}' ran in {trial.by}, which has its fields"
    return f"the fields of trial '{design}' are gone; run it again with:\n{run_again(search, trial, folder)}"


def _saved(run: Path, design: str, name: str, states: tuple[StoredState, ...]) -> SavedCase:
    mesh, about = read_grid(design_folder(run, design) / f"{name}{GRID}")
    units = {key: str(one["unit"]) for key, one in about["fields"].items()}
    return SavedCase(mesh=mesh, units=units, states=states, run=run, design=design, name=name)
