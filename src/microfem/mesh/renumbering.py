"""Numbering for locality: neighbours in the mesh become neighbours in memory.

In the order of the mesh generator a sparse product would mostly wait for memory.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def renumbered(count: int, cells: Ints) -> tuple[Ints, Ints]:
    """Return an order of the used points and an order of the cells, by reverse Cuthill-McKee.

    count: number of points; cells: (ncells, dim + 1). New point i is old point order[i]; points without a cell are left
    out. Cells are sorted by their lowest new point.
    """
    import scipy.sparse as sp
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    used = np.zeros(count, dtype=bool)
    used[cells.ravel()] = True
    ends = [(cells[:, a], cells[:, b]) for a in range(cells.shape[1]) for b in range(cells.shape[1]) if a != b]
    rows, columns = (np.concatenate(side) for side in zip(*ends, strict=True))
    graph = sp.csr_matrix((np.ones(len(rows), dtype=np.int8), (rows, columns)), shape=(count, count))
    points = np.asarray(reverse_cuthill_mckee(graph, symmetric_mode=True), dtype=np.int64)
    points = points[used[points]]
    place = np.empty(count, dtype=np.int64)
    place[points] = np.arange(len(points))
    return points, np.argsort(place[cells].min(axis=1), kind="stable")
