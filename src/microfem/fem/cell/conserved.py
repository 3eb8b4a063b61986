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

from microfem.fem.cell.equations import ELECTRODES, SIGN, CellEquations, Unknowns

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
            now, before = (layer.sites.drop(one.ionic, one.electronic) for one in (state, start))
            electrodes[layer.electrode] -= float(layer.sites.strength @ layer.capacitance.integral(before, now))
        return Sums(salt=salt if equations.moving else 0.0, hosts=np.array(hosts), electrodes=electrodes)

    def projected(self, y: Floats, free: str) -> Floats:
        """Return y with the sums restored; free: `voltage` or `current`, whichever the control does not hold."""
        equations, y = self.equations, y.copy()
        if equations.layers:
            self._charge_layers(y, free)
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
        if not equations.layers:
            _shift_potentials(equations, y, free)
        return y

    def _charge_layers(self, y: Floats, free: str) -> None:
        """Shift potentials, or the charge of the terminals, so that double layers hold the charge that has passed."""
        equations, missing = self.equations, self.missing(y).electrodes
        state, n = equations.state(y), equations.electrolyte.count
        size = dict.fromkeys(ELECTRODES, 0.0)
        for layer in equations.layers:
            capacitance = layer.capacitance.value(layer.sites.drop(state.ionic, state.electronic))
            size[layer.electrode] += float(layer.sites.strength @ capacitance)
        ions = 0.0
        if free == "voltage" and size["anode"]:
            ions = -missing["anode"] / size["anode"]
        elif free == "current" and all(size.values()):
            ions = -sum(missing.values()) / sum(size.values())
        y[n : 2 * n] += ions
        if free == "voltage" and size["cathode"]:
            y[equations.cathode] += ions + missing["cathode"] / size["cathode"]
        elif free == "current":
            passed = self.missing(y).electrodes
            state.charges[-1] += passed["cathode"] if size["cathode"] else -passed["anode"]


def _shift_potentials(equations: CellEquations, y: Floats, free: str) -> None:
    """Shift the ionic potential, and the cathode's or the current, so that both electrodes pass the current."""
    n, current = equations.electrolyte.count, equations.fields - 1
    for _ in range(SHIFTS):
        state = equations.state(y)
        total, slope = dict.fromkeys(ELECTRODES, 0.0), dict.fromkeys(ELECTRODES, 0.0)
        for one, passed in zip(equations.reactions, equations.passing(state), strict=True):
            total[one.electrode] += float(one.sites.strength @ passed.current)
            slope[one.electrode] += float(one.sites.strength @ passed.by_drop)
        if free == "current":
            y[n : 2 * n] += (total["anode"] + total["cathode"]) / (slope["anode"] + slope["cathode"])
            y[current] = 0.5 * (total["anode"] - total["cathode"])
        else:
            ions = (total["anode"] - state.current) / slope["anode"]
            y[n : 2 * n] += ions
            y[equations.cathode] += ions - (total["cathode"] + state.current) / slope["cathode"]
