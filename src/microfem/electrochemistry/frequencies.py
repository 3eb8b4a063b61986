"""What a study states of an impedance: its frequencies, and the state of the cell at which it is measured."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import PlainValidator, WithJsonSchema

from microfem.base.errors import brief
from microfem.base.units import quantity
from microfem.electrochemistry.protocol import read_time

LOWEST, HIGHEST = 1e-9, 1e12  # Hz
MOST = 1000  # frequencies
_RANGE = re.compile(r"(.+?)\s*\.\.\s*(.+?)\s*(?:,\s*(\d+)\s+per\s+decade)?", re.IGNORECASE)
_FILLING = re.compile(r"filling\s+(.+)", re.IGNORECASE)
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


@dataclass(frozen=True)
class At:
    """The state of a cell: at rest at its start, or on the path of its protocol at a filling, at a time (s) or its end.

    filling: of the electrode that limits the cell.
    """

    kind: Literal["start", "filling", "time", "end"]
    value: float = 0.0

    def __str__(self) -> str:
        """Return it as a study states it."""
        if self.kind in ("start", "end"):
            return self.kind
        return f"filling {100.0 * self.value:.6g} %" if self.kind == "filling" else f"{self.value:.6g} s"


def read_at(value: object) -> At:
    """Read `start`, `end`, `filling 50 %` or `100 s`.

    Raises:
        ValueError: the value is none of them.
    """
    if isinstance(value, At):
        return value
    text = value.strip() if isinstance(value, str) else ""
    if text in ("start", "end"):
        return At(kind=text)  # type: ignore[arg-type]
    try:
        if match := _FILLING.fullmatch(text):
            return At(kind="filling", value=quantity("1", 0.0, 1.0)(match[1]))
        return At(kind="time", value=read_time(text))
    except ValueError as error:
        raise ValueError(f"{error}; expected 'start', 'end', 'filling 50 %' or a time such as '100 s'") from None


Frequencies = Annotated[
    tuple[float, ...],
    PlainValidator(read_frequencies),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
AtEntry = Annotated[At, PlainValidator(read_at), WithJsonSchema({"type": "string", "examples": ["filling 50 %"]})]
