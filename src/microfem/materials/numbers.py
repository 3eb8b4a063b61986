"""Numbers of a material as YAML gives them."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from microfem.base.errors import brief


def _number(value: object) -> object:
    """Read text such as `1.69e7`, and refuse `true`, which Python takes as 1.

    Raises:
        ValueError: the value is no number.
    """
    try:
        return float(str(value)) if isinstance(value, str | bool) else value
    except ValueError:
        raise ValueError(f"expected a number such as 1.69e7, its unit under `unit`, got {brief(repr(value))}") from None


Finite = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]
