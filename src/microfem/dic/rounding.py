"""Numbers with their errors as text."""

from __future__ import annotations

import math

MOST = 7  # digits of a number, however small its error


def with_error(value: float, error: float, unit: str = "") -> str:
    """Return a number with an error of two digits, and no digit below them; without an error the number alone."""
    end = f" {unit}" if unit else ""
    if not error > 0.0:
        return f"{value:.{MOST - 1}g}{end}"
    more = _magnitude(value) - _magnitude(error) if value else 0
    return f"{value:.{min(max(more + 2, 1), MOST)}g} +- {error:.2g}{end}"


def _magnitude(number: float) -> int:
    """Return the power of ten of a number's first digit."""
    return math.floor(math.log10(abs(number)))
