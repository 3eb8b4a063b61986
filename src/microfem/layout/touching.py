"""Whether parts of a layout share a face: a wall, or the surface where one lies on the other."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

from microfem.layout.owned import slabs
from microfem.layout.records import Layout
from microfem.layout.rings import Outline

NEAR = 1e-6  # relative to the smallest feature: distance within which faces are one
LEAST = 10.0  # shortest shared wall, in those distances: a corner is none

Piece = tuple[Outline, float, float]


def touch(layout: Layout, first: Collection[str], second: Collection[str]) -> bool:
    """Tell whether a part of the first names shares a face with one of the second; films lie at one height."""
    near = NEAR * layout.feature
    return any(_touch(one, other, near) for one, other in product(_pieces(layout, first), _pieces(layout, second)))


def _pieces(layout: Layout, names: Collection[str]) -> list[Piece]:
    """Return what parts own as (outline, low, high)."""
    owned = [(outline, *z) for region, outline, z in slabs(layout.regions) if region.name in names]
    return [*owned, *((sheet.footprint, sheet.z, sheet.z) for sheet in layout.sheets if sheet.name in names)]


def _touch(one: Piece, other: Piece, near: float) -> bool:
    (first, low, high), (second, bottom, top) = one, other
    overlap = min(high, top) - max(low, bottom)
    if overlap < -near:
        return False
    if overlap <= near:
        return bool(first.intersection(second).area > near * near)
    return bool(second.boundary.intersection(first.buffer(near)).length > LEAST * near)
