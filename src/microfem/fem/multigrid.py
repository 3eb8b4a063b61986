"""One V-cycle as a preconditioner: P2 to P1 to aggregates to a direct solve, one Gauss-Seidel sweep on each level.

All levels are scaled to a unit diagonal and kept in single precision as upper triangles. Downwards the rows are swept
from the last to the first, upwards from the first to the last; each sweep finds the residual that it needs on the way,
so a cycle reads every matrix twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.aggregates import aggregated, whole
from microfem.fem.assembly import Part, Stiffness
from microfem.fem.compiled import compiled
from microfem.fem.direct import Factors, factorise
from microfem.fem.space import Ints, Space
from microfem.fem.upper import plan

Singles = NDArray[np.float32]

MOST_DIRECT = 60_000  # unknowns of a P1 level that is solved directly
MOST_DENSE = 30_000  # unknowns of an aggregated one, whose rows are longer


@dataclass(frozen=True)
class Level:
    """A scaled upper triangle D^-1/2 A D^-1/2, scale D^-1/2 (n,), and the map from the next coarser level."""

    upper: sp.csr_matrix
    scale: Singles
    prolong: sp.csr_matrix
    restrict: sp.csr_matrix


@dataclass(frozen=True)
class Multigrid:
    """Levels from fine to coarse and the factors of the coarsest."""

    levels: tuple[Level, ...]
    coarsest: Factors
    name: str

    def cycle(self, residual: NDArray[Any], depth: int = 0) -> Singles:
        """Return about A^-1 r, the same symmetric positive map for all r."""
        if depth == len(self.levels):
            return np.asarray(self.coarsest.solve(residual[None])[0], dtype=np.float32)
        level = self.levels[depth]
        a = level.upper
        left, x = level.scale * residual, np.empty_like(residual)
        _sweep_down(a.indptr, a.indices, a.data, left, x)
        step = level.prolong @ self.cycle(level.restrict @ left, depth + 1)
        _sweep_up(a.indptr, a.indices, a.data, left, step, x)
        x *= level.scale
        return x

    def close(self) -> None:
        """Give the memory of the coarsest factors back."""
        self.coarsest.close()


def build_multigrid(form: Stiffness, free: Ints, upper: sp.csr_matrix) -> Multigrid:
    """Return the levels below the upper triangle of a form between free unknowns."""
    levels, name = [], "multigrid"
    if form.space.order == 2:
        lower, kept = lowered(form, free)
        coarse = plan(lower, kept).upper(lower)
        levels.append(make_level(upper, interpolation(form, free, kept)))
        upper, name = coarse, "p-multigrid"
    most = MOST_DIRECT
    while upper.shape[0] > most and form.components == 1:
        prolong = aggregated(upper)
        if prolong.shape[1] > 0.5 * len(prolong.indptr):
            break  # hardly any strong couplings: nothing to gain from a further level
        levels.append(make_level(upper, prolong))
        upper = sp.triu(prolong.T @ (whole(upper) @ prolong), format="csr")
        upper.sort_indices()
        most = MOST_DENSE
    return Multigrid(tuple(levels), factorise(upper.astype(np.float32)), name)


def make_level(upper: sp.csr_matrix, prolong: sp.csr_matrix) -> Level:
    """Scale a matrix and the map to it."""
    scale = 1.0 / np.sqrt(upper.diagonal())
    data = np.empty(upper.nnz, dtype=np.float32)
    _scale(upper.indptr, upper.indices, upper.data, scale, data)
    scaled = sp.csr_matrix((data, upper.indices, upper.indptr), shape=upper.shape)
    p = (sp.diags_array(1.0 / scale) @ prolong).astype(np.float32).tocsr()
    return Level(scaled, scale.astype(np.float32), p, p.T.tocsr())


def lowered(form: Stiffness, free: Ints) -> tuple[Stiffness, Ints]:
    """Return the same form on P1 functions, and those of the free unknowns that it keeps: the vertices'."""
    space = Space(form.space.mesh, 1)
    parts = tuple(Part(part.dofs[:, : part.h.shape[-1] + 1], part.h, 1) for part in form.parts)
    return Stiffness(space, parts), free[free < form.components * space.ndofs]


def interpolation(form: Stiffness, free: Ints, kept: Ints) -> sp.csr_matrix:
    """Return the map (nfree, nkept) from P1 to P2: a midpoint's value is the mean of its ends', zero where held."""
    c, npoints = form.components, len(form.space.mesh.points)
    number = np.full(c * npoints, -1, dtype=np.int64)
    number[kept] = np.arange(len(kept))
    middles = free[len(kept) :]
    ends = number[c * form.space.edges[middles // c - npoints] + (middles % c)[:, None]]
    row, side = np.nonzero(ends >= 0)
    rows = np.concatenate([np.arange(len(kept)), len(kept) + row])
    columns = np.concatenate([np.arange(len(kept)), ends[row, side]])
    values = np.concatenate([np.ones(len(kept)), np.full(len(row), 0.5)])
    return sp.csr_matrix((values, (rows, columns)), shape=(len(free), len(kept)))


@compiled
def _scale(pointer: Any, indices: Any, data: Any, scale: Any, scaled: Any) -> None:
    for i in range(len(scale)):
        for p in range(pointer[i], pointer[i + 1]):
            scaled[p] = data[p] * scale[i] * scale[indices[p]]


@compiled
def _sweep_down(pointer: Any, indices: Any, a: Any, left: Any, x: Any) -> None:
    """Solve (I + U) x = b from the last row; leave the residual b - A x = -U^T x in `left`, where b came in."""
    for i in range(len(x) - 1, -1, -1):
        value = left[i]
        for p in range(pointer[i + 1] - 1, pointer[i], -1):  # last what the row before has only just found
            value -= a[p] * x[indices[p]]
        x[i] = value
        left[i] = 0.0
        for p in range(pointer[i] + 1, pointer[i + 1]):
            left[indices[p]] -= a[p] * value


@compiled
def _sweep_up(pointer: Any, indices: Any, a: Any, left: Any, step: Any, x: Any) -> None:
    """Add a step e to x, and d with (I + U^T) d = r - A e, where r is the residual before the step."""
    for i in range(len(x)):
        value = left[i]
        for p in range(pointer[i] + 1, pointer[i + 1]):
            value -= a[p] * step[indices[p]]
        x[i] += value  # d = value - e
        for p in range(pointer[i] + 1, pointer[i + 1]):
            left[indices[p]] -= a[p] * value
