"""Where the entries of element matrices go in a sparse matrix that is summed again and again.

Made once for a Newton iteration, so that a compiled loop over cells can add each element matrix in place. Nodes may
have different numbers of unknowns: displacements of three, pressures of one.
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
    """The upper triangle between free unknowns and where element matrices are added to it.

    slots: (n, nloc (nloc + 1) / 2) of each pair a <= b of a cell's nodes, row by row: twice the number of the block,
    plus one where it is to be transposed; -1 where a node is held; place: (nnodes,) row of each node, -1 if held.
    """

    pattern: BlockPattern
    slots: Nodes
    place: Nodes

    def slots_of(self, nodes: Ints) -> Nodes:
        """Return the slots of other elements, (n, nloc) nodes of which each lies within one of the planned ones."""
        return np.asarray(_find_slots(self.place[nodes], self.pattern.start, self.pattern.columns), dtype=np.int32)

    def zeros(self) -> Floats:
        """Return empty blocks (nblocks, ncomp, ncomp) to add to."""
        width = self.pattern.unknown.shape[1]
        return np.zeros((len(self.pattern.columns), width, width))

    def upper(self, blocks: Floats) -> sp.csr_matrix:
        """Return the upper triangle (nfree, nfree) of what was added, columns sorted."""
        return Blocks(self.pattern, blocks).upper()


def make_scatter(nodes: Ints, unknown: Ints) -> Scatter:
    """Plan the sum of element matrices.

    nodes: (n, nloc) of each element; unknown: (nnodes, ncomp) number of each component among the free unknowns,
    ascending, -1 where it is held or does not exist.
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
    """Add one element matrix (nloc, ncomp, nloc, ncomp), of which pairs of nodes a <= b are read, to blocks.

    slots: the element's own row; to be called from compiled loops.
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
