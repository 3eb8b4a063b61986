"""The sparsity of a sum of element matrices, and the slot in it of each of their entries.

Found by walking each row's simplices, compiled by numba where it is there (cached on disk), else by sorting all
pairs in numpy; both give the same arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from microfem.fem.space import Ints

try:
    from numba import njit
except ImportError:
    njit = None

Slots = tuple[Ints, Ints, Any]  # slot of each entry (n x nloc x nloc,), row pointer (ndofs + 1,), columns (nnz,)


def find_slots(dofs: Ints, ndofs: int) -> Slots:
    """Return slot, row pointer and sorted columns of the products of all local functions, dofs (n, nloc)."""
    if njit is None:
        return sort_slots(dofs, ndofs)
    slot, pointer, columns = _walk(np.ascontiguousarray(dofs), ndofs)
    return slot, pointer, columns


def sort_slots(dofs: Ints, ndofs: int) -> Slots:
    """Find slots by sorting all pairs: five times slower than the compiled walk."""
    rows = np.repeat(dofs, dofs.shape[1], axis=1).ravel()
    columns = np.tile(dofs, (1, dofs.shape[1])).ravel()
    key, slot = np.unique(rows * ndofs + columns, return_inverse=True)
    pointer = np.searchsorted(key, np.arange(ndofs + 1) * ndofs)
    return slot, pointer, (key % ndofs).astype(np.int32)


def _walk_rows(dofs: Any, ndofs: int) -> Any:
    """Gather each row's columns from its simplices, sort them, and note where each entry goes."""
    count, nloc = dofs.shape
    start = np.zeros(ndofs + 1, np.int64)
    for e in range(count):
        for a in range(nloc):
            start[dofs[e, a] + 1] += 1
    start = np.cumsum(start)
    place = start[:-1].copy()
    entries = np.empty(count * nloc, np.int64)  # e x nloc + a of each simplex that has the row
    for e in range(count):
        for a in range(nloc):
            entries[place[dofs[e, a]]] = e * nloc + a
            place[dofs[e, a]] += 1
    seen = np.full(ndofs, -1, np.int64)
    pointer = np.zeros(ndofs + 1, np.int64)
    for row in range(ndofs):
        for k in range(start[row], start[row + 1]):
            for b in range(nloc):
                column = dofs[entries[k] // nloc, b]
                if seen[column] != row:
                    seen[column] = row
                    pointer[row + 1] += 1
    pointer = np.cumsum(pointer)
    columns = np.empty(pointer[-1], np.int32)
    slot = np.empty(count * nloc * nloc, np.int64)
    where = np.full(ndofs, -1, np.int64)
    for row in range(ndofs):
        end = pointer[row]
        for k in range(start[row], start[row + 1]):
            for b in range(nloc):
                column = dofs[entries[k] // nloc, b]
                if where[column] < pointer[row]:  # else this row has it already
                    where[column] = end
                    columns[end] = column
                    end += 1
        columns[pointer[row] : end].sort()
        for p in range(pointer[row], end):
            where[columns[p]] = p
        for k in range(start[row], start[row + 1]):
            for b in range(nloc):
                slot[entries[k] * nloc + b] = where[dofs[entries[k] // nloc, b]]
    return slot, pointer, columns


_walk: Any = njit(cache=True)(_walk_rows) if njit is not None else _walk_rows
