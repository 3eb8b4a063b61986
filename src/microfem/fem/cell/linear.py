"""The equations of a cell near a state, linear in the changes of its unknowns: for Newton's method and for impedance.

Rates are changes times a slope: the slope of a formula in time, or i omega. The modes at reaction sites and the charges
are eliminated, so that the matrix is that of the fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.cell.electrolyte import Transport
from microfem.fem.cell.sites import Passing, Reaction, Sites, spread
from microfem.fem.solvers.factors import GeneralFactors

if TYPE_CHECKING:
    from microfem.fem.cell.equations import CellEquations
    from microfem.fem.cell.unknowns import Unknowns

Floats = NDArray[np.float64]
Numbers = NDArray[Any]  # real or complex


@dataclass(frozen=True, kw_only=True)
class Linear:
    """The equations near a state, before a slope is chosen.

    flow: the state of the electrolyte; passing: of each reaction; elements: salt by salt, charge by potential, charge
    by salt; layers: of each double layer its capacitance at the sites, F/m2; ends: (1, 3, 3) of the terminals and the
    control.
    """

    equations: CellEquations
    state: Unknowns
    flow: Transport
    passing: Sequence[Passing]
    elements: tuple[Floats, Floats, Floats]
    layers: Sequence[Floats]
    ends: Floats

    def at(self, slope: complex, shares: Sequence[complex] | None = None) -> Linearised:
        """Return the equations for a slope; shares: of each reaction, see `Store.share`, whose modes give them else."""
        equations, liquid = self.equations, self.equations.electrolyte
        shares = shares if shares is not None else [one.store.share(slope) for one in equations.reactions]
        condensed = [
            Condensed.of(one, passed, slope, share)
            for one, passed, share in zip(equations.reactions, self.passing, shares, strict=True)
        ]
        elements: list[Numbers] = [*self.elements, *(part.elements for part in equations.conductors)]
        for one, site in zip(equations.reactions, condensed, strict=True):
            moved = (one.cations - liquid.salt.transference) if equations.moving else 0.0
            elements.append(_couplings(one.sites, site.by_drop, site.by_salt, moved))
        for layer, capacitance in zip(equations.layers, self.layers, strict=True):
            by_drop = slope * layer.sites.strength * capacitance
            elements.append(_couplings(layer.sites, by_drop, np.zeros_like(by_drop), 0.0))
        storage = slope * liquid.salt.charge * liquid.volume if equations.moving else np.ones(liquid.count)
        matrix = equations.coupled.matrix([*elements, self.ends, storage[:, None, None]])
        _pin(matrix, equations.fields - 3)
        return Linearised(
            equations=equations, matrix=matrix, condensed=tuple(condensed), layers=self.layers, slope=slope
        )


@dataclass(frozen=True, kw_only=True)
class Condensed:
    """A linearised reaction whose modes are eliminated: current (uA, in 2D A/m) by drop, salt and what feeds modes."""

    by_drop: Numbers
    by_salt: Numbers
    by_fed: Numbers
    divisor: Numbers  # (nmodes,): slope + decay

    @classmethod
    def of(cls, one: Reaction, passed: Passing, slope: complex, share: complex) -> Condensed:
        """Eliminate dz = (b - w supply dj) / divisor, so that the surface changes by sum w b / divisor - share dj."""
        strength = one.sites.strength / (1.0 + passed.by_surface * share)
        return cls(
            by_drop=strength * passed.by_drop,
            by_salt=strength * passed.by_salt,
            by_fed=strength * passed.by_surface,
            divisor=slope + one.store.decay,
        )


@dataclass(frozen=True, kw_only=True)
class Linearised:
    """The linearised equations, with the modes and the charges eliminated from their matrix.

    layers: of each double layer its capacitance at the sites, F/m2.
    """

    equations: CellEquations
    matrix: sp.csr_matrix
    condensed: tuple[Condensed, ...]
    layers: Sequence[Floats]
    slope: complex

    def solution(self, factors: GeneralFactors) -> Callable[[Floats], Floats]:
        """Return the solution of the linearised equations, from the factors of their matrix."""
        equations = self.equations
        n = equations.electrolyte.count

        def solve(right: Floats) -> Floats:
            given, fields = equations.state(right), right[: equations.fields].copy()
            salt, ions, electrons = fields[:n], fields[n : 2 * n], fields[2 * n : -1]
            fed, layered = self._fed(given)
            for sites, moved, more in self._sources(fed, layered):
                passed = spread(sites.liquid, sites.weight, more, n)
                ions += passed
                salt += moved * passed
                solid = spread(sites.solid, sites.weight, more, equations.electronic)
                solid[-2] = 0.0
                electrons -= solid
            x = factors.solve(fields)
            x[2 * n + equations.of_cathode] -= x[equations.cathode]
            change = equations.state(np.concatenate([x, np.zeros(equations.size - equations.fields)]))
            return np.concatenate([x, *self._behind(given, change, fed)])

        return solve

    def _fed(self, given: Unknowns) -> tuple[list[Numbers], list[Numbers]]:
        """Return the currents at sites that are given: to reactions by their modes, to double layers by charges."""
        equations = self.equations
        of_modes = [
            site.by_fed * ((modes / site.divisor) @ one.store.weight)
            for one, site, modes in zip(equations.reactions, self.condensed, given.modes, strict=True)
        ]
        layers = zip(equations.layers, given.stored, strict=True)
        return of_modes, [self.slope * one.sites.strength * charge for one, charge in layers]

    def _sources(self, fed: list[Numbers], layered: list[Numbers]) -> Iterator[tuple[Sites, float, Numbers]]:
        """Yield sites, the salt that a current there moves, and the current."""
        equations = self.equations
        for one, more in zip(equations.reactions, fed, strict=True):
            yield one.sites, one.cations - equations.electrolyte.salt.transference if equations.moving else 0.0, more
        for layer, more in zip(equations.layers, layered, strict=True):
            yield layer.sites, 0.0, more

    def _behind(self, given: Unknowns, change: Unknowns, fed: list[Numbers]) -> list[Floats]:
        """Return the changes of what is eliminated: charges, modes, charges of double layers."""
        equations, parts, totals = self.equations, list[Floats](), list[Any]()
        for one, site, more, modes in zip(equations.reactions, self.condensed, fed, given.modes, strict=True):
            drop = one.sites.drop(change.ionic, change.electronic)
            current = site.by_drop * drop + site.by_salt * one.sites.of_liquid(change.salt) + more
            totals.append(current.sum())
            density = current / one.sites.strength
            parts.append(((modes - one.store.supply * density[:, None] * one.store.weight) / site.divisor).ravel())
        for layer, capacitance, charge in zip(equations.layers, self.layers, given.stored, strict=True):
            parts.append(charge + capacitance * layer.sites.drop(change.ionic, change.electronic))
        return [(given.charges + np.array([*totals, change.current])) / self.slope, *parts]


def _couplings(sites: Sites, by_drop: Numbers, by_salt: Numbers, share: float) -> Numbers:
    """Return the matrices (n, 3 m, 3 m) of sites: rows salt, ions, electrons; columns salt, ionic, electronic."""
    w, zero = sites.weight, np.zeros_like(sites.weight)
    rows = np.hstack([-share * w, -w, w])
    columns = by_drop[:, None] * np.hstack([zero, -w, w]) + by_salt[:, None] * np.hstack([w, zero, zero])
    return np.einsum("na,nb->nab", rows, columns)


def _pin(matrix: sp.csr_matrix, row: int) -> None:
    """Replace a row by that of the identity: the anode's terminal is the zero of potential."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    matrix.data[part] = matrix.indices[part] == row
