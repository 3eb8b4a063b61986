"""The equations of a cell in time: salt, ionic and electronic potentials, reaction sites, terminals, one control.

Unknowns, in this order: the concentration and the ionic potential at the nodes of the electrolyte, the electronic
potential where electrons are conducted, less that of its terminal, the potentials of the anode's and the cathode's
terminal, the current, the charge that each reaction has passed, that of the terminals, and the modes at the sites of
each reaction. The anode's terminal is the zero of potential. The modes and the charges are eliminated from each linear
system, so that its size is that of the fields. Differences to the terminal keep the digits of the current in a metal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.cell.control import Control
from microfem.fem.cell.electrolyte import Electrolyte
from microfem.fem.cell.sites import DoubleLayer, Passing, Reaction, Sites
from microfem.fem.cell.unknowns import Unknowns
from microfem.fem.field_set import CoupledMatrix
from microfem.fem.solvers.factors import GeneralFactors

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ELECTRODES = ("anode", "cathode")
SIGN = {"anode": 1.0, "cathode": -1.0}  # of the current into the terminal from outside, on discharge


@dataclass(frozen=True, kw_only=True)
class Conducting:
    """Where electrons are conducted: unknowns (n, nloc) of its simplices, element matrices (n, nloc, nloc), S or S/m.

    Simplices of cells and of sheets have different numbers of nodes, so there is one conductor for each kind. count:
    unknowns of all conductors, with the terminals, which are the last two.
    """

    nodes: Ints
    elements: Floats


@dataclass(frozen=True, kw_only=True)
class CellEquations:
    """The equations F(t, y, dy/dt) = 0 of one cell under one control.

    electronic: number of electronic potentials, the last two those of the terminals; of_cathode: those of the cathode's
    side among them, its terminal apart; moving: whether the salt moves.
    """

    electrolyte: Electrolyte
    conductors: tuple[Conducting, ...]
    electronic: int
    of_cathode: Ints
    reactions: tuple[Reaction, ...]
    layers: tuple[DoubleLayer, ...]
    moving: bool

    @cached_property
    def fields(self) -> int:
        """Number of the fields' unknowns and the current."""
        return 2 * self.electrolyte.count + self.electronic + 1

    @property
    def cathode(self) -> int:
        """Number of the potential of the cathode's terminal."""
        return self.fields - 2

    @cached_property
    def size(self) -> int:
        """Number of all unknowns."""
        return self._starts[-1]

    @cached_property
    def _starts(self) -> list[int]:
        starts = [self.fields + len(self.reactions) + 1]
        for one in self.reactions:
            starts.append(starts[-1] + len(one.sites.area) * len(one.store.weight))
        return starts

    def state(self, y: Floats) -> Unknowns:
        """Return the parts of the unknowns."""
        n, first, starts = self.electrolyte.count, self.fields, self._starts
        modes = [
            y[start:stop].reshape(len(one.sites.area), -1)
            for one, start, stop in zip(self.reactions, starts, starts[1:], strict=False)
        ]
        return Unknowns(
            salt=y[:n],
            ionic=y[n : 2 * n],
            solid=y[2 * n : first - 1],
            of_cathode=self.of_cathode,
            current=float(y[first - 1]),
            charges=y[first : starts[0]],
            modes=tuple(modes),
        )

    @cached_property
    def differential(self) -> NDArray[np.bool_]:
        """Mask (size,) of the unknowns whose derivatives stand in the equations, double layers apart."""
        mask = np.zeros(self.size, dtype=bool)
        mask[: self.electrolyte.count] = self.moving
        mask[self.fields :] = True
        return mask

    def passing(self, state: Unknowns) -> list[Passing]:
        """Return the currents of all reactions at their sites."""
        return [
            one.passing(
                one.sites.of_liquid(state.salt),
                one.sites.drop(state.ionic, state.electronic),
                one.store.surface(modes),
            )
            for one, modes in zip(self.reactions, state.modes, strict=True)
        ]

    def unbalanced(self, state: Unknowns, rate: Unknowns, passing: Sequence[Passing]) -> tuple[Floats, Floats, Floats]:
        """Return what is missing at nodes: salt times F z+ nu+, ions, electrons without the terminals' currents."""
        liquid, salt = self.electrolyte, self.electrolyte.salt
        of_salt, ions = liquid.balances(liquid.flow(state.salt, state.ionic))
        of_salt += salt.charge * liquid.volume * rate.salt
        electrons = self._conduction @ state.inside
        for one, passed in zip(self.reactions, passing, strict=True):
            current = one.sites.strength * passed.current
            ions -= _spread(one.sites.liquid, one.sites.weight, current, liquid.count)
            of_salt -= (one.cations - salt.transference) * _spread(
                one.sites.liquid, one.sites.weight, current, liquid.count
            )
            electrons += _spread(one.sites.solid, one.sites.weight, current, self.electronic)
        for layer in self.layers:
            sites = layer.sites
            drop, change = (sites.drop(one.ionic, one.electronic) for one in (state, rate))
            current = sites.strength * layer.capacitance.value(drop) * change
            ions -= _spread(sites.liquid, sites.weight, current, liquid.count)
            electrons += _spread(sites.solid, sites.weight, current, self.electronic)
        return of_salt, ions, electrons

    def residual(self, control: Control, t: float, y: Floats, rates: Floats) -> Floats:
        """Return F(t, y, dy/dt), currents in uA, in 2D A/m."""
        state, rate = self.state(y), self.state(rates)
        passing = self.passing(state)
        of_salt, ions, electrons = self.unbalanced(state, rate, passing)
        if not self.moving:
            of_salt = state.salt - self.electrolyte.salt.initial
        electrons[-2] = state.electronic[-2]
        electrons[-1] -= SIGN["cathode"] * state.current
        parts = [of_salt, ions, electrons, np.array([control.excess(t, state.voltage, state.current)])]
        total = [one.sites.strength @ passed.current for one, passed in zip(self.reactions, passing, strict=True)]
        parts.append(rate.charges - np.array([*total, state.current]))
        for one, passed, modes, change in zip(self.reactions, passing, state.modes, rate.modes, strict=True):
            store = one.store
            filling = change + store.decay * modes + store.supply * passed.current[:, None] * store.weight
            parts.append(filling.ravel())
        return np.concatenate(parts)

    @cached_property
    def _conduction(self) -> sp.csr_matrix:
        """The matrix (electronic, electronic) of all conductors, S, in 2D S/m."""
        whole = sp.csr_matrix((self.electronic, self.electronic))
        for part in self.conductors:
            pairs = CoupledMatrix(self.electronic, [(part.nodes, part.nodes)])
            whole = whole + pairs.matrix([part.elements])
        return whole

    @property
    def sites(self) -> list[Sites]:
        """The sites of all reactions, then of all double layers."""
        return [*(one.sites for one in self.reactions), *(one.sites for one in self.layers)]

    @cached_property
    def _matrix(self) -> CoupledMatrix:
        n = self.electrolyte.count
        salt, ionic = self.electrolyte.nodes, n + self.electrolyte.nodes
        pairs = [(salt, salt), (ionic, ionic), (ionic, salt)]
        pairs += [(2 * n + part.nodes, 2 * n + part.nodes) for part in self.conductors]
        for sites in self.sites:
            unknowns = self._unknowns(sites)
            pairs.append((unknowns, unknowns))
        last = self.fields - 1
        ends = np.array([[last - 2, last - 1, last]])
        pairs += [(ends, ends), (np.arange(n)[:, None], np.arange(n)[:, None])]
        return CoupledMatrix(self.fields, pairs)

    def _unknowns(self, sites: Sites) -> Ints:
        n = self.electrolyte.count
        return np.hstack([sites.liquid, n + sites.liquid, 2 * n + sites.solid])

    def jacobian(self, control: Control, t: float, y: Floats, rates: Floats, slope: float) -> Linearised:
        """Return the linearised equations dF/dy + slope dF/d(dy/dt)."""
        state, rate, passing = self.state(y), self.state(rates), self.passing(self.state(y))
        liquid = self.electrolyte
        flow = liquid.flow(state.salt, state.ionic)
        salt, charge, mixed = liquid.slopes(flow, state.salt)
        storage = slope * liquid.salt.charge * liquid.volume
        if not self.moving:
            salt, storage = np.zeros_like(salt), np.ones(liquid.count)
        elements = [salt, charge, mixed, *(part.elements for part in self.conductors)]
        condensed = [Condensed.of(one, passed, slope) for one, passed in zip(self.reactions, passing, strict=True)]
        for one, site in zip(self.reactions, condensed, strict=True):
            share = (one.cations - liquid.salt.transference) if self.moving else 0.0
            elements.append(_couplings(one.sites, site.by_drop, site.by_salt, share))
        for layer in self.layers:
            drop, change = (layer.sites.drop(one.ionic, one.electronic) for one in (state, rate))
            stiff = slope * layer.capacitance.value(drop) + layer.capacitance.slope(drop) * change
            elements.append(_couplings(layer.sites, layer.sites.strength * stiff, np.zeros_like(stiff), 0.0))
        by_voltage, by_current = control.slopes(t, state.voltage, state.current)
        ends = np.zeros((1, 3, 3))
        ends[0, 1, 2] = -SIGN["cathode"]
        ends[0, 2] = -by_voltage, by_voltage, by_current
        matrix = self._matrix.matrix([*elements, ends, storage[:, None, None]])
        _pin(matrix, self.fields - 3)
        return Linearised(equations=self, matrix=matrix, condensed=tuple(condensed), slope=slope)


@dataclass(frozen=True, kw_only=True)
class Condensed:
    """A linearised reaction whose modes are eliminated: current (uA, in 2D A/m) by drop, salt and what feeds modes."""

    by_drop: Floats
    by_salt: Floats
    by_fed: Floats
    divisor: Floats  # (nmodes,): slope + decay

    @classmethod
    def of(cls, one: Reaction, passed: Passing, slope: float) -> Condensed:
        """Eliminate dz = (b - w supply dj) / divisor, so that the surface changes by sum w b / divisor - S dj."""
        divisor = slope + one.store.decay
        share = one.store.supply * (one.store.weight**2 / divisor).sum()
        strength = one.sites.strength / (1.0 + passed.by_surface * share)
        return cls(
            by_drop=strength * passed.by_drop,
            by_salt=strength * passed.by_salt,
            by_fed=strength * passed.by_surface,
            divisor=divisor,
        )


@dataclass(frozen=True, kw_only=True)
class Linearised:
    """The linearised equations, with the modes and the charges eliminated from their matrix."""

    equations: CellEquations
    matrix: sp.csr_matrix
    condensed: tuple[Condensed, ...]
    slope: float

    def solution(self, factors: GeneralFactors) -> Callable[[Floats], Floats]:
        """Return the solution of the linearised equations, from the factors of their matrix."""
        equations = self.equations
        n, reactions = equations.electrolyte.count, equations.reactions

        def solve(right: Floats) -> Floats:
            given, fields = equations.state(right), right[: equations.fields].copy()
            salt, ions, electrons = fields[:n], fields[n : 2 * n], fields[2 * n : -1]
            fed = [
                site.by_fed * ((modes / site.divisor) @ one.store.weight)
                for one, site, modes in zip(reactions, self.condensed, given.modes, strict=True)
            ]
            for one, more in zip(reactions, fed, strict=True):
                spread = _spread(one.sites.liquid, one.sites.weight, more, n)
                ions += spread
                if equations.moving:
                    salt += (one.cations - equations.electrolyte.salt.transference) * spread
                solid = _spread(one.sites.solid, one.sites.weight, more, equations.electronic)
                solid[-2] = 0.0
                electrons -= solid
            x = factors.solve(fields)
            x[2 * n + equations.of_cathode] -= x[equations.cathode]
            change = equations.state(np.concatenate([x, np.zeros(equations.size - equations.fields)]))
            parts, totals = [], []
            for one, site, more, modes in zip(reactions, self.condensed, fed, given.modes, strict=True):
                drop = one.sites.drop(change.ionic, change.electronic)
                current = site.by_drop * drop + site.by_salt * one.sites.of_liquid(change.salt) + more
                totals.append(current.sum())
                density = current / one.sites.strength
                parts.append(((modes - one.store.supply * density[:, None] * one.store.weight) / site.divisor).ravel())
            return np.concatenate([x, (given.charges + np.array([*totals, change.current])) / self.slope, *parts])

        return solve


def _spread(nodes: Ints, weight: Floats, values: Floats, count: int) -> Floats:
    """Return the sum (count,) at nodes (n, m) of values (n,) times their weights (n, m)."""
    return np.asarray(np.bincount(nodes.ravel(), (weight * values[:, None]).ravel(), count), dtype=np.float64)


def _couplings(sites: Sites, by_drop: Floats, by_salt: Floats, share: float) -> Floats:
    """Return the matrices (n, 3 m, 3 m) of sites: rows salt, ions, electrons; columns salt, ionic, electronic."""
    w, zero = sites.weight, np.zeros_like(sites.weight)
    rows = np.hstack([-share * w, -w, w])
    columns = by_drop[:, None] * np.hstack([zero, -w, w]) + by_salt[:, None] * np.hstack([w, zero, zero])
    return np.einsum("na,nb->nab", rows, columns)


def _pin(matrix: sp.csr_matrix, row: int) -> None:
    """Replace a row by that of the identity: the anode's terminal is the zero of potential."""
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    matrix.data[part] = matrix.indices[part] == row
