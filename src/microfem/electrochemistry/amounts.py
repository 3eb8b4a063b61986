"""Amounts of a protocol: currents, powers, loads and voltages, per area, per depth or of a device, and rates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from microfem.base.errors import DimensionError, UnitError, brief
from microfem.base.units import parse_quantity

_RATE = re.compile(r"(?:(\d+(?:\.\d*)?|\.\d+) ?C|C ?/ ?(\d+(?:\.\d*)?|\.\d+))", re.IGNORECASE)
# Kinds of amounts: what they hold, and the unit in which they are read.
AMOUNTS = {
    "areal current": ("current", "A/m2"),
    "current": ("current", "uA"),
    "current per depth": ("current", "A/m"),
    "areal power": ("power", "W/m2"),
    "power": ("power", "uW"),
    "power per depth": ("power", "W/m"),
    "areal load": ("load", "ohm m2"),
    "load": ("load", "Mohm"),
    "load per depth": ("load", "ohm m"),
    "voltage": ("voltage", "V"),
}


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A current, power, load or voltage; kind: a key of AMOUNTS, or `rate` for multiples of the capacity per hour."""

    kind: str
    value: float

    @property
    def holds(self) -> Literal["current", "voltage", "power", "load"]:
        """What it holds."""
        return "current" if self.kind == "rate" else AMOUNTS[self.kind][0]  # type: ignore[return-value]


def read_amount(text: str) -> Amount:
    """Read `5C`, `C/20`, `2 mA/cm2`, `3 A/m`, `1 mW/cm2`, `100 ohm`, `0.9 V`.

    Raises:
        ValueError: the text is none of them.
    """
    text = text.strip()
    if match := _RATE.fullmatch(text):
        rate = float(match[1]) if match[1] else 1.0 / max(float(match[2]), 1e-300)
        if not 0.0 < rate < 1e6:
            raise ValueError(f"a rate must be above 0, got '{brief(text)}'")
        return Amount(kind="rate", value=rate)
    for kind, (_, unit) in AMOUNTS.items():
        try:
            return Amount(kind=kind, value=parse_quantity(text, unit))
        except DimensionError:
            continue
        except UnitError as error:
            raise ValueError(str(error)) from None
    raise ValueError(f"expected a rate such as 5C, a current, a power, a load or a voltage, got '{brief(text)}'")
