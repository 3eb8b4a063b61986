"""What the records of study files share: names, strict mappings, errors of a schema as located problems."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from microfem.base.errors import InputProblem, brief
from microfem.base.located_yaml import Path_, Source
from microfem.base.registry import did_you_mean

M = TypeVar("M", bound=BaseModel)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def checked_name(text: str) -> str:
    """Return a name.

    Raises:
        ValueError: the text is none.
    """
    if not _NAME.fullmatch(text):
        raise ValueError(f"'{text}' is not a name: a letter, then letters, digits, '_' or '-', 64 at most")
    return text


Name = Annotated[str, AfterValidator(checked_name)]


class Strict(BaseModel):
    """A mapping that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def validate(model: type[M], data: object, source: Source, path: Path_) -> tuple[M | None, list[InputProblem]]:
    """Validate the data at `path` of a source; return the model, or None and all problems."""
    try:
        return model.model_validate(data, strict=True), []
    except ValidationError as error:
        return None, [_problem(model, one, source, path) for one in error.errors()]


def _problem(model: type[BaseModel], error: Mapping[str, Any], source: Source, path: Path_) -> InputProblem:
    loc = tuple(part for part in error["loc"] if not str(part).startswith("["))  # marks of pydantic, such as [key]
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
