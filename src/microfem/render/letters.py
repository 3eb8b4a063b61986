"""Text in figures whose width is stated: its size, its lines, and numbers without letters smaller than the rest."""

from __future__ import annotations

import math

from microfem.base.errors import MicrofemError
from microfem.base.rounding import power_of_ten
from microfem.study.figure_schema import LEAST_LETTERS

POINTS, MM = 72.0, 25.4  # of an inch
SPACING = 1.25  # of lines, in sizes of letters
PLAIN = -3, 4  # powers of ten between which numbers are written out


def points(millimetres: float) -> float:
    """Return a length in points."""
    return millimetres / MM * POINTS


def text_width(text: str, size: float) -> float:
    """Return the width of one line of text in points; size: of its letters."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width: float = text_to_path.get_text_width_height_descent(text, FontProperties(size=size), ismath=False)[0]
    return width


def lines_of(text: str, size: float, width: float) -> list[str]:
    """Return text as lines of at most `width` points.

    Raises:
        MicrofemError: a word is wider, with the width that the word needs and the remedy.
    """
    lines: list[str] = []
    for word in text.split(" "):
        if (wide := text_width(word, size)) > width:
            room = f"'{word.replace(chr(160), ' ')}' takes {wide / points(1.0):.3g} mm in letters of {size:g} pt"
            smaller = f", or smaller letters, at least {LEAST_LETTERS:g} pt" if size > LEAST_LETTERS else ""
            raise MicrofemError(
                f"{room}, and its place is {width / points(1.0):.3g} mm wide; state a larger width{smaller}"
            )
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def number_text(value: float, digits: int = 2) -> str:
    """Return a number as text in one size of letters: `0.25`, `3.4×10⁸`."""
    mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    if value == 0.0 or PLAIN[0] <= int(exponent) <= PLAIN[1]:
        return f"{float(f'{value:.{digits}g}'):g}".replace("-", "−")
    return f"{float(mantissa):g}×{power_of_ten(int(exponent))}".replace("-", "−")


def common_exponent(low: float, high: float) -> int:
    """Return the power of ten that stands with the unit of an axis, 0 where its numbers are short without."""
    largest = max(abs(low), abs(high))
    exponent = math.floor(math.log10(largest)) if largest else 0
    return 0 if PLAIN[0] < exponent < PLAIN[1] else exponent
