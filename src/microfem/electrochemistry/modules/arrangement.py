"""The arrangement of a module: columns in series, cells in parallel along each column, and its network.

A module of five columns in series with three cells in parallel each is 5S3P. A collector strip lies before, between
and after the columns, with a point at each row; each cell has a tab to the strip on either side. The cell "2,3" is the
third one of the second column, counted from the negative terminal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from microfem.fem.cell.network import Network

Terminals = Literal["same_end", "opposite_ends", "middle"]
Connection = Literal["normal", "open", "short", "reversed"]


@dataclass(frozen=True, kw_only=True)
class OddCell:
    """A cell that differs: its size relative to the others, and how it is connected."""

    size: float = 1.0
    connection: Connection = "normal"


@dataclass(frozen=True, kw_only=True)
class CellArrangement:
    """Columns in series, rows in parallel; strip: resistance between neighbours along a strip, Mohm; tab: of a tab."""

    series: int
    parallel: int
    strip: float = 0.0
    tab: float = 0.0
    terminals: Terminals = "opposite_ends"

    @property
    def names(self) -> list[str]:
        """The names of all cells, column by column."""
        return [f"{column},{row}" for column in range(1, self.series + 1) for row in range(1, self.parallel + 1)]

    def point(self, strip: int, row: int) -> int:
        """Return the number of the point of a strip at a row, both from 0."""
        return strip * self.parallel + row


def check_cells(arrangement: CellArrangement, odd: Mapping[str, OddCell]) -> None:
    """Check that cells that differ are there, and that a current can pass every column.

    Raises:
        ValueError: with the cell or the column.
    """
    last = f'"{arrangement.series},{arrangement.parallel}"'
    for name in odd:
        if name not in arrangement.names:
            raise ValueError(f"cells: there is no cell '{name}'; cells are named by column and row, \"1,1\" to {last}")
    connection = {name: odd.get(name, OddCell()).connection for name in arrangement.names}
    for column in range(1, arrangement.series + 1):
        if all(connection[f"{column},{row}"] == "open" for row in range(1, arrangement.parallel + 1)):
            raise ValueError(f"cells: all cells of column {column} are open, so no current can pass the module")
    if all(one in ("open", "short") for one in connection.values()):
        raise ValueError("cells: all cells are open or short; leave one as it is")


@dataclass(frozen=True, kw_only=True)
class Wired:
    """The network of a module, and the names of the cells in it: those that are neither open nor short."""

    network: Network
    names: tuple[str, ...]


def wired(arrangement: CellArrangement, odd: Mapping[str, OddCell], length: float) -> Wired:
    """Return the network of a module; length: of a cell out of the plane, um, 1 for cells in 3D."""
    rows, pieces, cells = arrangement.parallel, list[tuple[int, int, float]](), list[tuple[int, int, str]]()
    for strip in range(arrangement.series + 1):
        for row in range(rows - 1):
            pieces.append((arrangement.point(strip, row), arrangement.point(strip, row + 1), arrangement.strip))
    for number, name in enumerate(arrangement.names):
        column, row = divmod(number, rows)
        ends = arrangement.point(column + 1, row), arrangement.point(column, row)  # positive, negative
        connection = odd.get(name, OddCell()).connection
        if connection == "short":
            pieces.append((*ends, 2.0 * arrangement.tab))
        elif connection != "open":
            cells.append((*(ends[::-1] if connection == "reversed" else ends), name))
    points, terminals = _terminals(arrangement, pieces)
    pieces = _without_loops(points, pieces)
    return Wired(
        network=Network(
            points=points,
            strips=np.array([(a, b) for a, b, _ in pieces], dtype=np.int64).reshape(-1, 2),
            resistance=np.array([one for _, _, one in pieces]),
            positive=np.array([a for a, _, _ in cells], dtype=np.int64),
            negative=np.array([b for _, b, _ in cells], dtype=np.int64),
            tabs=np.full(len(cells), 2.0 * arrangement.tab),
            shares=length * np.array([odd.get(name, OddCell()).size for _, _, name in cells]),
            terminals=terminals,
        ),
        names=tuple(name for _, _, name in cells),
    )


def _without_loops(points: int, pieces: list[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Return pieces without those that close a loop without resistance, around which any current could flow."""
    joined, kept = list(range(points)), list[tuple[int, int, float]]()  # joined: a name of what wires join to a point
    for first, second, resistance in pieces:
        if resistance == 0.0:
            if joined[first] == joined[second]:
                continue
            joined = [joined[first] if one == joined[second] else one for one in joined]
        kept.append((first, second, resistance))
    return kept


def _terminals(arrangement: CellArrangement, pieces: list[tuple[int, int, float]]) -> tuple[int, tuple[int, int]]:
    """Return the number of points and both terminals, positive first; a middle between two points halves a piece."""
    rows, last = arrangement.parallel, arrangement.series
    points = (last + 1) * rows
    if arrangement.terminals == "middle" and rows % 2 == 0:
        for extra, strip in enumerate((last, 0)):
            low, high = arrangement.point(strip, rows // 2 - 1), arrangement.point(strip, rows // 2)
            pieces.remove((low, high, arrangement.strip))
            pieces += [(one, points + extra, 0.5 * arrangement.strip) for one in (low, high)]
        return points + 2, (points, points + 1)
    first = {"same_end": (0, 0), "opposite_ends": (rows - 1, 0), "middle": (rows // 2, rows // 2)}
    positive, negative = first[arrangement.terminals]
    return points, (arrangement.point(last, positive), arrangement.point(0, negative))
