"""Numbers of a material as YAML gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from microfem.base.errors import brief


def number(value: object) -> object:
    """Read text such as `1.69e7`, and refuse `true`, which Python takes as 1.

    Raises:
        ValueError: the value is no number.
    """
    try:
        return float(str(value)) if isinstance(value, str | bool) else value
    except ValueError:
        raise ValueError(f"expected a number such as 1.69e7, its unit under `unit`, got {brief(repr(value))}") from None


def pairs(value: object) -> object:
    """Read `[[0, 1.5], [1, 0.8]]`.

    Raises:
        ValueError: a row has not two columns.
    """
    if not isinstance(value, list):
        return value
    rows = [tuple(row) if isinstance(row, list) else row for row in value]
    if not all(isinstance(row, tuple) and len(row) == 2 for row in rows):
        raise ValueError("expected rows of two numbers, such as [[0, 1.5], [1, 0.8]]")
    return tuple(rows)


def ends(value: object) -> object:
    """Read `[4.3, 5.7]`.

    Raises:
        ValueError: no list of two numbers.
    """
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"expected the lowest and the highest value, such as [4.3, 5.7], got {brief(repr(value))}")
    return tuple(value)


Finite = Annotated[float, BeforeValidator(number), Field(allow_inf_nan=False)]
