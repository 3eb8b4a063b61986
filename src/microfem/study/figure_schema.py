"""The style of plots and figures, and what a figure shows: one record for the command line and for `figure:`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from microfem.base.errors import UnitError
from microfem.base.located_yaml import Source
from microfem.base.registry import did_you_mean
from microfem.base.units import parse_quantity
from microfem.study.strict import Strict, validate

WIDTHS = {"single": 90.0, "double": 190.0}  # mm: one column of a journal, or two
NARROWEST, WIDEST = 20.0, 400.0  # mm
LEAST_LETTERS, LARGEST_LETTERS = 6.0, 24.0  # points: papers print no smaller letters
COARSEST, FINEST = 300, 600  # pixels per inch of the rasters of fields
USUAL_MAPS = ("viridis", "cividis", "magma", "inferno", "plasma", "RdBu_r", "coolwarm", "Greys")  # of hundreds
Format = Literal["pdf", "svg", "png"]
FORMATS: tuple[Format, ...] = ("pdf", "svg", "png")
S = TypeVar("S", bound="PlotStyle")


def _width(value: object) -> float:
    """Read `85 mm`, `single` or `double` as mm."""
    if str(value) in WIDTHS:
        return WIDTHS[str(value)]
    try:
        width = parse_quantity(value, "mm")
    except UnitError as error:
        raise ValueError(f"{error}, or {' or '.join(WIDTHS)} for the columns of a journal") from None
    if not NARROWEST <= width <= WIDEST:
        raise ValueError(f"a figure is {NARROWEST:g} mm to {WIDEST:g} mm wide, got {width:g} mm")
    return width


def _letters(value: object) -> float:
    """Read `7` or `7 pt` as points."""
    try:
        size = float(str(value).removesuffix("pt"))
    except ValueError:
        size = math.nan
    if not LEAST_LETTERS <= size <= LARGEST_LETTERS:
        bounds = f"from {LEAST_LETTERS:g} to {LARGEST_LETTERS:g}: papers print no smaller letters"
        raise ValueError(f"expected a size of letters in points, {bounds}, got {value!r}")
    return size


def _formats(value: object) -> tuple[object, ...]:
    """Read `pdf,svg` or a list of formats."""
    stated = [one.strip() for one in value.split(",")] if isinstance(value, str) else value
    if not isinstance(stated, list | tuple) or not stated:
        raise ValueError(f"expected formats such as 'pdf,svg', got {value!r}")
    for one in stated:
        if one not in FORMATS:
            raise ValueError(f"no format '{one}' of plots; use {', '.join(FORMATS)}")
    return tuple(dict.fromkeys(stated))


def _ends(value: object) -> tuple[float, float] | None:
    """Read `0:1`, both ends in the unit of the colour bar."""
    low, colon, high = str(value).partition(":")
    try:
        ends = float(low), float(high)
    except ValueError:
        raise ValueError(f"expected LOW:HIGH in the unit of the bar, without a unit, got '{value}'") from None
    if not colon or not all(map(math.isfinite, ends)) or ends[0] >= ends[1]:
        raise ValueError(f"expected LOW:HIGH with LOW below HIGH, got '{value}'; write the lower end first")
    return ends


def _map(value: object) -> str:
    """Check the name of one of matplotlib's colour maps."""
    from matplotlib import colormaps

    if str(value) not in colormaps:
        raise ValueError(f"matplotlib has no colour map '{value}'{did_you_mean(str(value), USUAL_MAPS)}")
    return str(value)


def _numbers(value: object) -> tuple[int, ...]:
    """Read `1,3` or a list of the numbers of views, from 1."""
    numbers = _names([value] if isinstance(value, int) else value)
    if not numbers or not all(one.isdecimal() and int(one) > 0 for one in numbers):
        raise ValueError(f"expected the numbers of views from 1, such as '1,2', got {value!r}")
    return tuple(int(one) for one in numbers)


def _names(value: object) -> tuple[str, ...]:
    """Read `straight,zigzag` or a list of names."""
    if isinstance(value, str):
        return names_in(value)
    if not isinstance(value, list | tuple):
        raise ValueError(f"expected names such as 'a,b', or a list, got {value!r}")
    return tuple(str(one).strip() for one in value)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names between the commas of a text."""
    return tuple(name.strip() for name in text.split(",")) if text else ()


TEXT = WithJsonSchema({"type": "string"})
LISTED = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array"}]})
Width = Annotated[
    float,
    BeforeValidator(_width),
    PlainSerializer(lambda width: f"{width!r} mm", when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["85 mm", "single"]}),
]
Letters = Annotated[float, BeforeValidator(_letters), WithJsonSchema({"type": ["string", "number"]})]
Formats = Annotated[tuple[Format, ...], BeforeValidator(_formats), LISTED]
Ends = Annotated[
    tuple[float, float] | None,
    BeforeValidator(_ends),
    PlainSerializer(lambda ends: ends and f"{ends[0]!r}:{ends[1]!r}", when_used="json"),
    TEXT,
]
ColourMap = Annotated[str, BeforeValidator(_map), TEXT]
Numbers = Annotated[tuple[int, ...], BeforeValidator(_numbers), LISTED]
Dpi = Annotated[int, Field(ge=COARSEST, le=FINEST)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names), LISTED]


class PlotStyle(Strict):
    """Width (mm) of a figure or plot, size of its letters (points), file formats, pixels per inch of rasters."""

    width: Width = WIDTHS["single"]
    font: Letters = 8.0
    format: Formats = ("pdf",)
    dpi: Dpi = COARSEST


class FigureModel(PlotStyle):
    """A figure for a paper: views of designs at an exact width.

    views: their numbers in the study, from 1, all by default; designs: all by default; cmap: a map of matplotlib;
    range: `LOW:HIGH` of the colour bar, in its unit; case, field, plane: a view that the study does not have;
    at: load factor or time of a stored state, by default the end.
    """

    views: Numbers = ()
    designs: Names = ()
    case: str = ""
    field: str = ""
    plane: str = ""
    at: float | None = None
    cmap: ColourMap = ""
    range: Ends = None
    dpi: Dpi = FINEST


def read_style(kind: type[S], command: str, options: Mapping[str, Any]) -> S:
    """Return the style that the options of a command state; options that are None or empty have their defaults.

    Raises:
        InputError: all options with bad values.
    """
    stated = {name: value for name, value in options.items() if value not in (None, "")}
    source = Source(name=command, folder=Path(), text="", data=stated, marks={})
    model, problems = validate(kind, stated, source, ())
    source.refuse(problems)
    assert model is not None
    return model
