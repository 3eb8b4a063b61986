"""Numbers rounded to their errors, as papers write them: 0.7274 with an error of 0.012 is 0.727(12)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

TWO_DIGITS = 354  # an error below 0.354 of a power of ten keeps two digits, else one (Particle Data Group, rule 5.3)
LARGEST, SMALLEST = 5, -5  # powers of ten from which numbers have a power of ten of their own
PLAIN_DIGITS = 4  # of a value without an error
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Rounded:
    """A value and its error as text, both over a power of ten; error: digits of the last places, "" for none."""

    value: str
    error: str
    exponent: int

    def text(self, power: str) -> str:
        """Return `0.727(12)`; power: what stands before the exponent and after it, such as `×10^{}`."""
        number = f"{self.value}({self.error})" if self.error else self.value
        return number + (power.format(self.exponent) if self.exponent else "")


def rounded(value: float, error: float | None, outward: bool = False) -> Rounded:
    """Return a value rounded to the place of the last digit of its error.

    An error has two digits if they are 35 at most, else one (Particle Data Group, Review of Particle Physics,
    introduction, rule 5.3). outward: an error that is proven grows by what rounding moves the value, and is rounded up.
    Without an error the value has PLAIN_DIGITS digits.
    """
    if not error:
        return _plain(value)
    place = _place(error)
    exponent = _exponent(value if abs(value) > error else error, place)
    shown = Decimal(repr(value)).scaleb(-exponent)
    step = Decimal(1).scaleb(place - exponent)
    near = shown.quantize(step)
    own = Decimal(repr(error)).scaleb(-exponent)
    if outward:
        own = (own + abs(near - shown)).quantize(step, rounding=ROUND_CEILING)
    digits = own.quantize(step) / step
    return Rounded(f"{near if near else abs(near):f}", f"{int(digits)}", exponent)


def _plain(value: float) -> Rounded:
    exponent = _exponent(value, -PLAIN_DIGITS)
    return Rounded(f"{value / 10.0**exponent:.{PLAIN_DIGITS}g}", "", exponent)


def _place(error: float) -> int:
    """Return the power of ten of the last digit of an error."""
    power = math.floor(math.log10(error))
    leading = round(error / 10.0 ** (power - 2))
    return power - 1 if leading <= TWO_DIGITS else power


def _exponent(value: float, place: int) -> int:
    """Return the power of ten that a number is written with, 0 for none; place: of its last digit."""
    power = math.floor(math.log10(abs(value))) if value else 0
    return power if power >= LARGEST or power <= SMALLEST or place > 0 else 0


def power_of_ten(exponent: int) -> str:
    """Return a power of ten as plain text, `10⁻³`."""
    return f"10{str(exponent).translate(_RAISED)}"
