"""Multigrid preconditioner: one V-cycle from P2 to P1 to aggregates to a direct solve, with Gauss-Seidel smoothers.

All levels are scaled to a unit diagonal and stored in single precision as upper triangles. The smoother before the
coarse level sweeps the rows from the last to the first, the one after it from the first to the last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.solvers.aggregates import aggregated, whole
from microfem.fem.solvers.assembly import Stiffness
from microfem.fem.solvers.blocks import Blocks, single
from microfem.fem.solvers.direct import factorise
from microfem.fem.solvers.factors import Factors
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.sweeps import sweep_down, sweep_up
from microfem.fem.solvers.upper import Plan, plan
from microfem.fem.space import Ints, Space

Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Level:
    """A scaled matrix D^-1/2 A D^-1/2, scale D^-1/2 (n,), prolongation from the next coarser level, its transpose."""

    matrix: Blocks
    scale: Singles
    prolong: sp.csr_matrix
    restrict: sp.csr_matrix


class Multigrid:
    """Levels from fine to coarse, and the factors of the coarsest matrix."""

    def __init__(self, form: Stiffness, free: Ints, matrix: Blocks, settings: SolverSettings) -> None:
        """Build the levels below `matrix`, the form between its `free` degrees of freedom."""
        self._settings = settings
        self._plan: Plan | None = None
        self._coarsest: Factors | None = None
        self.name = "multigrid"
        if form.space.order == 2:
            kept = free[free < form.components * len(form.space.mesh.points)]  # of P1: those at vertices
            self._plan, self._between = plan(lowered(form), kept), interpolation(form, free, kept)
            self.name = "p-multigrid"
        self.renew(form, matrix)

    def renew(self, form: Stiffness, matrix: Blocks) -> None:
        """Replace the matrix by one with other coefficients on the same simplices."""
        self._levels = list[Level]()
        if self._plan:
            self._levels.append(make_level(matrix, self._between))
            upper = self._plan.upper(lowered(form))
        else:
            upper = matrix.upper()
        most, same = self._settings.linear.direct_level, True
        while upper.shape[0] > most and form.components == 1:
            prolong = aggregated(upper)
            if prolong.shape[1] > 0.5 * prolong.shape[0]:
                break  # few strong couplings: a further level saves nothing
            self._levels.append(make_level(single(upper), prolong))
            upper = sp.triu(prolong.T @ (whole(upper) @ prolong), format="csr")
            upper.sort_indices()
            most, same = self._settings.linear.aggregated_level, False
        self._factorise(upper.astype(np.float32), same)

    def _factorise(self, upper: sp.csr_matrix, same: bool) -> None:
        """Factorise the coarsest matrix; same: its sparsity is that of the last one."""
        if self._coarsest and same:
            self._coarsest.renew(upper)
            return
        self.close()
        self._coarsest = factorise(upper, self._settings)

    def cycle(self, residual: Singles, depth: int = 0) -> Singles:
        """Return an approximation of A^-1 r for each row of r, by a symmetric positive definite map."""
        if depth == len(self._levels):
            assert self._coarsest
            return np.asarray(self._coarsest.solve(residual), dtype=np.float32)
        level = self._levels[depth]
        left, x = level.scale * residual, np.zeros_like(residual)
        sweep_down(level.matrix, left, x)
        step = _rows(level.prolong, self.cycle(_rows(level.restrict, left), depth + 1))
        sweep_up(level.matrix, left, step, x)
        x *= level.scale
        return x

    def close(self) -> None:
        """Free the memory of the coarsest factors."""
        if self._coarsest:
            self._coarsest.close()
        self._coarsest = None


def _rows(matrix: sp.csr_matrix, x: Singles) -> Singles:
    """Return A x for each row of x."""
    return np.ascontiguousarray((matrix @ x.T).T)


def make_level(matrix: Blocks, prolong: sp.csr_matrix) -> Level:
    """Return the level of a matrix and the prolongation (nfree, ncoarse) to its free degrees of freedom."""
    scale = 1.0 / np.sqrt(matrix.diagonal)
    length = np.zeros(matrix.size + 1, dtype=prolong.indptr.dtype)
    length[matrix.free + 1] = np.diff(prolong.indptr)
    p = sp.csr_matrix((prolong.data, prolong.indices, np.cumsum(length)), shape=(matrix.size, prolong.shape[1]))
    p = (sp.diags_array(1.0 / scale) @ p).astype(np.float32).tocsr()
    return Level(matrix.scaled(scale), scale.astype(np.float32), p, p.T.tocsr())


def lowered(form: Stiffness) -> Stiffness:
    """Return the same form on P1 functions."""
    return Stiffness(Space(form.space.mesh, 1), tuple(part.lowered() for part in form.parts))


def interpolation(form: Stiffness, free: Ints, kept: Ints) -> sp.csr_matrix:
    """Return the prolongation (nfree, nkept) from P1 to P2: the value at a midpoint is the mean of its ends'."""
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
