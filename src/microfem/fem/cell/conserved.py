"""What a cell conserves: charge, salt and host sites, exactly, whatever the tolerance of Newton's method.

The sums of the equations over all nodes and sites are linear in the unknowns: the charges that the reactions have
passed fix the salt in the electrolyte and the filling of every host, and each electrode has passed the charge that its
terminal has. Newton's method keeps these sums to its tolerance; even shifts of potentials, concentrations and fillings,
of the same size, restore them after each step.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.fem.cell.equations import ELECTRODES, SIGN, CellEquations
from microfem.fem.cell.unknowns import Unknowns

Floats = NDArray[np.float64]

SHIFTS = 4  # Newton's iterations at two potentials, which start at its tolerance
SHIFTED = 4.0 * np.finfo(float).eps  # relative, of what electrodes pass: nothing is left to shift


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What is missing, as charges: salt; hosts (nreactions,); layers: electrode -> what its reactions did not pass."""

    salt: float
    hosts: Floats
    electrodes: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Conserved:
    """The state at the start, in which the reactions have passed no charge."""

    equations: CellEquations
    start: Unknowns

    def missing(self, y: Floats) -> Sums:
        """Return what is missing since the start."""
        equations, start = self.equations, self.start
        state, liquid = equations.state(y), equations.electrolyte
        shares = np.array([one.cations - liquid.salt.transference for one in equations.reactions])
        salt = liquid.salt.charge * float(liquid.volume @ (state.salt - start.salt)) - float(
            shares @ state.charges[:-1]
        )
        hosts = [
            float(one.sites.strength @ (modes - before)[:, 0]) / (one.store.weight[0] * one.store.supply) + charge
            if one.store.supply > 0.0
            else 0.0  # a deposit without a thickness
            for one, modes, before, charge in zip(
                equations.reactions, state.modes, start.modes, state.charges[:-1], strict=True
            )
        ]
        electrodes = {name: SIGN[name] * float(state.charges[-1]) for name in ELECTRODES}
        for one, charge in zip(equations.reactions, state.charges[:-1], strict=True):
            electrodes[one.electrode] -= float(charge)
        for layer, charge in zip(equations.layers, self._stored(state), strict=True):
            electrodes[layer.electrode] -= charge
        return Sums(salt=salt if equations.moving else 0.0, hosts=np.array(hosts), electrodes=electrodes)

    def projected(self, y: Floats, free: str) -> Floats:
        """Return y with the sums restored; free: `voltage` or `current`, whichever the control does not hold."""
        equations, y = self.equations, y.copy()
        state, capacitors = equations.state(y), self._capacitors
        if free == "current" and len(capacitors) == 1:  # it tells what has passed
            (name,) = capacitors
            state.charges[-1] -= SIGN[name] * self.missing(y).electrodes[name]
        missing = self.missing(y)
        for name in ELECTRODES:
            numbers = [k for k, one in enumerate(equations.reactions) if one.electrode == name and not one.leak]
            if numbers:
                state.charges[numbers] += missing.electrodes[name] / len(numbers)
        missing, liquid = self.missing(y), equations.electrolyte
        if equations.moving:
            state.salt[:] -= missing.salt / (liquid.salt.charge * liquid.volume.sum())
        for one, modes, lacking in zip(equations.reactions, state.modes, missing.hosts, strict=True):
            modes[:, 0] -= lacking * one.store.weight[0] * one.store.supply / one.sites.strength.sum()
        self._shift_potentials(y, free)
        return y

    def kinetic_resistance(self, y: Floats) -> float:
        """Return - d voltage / d current as `projected` with a free voltage has it; 0 where that moves no voltage."""
        if self.equations.layers and not self._capacitors:
            return 0.0
        reacting = [
            pair for name, pair in zip(ELECTRODES, self._excess(y), strict=True) if name not in self._capacitors
        ]
        return sum(1.0 / by_drop for _, by_drop in reacting)

    @property
    def _capacitors(self) -> set[str]:
        """The electrodes whose current charges double layers and leaks from them."""
        reacting = {one.electrode for one in self.equations.reactions if not one.leak}
        return {one.electrode for one in self.equations.layers} - reacting

    def _shift_potentials(self, y: Floats, free: str) -> None:
        """Shift the ionic potential, and the cathode's or the current, so that both electrodes pass the current.

        A capacitor passes the charge; where a double layer is parallel to reactions they take what is missing.
        """
        equations, capacitors = self.equations, self._capacitors
        if equations.layers and not capacitors:
            return
        n, current = equations.electrolyte.count, equations.fields - 1
        for _ in range(SHIFTS):
            (anode, by_anode), (cathode, by_cathode) = self._excess(y)
            if max(abs(anode), abs(cathode)) <= SHIFTED * min(self._passing(y)):
                return
            if free == "voltage":
                y[n : 2 * n] += anode / by_anode
                y[equations.cathode] += anode / by_anode - cathode / by_cathode
            elif len(capacitors) == 1:
                y[current] += -cathode if "anode" in capacitors else anode
                return
            else:
                y[n : 2 * n] += (anode + cathode) / (by_anode + by_cathode)
                equations.state(y).charges[-1:] += 0.5 * (anode - cathode) if capacitors else 0.0
                y[current] += 0.0 if capacitors else 0.5 * (anode - cathode)
            charge_layers(equations, y, capacitors)

    def _excess(self, y: Floats) -> list[tuple[float, float]]:
        """Return, of each electrode, how much more passes at its sites than at its terminal, and d/d drop.

        What passes is the current of reactions, of a capacitor the charge that it stores and that leaked from it. Where
        both are parallel nothing is missing.
        """
        equations, capacitors = self.equations, self._capacitors
        state = equations.state(y)
        excess = {
            name: -SIGN[name] * float(state.charges[-1] if name in capacitors else state.current) for name in ELECTRODES
        }
        slope = dict.fromkeys(ELECTRODES, 0.0)
        for one, passed, charge in zip(equations.reactions, equations.passing(state), state.charges[:-1], strict=True):
            excess[one.electrode] += float(charge if one.leak else one.sites.strength @ passed.current)
            slope[one.electrode] += 0.0 if one.leak else float(one.sites.strength @ passed.by_drop)
        for layer, charge in zip(equations.layers, self._stored(state), strict=True):
            drop = layer.sites.drop(state.ionic, state.electronic)
            excess[layer.electrode] += charge
            slope[layer.electrode] += float(layer.sites.strength @ layer.capacitance.value(drop))
        parallel = {one.electrode for one in equations.layers} - capacitors
        return [(0.0, 1.0) if name in parallel else (excess[name], slope[name]) for name in ELECTRODES]

    def _passing(self, y: Floats) -> list[float]:
        """Return what each terminal passes, in the units of `_excess`: a current, of a capacitor a charge."""
        state, capacitors = self.equations.state(y), self._capacitors
        return [abs(float(state.charges[-1] if name in capacitors else state.current)) for name in ELECTRODES]

    def _stored(self, state: Unknowns) -> list[float]:
        """Return the charge that each double layer has taken since the start."""
        of = zip(self.equations.layers, state.stored, self.start.stored, strict=True)
        return [float(layer.sites.strength @ (now - before)) for layer, now, before in of]


def charge_layers(equations: CellEquations, y: Floats, electrodes: Collection[str] = ELECTRODES) -> None:
    """Let the double layers of electrodes store what their drops of potential ask for."""
    state = equations.state(y)
    for layer, stored in zip(equations.layers, state.stored, strict=True):
        if layer.electrode in electrodes:
            stored[:] = layer.charge(state.ionic, state.electronic)
