"""What a study states of the state at which an impedance is measured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import PlainValidator, WithJsonSchema

from microfem.base.units import quantity
from microfem.electrochemistry.protocol import read_time

_FILLING = re.compile(r"filling\s+(.+)", re.IGNORECASE)


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


AtEntry = Annotated[At, PlainValidator(read_at), WithJsonSchema({"type": "string", "examples": ["filling 50 %"]})]
