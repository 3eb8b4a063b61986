"""Sweeps: one protocol followed with several rates, currents or powers, each from the same start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)

from microfem.base.errors import brief
from microfem.base.units import format_quantity
from microfem.electrochemistry.amounts import Amount, read_amount
from microfem.electrochemistry.protocol import ProtocolLine

SWEPT = ("discharge", "charge", "steady")  # verbs whose amounts a sweep replaces: the first that a protocol has
MOST = 100  # values


def read_values(value: object) -> tuple[tuple[str, Amount], ...]:
    """Read `[0.2C, 1C, 5C]`, `[1 mA/cm2, 5 mA/cm2]` or one value as the texts and what they mean.

    Raises:
        ValueError: an entry is no amount, or is stated twice.
    """
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list | tuple) or not value:
        raise ValueError("expected a list such as [0.2C, 1C, 5C]")
    if len(value) > MOST:
        raise ValueError(f"{len(value)} values are more than {MOST}")
    found: dict[Amount, str] = {}
    for one in value:
        text, amount = one if isinstance(one, tuple) else (str(one), read_amount(str(one)))
        if amount.value <= 0.0:
            raise ValueError(f"'{brief(text)}' must be above 0: the line of the protocol tells the direction")
        if amount in found:
            raise ValueError(f"'{brief(text)}' is stated twice")
        found[amount] = text
    return tuple((text, amount) for amount, text in found.items())


Values = Annotated[
    tuple[tuple[str, Amount], ...],
    PlainValidator(read_values),
    PlainSerializer(lambda values: [text for text, _ in values]),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
]


class Sweep(BaseModel):
    """The values with which a protocol is followed: of `rate`, of `current` or of `power`, one of them.

    They replace the amount of its lines that discharge; in a protocol without any, that of its lines that charge, then
    that of a steady state.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Values = ()
    current: Values = ()
    power: Values = ()

    @model_validator(mode="after")
    def _of_one_kind(self) -> Sweep:
        stated = [name for name in ("rate", "current", "power") if getattr(self, name)]
        if len(stated) != 1:
            raise ValueError("state one of rate, current and power, such as sweep: {rate: [0.2C, 1C, 5C]}")
        for text, amount in self.values:
            holds = "rate" if amount.kind == "rate" else amount.holds
            if holds != self.of:
                raise ValueError(f"'{brief(text)}' is no {self.of}; see what a sweep may vary: rate, current or power")
        if len({amount.kind for _, amount in self.values}) > 1:
            raise ValueError("state all values alike, such as all per area")
        return self

    @property
    def of(self) -> Literal["rate", "current", "power"]:
        """What is swept."""
        return "rate" if self.rate else "current" if self.current else "power"

    @property
    def values(self) -> tuple[tuple[str, Amount], ...]:
        """The texts of all values with what they mean."""
        return self.rate or self.current or self.power

    def protocols(self, lines: Sequence[ProtocolLine]) -> Mapping[str, tuple[ProtocolLine, ...]]:
        """Return the protocol with each of the values, by its text.

        Raises:
            ValueError: no line of the protocol takes them.
        """
        verb = next((verb for verb in SWEPT if any(line.verb == verb and line.amount for line in lines)), "")
        if not verb:
            raise ValueError("sweep: no line of the protocol discharges, charges or is steady")
        return {
            text: tuple(_with(line, text, amount) if line.verb == verb and line.amount else line for line in lines)
            for text, amount in self.values
        }

    def text_of(self, wanted: str) -> str:
        """Return the text of a value that may be written otherwise, such as `5 C` for `5C`.

        Raises:
            ValueError: it is none of the values; the message lists them.
        """
        known = {amount: text for text, amount in self.values}
        try:
            return known[read_amount(wanted)]
        except (ValueError, KeyError):
            raise ValueError(f"'{brief(wanted)}' is none of {', '.join(known.values())}") from None


def _with(line: ProtocolLine, text: str, amount: Amount) -> ProtocolLine:
    """Return a line with another amount."""
    until = f" until {format_quantity(line.until.value, 'V')}" if line.until else ""
    lasts = f" for {format_quantity(line.duration, 's')}" if line.duration else ""
    return replace(line, text=f"{line.verb} at {text}{lasts}{until}", amount=amount)
