"""Results of a run as records, written as JSON and read back as the same records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter, ValidationError

from microfem.base.errors import MicrofemError
from microfem.base.series import Look, Series
from microfem.base.shown import ShownInNotebook
from microfem.fabrication import Technique
from microfem.layout.contacts import PartContact
from microfem.layout.layers import Layers
from microfem.materials import Material
from microfem.physics import Report
from microfem.results.files import RESULT, SUMMARY, read_json, write_text
from microfem.results.measured_maps import COMPONENTS, MapResult, map_picture
from microfem.solve.ending import Ended
from microfem.study.figure_schema import FigureModel
from microfem.study.file_schema import ViewModel
from microfem.study.plots import PlotModel

T = TypeVar("T")
KEYS = {"study", "versions", "designs", "expect", "inputs"}  # keys of a summary in every version


@dataclass(frozen=True, kw_only=True)
class MetricResult:
    """A metric's value with unit and error, or the reason why it has no value.

    error: None without a reliable estimate; lower, upper: proven bounds, None where nothing is proven; scale: least
    size to which the accuracy is relative; refused: why the metric has no value on this solution; failed: why its case
    has no solution; added: parts of the error that no mesh lowers, by their cause; floor: the part of the
    error that time steps leave on any mesh.
    """

    value: float | None
    unit: str
    error: float | None
    lower: float | None = None
    upper: float | None = None
    scale: float = 0.0
    refused: str = ""
    failed: str = ""
    added: Mapping[str, float] = field(default_factory=dict)
    floor: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RangeEffect:
    """What the range of a material value does: the metrics of the design at its lowest and at its highest value."""

    material: str
    key: str
    unit: str
    low: float
    high: float
    at_low: Mapping[str, MetricResult]
    at_high: Mapping[str, MetricResult]


@dataclass(frozen=True, kw_only=True)
class StoredState:
    """One state of a path: its load factor or time, its numbers (value, unit) by name, the file of its fields."""

    at: float
    numbers: Mapping[str, tuple[float, str]]
    file: str

    def __post_init__(self) -> None:
        """Refuse a file outside the folder of the design.

        Raises:
            ValueError: the name leads out of it.
        """
        path = PurePosixPath(self.file)
        if path.is_absolute() or ".." in path.parts or "\\" in self.file:
            raise ValueError(f"'{self.file}' leads out of the folder of results")


@dataclass(frozen=True, kw_only=True)
class CurveResult:
    """A curve of a case: one or more lines, and how they are plotted."""

    look: Look
    lines: tuple[Series, ...]


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """Results of a case beside its metrics.

    report: of the last solve; ended: why the refinement ended; stopped: why the load path ended early, "" if it did
    not; totals: name -> (value, unit); curves: by name; states: of the path, in order; files: all files of the case;
    remarks: what a reader should know first; maps: beside the case, that of the largest load of each measurement.
    """

    report: Report
    ended: Ended
    stopped: str
    totals: Mapping[str, tuple[float, str]]
    curves: Mapping[str, CurveResult]
    states: tuple[StoredState, ...]
    files: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    maps: tuple[MapResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DesignResult:
    """Results and inputs of a design: parameters in the family's units, surface, material of each part, layers.

    follows: what parameters follow from, where they depend on others: an expression, or `area 100 mm2`.
    fingerprint: hash of all inputs; failures: by case without a solution, the reason; warnings: about the results.
    ranges: what each stated range of a material value does to the metrics.
    """

    fingerprint: str
    family: str
    source: str
    params: Mapping[str, bool | int | float | str]
    placement: Mapping[str, float | str] | None
    materials: Mapping[str, Material]
    status: Literal["ok", "failed"]
    message: str
    seconds: float
    metrics: Mapping[str, MetricResult] = field(default_factory=dict)
    cases: Mapping[str, CaseResult] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    follows: Mapping[str, str] = field(default_factory=dict)
    layers: Layers = Layers()
    contacts: tuple[PartContact, ...] = ()
    ranges: tuple[RangeEffect, ...] = ()

    def units(self) -> dict[str, str]:
        """Return the unit of each parameter, "1" without one; empty where its family is not installed."""
        from microfem.families import FAMILIES  # imported here, because readers of results rarely need it

        params = FAMILIES.get(self.family).params if self.family in FAMILIES.names() else {}
        return {name: params[name][1].unit or "1" for name in self.params if name in params}


@dataclass(frozen=True, kw_only=True)
class ExpectedResult:
    """An expectation compared with its metric; low, high: None where there is no bound."""

    design: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    why: str
    met: bool


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Inputs of a run: fingerprints of designs, name and source of the study, views, expectations, figure, plots."""

    designs: Mapping[str, str]
    study: tuple[str, str]
    fabrication: str
    views: tuple[ViewModel, ...]
    expect: tuple[tuple[str, str, str, str, str], ...]
    figure: FigureModel | None = None
    plots: tuple[PlotModel, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Summary(ShownInNotebook):
    """All results of a run, or of several merged runs, which have no inputs of their own.

    accuracy: target relative error by metric; calls: registered metric by name; measures: remark that is shown beside
    the name of a metric; stretched: nominal strain by case; differs: properties that differ between designs although a
    fair comparison holds them equal; fabrication: violations of design rules; technique: the process that states these
    rules; per_depth: cases whose totals are per unit depth; undrawn: why views could not be drawn; pictures: files of
    those that were, within the run's folder; figures: files of the figure, likewise.
    """

    study: str
    source: str
    versions: Mapping[str, str]
    designs: Mapping[str, DesignResult]
    expect: tuple[ExpectedResult, ...]
    inputs: Inputs | None
    accuracy: Mapping[str, float] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    stretched: Mapping[str, float] = field(default_factory=dict)
    differs: tuple[str, ...] = ()
    fabrication: tuple[str, ...] = ()
    technique: Technique | None = None
    per_depth: tuple[str, ...] = ()
    undrawn: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()

    @property
    def cases(self) -> tuple[str, ...]:
        """Names of the cases of all designs, in their order."""
        return tuple(dict.fromkeys(case for one in self.designs.values() for case in one.cases))

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the metrics of all designs, in their order."""
        return tuple(dict.fromkeys(name for one in self.designs.values() for name in one.metrics))

    def row(self, metric: str) -> dict[str, MetricResult]:
        """Return a metric of each design that has it."""
        return {name: one.metrics[metric] for name, one in self.designs.items() if metric in one.metrics}

    def to_dataframe(self) -> Any:
        """Return a pandas DataFrame with one row for each design, which its index names.

        Its columns are `family`, `status`, each parameter, each metric, and the error of each metric as `METRIC_error`.
        A parameter that has the name of a metric stands as `params.NAME`. A value that a design does not have is NaN.
        The units of all columns of numbers are in `.attrs["units"]`.

        Raises:
            MicrofemError: pandas is not installed.
        """
        try:
            import pandas as pd
        except ImportError:
            raise MicrofemError("a DataFrame needs pandas; install it with: pip install pandas") from None
        rows, units = list[dict[str, Any]](), dict[str, str]()
        for one in self.designs.values():
            params = {name: f"params.{name}" if name in self.metrics else name for name in one.params}
            rows.append({"family": one.family, "status": one.status})
            rows[-1] |= {column: one.params[name] for name, column in params.items()}
            units |= {params[name]: unit for name, unit in one.units().items()}
        table = pd.DataFrame(rows, index=pd.Index(self.designs, name="design"))
        for metric in self.metrics:
            row = self.row(metric)
            for column, part in ((metric, "value"), (f"{metric}_error", "error")):
                table[column] = pd.Series({name: getattr(one, part) for name, one in row.items()}, dtype=float)
                units[column] = next((one.unit for one in row.values() if one.unit), "")
        table.attrs["units"] = units
        return table


def map_pictures(run: Summary) -> set[str]:
    """Return the names that pictures of the maps of a run may have."""
    of_maps = [
        (name, one) for name, design in run.designs.items() for case in design.cases.values() for one in case.maps
    ]
    return {map_picture(name, one, of) for name, one in of_maps for of in COMPONENTS}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(record: Any) -> Any:
    """Return a record as JSON data, without default values."""
    return _adapter(type(record)).dump_python(record, mode="json", exclude_defaults=True)  # type: ignore[arg-type]


def from_json(kind: type[T], data: Any) -> T:
    """Read a record from JSON data.

    Raises:
        pydantic.ValidationError: the data do not fit the record.
    """
    record: T = _adapter(kind).validate_json(json.dumps(data))  # type: ignore[arg-type]
    return record


def write_record(path: Path, record: Any) -> None:
    """Write a record as JSON.

    Raises:
        MicrofemError: the disk is full or the folder cannot be written.
    """
    write_text(path, json.dumps(to_json(record), indent=1, allow_nan=False))


def read_result(folder: Path) -> DesignResult | None:
    """Read the result of a design from its folder; None if it is missing or this version cannot read it."""
    try:
        return from_json(DesignResult, read_json(folder / RESULT))
    except ValidationError:
        return None


def is_run(folder: Path) -> bool:
    """Tell whether a folder holds results of any version."""
    data = read_json(folder / SUMMARY)
    return set(data) >= KEYS and isinstance(data["designs"], dict)


def read_summary(folder: Path) -> Summary | None:
    """Read the summary of a run; None if it is missing or this version cannot read it."""
    try:
        return from_json(Summary, read_json(folder / SUMMARY))
    except ValidationError:
        return None


def open_summary(folder: Path) -> Summary:
    """Read the summary of a run, which must exist.

    Raises:
        MicrofemError: it is missing, or this version cannot read it.
    """
    summary = read_summary(folder)
    if summary is not None:
        return summary
    if is_run(folder):
        raise MicrofemError(f"the results in {folder} are damaged or of another version; run the study again")
    raise MicrofemError(f"{folder} holds no results; run a study into it with: microfem run STUDY -o {folder}")
