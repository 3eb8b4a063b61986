"""The schema of study and geometry files, and the translation of its errors into located problems."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from microfem.base.errors import InputProblem, brief
from microfem.base.located_yaml import Path_, Source
from microfem.base.quantities import Duration, Memory, Radius, Share
from microfem.base.registry import did_you_mean
from microfem.base.temperatures import Temperature
from microfem.materials.library import RangedModel

M = TypeVar("M", bound=BaseModel)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def _name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f"'{text}' is not a name: a letter, then letters, digits, '_' or '-', 64 at most")
    return text


def _whole(value: object) -> object:
    """Accept a float such as 2e6 as a count."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _case_name(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError(f"'{text}' cannot name a case: metrics are called on it, so use letters, digits and '_' only")
    return _name(text)


Name = Annotated[str, AfterValidator(_name)]
CaseName = Annotated[str, AfterValidator(_case_name)]
Unknowns = Annotated[int, BeforeValidator(_whole), Field(ge=1000)] | None


class Strict(BaseModel):
    """A mapping that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CurvedModel(Strict):
    """A surface of one radius."""

    radius: Radius


class PlacementModel(Strict):
    """The surface on which a flat layout is placed: exactly one of the keys."""

    cylinder: CurvedModel | None = None
    sphere: CurvedModel | None = None
    saddle: CurvedModel | None = None

    @model_validator(mode="after")
    def _one(self) -> PlacementModel:
        if len(self.model_fields_set) != 1:
            raise ValueError("state one of cylinder, sphere, saddle")
        return self


class GeometryModel(Strict):
    """A named design: family, parameters, materials by role or region, surface, source."""

    family: str
    params: dict[str, Any] = {}
    materials: dict[str, str] = {}
    placement: PlacementModel | None = None
    source: str = ""


class ViewModel(Strict):
    """A picture: one field of one case, all designs side by side.

    plane: `z=mid`, `z=30 um`, `x=...`, `y=...`, or `3d`.
    """

    case: str
    field: str
    plane: str = "z=mid"
    log: bool = False
    streamlines: bool = False
    deform: float | None = None


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
    views: list[ViewModel] = []
    expect: dict[Name, dict[Name, ExpectModel]] = {}
    space: dict[Name, dict[str, Any]] = {}
    objectives: dict[Name, Literal["minimise", "maximise"]] = {}
    constraints: dict[Name, ConstraintModel] = {}
    budget: BudgetModel = BudgetModel()
    screen: ScreenModel | None = None
    finer: Annotated[int, Field(ge=2, le=100)] | None = None
    sampler: Literal["", "tpe", "cma-es", "nsga-ii", "gp", "gradient", "random", "sobol"] = ""
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0


def validate(model: type[M], data: object, source: Source, path: Path_) -> tuple[M | None, list[InputProblem]]:
    """Validate the data at `path` of a source; return the model, or None and all problems."""
    try:
        return model.model_validate(data, strict=True), []
    except ValidationError as error:
        return None, [_problem(model, one, source, path) for one in error.errors()]


def _problem(model: type[BaseModel], error: Mapping[str, Any], source: Source, path: Path_) -> InputProblem:
    loc = tuple(part for part in error["loc"] if part != "[key]")
    where: Path_ = (*path, *loc)
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        message = f"unknown key{did_you_mean(str(loc[-1]), known_keys(model, loc[:-1]))}"
    elif kind == "missing":
        message = "this key is missing"
    elif kind == "value_error":
        message = str(error["ctx"]["error"])
    elif kind == "model_type":
        message = f"expected a mapping with the keys {', '.join(known_keys(model, loc))}, got {brief(repr(value))}"
    elif kind == "tuple_type":
        message = f"expected a list, got {brief(repr(value))}"
    else:
        message = f"{error['msg'][0].lower()}{error['msg'][1:]}, got {brief(repr(value))}"
    return source.problem(where, message)


def known_keys(model: type[BaseModel], loc: tuple[object, ...]) -> list[str]:
    """Return the keys of the model at `loc` within `model`."""
    at: Any = model
    for part in loc:
        models = _models(at)
        if models and isinstance(part, str) and part in models[0].model_fields:
            at = models[0].model_fields[part].annotation
    models = _models(at)
    return list(models[0].model_fields) if models else []


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for one in get_args(annotation) for model in _models(one)]
