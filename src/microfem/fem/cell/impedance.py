"""The answer of a cell to a small alternating current, split into the parts of the cell.

(K + i omega M + R(omega)) x = e: the equations near a state, with the sites eliminated exactly, also the diffusion in
their particles. The current is the drive. The parts follow from Tellegen's theorem: the conjugate of the alternating
current, as it flows through the cell, times the alternating drop of potential along it. They sum to Z; the real part of
each is twice the mean power lost there at a current of amplitude 1, and what stores energy is in the imaginary parts.
B. D. H. Tellegen, Philips Res. Rep. 7 (1952) 259.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.cell.control import held
from microfem.fem.cell.equations import CellEquations
from microfem.fem.cell.linear import Linearised, near
from microfem.fem.solvers.factors import GeneralFactors
from microfem.fem.solvers.general import factorise_general
from microfem.fem.solvers.settings import SolverSettings

Floats = NDArray[np.float64]
Numbers = NDArray[Any]  # real or complex

PARTS = ("electrolyte", "concentration", "electronic", "anode_kinetics", "cathode_kinetics", "particles")
STEEP = 1e6  # times the fastest rate: what stores charge or salt changes nothing there, to this precision
RESIDUAL = 1e-7  # relative, above which an answer is refused


class SmallSignal:
    """A cell near the state y, whose rates count as 0, under a current that alternates about that of the state."""

    def __init__(self, equations: CellEquations, y: Floats, settings: SolverSettings = SolverSettings()) -> None:
        self.equations, self._settings = equations, settings
        self.linear = near(equations, held("current", 0.0), 0.0, y)
        self._factors: GeneralFactors | None = None
        self.residual = 0.0  # worst so far

    def at(self, omega: float) -> dict[str, complex]:
        """Return the impedance by its parts, V / uA, in 2D V m / A; omega: 1/s.

        Raises:
            SolveError: the linear system is singular, or not solved well enough.
        """
        linearised, x, shares = self.answer(omega)
        parts, whole = self._parts(linearised, x, shares), -complex(x[self.equations.cathode])
        self._note(abs(sum(parts.values()) - whole) / abs(whole))
        return parts

    def _note(self, residual: float) -> None:
        """Note how well a linear system is solved: by its residual, and by how far the parts are from the whole.

        Raises:
            SolveError: not well enough.
        """
        self.residual = max(self.residual, residual)
        if not self.residual < RESIDUAL:
            raise SolveError(f"the linear system of an impedance is solved to {self.residual:.2g} only, relative")

    def answer(self, omega: float) -> tuple[Linearised, Numbers, list[complex]]:
        """Return the linearised equations, the change of the fields for a unit current, and the share of each store."""
        shares = [one.store.exact_share(1j * omega) for one in self.equations.reactions]
        linearised = self.linear.at(1j * omega, shares)
        return linearised, self._solved(linearised), shares

    def _solved(self, linearised: Linearised) -> Numbers:
        """Return the change of the fields for a unit current."""
        if self._factors is None:
            self._factors = factorise_general(linearised.matrix, self._settings)
        else:
            self._factors.renew(linearised.matrix)
        drive = np.zeros(self.equations.fields, dtype=complex)
        drive[-1] = 1.0
        x = self._factors.solve(drive)
        left = np.abs(linearised.matrix @ x - drive)
        size = abs(linearised.matrix) @ np.abs(x) + np.abs(drive)
        self._note(float(left.max() / size.max()))
        return x

    def _parts(self, linearised: Linearised, x: Numbers, shares: list[complex]) -> dict[str, complex]:
        """Return the parts of the impedance."""
        equations, linear = self.equations, self.linear
        n = equations.electrolyte.count
        salt, ionic, inside = x[:n], x[n : 2 * n], x[2 * n : -1].copy()
        solid = inside.copy()
        solid[equations.of_cathode] += solid[-1]
        inside[-2:] = 0.0
        parts = dict.fromkeys(PARTS, 0j)
        parts["electrolyte"], parts["concentration"] = equations.electrolyte.alternating_losses(
            linear.flow, linear.state.salt, salt, ionic
        )
        for part in equations.conductors:
            local = inside[part.nodes]
            parts["electronic"] += complex(np.einsum("na,nab,nb->", local.conj(), part.elements, local))
        for one, site, share, modes in zip(
            equations.reactions, linearised.condensed, shares, linear.state.modes, strict=True
        ):
            drop = one.sites.drop(ionic, solid)
            current = site.by_drop * drop + site.by_salt * one.sites.of_liquid(salt)
            surface = -share * one.potential.slope(one.store.surface(modes)) * current / one.sites.strength
            parts["particles"] += complex(current.conj() @ surface)
            parts[f"{one.electrode}_kinetics"] += complex(current.conj() @ (drop - surface))
        for layer, charging in zip(equations.layers, linearised.charging, strict=True):
            drop = layer.sites.drop(ionic, solid)
            parts[f"{layer.electrode}_kinetics"] += complex((charging * drop).conj() @ drop)
        return parts

    def limit(self) -> float:
        """Return the real part in the limit of high frequencies, V / uA, in 2D V m / A.

        Double layers are short-circuits, concentrations and fillings stay.
        """
        omega = STEEP * self._fastest()
        linearised = self.linear.at(1j * omega, [0j] * len(self.equations.reactions))
        return -float(self._solved(linearised)[self.equations.cathode].real)

    def _fastest(self) -> float:
        """Return the largest rate, 1/s, with which a node passes on what it stores."""
        equations, n = self.equations, self.equations.electrolyte.count
        conductance = np.abs(self.linear.at(0.0, [0.0] * len(equations.reactions)).matrix.diagonal())
        rates = [1.0]
        if equations.moving:
            stored = equations.electrolyte.salt.charge * equations.electrolyte.volume
            rates.append(float((conductance[:n] / stored).max()))
        for layer, capacitance in zip(equations.layers, self.linear.layers, strict=True):
            rates.append(float((conductance[n + layer.sites.liquid[:, 0]] / capacitance).max()))
        return max(rates)

    def close(self) -> None:
        """Free the memory of the factors, which the next frequency makes anew."""
        if self._factors is not None:
            self._factors.close()
        self._factors = None
