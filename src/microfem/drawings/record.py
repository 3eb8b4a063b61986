"""A drawing as it is drawn: shapes by layer, in um, and the limits within which drawings are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from shapely import LineString, Polygon

from microfem.base.errors import MicrofemError

MOST_SECONDS = 18.0  # for one import
MOST_MEGABYTES = 600.0  # beside what the program needs
MOST_DRAWING_BYTES = 50_000_000  # largest size of a drawing
MOST_SHAPES = 100_000  # with all references resolved
MOST_POINTS = 1_000_000  # corners of all shapes, with all references resolved
MOST_CHORDS = 10_000  # of one curve
DEEPEST = 20  # largest depth of nested cells or blocks
FARTHEST = 1e9  # largest coordinate, um
SHOWN = 5  # places that a message lists

Place: TypeAlias = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class DrawnShapes:
    """Shapes of a drawing by layer, um.

    areas: closed outlines that are filled. lines: of a closed line the inside is filled, and a line inside another is a
    hole. grid: on which all corners lie, 0 where the format has none. ignored: what has no area, such as '3 TEXT on
    layer left'.
    """

    areas: Mapping[str, Sequence[Polygon]]
    lines: Mapping[str, Sequence[LineString]]
    grid: float
    ignored: tuple[str, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of all layers with shapes."""
        return tuple(sorted({*self.areas, *self.lines}))


@dataclass(frozen=True)
class Contents:
    """What a cell or block holds: its own shapes and their corners, and other cells with how often each is repeated."""

    shapes: int
    points: int
    parts: Sequence[tuple[str, int]]


def refuse_bombs(top: str, cells: Mapping[str, Contents], kind: str) -> None:
    """Count shapes and corners with all references resolved, before any is; an empty cell counts as one shape.

    top: name of the cell to resolve. kind: 'cell' or 'block'.

    Raises:
        MicrofemError: there are too many, a cell contains itself or is too deep, or a reference is not in the file.
    """
    shapes, points, _ = _count(top, cells, kind, {}, 0)
    if shapes > MOST_SHAPES:
        raise MicrofemError(
            f"it has {shapes} shapes, more than {MOST_SHAPES}, with all {kind}s resolved; keep one device in it"
            + (", or select one with --cell" if kind == "cell" else "")
        )
    if points > MOST_POINTS:
        raise MicrofemError(
            f"its shapes have {points} corners, more than {MOST_POINTS}, with all {kind}s resolved; "
            "keep one device in it"
        )


def _count(
    name: str, cells: Mapping[str, Contents], kind: str, known: dict[str, tuple[int, int, int] | None], depth: int
) -> tuple[int, int, int]:
    """Return the numbers of shapes and of corners of a cell, and the depth of the cells in it."""
    known[name] = None
    shapes, points, below = cells[name].shapes, cells[name].points, 0
    for part, times in cells[name].parts:
        if part not in cells:
            raise MicrofemError(f"it refers to the {kind} '{part}', which is not in the file")
        if part in known and known[part] is None:
            raise MicrofemError(f"the {kind} '{part}' contains itself")
        if depth >= DEEPEST:
            raise MicrofemError(f"{kind}s are nested more than {DEEPEST} deep")
        found = known.get(part) or _count(part, cells, kind, known, depth + 1)
        shapes += max(1, times) * max(1, found[0])
        points += max(1, times) * max(1, found[1])
        below = max(below, 1 + found[2])
    if depth + below > DEEPEST:
        raise MicrofemError(f"{kind}s are nested more than {DEEPEST} deep")
    known[name] = shapes, points, below
    return shapes, points, below


def at(places: Iterable[Place]) -> str:
    """Return places as text: 'at (0, 0), (9, 0) um', of many the first and the number of the others."""
    listed = list(places)
    more = f" and {len(listed) - SHOWN} more" if len(listed) > SHOWN else ""
    return "at " + ", ".join(f"({x + 0.0:.7g}, {y + 0.0:.7g})" for x, y in listed[:SHOWN]) + f" um{more}"
