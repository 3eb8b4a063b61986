"""Assembly of the upper triangle of a form between its free degrees of freedom.

Each row is summed over the simplices that meet at its node, so that threads share no row and no element matrix is
stored. Without numba all entries are sorted, which is ten times slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp

from microfem.fem.compiled import HAS_NUMBA, compiled, in_chunks
from microfem.fem.solvers.assembly import Stiffness
from microfem.fem.solvers.blocks import Blocks
from microfem.fem.solvers.pattern import BlockPattern, Incidence, Nodes, find_incidence, find_pattern
from microfem.fem.space import Ints


class Plan(Protocol):
    """The sparsity of an assembled matrix, stored so that new values cost one pass."""

    def upper(self, form: Stiffness) -> sp.csr_matrix:
        """Return the upper triangle (nfree, nfree), columns sorted, of a form on the planned simplices."""


def plan(form: Stiffness, free: Ints) -> Plan:
    """Return the plan for a form between its `free` degrees of freedom (sorted)."""
    number = np.full(form.size, -1, dtype=np.int32)
    number[free] = np.arange(len(free), dtype=np.int32)
    unknown = number.reshape(-1, form.components)
    return walked(form, unknown) if HAS_NUMBA else SortedPlan(unknown)


@dataclass(frozen=True)
class SortedPlan:
    """Plan without numba: the number (ndofs, ncomp) of each free degree of freedom, -1 if it is not free."""

    unknown: Nodes

    def upper(self, form: Stiffness) -> sp.csr_matrix:
        """Sum element matrices by sorting their entries."""
        size = int(self.unknown.max(initial=-1)) + 1
        total = sp.csr_matrix((size, size))
        for part in form.parts:
            n, c, _, k, _ = part.h.shape
            r = part.products
            values = part.h.reshape(n * c * c, k * k) @ r.reshape(-1, k * k).T
            values = values.reshape(n, c, c, *r.shape[:2]).transpose(0, 3, 1, 4, 2)  # simplex, a, i, b, j
            number = self.unknown[part.dofs]
            rows = np.broadcast_to(number[:, :, :, None, None], values.shape)
            columns = np.broadcast_to(number[:, None, None], values.shape)
            kept = (rows >= 0) & (columns >= rows)
            total = total + sp.csr_matrix((values[kept], (rows[kept], columns[kept])), shape=(size, size))
        total.sort_indices()
        return total


@dataclass(frozen=True)
class WalkedPlan:
    """Plan with numba: the sparsity, and for each kind of simplices those that meet at each node."""

    pattern: BlockPattern
    meeting: tuple[Incidence, ...]

    def blocks(self, form: Stiffness) -> Blocks:
        """Return the assembled blocks, each row summed by one thread."""
        p = self.pattern
        data = np.zeros((len(p.columns), form.components, form.components))
        for part, meeting in zip(form.parts, self.meeting, strict=True):
            h = part.h.reshape(*part.h.shape[:3], part.h.shape[-1] ** 2)
            in_chunks(
                _fill,
                len(p.unknown),
                meeting.nodes,
                meeting.start,
                meeting.entries,
                h,
                part.products,
                p.start,
                p.columns,
                data,
            )
        blocks = Blocks(p, data)
        blocks.decouple()
        return blocks

    def upper(self, form: Stiffness) -> sp.csr_matrix:
        """Return the upper triangle (nfree, nfree) of the assembled blocks."""
        return self.blocks(form).upper()


def walked(form: Stiffness, unknown: Nodes) -> WalkedPlan:
    """Return the plan with numba; unknown: (ndofs, ncomp) numbers, ascending, -1 if not free."""
    kept = (unknown >= 0).any(axis=1)
    place = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    count = int(kept.sum())
    nodes = [place[part.dofs] for part in form.parts]
    meeting = tuple(find_incidence(part, count) for part in nodes)
    union = meeting[0]
    if len(nodes) > 1:
        width = max(part.shape[1] for part in nodes)
        padded = [np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=-1) for part in nodes]
        union = find_incidence(np.vstack(padded), count)
    return WalkedPlan(find_pattern(union, unknown[kept]), meeting)


@compiled
def _fill(
    low: int, high: int, nodes: Any, start: Any, entries: Any, h: Any, r: Any, begin: Any, columns: Any, data: Any
) -> None:
    """Add one kind of simplices to rows low..high of blocks; only one thread writes a row."""
    nloc, c, terms = nodes.shape[1], h.shape[1], h.shape[3]
    place = np.zeros(len(begin) - 1, np.int32)  # of a node's block in this row
    for row in range(low, high):
        for p in range(begin[row], begin[row + 1]):
            place[columns[p]] = p
        for k in range(start[row], start[row + 1]):
            e = entries[k] // nloc
            a = entries[k] - e * nloc
            for b in range(nloc):
                if nodes[e, b] < row:
                    continue
                p = place[nodes[e, b]]
                for i in range(c):
                    for j in range(c):
                        total = 0.0
                        for q in range(terms):
                            total += h[e, i, j, q] * r[a, b, q]
                        data[p, i, j] += total
