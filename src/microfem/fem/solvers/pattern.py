"""Sparsity of the upper triangle of an assembled matrix, between its free degrees of freedom.

Each row is found from the simplices that meet at its node, in a compiled loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from microfem.fem.compiled import compiled, in_chunks

Ints = NDArray[np.int64]
Nodes = NDArray[np.int32]


@dataclass(frozen=True)
class Incidence:
    """The simplices that meet at each node i: entries[start[i] : start[i + 1]] are e x nloc + a."""

    nodes: Nodes
    start: Ints
    entries: Nodes


@dataclass(frozen=True)
class BlockPattern:
    """An upper triangle of blocks with sorted columns, diagonal first, one row per node.

    unknown: (nnodes, ncomp) number of each component, -1 if not free.
    """

    unknown: Nodes
    start: Nodes
    columns: Nodes


def find_incidence(nodes: Nodes, count: int) -> Incidence:
    """Return the simplices at each of `count` nodes; nodes: (n, nloc), -1 for nodes without unknowns."""
    return Incidence(nodes, *_meet(nodes, count))


def find_pattern(meeting: Incidence, unknown: Nodes) -> BlockPattern:
    """Return the pattern of all pairs of nodes that share a simplex."""
    count = len(unknown)
    length = np.zeros(count + 1, np.int64)
    in_chunks(_count_columns, count, meeting.nodes, meeting.start, meeting.entries, length)
    start = np.cumsum(length)
    columns = np.empty(start[-1], np.int32)
    in_chunks(_list_columns, count, meeting.nodes, meeting.start, meeting.entries, start, columns)
    return BlockPattern(unknown, start.astype(np.int32), columns)


@compiled
def _meet(nodes: Any, count: int) -> Any:
    n, nloc = nodes.shape
    place = np.zeros(count + 2, np.int64)
    for e in range(n):
        for a in range(nloc):
            if nodes[e, a] >= 0:
                place[nodes[e, a] + 2] += 1
    place = np.cumsum(place)
    entries = np.empty(place[-1], np.int32)
    for e in range(n):
        for a in range(nloc):
            node = nodes[e, a]
            if node >= 0:
                entries[place[node + 1]] = e * nloc + a
                place[node + 1] += 1
    return place[:-1], entries


def find_pieces(simplices: Sequence[Ints], count: int) -> Ints:
    """Return for each of `count` vertices the representative vertex of its connected component."""
    parent = np.arange(count)
    for vertices in simplices:
        _join(vertices, parent)
    while (parent[parent] != parent).any():
        parent = parent[parent]
    return parent


@compiled
def _join(simplices: Any, parent: Any) -> None:
    """Join the trees of the vertices of each simplex (union-find with path halving)."""
    for e in range(len(simplices)):
        root = -1
        for a in range(simplices.shape[1]):
            i = simplices[e, a]
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            if root >= 0 and i != root:
                parent[max(i, root)] = min(i, root)
            root = i if root < 0 else min(i, root)


@compiled
def _count_columns(low: int, high: int, nodes: Any, start: Any, entries: Any, length: Any) -> None:
    nloc = nodes.shape[1]
    seen = np.full(len(start) - 1, -1, np.int32)
    for row in range(low, high):
        for k in range(start[row], start[row + 1]):
            e = entries[k] // nloc
            for b in range(nloc):
                column = nodes[e, b]
                if column >= row and seen[column] != row:
                    seen[column] = row
                    length[row + 1] += 1


@compiled
def _list_columns(low: int, high: int, nodes: Any, start: Any, entries: Any, pointer: Any, columns: Any) -> None:
    nloc = nodes.shape[1]
    seen = np.full(len(start) - 1, -1, np.int32)
    for row in range(low, high):
        begin = end = pointer[row]
        for k in range(start[row], start[row + 1]):
            e = entries[k] // nloc
            for b in range(nloc):
                column = nodes[e, b]
                if column >= row and seen[column] != row:
                    seen[column] = row
                    p = end
                    while p > begin and columns[p - 1] > column:  # rows are short: insertion is the fastest sort
                        columns[p] = columns[p - 1]
                        p -= 1
                    columns[p] = column
                    end += 1
