"""Options that the commands of `microfem dic` share."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import typer

from microfem.base.errors import MicrofemError
from microfem.cli.files import length

Pixel = Annotated[str, typer.Option(help="size of a pixel on the undeformed device: 12um", show_default=False)]
Design = Annotated[str, typer.Option(help="the design, if the results have several", show_default=False)]
OfCase = Annotated[str, typer.Option("--case", help="the case, if the design has several", show_default=False)]


def pixel_of(text: str) -> float:
    """Return the size of a pixel, um."""
    from microfem.base.units import quantity

    return length("--pixel", text, quantity("um", 1e-3, 1e5))


def chosen(option: str, value: str, known: Collection[str]) -> None:
    """Refuse a word that an option does not know."""
    from microfem.base.registry import did_you_mean

    if value not in known:
        raise MicrofemError(f"{option} = '{value}' is impossible{did_you_mean(value, known)}")


def loads_of(text: str, count: int) -> list[float | None]:
    """Return the load of each image, None where none is stated."""
    if not text:
        return [None] * count
    first, dots, last = text.partition("..")
    try:
        if dots:
            low, high = float(first), float(last)
            return [low + (high - low) * k / max(count - 1, 1) for k in range(count)]
        numbers: list[float | None] = [float(one) for one in text.split(",")]
    except ValueError:
        raise MicrofemError(f"--loads = '{text}' is impossible: write 0.1,0.2,0.4, or 0..2") from None
    if len(numbers) != count:
        raise MicrofemError(f"--loads: {len(numbers)} loads do not fit {count} images; state one for each, or 0..2")
    return numbers


def size_of(text: str) -> tuple[int, int]:
    """Return columns and rows of an image."""
    columns, times, rows = text.lower().partition("x")
    if not (times and columns.strip().isdigit() and rows.strip().isdigit() and min(int(columns), int(rows)) >= 32):
        raise MicrofemError(f"--size = '{text}' is impossible: write columns x rows, such as 800x600, each 32 or more")
    return int(columns), int(rows)


def dot_of(text: str) -> float:
    """Return the diameter of dots, px."""
    try:
        dot = float(text.strip().removesuffix("px"))
    except ValueError:
        dot = 0.0
    if not 1.5 <= dot <= 100.0:
        raise MicrofemError(f"--speckle = '{text}' is impossible: write a diameter from 1.5px to 100px, such as 4px")
    return dot
