"""Whole runs of microfem to a guaranteed accuracy, through its Python API; their counterpart is `cell`.

Each function returns one row: what was asked, the value, its bound of the error, seconds, unknowns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Row = dict[str, Any]
CASES: tuple[Callable[[], Row], ...] = ()  # functions join here once they are written


def section_cell() -> Row:
    """Time the section of `cell` to an error of 1e-4 that microfem guarantees, meshing and error bound included."""
    raise NotImplementedError


def device() -> Row:
    """Time a full 3D interdigital device to an error of 1 % that microfem guarantees, meshing included."""
    raise NotImplementedError


def measure() -> list[Row]:
    """Return the rows of all cases that there are."""
    return [case() for case in CASES]
