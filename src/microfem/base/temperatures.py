"""Temperatures, which alone among quantities have a unit with another zero: `25 degC` is 298.15 K."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from microfem.base.errors import UnitError
from microfem.base.units import parse_quantity

CELSIUS = 273.15  # K, of 0 degC
DEGREES = ("degC", "°C", "C")


def read_temperature(value: object, low: float = 200.0, high: float = 500.0) -> float:
    """Read `25 degC` or `298.15 K`, K.

    low, high: K, by default what liquid electrolytes and polymers may have.

    Raises:
        ValueError: the value is no temperature, or is not within these bounds.
    """
    if isinstance(value, float):
        return value  # read before
    match = re.fullmatch(rf"\s*([+-]?\d+(?:\.\d*)?)\s*(?:{'|'.join(DEGREES)})\s*", str(value))
    try:
        kelvin = float(match[1]) + CELSIUS if match else parse_quantity(value, "K")
    except UnitError as error:
        raise ValueError(f"{error}; a temperature is stated as '25 degC' or '298.15 K'") from None
    if not low <= kelvin <= high:
        raise ValueError(f"the temperature must be from {low:g} to {high:g} K, got {kelvin:g} K")
    return kelvin


_SHOWN = (
    PlainSerializer(lambda kelvin: f"{kelvin!r} K"),
    WithJsonSchema({"type": "string", "examples": ["25 degC"]}),
)
Temperature = Annotated[float, PlainValidator(read_temperature), *_SHOWN]
AnyTemperature = Annotated[float, PlainValidator(partial(read_temperature, low=1.0, high=3000.0)), *_SHOWN]
