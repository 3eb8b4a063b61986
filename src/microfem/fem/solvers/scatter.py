"""Positions of element matrix entries in a sparse matrix that is assembled again and again.

Computed once before a Newton iteration, so that a compiled loop over cells can add each element matrix in place. Nodes
may have different numbers of unknowns: three displacements, or one pressure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from microfem.fem.compiled import compiled
from microfem.fem.solvers.blocks import Blocks
from microfem.fem.solvers.pattern import BlockPattern, Nodes, find_incidence, find_pattern
from microfem.fem.space import Floats, Ints


@dataclass(frozen=True)
class Scatter:
    """Sparsity of the upper triangle between free degrees of freedom, and the block of each pair of element nodes.

    slots: (n, nloc (nloc + 1) / 2) for each pair a <= b of a cell's nodes, row by row: twice the number of the block,
    plus one if it is added transposed; -1 if a node is not free; place: (nnodes,) row of each node, -1 if not free.
    """

    pattern: BlockPattern
    slots: Nodes
    place: Nodes

    def slots_of(self, nodes: Ints) -> Nodes:
        """Return the slots of other elements with nodes (n, nloc), each of them within a planned element."""
        return np.asarray(_find_slots(self.place[nodes], self.pattern.start, self.pattern.columns), dtype=np.int32)

    def zeros(self) -> Floats:
        """Return zero blocks (nblocks, ncomp, ncomp)."""
        width = self.pattern.unknown.shape[1]
        return np.zeros((len(self.pattern.columns), width, width))

    def upper(self, blocks: Floats) -> sp.csr_matrix:
        """Return the upper triangle (nfree, nfree) of summed blocks, columns sorted."""
        return Blocks(self.pattern, blocks).upper()


def make_scatter(nodes: Ints, unknown: Ints) -> Scatter:
    """Return the positions of the entries of element matrices.

    nodes: (n, nloc) of each element; unknown: (nnodes, ncomp) number of each component among the free degrees of
    freedom, ascending, -1 where it is constrained or does not exist.
    """
    kept = (unknown >= 0).any(axis=1)
    place = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    local = place[nodes]
    pattern = find_pattern(find_incidence(local, int(kept.sum())), unknown[kept].astype(np.int32))
    return Scatter(pattern, _find_slots(local, pattern.start, pattern.columns), place)


@compiled
def _find_slots(nodes: Any, start: Any, columns: Any) -> Any:
    n, nloc = nodes.shape
    slots = np.full((n, nloc * (nloc + 1) // 2), -1, np.int32)
    for e in range(n):
        k = 0
        for a in range(nloc):
            for b in range(a, nloc):
                row, column = min(nodes[e, a], nodes[e, b]), max(nodes[e, a], nodes[e, b])
                if row >= 0:
                    low, high = start[row], start[row + 1]
                    while high - low > 1:
                        middle = (low + high) // 2
                        if columns[middle] <= column:
                            low = middle
                        else:
                            high = middle
                    slots[e, k] = 2 * low + (1 if nodes[e, a] > nodes[e, b] else 0)
                k += 1
    return slots


@compiled
def add_element(matrix: Any, slots: Any, blocks: Any) -> None:
    """Add one element matrix (nloc, ncomp, nloc, ncomp) to blocks, in a compiled loop; only nodes a <= b are read.

    slots: row of the element in Scatter.slots.
    """
    nloc, c = matrix.shape[0], matrix.shape[1]
    k = 0
    for a in range(nloc):
        for b in range(a, nloc):
            slot = slots[k]
            k += 1
            if slot < 0:
                continue
            block = blocks[slot // 2]
            if slot % 2:
                for i in range(c):
                    for j in range(c):
                        block[j, i] += matrix[a, i, b, j]
            else:
                for i in range(c):
                    for j in range(c):
                        block[i, j] += matrix[a, i, b, j]
