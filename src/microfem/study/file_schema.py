"""The schema of study files."""

from __future__ import annotations

import keyword
import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from microfem.base.quantities import Duration, Memory, Share
from microfem.base.temperatures import Temperature
from microfem.materials.schema import RangedModel
from microfem.study.figure_schema import FigureModel
from microfem.study.identify_reader import IdentifyModel
from microfem.study.measured_schema import MeasuredModel
from microfem.study.plots import PlotModel
from microfem.study.strict import Name, Strict, checked_name


def _whole(value: object) -> object:
    """Accept a float such as 2e6 as a count."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _case_name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError(f"'{text}' cannot name a case: metrics are called on it, so use letters, digits and '_' only")
    return checked_name(text)


CaseName = Annotated[str, AfterValidator(_case_name)]
Unknowns = Annotated[int, BeforeValidator(_whole), Field(ge=1000)] | None


class ViewModel(Strict):
    """A picture: one field of one case, all designs side by side.

    plane: `z=mid`, `z=30 um`, `x=...`, `y=...`, or `3d`; measured: a measurement beside the case, with the difference
    of both, each design in a picture of its own; level: of the computed field.
    """

    case: str
    field: str
    plane: str = "z=mid"
    log: bool = False
    streamlines: bool = False
    deform: float | None = None
    measured: str = ""
    difference: bool = False
    level: Literal["none", "gauge", "subset", "images"] = "subset"


class ExpectModel(Strict):
    """Expected value of a metric, and why: a value with a tolerance rel or abs, or bounds."""

    value: str | float | None = None
    rel: Share | None = None
    abs: str | float | None = None
    min: str | float | None = None
    max: str | float | None = None
    why: Annotated[str, Field(min_length=3)]


class LimitsModel(Strict):
    """Limits at which the refinement of a case stops below its accuracy: unknowns, time, memory."""

    unknowns: Unknowns = None
    time: Duration = math.inf
    memory: Memory = math.inf


class ConstraintModel(Strict):
    """Bounds of a metric that a valid design satisfies."""

    min: str | float | None = None
    max: str | float | None = None


class BudgetModel(Strict):
    """Budget of a search: trials of each design, time after which no trial starts."""

    trials: Annotated[int, BeforeValidator(_whole), Field(ge=1, le=1_000_000)] = 100
    time: Duration = math.inf


class ScreenModel(Strict):
    """Stand-ins of expensive metrics during a search, and the number of designs that then run with both."""

    metrics: Annotated[dict[Name, Name], Field(min_length=1)]
    confirm: Annotated[int, Field(ge=3, le=1000)] = 8


class StudyModel(Strict):
    """A study file."""

    name: Name
    source: str = ""
    designs: Annotated[dict[Name, Any], Field(min_length=1)]
    materials: dict[Name, dict[str, RangedModel]] = {}
    fabrication: str | dict[Name, dict[str, Any]] | None = None
    accuracy: Share = 0.01
    accuracy_of: dict[Name, Share] = {}
    limits: LimitsModel = LimitsModel()
    temperature: Temperature | None = None
    cases: dict[CaseName, dict[str, Any]] = {}
    metrics: dict[Name, str] = {}
    curves: dict[Name, str] = {}
    measured: dict[CaseName, MeasuredModel] = {}
    identify: dict[Name, IdentifyModel] = {}
    views: list[ViewModel] = []
    figure: FigureModel | None = None
    plots: list[PlotModel] = []
    expect: dict[Name, dict[Name, ExpectModel]] = {}
    space: dict[Name, dict[str, Any]] = {}
    objectives: dict[Name, Literal["minimise", "maximise"]] = {}
    constraints: dict[Name, ConstraintModel] = {}
    budget: BudgetModel = BudgetModel()
    screen: ScreenModel | None = None
    finer: Annotated[int, Field(ge=2, le=100)] | None = None
    sampler: Literal["", "tpe", "cma-es", "nsga-ii", "gp", "gradient", "random", "sobol"] = ""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
