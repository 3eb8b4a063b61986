"""What a cell conserves: charge, salt and host sites, exactly, whatever the tolerance of Newton's method.

The sums of the equations over all nodes and sites are linear in the unknowns: the charges that the reactions have
passed fix the salt in the electrolyte and the filling of every host, and each electrode has passed the charge that its
terminal has. Newton's method keeps these sums to its tolerance; even shifts of potentials, concentrations and fillings,
of the same size, restore them after each step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.fem.cell.equations import ELECTRODES, SIGN, CellEquations
from microfem.fem.cell.sites import DoubleLayer
from microfem.fem.cell.unknowns import Unknowns

Floats = NDArray[np.float64]

SHIFTS = 4  # Newton's iterations at two potentials, which start at its tolerance


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
        for layer in equations.layers:
            electrodes[layer.electrode] -= self._stored(layer, state)
        return Sums(salt=salt if equations.moving else 0.0, hosts=np.array(hosts), electrodes=electrodes)

    def projected(self, y: Floats, free: str) -> Floats:
        """Return y with the sums restored; free: `voltage` or `current`, whichever the control does not hold."""
        equations, y = self.equations, y.copy()
        missing, state = self.missing(y), equations.state(y)
        for name in ELECTRODES:
            numbers = [k for k, one in enumerate(equations.reactions) if one.electrode == name]
            if numbers:
                state.charges[numbers] += missing.electrodes[name] / len(numbers)
        missing, liquid = self.missing(y), equations.electrolyte
        if equations.moving:
            state.salt[:] -= missing.salt / (liquid.salt.charge * liquid.volume.sum())
        for one, modes, lacking in zip(equations.reactions, state.modes, missing.hosts, strict=True):
            modes[:, 0] -= lacking * one.store.weight[0] * one.store.supply / one.sites.strength.sum()
        self._shift_potentials(y, free)
        return y

    def _shift_potentials(self, y: Floats, free: str) -> None:
        """Shift the ionic potential, and the cathode's or the current, so that both electrodes pass the current.

        A capacitor passes the charge; where a double layer is parallel to reactions they take what is missing.
        """
        equations, layered = self.equations, {one.electrode for one in self.equations.layers}
        if layered & {one.electrode for one in equations.reactions}:
            return
        n, current = equations.electrolyte.count, equations.fields - 1
        for _ in range(SHIFTS):
            (anode, by_anode), (cathode, by_cathode) = self._excess(y)
            if free == "voltage":
                y[n : 2 * n] += anode / by_anode
                y[equations.cathode] += anode / by_anode - cathode / by_cathode
            elif len(layered) == 1:
                y[n : 2 * n] += anode / by_anode if "anode" in layered else cathode / by_cathode
                y[current] += -cathode if "anode" in layered else anode
            else:
                y[n : 2 * n] += (anode + cathode) / (by_anode + by_cathode)
                equations.state(y).charges[-1:] += 0.5 * (anode - cathode) if layered else 0.0
                y[current] += 0.0 if layered else 0.5 * (anode - cathode)

    def _excess(self, y: Floats) -> list[tuple[float, float]]:
        """Return, of each electrode, how much more passes at its sites than at its terminal, and d/d drop.

        What passes is the current of its reactions, or the charge of its double layers.
        """
        equations = self.equations
        state = equations.state(y)
        excess, slope = dict.fromkeys(ELECTRODES, 0.0), dict.fromkeys(ELECTRODES, 0.0)
        for one, passed in zip(equations.reactions, equations.passing(state), strict=True):
            excess[one.electrode] += float(one.sites.strength @ passed.current)
            slope[one.electrode] += float(one.sites.strength @ passed.by_drop)
        for layer in equations.layers:
            drop = layer.sites.drop(state.ionic, state.electronic)
            excess[layer.electrode] += self._stored(layer, state)
            slope[layer.electrode] += float(layer.sites.strength @ layer.capacitance.value(drop))
        layered = {one.electrode for one in equations.layers}
        given = {name: float(state.charges[-1]) if name in layered else state.current for name in ELECTRODES}
        return [(excess[name] - SIGN[name] * given[name], slope[name]) for name in ELECTRODES]

    def _stored(self, layer: DoubleLayer, state: Unknowns) -> float:
        """Return the charge that a double layer has taken since the start."""
        now, before = (layer.sites.drop(one.ionic, one.electronic) for one in (state, self.start))
        return float(layer.sites.strength @ layer.capacitance.integral(before, now))
