"""Smoothed aggregation: coarser levels of a scalar problem from its matrix alone.

Each aggregate of strongly coupled neighbours is one coarse unknown; its constant function is smoothed by one step of
damped Jacobi. P. Vanek, J. Mandel, M. Brezina, Computing 56 (1996) 179.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from microfem.fem.compiled import compiled
from microfem.fem.space import Floats

STRONG = 0.02  # least coupling, relative to the diagonals, within an aggregate; 0.08 gives too many aggregates
POWER_STEPS = 8  # of the power iteration for the largest eigenvalue


def whole(upper: sp.csr_matrix) -> sp.csr_matrix:
    """Return the symmetric matrix with an upper triangle."""
    return upper + sp.triu(upper, 1).T.tocsr()


def aggregated(upper: sp.csr_matrix) -> sp.csr_matrix:
    """Return the prolongation (n, ncoarse) from smoothed aggregates."""
    a = whole(upper)
    a.sort_indices()
    inverse = 1.0 / a.diagonal()
    group = np.asarray(_gather(a.indptr, a.indices, a.data, np.sqrt(inverse), STRONG))
    count = int(group.max()) + 1
    tentative = sp.csr_matrix((np.ones(len(group)), group, np.arange(len(group) + 1)), shape=(len(group), count))
    jacobi = sp.diags_array(inverse * (4.0 / 3.0 / _largest(a, inverse))) @ a
    return (tentative - jacobi @ tentative).tocsr()


def _largest(a: sp.csr_matrix, inverse: Floats) -> float:
    """Return an estimate, slightly too large, of the largest eigenvalue of D^-1 A."""
    x = np.random.default_rng(0).normal(size=len(inverse))
    for _ in range(POWER_STEPS):
        x /= np.linalg.norm(x)
        x = inverse * (a @ x)
    return 1.1 * float(np.linalg.norm(x))


@compiled
def _gather(pointer: Any, indices: Any, data: Any, scale: Any, strong: float) -> Any:
    """Return the aggregate of each row: first whole neighbourhoods; then each row left joins one or forms its own."""
    n = len(scale)
    group = np.full(n, -1, np.int32)
    count = 0
    for i in range(n):
        free = group[i] < 0
        for p in range(pointer[i], pointer[i + 1]):
            j = indices[p]
            if -data[p] * scale[i] * scale[j] > strong and group[j] >= 0:
                free = False
        if free:
            group[i] = count
            for p in range(pointer[i], pointer[i + 1]):
                j = indices[p]
                if -data[p] * scale[i] * scale[j] > strong:
                    group[j] = count
            count += 1
    first = group.copy()
    for i in range(n):
        best = 0.0
        for p in range(pointer[i], pointer[i + 1]):
            coupling = -data[p] * scale[i] * scale[indices[p]]
            if first[i] < 0 and first[indices[p]] >= 0 and coupling > best:
                best = coupling
                group[i] = first[indices[p]]
        if group[i] < 0:
            group[i] = count
            count += 1
    return group
