"""Read materials from the YAML files of the library, or from the properties in a study."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from microfem.base.errors import MicrofemError, UnitError
from microfem.base.extensions import library
from microfem.base.located_yaml import parse_source
from microfem.base.registry import did_you_mean
from microfem.base.units import convert, format_quantity
from microfem.materials.material import BOUNDS, PROPERTIES, Grade, Material, Property, in_bounds

M = TypeVar("M", bound=BaseModel)


def _number(value: object) -> object:
    """Read text such as `1.69e7`, and refuse `true`, which Python takes as 1."""
    if isinstance(value, bool):
        raise ValueError("expected a number")
    return float(value) if isinstance(value, str) else value


def _unit(value: object) -> object:
    return "1" if type(value) is int and value == 1 else value


def _grade(value: object) -> object:
    """Read a grade by its name, also in a strict schema."""
    return Grade(value) if isinstance(value, str) else value


class PropertyModel(BaseModel):
    """The schema of a property, `{value, unit, source, note, grade}`, with a mandatory source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
    unit: Annotated[str, BeforeValidator(_unit)]
    source: Annotated[str, Field(min_length=3)]
    note: str = ""
    grade: Annotated[Grade, BeforeValidator(_grade)] = Grade.STATED


class MaterialModel(BaseModel):
    """The schema of a library file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: Annotated[str, Field(min_length=3)]
    properties: dict[str, PropertyModel]


def parse_material(
    name: str, stated: Mapping[str, PropertyModel], base: Material | None = None, description: str = ""
) -> Material:
    """Return a material with stated properties, which replace those of `base`.

    Raises:
        MicrofemError: an unknown property, a unit of another dimension, or a value outside the physical bounds.
    """
    properties = dict(base.properties) if base else {}
    for key, entry in stated.items():
        properties[key] = _property(name, key, entry)
    return Material(name, description or (base.description if base else ""), properties)


def _property(name: str, key: str, stated: PropertyModel) -> Property:
    if key not in PROPERTIES:
        raise MicrofemError(f"material '{name}': unknown property '{key}'{did_you_mean(key, PROPERTIES)}")
    unit = PROPERTIES[key]
    value = in_unit(stated, unit, f"material '{name}': {key}")
    if not in_bounds(key, value):
        shown = format_quantity(value, unit, 6)
        raise MicrofemError(f"material '{name}': {key} = {shown} is impossible: it must lie in {BOUNDS[key]}")
    return Property(value=value, unit=unit, source=stated.source, note=stated.note, grade=stated.grade)


def in_unit(stated: PropertyModel, unit: str, what: str) -> float:
    """Return a stated value in a unit; what: name of the property, for the message.

    Raises:
        UnitError: the stated unit has another dimension.
    """
    try:
        return convert(stated.unit, unit, stated.value)
    except UnitError as error:
        raise UnitError(f"{what}: {error}") from None


def read_library(kind: str, model: type[M], name: str, text: str) -> M:
    """Read the text of a library file by its schema; kind, name: for messages.

    Raises:
        MicrofemError: the text is not YAML, or lacks an entry such as the source of a value.
    """
    return read_entry(kind, model, name, parse_source(text, f"{name}.yaml", Path()).data)


def read_entry(kind: str, model: type[M], name: str, data: object) -> M:
    """Read the data of a library file, or of its like in a study, by its schema; kind, name: for messages.

    Raises:
        MicrofemError: an entry is missing, such as the source of a value, or is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise MicrofemError(f"{kind} '{name}': " + "; ".join(wrong)) from error


def material_names() -> list[str]:
    """Return the names of the library's materials."""
    return list(library("materials"))


@cache
def load_material(name: str) -> Material:
    """Load a material of the library.

    Raises:
        MicrofemError: the library has no such material, and the message suggests a name; or its file is not valid.
    """
    known = library("materials")
    if name not in known:
        raise MicrofemError(f"unknown material '{name}'{did_you_mean(name, known)}")
    return read_material(name, known[name].read_text(encoding="utf-8"))


def read_material(name: str, text: str) -> Material:
    """Read the text of a library file.

    Raises:
        MicrofemError: the text is not YAML, or not a material with a source for every value.
    """
    model = read_library("material", MaterialModel, name, text)
    return parse_material(name, model.properties, description=model.description)
