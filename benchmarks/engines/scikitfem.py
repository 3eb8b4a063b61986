"""Stock scikit-fem with scipy: its own forms, then SuperLU or conjugate gradients with a diagonal preconditioner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import skfem
from skfem.helpers import ddot, dot, eye, grad, sym_grad, trace

from benchmarks.meshes import Arrays
from benchmarks.problems import POISSON, REGIONS, SIDE, Problem

LAMBDA, MU = POISSON / (1.0 + POISSON) / (1.0 - 2.0 * POISSON), 0.5 / (1.0 + POISSON)  # for a modulus of one


@skfem.BilinearForm
def conduction(u: Any, v: Any, w: Any) -> Any:
    """Weak form of -div(c grad u)."""
    return w["c"] * dot(grad(u), grad(v))


@skfem.BilinearForm
def elasticity(u: Any, v: Any, w: Any) -> Any:
    """Weak form of -div sigma."""
    strain = sym_grad(u)
    return w["c"] * ddot(LAMBDA * eye(trace(strain), 3) + 2.0 * MU * strain, sym_grad(v))


class Engine:
    """A box in scikit-fem; variants `direct` and `cg`."""

    def __init__(self, mesh: Arrays, problem: Problem, variant: str, threads: int) -> None:  # noqa: ARG002
        self.arrays, self.problem, self.variant = mesh, problem, variant
        self.mesh = skfem.MeshTet(mesh.points.T.copy(), mesh.tets.T.copy())
        self.basis: Any = None

    def solve(self, values: Sequence[float]) -> float:
        """Return conductance or force."""
        if self.basis is None:
            self._set_up()
        conducts = self.problem.physics == "conduction"
        c = self.constants.interpolate(np.array(values)[self.arrays.region])
        matrix = (conduction if conducts else elasticity).assemble(self.basis, c=c)
        solver = skfem.solver_iter_pcg(rtol=1e-9, maxiter=20_000) if self.variant == "cg" else None
        u = skfem.solve(*skfem.condense(matrix, x=self.start, D=self.given), solver=solver)
        return float(u @ (matrix @ u)) / (1.0 if conducts else SIDE)

    def _set_up(self) -> None:
        scalar = skfem.ElementTetP1() if self.problem.order == 1 else skfem.ElementTetP2()
        conducts = self.problem.physics == "conduction"
        self.basis = skfem.Basis(self.mesh, scalar if conducts else skfem.ElementVector(scalar))
        self.constants = self.basis.with_element(skfem.ElementTetP0())
        self.dofs, self.start = self.basis.N, self.basis.zeros()
        if conducts:
            low, high = (
                self.basis.get_dofs(elements=np.flatnonzero(self.arrays.region == REGIONS.index(name)))
                for name in ("terminal_a", "terminal_b")
            )
            self.start[high.all()] = 1.0
        else:
            low, high = (self.basis.get_dofs(lambda x, at=at: x[0] == at) for at in (0.0, SIDE))
            self.start[high.all("u^1")] = SIDE
        self.given = np.concatenate([low.all(), high.all()])
