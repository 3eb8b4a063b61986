"""Alternating potentials between terminals: div((sigma + i omega eps) grad u) = 0, the phasor of a field at omega.

Each terminal in turn is at potential 1, the others at 0; the matrix of their currents is the admittance between
terminals, Y_ij = a(u_i, u_j) with the bilinear form (no conjugate), which has the square of the solver's error. Both
forms, of sigma and of eps, are real and assembled once; a frequency costs one factorisation of a complex matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from microfem.base.errors import SolveError
from microfem.fem.potential.terminals import TerminalMatrix, TerminalProblem
from microfem.fem.solvers.assembly import Stiffness
from microfem.fem.solvers.factors import GeneralFactors, Numbers
from microfem.fem.solvers.general import factorise_general
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.solve import NEGLIGIBLE
from microfem.fem.solvers.upper import plan
from microfem.fem.space import Floats

CORRECTIONS = 3  # most steps of iterative refinement


@dataclass(frozen=True, kw_only=True)
class AlternatingSolutions(TerminalMatrix):
    """Phasors at unit potential of each terminal at one frequency.

    residual: sqrt(sum |r|2 / |D|) at the free degrees of freedom, relative to the root of |a(u, u*)|, D the diagonal;
    balance: sum of the reactions at the terminals, relative to the largest.
    """

    residual: float
    balance: float


class AlternatingTerminals:
    """A potential problem with the permittivity as its coefficient, and a conductivity beside it.

    problem: of eps, F/m; conductivity: (ncells,) sigma, S/m, and films: name -> sigma x thickness, (nfacets,), where
    the problem has eps; zero where nothing conducts.
    """

    def __init__(
        self,
        problem: TerminalProblem,
        conductivity: Floats,
        films: Mapping[str, Floats],
        settings: SolverSettings = SolverSettings(),
    ) -> None:
        self.problem, self.conductivity, self._settings = problem, conductivity, settings
        self.films = {name: films[name] for name in problem.films}
        self._capacitive, self._conductive = problem.form, problem.form_of(conductivity, films)
        planned = plan(problem.form, problem.free)
        # Both forms in one matrix, sigma + i eps: a place is left out only where both are zero at any frequency.
        upper = planned.upper(self._conductive) + 1j * planned.upper(self._capacitive)
        self._pattern = sp.csr_matrix(upper + sp.triu(upper, 1).T)
        self._pattern.sort_indices()
        self._factors: GeneralFactors | None = None

    def at(self, omega: float) -> AlternatingSolutions:
        """Return the phasors and the admittances at an angular frequency, 1/s.

        Raises:
            SolveError: the matrix is singular, or a residual is above the tolerance.
        """
        u, force, residual = self._solved(omega)
        problem = self.problem
        all_at = problem.completed(u)
        return AlternatingSolutions(
            names=tuple(problem.dofs),
            potentials=problem.known(all_at),
            matrix=_products(self._conductive, all_at) + 1j * omega * _products(self._capacitive, all_at),
            residual=residual,
            balance=problem.balance(force),
        )

    def _solved(self, omega: float) -> tuple[Numbers, Numbers, float]:
        """Return the phasors of all terminals but the last, their reactions, and the residual."""
        problem, free, linear = self.problem, self.problem.free, self._settings.linear
        factors, diagonal = self._factorised(omega)
        scale = 1.0 / np.sqrt(np.abs(diagonal))
        u = np.zeros((len(problem.unit) - 1, problem.space.ndofs), dtype=complex)
        u[:, problem.constrained] = problem.unit[:-1]
        force, residual = self._force(u, omega), np.inf
        least = NEGLIGIBLE * _energies(u, force)
        for _ in range(CORRECTIONS):
            u[:, free] -= factors.solve(force[:, free])
            force = self._force(u, omega)
            energy = _energies(u, force)
            squares = (np.abs(force[:, free] * scale) ** 2).sum(axis=1)
            part = np.divide(squares, np.maximum(energy, least), out=np.zeros_like(squares), where=squares > 0.0)
            residual = float(np.sqrt(part).max())
            if residual < linear.enough:
                break
        if not (energy > least).any():
            raise SolveError("nothing flows between the terminals: no dielectric reaches two of them")
        if not residual < linear.tolerance:
            at = f"{omega / (2.0 * np.pi):.4g} Hz"
            raise SolveError(f"the solve at {at} left a residual of {residual:.2e}, above {linear.tolerance:.0e}")
        return u, force, residual

    def _factorised(self, omega: float) -> tuple[GeneralFactors, Numbers]:
        """Return the factors of the matrix between the free degrees of freedom, and its diagonal."""
        data = self._pattern.data.real + 1j * omega * self._pattern.data.imag
        matrix = sp.csr_matrix((data, self._pattern.indices, self._pattern.indptr), shape=self._pattern.shape)
        if self._factors is None:
            self._factors = factorise_general(matrix, self._settings)
        else:
            self._factors.renew(matrix)
        return self._factors, np.asarray(matrix.diagonal())

    def _force(self, u: Numbers, omega: float) -> Numbers:
        """Return A u for each row of u (n, ndofs)."""
        rows, count = np.vstack([u.real, u.imag]), len(u)
        conducted, stored = self._conductive.apply(rows)[0], self._capacitive.apply(rows)[0]
        force = conducted + 1j * omega * stored
        return np.asarray(force[:count] + 1j * force[count:])

    def close(self) -> None:
        """Free the memory of the factors, which the next frequency makes anew."""
        if self._factors is not None:
            self._factors.close()
        self._factors = None


def _energies(u: Numbers, force: Numbers) -> Floats:
    """Return |a(u, u*)| of each row."""
    return np.asarray(np.abs(np.einsum("na,na->n", u.conj(), force)))


def _products(form: Stiffness, u: Numbers) -> Numbers:
    """Return a(u_i, u_j) (n, n) of complex rows, without a conjugate."""
    count = len(u)
    products = form.products(np.vstack([u.real, u.imag]))
    both = products[:count, count:]
    return np.asarray(products[:count, :count] - products[count:, count:] + 1j * (both + both.T))
