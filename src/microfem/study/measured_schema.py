"""The schema of what a camera measured, as a study states it."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from microfem.base.units import parse_quantity, quantity
from microfem.study.strict import Name, Strict


def _pixels(value: object) -> object:
    """Read `17 px` or 17 as a number of pixels."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?px", value.strip()) if isinstance(value, str) else None
    return float(match[1]) if match else value


def _whole(value: object) -> object:
    read = _pixels(value)
    return int(read) if isinstance(read, float) and read.is_integer() else read


def _listed(value: object) -> object:
    """Read one text as a list of it."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _loads(value: object) -> object:
    """Read loads such as [0.1, 50 %], or two of them with `..` between, as (first, last)."""
    if isinstance(value, str):
        first, dots, last = value.partition("..")
        if not dots:
            raise ValueError(f"expected a list of loads, or the first and the last as in '0 % .. 200 %', got '{value}'")
        return {"first": parse_quantity(first, "1"), "last": parse_quantity(last, "1")}
    return tuple(parse_quantity(one, "1") for one in value) if isinstance(value, list) else value


class LoadRange(Strict):
    """Loads that rise evenly from the first map to the last."""

    first: float
    last: float


Pixels = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": ["integer", "string"], "examples": ["17 px"]})]
Files = Annotated[tuple[str, ...], BeforeValidator(_listed), Field(max_length=10_000)]
Loads = Annotated[tuple[float, ...] | LoadRange | None, BeforeValidator(_loads)]
Dot = Annotated[
    float, BeforeValidator(_pixels), Field(ge=1.5, le=100.0), WithJsonSchema({"type": ["number", "string"]})
]
Um = Annotated[float, BeforeValidator(quantity("um", 1e-3, 1e5)), WithJsonSchema({"type": "string"})]

Place = Annotated[float, BeforeValidator(quantity("um", -1e7, 1e7)), WithJsonSchema({"type": "string"})]


Axis = Literal["x", "-x", "y", "-y"]


class MapAxesModel(Strict):
    """The axes of a map that point along x and y of the design."""

    x: Axis
    y: Axis

    @model_validator(mode="after")
    def differ(self) -> MapAxesModel:
        """Refuse one axis for both."""
        if self.x[-1] == self.y[-1]:
            raise ValueError("one axis serves both; state such as {x: x, y: -y} or {x: y, y: -x}")
        return self


class MeasuredModel(Strict):
    """A series of maps: `file` of a program, `images` to correlate, or a `virtual` experiment on a case.

    case: with which it is compared, if the study has several that a camera sees; pixel: on the undeformed device;
    static: files of the device at rest; loads: of the maps; origin: place of the map's origin on the design, where the
    fit of its axes begins; axes: of the map, along those of the design; mask: an image, or `design`.
    """

    file: Files = ()
    images: Files = ()
    virtual: str = ""
    case: str = ""
    program: Name | Literal[""] = ""
    columns: dict[str, str] = {}
    unit: str = ""
    y: Literal["", "up", "down"] = ""
    pixel: Um | None = None
    subset: Annotated[Pixels, Field(ge=5, le=501)] | None = None
    step: Annotated[Pixels, Field(ge=1, le=500)] | None = None
    window: Annotated[int, Field(ge=2, le=101)] | None = None
    static: Files = ()
    loads: Loads = None
    match: Literal["", "strain"] = ""
    register_: Annotated[
        tuple[Literal["shift", "rotation", "scale"], ...], BeforeValidator(_listed), Field(alias="register")
    ] = ("shift", "rotation", "scale")
    origin: Annotated[tuple[Place, Place], BeforeValidator(_listed)] = (0.0, 0.0)
    edges: bool = False
    axes: MapAxesModel = MapAxesModel(x="x", y="y")
    mask: str = ""
    frames: Annotated[int, Field(ge=2, le=1000)] = 11
    speckle: Dot = 4.0
    noise: Annotated[float, Field(ge=0.0, le=1000.0)] = 2.0
    bits: Annotated[int, Field(ge=8, le=16)] = 8
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
