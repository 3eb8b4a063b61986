"""The schemas of materials: how a study or a library file states a property."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from microfem.base.units import quantity
from microfem.materials.anisotropy import SHOWN, AxesModel
from microfem.materials.material import Grade
from microfem.materials.numbers import Finite, ends, number, pairs


def _unit(value: object) -> object:
    return "1" if type(value) is int and value == 1 else value


def _grade(value: object) -> object:
    """Read a grade by its name, also in a strict schema."""
    return Grade(value) if isinstance(value, str) else value


Thickness = Annotated[
    float,
    BeforeValidator(quantity("um", 1e-4, 1e6)),
    WithJsonSchema({"type": "string", "description": "at which a sheet was measured", "examples": ["25 um"]}),
]


def _measure(value: object) -> object:
    """Read `true`, which is a boolean in YAML, as the measure of that name."""
    return "true" if value is True else value


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


class PropertyModel(AxesModel, SourcedModel):
    """The schema of a material's property: one number, numbers along axes, or a table `{table or file, of, ...}`.

    of: concentration, filling, temperature, potential or strain, in `of_unit`; a file has two columns, state and value.
    thickness: of a conductivity that is stated as the resistance of a sheet, ohm/sq.
    measure: of a curve of stress against strain; fit: the law of finite strain that is fitted to it.
    """

    table: Annotated[tuple[tuple[Finite, Finite], ...], BeforeValidator(pairs)] = ()
    file: str = ""
    of: Literal["", "concentration", "filling", "temperature", "potential", "strain"] = ""
    of_unit: str = ""
    thickness: Thickness | None = None
    measure: Annotated[Literal["", "true", "nominal"], BeforeValidator(_measure)] = ""
    fit: Literal["", "yeoh"] = ""

    @model_validator(mode="after")
    def _one(self) -> PropertyModel:
        axes = self.anisotropy() is not None
        if (self.value is not None) + bool(self.table) + bool(self.file) + axes != 1:
            raise ValueError(f"state one of value, table and file, or values along axes: {SHOWN}")
        if bool(self.table or self.file) != bool(self.of):
            raise ValueError("a table or a file needs `of`, such as of: concentration; a value has none")
        if (self.measure or self.fit) and self.of != "strain":
            raise ValueError("measure and fit are those of a stress_strain, a table of: strain; leave them out")
        return self


class RangedModel(PropertyModel):
    """The schema of a property in a study, which may state a range; without a value its middle is taken."""

    range: Annotated[tuple[Finite, Finite], BeforeValidator(ends)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _middle(cls, stated: object) -> object:
        """Take the middle of two numbers; anything else is refused by the fields."""
        if isinstance(stated, dict) and "value" not in stated and isinstance(stated.get("range"), list):
            both = [end for end in map(number, stated["range"]) if isinstance(end, int | float)]
            return {**stated, "value": sum(both) / 2.0} if len(both) == 2 else stated
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
