"""The equations of a cell near a state, linear in the changes of its unknowns: for Newton's method and for impedance.

Rates are changes times a slope: the slope of a formula in time, or i omega. The modes at reaction sites and the charges
are eliminated, so that the matrix is that of the fields. The unknowns of a conductor are differences to its terminal,
and the row of the terminal is the sum over its side: then no digits of a current are lost in a metal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.cell.control import Control
from microfem.fem.cell.electrolyte import Transport
from microfem.fem.cell.equations import SIGN, CellEquations
from microfem.fem.cell.sites import Passing, Reaction, Sites, spread
from microfem.fem.cell.unknowns import Unknowns
from microfem.fem.solvers.factors import GeneralFactors

Floats = NDArray[np.float64]
Numbers = NDArray[Any]  # real or complex


@dataclass(frozen=True, kw_only=True)
class NearState:
    """The equations near a state, before a slope is chosen.

    flow: the state of the electrolyte; passing: of each reaction; elements: salt by salt, charge by potential, charge
    by salt; layers: of each double layer its capacitance at the sites, uF, in 2D F/m; ends: (1, 3, 3) of the terminals
    and the control.
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
        elements: list[Numbers] = [*self.elements, *equations.inner_conductors]
        for one, site in zip(equations.reactions, condensed, strict=True):
            moved = (one.cations - liquid.salt.transference) if equations.moving else 0.0
            inner = equations.inner_weight(one.sites)
            elements.append(_couplings(one.sites, inner, site.by_drop, site.by_salt, moved))
        charging: list[Numbers] = [slope * capacitance for capacitance in self.layers]
        for layer, by_drop in zip(equations.layers, charging, strict=True):
            inner = equations.inner_weight(layer.sites)
            elements.append(_couplings(layer.sites, inner, by_drop, np.zeros_like(by_drop), 0.0))
        storage = slope * liquid.salt.charge * liquid.volume if equations.moving else np.ones(liquid.count)
        matrix = equations.coupled.matrix([*elements, self.ends, storage[:, None, None]])
        _pin(matrix, equations.fields - 3)
        return Linearised(
            equations=equations, matrix=matrix, condensed=tuple(condensed), charging=tuple(charging), slope=slope
        )


def near(equations: CellEquations, control: Control, t: float, y: Floats) -> NearState:
    """Return the equations linearised near a state."""
    state, passing = equations.state(y), equations.passing(equations.state(y))
    liquid = equations.electrolyte
    flow = liquid.flow(state.salt, state.ionic)
    salt, charge, mixed = liquid.slopes(flow, state.salt)
    drops = [one.sites.drop(state.ionic, state.electronic) for one in equations.layers]
    by_voltage, by_current = control.slopes(t, state.voltage, state.current)
    ends = np.zeros((1, 3, 3))
    ends[0, 1, 2] = -SIGN["cathode"]
    ends[0, 2] = -by_voltage, by_voltage, by_current
    return NearState(
        equations=equations,
        state=state,
        flow=flow,
        passing=passing,
        elements=(salt if equations.moving else np.zeros_like(salt), charge, mixed),
        layers=[
            one.sites.strength * one.capacitance.value(drop) for one, drop in zip(equations.layers, drops, strict=True)
        ],
        ends=ends,
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

    charging: current of each double layer at its sites by its drop.
    """

    equations: CellEquations
    matrix: sp.csr_matrix
    condensed: tuple[Condensed, ...]
    charging: tuple[Numbers, ...]
    slope: complex

    def solution(self, factors: GeneralFactors) -> Callable[[Floats], Floats]:
        """Return the solution of the linearised equations, from the factors of their matrix."""
        equations = self.equations
        n = equations.electrolyte.count

        def solve(right: Floats) -> Floats:
            given, fields = equations.state(right), right[: equations.fields].copy()
            salt, ions, electrons = fields[:n], fields[n : 2 * n], fields[2 * n : -1]
            fed = self._fed(given)
            for sites, moved, more in self._sources(given, fed):
                passed = spread(sites.liquid, sites.weight, more, n)
                ions += passed
                salt += moved * passed
                solid = spread(sites.solid, sites.weight, more, equations.electronic)
                solid[-2] = 0.0
                electrons -= solid
            electrons[-1] += electrons[equations.of_cathode].sum()
            x = factors.solve(fields)
            change = equations.state(np.concatenate([x, np.zeros(equations.size - equations.fields)]))
            return np.concatenate([x, *self._behind(given, change, fed)])

        return solve

    def _fed(self, given: Unknowns) -> list[Numbers]:
        """Return the currents of reactions that given modes feed."""
        of = zip(self.equations.reactions, self.condensed, given.modes, strict=True)
        return [site.by_fed * ((modes / site.divisor) @ one.store.weight) for one, site, modes in of]

    def _sources(self, given: Unknowns, fed: list[Numbers]) -> Iterator[tuple[Sites, float, Numbers]]:
        """Yield sites, the share of salt that a current there moves, and the current: of modes, of double layers."""
        equations = self.equations
        for one, more in zip(equations.reactions, fed, strict=True):
            yield one.sites, one.cations - equations.electrolyte.salt.transference if equations.moving else 0.0, more
        for layer, charge in zip(equations.layers, given.stored, strict=True):
            yield layer.sites, 0.0, self.slope * layer.sites.strength * charge

    def _behind(self, given: Unknowns, change: Unknowns, fed: list[Numbers]) -> list[Numbers]:
        """Return the changes of what is eliminated: charges, modes, what double layers store."""
        equations, parts, totals = self.equations, list[Numbers](), list[Any]()
        for one, site, more, modes in zip(equations.reactions, self.condensed, fed, given.modes, strict=True):
            drop = one.sites.drop(change.ionic, change.electronic)
            current = site.by_drop * drop + site.by_salt * one.sites.of_liquid(change.salt) + more
            totals.append(current.sum())
            density = current / one.sites.strength
            parts.append(((modes - one.store.supply * density[:, None] * one.store.weight) / site.divisor).ravel())
        for layer, charging, charge in zip(equations.layers, self.charging, given.stored, strict=True):
            drop = layer.sites.drop(change.ionic, change.electronic)
            parts.append(charge + charging * drop / (self.slope * layer.sites.strength))
        return [(given.charges + np.array([*totals, change.current])) / self.slope, *parts]


def _couplings(sites: Sites, inner: Floats, by_drop: Numbers, by_salt: Numbers, share: float) -> Numbers:
    """Return the matrices (n, 3 m + 1, 3 m + 1) of sites: salt, ions, electrons less their terminal, terminal.

    inner: weight (n, m) of the electrons less their terminal.
    """
    w, one = sites.weight, np.ones((len(sites.area), 1))
    rows = np.hstack([-share * w, -w, inner, one])
    columns = by_drop[:, None] * np.hstack([np.zeros_like(w), -w, inner, one])
    columns = columns + by_salt[:, None] * np.hstack([w, np.zeros_like(w), np.zeros_like(w), np.zeros_like(one)])
    return np.einsum("na,nb->nab", rows, columns)


def _pin(matrix: sp.csr_matrix, row: int) -> None:
    """Replace a row by that of the identity: the anode's terminal is the zero of potential."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    matrix.data[part] = matrix.indices[part] == row
