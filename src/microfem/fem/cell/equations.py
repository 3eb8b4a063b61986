"""The equations of a cell in time: salt, ionic and electronic potentials, reaction sites, terminals, one control.

Unknowns, in this order: the concentration and the ionic potential at the nodes of the electrolyte, the electronic
potential where electrons are conducted, less that of its terminal, the potentials of the anode's and the cathode's
terminal, the current, the charge that each reaction has passed, that of the terminals, and the modes at the sites of
each reaction. The anode's terminal is the zero of potential. The modes and the charges are eliminated from each linear
system, so that its size is that of the fields. Differences to the terminal keep the digits of the current in a metal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from microfem.fem.cell.control import Control
from microfem.fem.cell.electrolyte import Electrolyte
from microfem.fem.cell.sites import DoubleLayer, Passing, Reaction, Sites, spread
from microfem.fem.cell.unknowns import Unknowns
from microfem.fem.field_set import CoupledMatrix

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
        for layer in self.layers:
            starts.append(starts[-1] + len(layer.sites.area))
        return starts

    def state(self, y: Floats) -> Unknowns:
        """Return the parts of the unknowns."""
        n, first, starts = self.electrolyte.count, self.fields, self._starts
        behind = [y[start:stop] for start, stop in pairwise(starts)]
        modes = [part.reshape(len(one.sites.area), -1) for one, part in zip(self.reactions, behind, strict=False)]
        return Unknowns(
            salt=y[:n],
            ionic=y[n : 2 * n],
            solid=y[2 * n : first - 1],
            of_cathode=self.of_cathode,
            current=float(y[first - 1]),
            charges=y[first : starts[0]],
            modes=tuple(modes),
            stored=tuple(behind[len(modes) :]),
        )

    @cached_property
    def differential(self) -> NDArray[np.bool_]:
        """Mask (size,) of the unknowns whose derivatives stand in the equations."""
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
            ions -= spread(one.sites.liquid, one.sites.weight, current, liquid.count)
            of_salt -= (one.cations - salt.transference) * spread(
                one.sites.liquid, one.sites.weight, current, liquid.count
            )
            electrons += spread(one.sites.solid, one.sites.weight, current, self.electronic)
        for layer, change in zip(self.layers, rate.stored, strict=True):
            sites, current = layer.sites, layer.sites.strength * change
            ions -= spread(sites.liquid, sites.weight, current, liquid.count)
            electrons += spread(sites.solid, sites.weight, current, self.electronic)
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
        for layer, charge in zip(self.layers, state.stored, strict=True):
            parts.append(charge - layer.charge(state.ionic, state.electronic))
        return np.concatenate(parts)

    @cached_property
    def _conduction(self) -> sp.csr_matrix:
        """The matrix (electronic, electronic) of all conductors, S, in 2D S/m."""
        whole = sp.csr_matrix((self.electronic, self.electronic))
        for part in self.conductors:
            pairs = CoupledMatrix(self.electronic, [(part.nodes, part.nodes)])
            whole = whole + pairs.matrix([part.elements])
        return whole

    @cached_property
    def coupled(self) -> CoupledMatrix:
        """The sparsity of the linearised fields: elements, conductors, sites, terminals, storage of the salt."""
        n = self.electrolyte.count
        salt, ionic = self.electrolyte.nodes, n + self.electrolyte.nodes
        pairs = [(salt, salt), (ionic, ionic), (ionic, salt)]
        pairs += [(2 * n + part.nodes, 2 * n + part.nodes) for part in self.conductors]
        placed = [(one.sites, one.electrode) for one in self.reactions]
        for sites, electrode in [*placed, *((one.sites, one.electrode) for one in self.layers)]:
            unknowns = self._unknowns(sites, electrode)
            pairs.append((unknowns, unknowns))
        last = self.fields - 1
        ends = np.array([[last - 2, last - 1, last]])
        pairs += [(ends, ends), (np.arange(n)[:, None], np.arange(n)[:, None])]
        return CoupledMatrix(self.fields, pairs)

    def _unknowns(self, sites: Sites, electrode: str) -> Ints:
        n = self.electrolyte.count
        terminal = np.full((len(sites.area), 1), self.fields - 3 + ELECTRODES.index(electrode))
        return np.hstack([sites.liquid, n + sites.liquid, 2 * n + sites.solid, terminal])

    @cached_property
    def inner_conductors(self) -> list[Floats]:
        """Element matrices of the conductors between electronic potentials less those of their terminals."""
        inner = [(part.nodes < self.electronic - len(ELECTRODES)).astype(float) for part in self.conductors]
        return [
            part.elements * inside[:, :, None] * inside[:, None, :]
            for part, inside in zip(self.conductors, inner, strict=True)
        ]

    def inner_weight(self, sites: Sites) -> Floats:
        """Return the weight (n, m) of electronic potentials less that of their terminal at sites."""
        return sites.weight * (sites.solid < self.electronic - len(ELECTRODES))
