"""Read materials from the YAML files of the library, or from the properties in a study."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator

from microfem.base.errors import MicrofemError, UnitError, brief
from microfem.base.extensions import library
from microfem.base.located_yaml import parse_source
from microfem.base.registry import did_you_mean
from microfem.base.temperatures import CELSIUS, DEGREES
from microfem.base.units import convert, format_quantity, quantity
from microfem.materials.dependence import UNITS, Dependence, dependence
from microfem.materials.material import BOUNDS, DEPENDS, PROPERTIES, Grade, Material, Property, in_bounds
from microfem.materials.resistances import CONDUCTIVITY, RESISTIVITY, inverse_of

M = TypeVar("M", bound=BaseModel)


def _number(value: object) -> object:
    """Read text such as `1.69e7`, and refuse `true`, which Python takes as 1.

    Raises:
        ValueError: the value is no number.
    """
    try:
        return float(str(value)) if isinstance(value, str | bool) else value
    except ValueError:
        raise ValueError(f"expected a number such as 1.69e7, its unit under `unit`, got {brief(repr(value))}") from None


def _unit(value: object) -> object:
    return "1" if type(value) is int and value == 1 else value


def _grade(value: object) -> object:
    """Read a grade by its name, also in a strict schema."""
    return Grade(value) if isinstance(value, str) else value


def _pairs(value: object) -> object:
    """Read `[[0, 1.5], [1, 0.8]]`."""
    if not isinstance(value, list):
        return value
    rows = [tuple(_number(one) for one in row) if isinstance(row, list) else row for row in value]
    if not all(isinstance(row, tuple) and len(row) == 2 for row in rows):
        raise ValueError("expected rows of two numbers, such as [[0, 1.5], [1, 0.8]]")
    return tuple(rows)


def _ends(value: object) -> object:
    """Read `[4.3, 5.7]`.

    Raises:
        ValueError: no list of two numbers.
    """
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"expected the lowest and the highest value, such as [4.3, 5.7], got {brief(repr(value))}")
    return tuple(value)


Finite = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
Thickness = Annotated[
    float,
    BeforeValidator(quantity("um", 1e-4, 1e6)),
    WithJsonSchema({"type": "string", "description": "at which a sheet was measured", "examples": ["25 um"]}),
]


class SourcedModel(BaseModel):
    """The entries of every value: `{unit, source, note, grade}`, with a mandatory source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: Annotated[str, BeforeValidator(_unit)]
    source: Annotated[str, Field(min_length=3)]
    note: str = ""
    grade: Annotated[Grade, BeforeValidator(_grade)] = Grade.STATED


class QuantityModel(SourcedModel):
    """The schema of a value that is one number."""

    value: Finite


class PropertyModel(SourcedModel):
    """The schema of a material's property: one number, or a table against a state, `{table or file, of, ...}`.

    of: concentration, filling, temperature or potential, in `of_unit`; a file has two columns, state and value.
    thickness: of a conductivity that is stated as the resistance of a sheet, ohm/sq.
    """

    value: Finite | None = None
    table: Annotated[tuple[tuple[Finite, Finite], ...], BeforeValidator(_pairs)] = ()
    file: str = ""
    of: Literal["", "concentration", "filling", "temperature", "potential"] = ""
    of_unit: str = ""
    thickness: Thickness | None = None

    @model_validator(mode="after")
    def _one(self) -> PropertyModel:
        if (self.value is not None) + bool(self.table) + bool(self.file) != 1:
            raise ValueError("state one of value, table and file")
        if (self.value is None) != bool(self.of):
            raise ValueError("a table or a file needs `of`, such as of: concentration; a value has none")
        return self


class RangedModel(PropertyModel):
    """The schema of a property in a study, which may state a range; without a value its middle is taken."""

    range: Annotated[tuple[Finite, Finite], BeforeValidator(_ends)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _middle(cls, stated: object) -> object:
        """Take the middle of two numbers; anything else is refused by the fields."""
        if isinstance(stated, dict) and "value" not in stated and isinstance(stated.get("range"), list):
            ends = [end for end in map(_number, stated["range"]) if isinstance(end, int | float)]
            return {**stated, "value": sum(ends) / 2.0} if len(ends) == 2 else stated
        return stated

    @model_validator(mode="after")
    def _inside(self) -> RangedModel:
        if self.range is None or self.value is None:
            return self
        low, high = self.range
        if not low < high:
            raise ValueError(f"a range rises from its lowest to its highest value, got {low:g} to {high:g}")
        if not low <= self.value <= high:
            raise ValueError(f"the value {self.value:g} lies outside its range, {low:g} to {high:g}")
        return self


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
    if {CONDUCTIVITY, RESISTIVITY} <= set(stated):
        raise MicrofemError(f"material '{name}' states {CONDUCTIVITY} and {RESISTIVITY}; keep one")
    for key, entry in stated.items():
        known, plain = _as_conductivity(key, entry, f"material '{name}': {key}")
        properties[known] = _property(name, known, plain)
    return Material(name, description or (base.description if base else ""), properties)


def _as_conductivity(key: str, stated: PropertyModel, what: str) -> tuple[str, PropertyModel]:
    """Return a property as conductivity, S/m, where a resistance states it, and as it is otherwise."""
    inverse = inverse_of(key, stated.unit, stated.thickness, what)
    if inverse is None:
        return key, stated
    at = "" if stated.thickness is None else f" at a thickness of {stated.thickness:g} um"
    one = "" if stated.value is None else f" {stated.value:g}"
    changes: dict[str, object] = {
        "value": None if stated.value is None else inverse(stated.value),
        "table": tuple((state, inverse(value)) for state, value in stated.table),
        "unit": PROPERTIES[CONDUCTIVITY],
        "source": f"{stated.source} (as resistance{one} {stated.unit}{at})",
    }
    if isinstance(stated, RangedModel) and stated.range:
        changes["range"] = (inverse(stated.range[1]), inverse(stated.range[0]))
    return CONDUCTIVITY, stated.model_copy(update=changes)


def _property(name: str, key: str, stated: PropertyModel) -> Property:
    if key not in PROPERTIES:
        raise MicrofemError(f"material '{name}': unknown property '{key}'{did_you_mean(key, PROPERTIES)}")
    unit, what = PROPERTIES[key], f"material '{name}': {key}"
    table, stretch = None, stated.range if isinstance(stated, RangedModel) else None
    if stated.value is not None:
        values = [in_unit(stated.unit, unit, value, what) for value in (stated.value, *(stretch or ()))]
    else:
        table = _table(stated, key, unit, what)
        values = [value for _, value in table.points]
    for value in values:
        if not in_bounds(key, value):
            shown = format_quantity(value, unit, 6)
            raise MicrofemError(f"{what} = {shown} is impossible: it must lie in {BOUNDS[key]}")
    return Property(
        value=values[len(values) // 2] if table else values[0],
        unit=unit,
        source=stated.source,
        note=stated.note,
        grade=stated.grade,
        table=table,
        range=(values[1], values[2]) if stretch else None,
    )


def _table(stated: PropertyModel, key: str, unit: str, what: str) -> Dependence:
    """Return a property that depends on a state, in microfem's units.

    Raises:
        MicrofemError: the property cannot depend on that state, or the table is no function.
    """
    if stated.of not in DEPENDS.get(key, ()):
        known = " or ".join(DEPENDS.get(key, ())) or "nothing"
        raise MicrofemError(f"{what} may depend on {known}, not on {stated.of}")
    if stated.file:
        raise MicrofemError(f"{what}: a file is read for a study; state its table here")
    own = stated.of_unit or UNITS[stated.of]
    celsius = stated.of == "temperature" and own in DEGREES
    states = [
        x + CELSIUS if celsius else in_unit(own, UNITS[stated.of], x, f"{what}, of_unit") for x, _ in stated.table
    ]
    points = [(x, in_unit(stated.unit, unit, y, what)) for x, (_, y) in zip(states, stated.table, strict=True)]
    try:
        return dependence(stated.of, points)
    except ValueError as error:
        raise MicrofemError(f"{what}: {error}") from None


def in_unit(stated: str, unit: str, value: float, what: str) -> float:
    """Return a value in a unit from that in the stated unit; what: name of the property, for the message.

    Raises:
        UnitError: the stated unit has another dimension.
    """
    try:
        return convert(stated, unit, value)
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
