"""Transport of a binary salt in the electrolyte and in pores, in concentrated solution.

    eps dc/dt = div(D grad c) + sources,   div i = sources,   i = -kappa (grad phi_e - chi (R T / F) grad ln c),

D and kappa with the porosity to the power of Bruggeman, phi_e against a reference electrode of the reacting metal at
the local concentration, chi = nu (1 - t+) (1 + dln f/dln c) / (z+ nu+), both constant t+. J. Newman and N. P. Balsara,
Electrochemical Systems, 4th ed., ch. 12. The logarithm is interpolated between nodes, so that it has a gradient
wherever the concentration at the nodes is above 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.cell.constants import CHARGE, FLOW
from microfem.fem.cell.laws import StateLaw

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = NDArray[Any]  # real or complex


@dataclass(frozen=True, kw_only=True)
class Salt:
    """A binary salt and its solution, for concentrations in mol/m3.

    conductivity, S/m; diffusivity, m2/s, of the salt; factor: the thermodynamic factor; charges: of its cation and its
    anion; volts: R T / F, V; initial: its concentration at the start.
    """

    conductivity: StateLaw
    diffusivity: StateLaw
    factor: StateLaw
    transference: float
    charges: tuple[int, int]
    initial: float
    volts: float

    @property
    def cation_charges(self) -> int:
        """Charges of the cations of one formula of salt, z+ nu+: 2 for ZnSO4 and Zn(CF3SO3)2, 1 for LiPF6."""
        return self.charges[0] * self.charges[1] // int(np.gcd(*self.charges))

    @property
    def chi(self) -> float:
        """The factor chi without the thermodynamic factor: 1 - t+ for a 2:2 salt, 2 (1 - t+) for a 1:1 salt."""
        ions = sum(self.charges) // int(np.gcd(*self.charges))
        return ions * (1.0 - self.transference) / self.cation_charges

    @property
    def charge(self) -> float:
        """F z+ nu+ of a mol/m3 in a um3 in uC, in a um2 in C/m."""
        return CHARGE * self.cation_charges


@dataclass(frozen=True, kw_only=True)
class Transport:
    """The state of the electrolyte at the quadrature points of its cells (n, nq).

    salt: concentration; kappa, S/m; diffusion, F z+ nu+ D; driving: (n, nq, dim) grad phi_e - chi V grad ln c, V/um;
    log_slope: (n, nq, dim) grad ln c; salt_slope: grad c.
    """

    salt: Floats
    kappa: Floats
    diffusion: Floats
    chi: Floats
    driving: Floats
    log_slope: Floats
    salt_slope: Floats


@dataclass(frozen=True, kw_only=True)
class Electrolyte:
    """The electrolyte on its cells.

    nodes: (n, nloc) numbered from 0; count of nodes; gradients: (n, nq, nloc, dim) of the shape functions, 1/um;
    weights: (n, nq) um3 or um2; shapes: (nq, nloc); passage: (n,) porosity to the power of Bruggeman; volume: (count,)
    um3 or um2 of liquid around each node.
    """

    salt: Salt
    nodes: Ints
    count: int
    gradients: Floats
    weights: Floats
    shapes: Floats
    passage: Floats
    volume: Floats

    @cached_property
    def products(self) -> Floats:
        """Products (n, nq, nloc, nloc) of gradients, with the weights and the passage of each cell."""
        return np.einsum("nq,nqad,nqbd->nqab", self.weights * self.passage[:, None], self.gradients, self.gradients)

    @cached_property
    def _gradient(self) -> tuple[sp.csr_matrix, sp.csr_matrix]:
        """Values at nodes to gradients (n nq dim,), and the transpose: several times as fast as products by cell."""
        n, nq, nloc, dim = self.gradients.shape
        rows = np.arange(n * nq * dim + 1) * nloc
        columns = np.repeat(self.nodes, nq * dim, axis=0).ravel()
        data = self.gradients.transpose(0, 1, 3, 2).ravel()
        matrix = sp.csr_matrix((data, columns, rows), shape=(n * nq * dim, self.count))
        return matrix, matrix.T.tocsr()

    def _slopes_of(self, *values: Numbers) -> Numbers:
        """Return the gradients (nvalues, n, nq, dim) of values at the nodes."""
        n, nq, _, dim = self.gradients.shape
        return np.asarray((self._gradient[0] @ np.stack(values, axis=1)).T).reshape(-1, n, nq, dim)

    def _leaving(self, flux: Floats) -> Floats:
        """Return what leaves each node with a flux (n, nq, dim), weighted by the volume of its quadrature point."""
        return np.asarray(self._gradient[1] @ flux.ravel())

    def flow(self, concentration: Floats, potential: Floats) -> Transport:
        """Return the state at the quadrature points, from values at the nodes."""
        salt, at = self.salt, concentration[self.nodes] @ self.shapes.T
        salt_slope, log_slope, potential_slope = self._slopes_of(concentration, np.log(concentration), potential)
        chi = salt.chi * salt.volts * salt.factor.value(at)
        return Transport(
            salt=at,
            kappa=salt.conductivity.value(at),
            diffusion=salt.charge * FLOW * salt.diffusivity.value(at),
            chi=chi,
            driving=potential_slope - chi[..., None] * log_slope,
            log_slope=log_slope,
            salt_slope=salt_slope,
        )

    def balances(self, flow: Transport) -> tuple[Floats, Floats]:
        """Return what leaves each node (count,): salt times F z+ nu+, and charge; uA, in 2D A/m."""
        passage = self.weights * self.passage[:, None]
        salt = self._leaving((passage * flow.diffusion)[..., None] * flow.salt_slope)
        return salt, self._leaving((passage * flow.kappa)[..., None] * flow.driving)

    def slopes(self, flow: Transport, concentration: Floats) -> tuple[Floats, Floats, Floats]:
        """Return element matrices (n, nloc, nloc): salt by salt, charge by potential, charge by salt."""
        law, passage = self.salt, self.weights * self.passage[:, None]

        def of(factor: Floats, vector: Floats) -> Floats:
            return np.asarray(np.einsum("nq,nqad,nqd->nqa", passage * factor, self.gradients, vector))

        salt = np.einsum("nq,nqab->nab", flow.diffusion, self.products)
        diffusion_by_salt = law.charge * FLOW * law.diffusivity.slope(flow.salt)
        if diffusion_by_salt.any():
            salt += np.einsum("nqa,qb->nab", of(diffusion_by_salt, flow.salt_slope), self.shapes)
        charge = np.einsum("nq,nqab->nab", flow.kappa, self.products)
        mixed = -np.einsum("nq,nqab->nab", flow.kappa * flow.chi, self.products) / concentration[self.nodes][:, None, :]
        chi_by_salt = law.chi * law.volts * law.factor.slope(flow.salt)
        direct = of(law.conductivity.slope(flow.salt), flow.driving) - of(flow.kappa * chi_by_salt, flow.log_slope)
        mixed += np.einsum("nqa,qb->nab", direct, self.shapes)
        return salt, charge, mixed

    def losses(self, flow: Transport) -> tuple[float, float]:
        """Return the power lost to ohm's law and to differences of concentration, uW, in 2D W/m.

        Their sum is -integral i . grad phi_e, which the pores and surfaces feed.
        """
        passage = self.weights * self.passage[:, None] * flow.kappa
        ohmic = float((passage * (flow.driving**2).sum(axis=2)).sum())
        along = (flow.driving * flow.log_slope).sum(axis=2)
        return ohmic, float((passage * flow.chi * along).sum())

    def alternating_losses(
        self, flow: Transport, concentration: Floats, salt: Numbers, potential: Numbers
    ) -> tuple[complex, complex]:
        """Return what `losses` are to small changes of salt and potential at the nodes: conj(i) times their gradients.

        i is the change of the current density; ohm's part is |i|2 / kappa, and the sum is -integral conj(i) . grad phi.
        """
        law, at = self.salt, salt[self.nodes] @ self.shapes.T
        potential_slope, log_slope = self._slopes_of(potential, salt / concentration)
        chi_by_salt = law.chi * law.volts * law.factor.slope(flow.salt)
        driving = potential_slope - flow.chi[..., None] * log_slope - (chi_by_salt * at)[..., None] * flow.log_slope
        driving = driving + (law.conductivity.slope(flow.salt) / flow.kappa * at)[..., None] * flow.driving
        passage = (self.weights * self.passage[:, None] * flow.kappa)[..., None]
        ohmic = float((passage * np.abs(driving) ** 2).sum())
        return complex(ohmic), complex((passage * driving.conj() * potential_slope).sum()) - ohmic
