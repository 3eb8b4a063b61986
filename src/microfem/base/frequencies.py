"""Frequencies as a study states them: one, a list, or a range with so many per decade."""

from __future__ import annotations

import math
import re
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, PlainValidator, WithJsonSchema

from microfem.base.errors import brief
from microfem.base.units import quantity

LOWEST, HIGHEST = 1e-9, 1e12  # Hz
MOST = 1000  # frequencies
_RANGE = re.compile(r"(.+?)\s*\.\.\s*(.+?)\s*(?:,\s*(\d+)\s+per\s+decade)?", re.IGNORECASE)
PER_DECADE = 8
EXAMPLE = "'10 mHz .. 1 MHz, 8 per decade', or a list such as [1 Hz, 1 kHz]"


def read_frequency(value: object) -> float:
    """Read `1 kHz`, Hz.

    Raises:
        ValueError: the value is no frequency between the lowest and the highest.
    """
    return quantity("Hz", LOWEST, HIGHEST)(value)


def read_frequencies(value: object) -> tuple[float, ...]:
    """Read `10 mHz .. 1 MHz, 8 per decade`, one frequency or a list of them, as rising frequencies, Hz.

    Raises:
        ValueError: with an example.
    """
    if isinstance(value, tuple):
        return value
    if isinstance(value, list):
        found = tuple(sorted({read_frequency(one) for one in value}))
        if not 0 < len(found) <= MOST:
            raise ValueError(f"expected 1 to {MOST} frequencies, such as {EXAMPLE}")
        return found
    match = _RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        try:
            return (read_frequency(value),)
        except ValueError as error:
            raise ValueError(f"{error}; expected frequencies such as {EXAMPLE}") from None
    low, high = read_frequency(match[1]), read_frequency(match[2])
    if not low < high:
        raise ValueError(f"a range begins with its lowest frequency, such as {EXAMPLE}, got '{brief(str(value))}'")
    each = int(match[3] or PER_DECADE)
    count = math.ceil(math.log10(high / low) * each - 1e-9) + 1
    if each < 1 or count > MOST:
        raise ValueError(f"'{brief(str(value))}' is {count} frequencies, expected 2 to {MOST}; state fewer per decade")
    return tuple(float(one) for one in np.geomspace(low, high, count))


def _is_frequency(text: str) -> str:
    """Return the text of a frequency.

    Raises:
        ValueError: it is none.
    """
    read_frequency(text)
    return text


FrequencyText = Annotated[str, AfterValidator(_is_frequency)]
OneFrequency = Annotated[
    float, PlainValidator(read_frequency), WithJsonSchema({"type": "string", "examples": ["1 kHz"]})
]
Frequencies = Annotated[
    tuple[float, ...],
    PlainValidator(read_frequencies),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
