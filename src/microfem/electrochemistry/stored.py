"""The states of a path in time whose fields are stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from microfem.base.units import quantity


def read_stored(value: object) -> tuple[tuple[str, float], ...]:
    """Read `[10 %, 60 s, end]` as shares of the whole time and times, s.

    Raises:
        ValueError: an entry is neither.
    """
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list):
        raise ValueError("expected a list such as [10 %, 50 %, 60 s, end]")
    return tuple(_entry(one) for one in value)


def _entry(one: object) -> tuple[str, float]:
    if one == "end":
        return "share", 1.0
    try:
        if isinstance(one, str) and one.strip().endswith("%"):
            return "share", quantity("1", 0.0, 1.0)(one)
        return "time", quantity("s", 0.0)(one)
    except ValueError as error:
        raise ValueError(f"{error}; expected an entry such as '10 %', '60 s' or 'end'") from None


Stored = Annotated[
    tuple[tuple[str, float], ...],
    PlainValidator(read_stored),
    PlainSerializer(lambda entries: [f"{100.0 * x!r} %" if kind == "share" else f"{x!r} s" for kind, x in entries]),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
]


def chosen(stated: Sequence[tuple[str, float]], times: Sequence[float], ends: Sequence[int]) -> list[int]:
    """Return the numbers of the steps to store, in order: those nearest to the stated times, and the ends of lines."""
    at = np.asarray(times)
    wanted = [value * at[-1] if kind == "share" else value for kind, value in stated]
    return sorted({int(np.abs(at - one).argmin()) for one in wanted} | {0, *ends})
