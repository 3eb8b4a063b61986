"""Guaranteed bounds of the coupling of two pairs of terminals, from bounds of energies.

The energy W fed into terminals is a quadratic form of their potentials, or of their currents, and its bilinear form is
W(x, y) = (W(x + t y) - W(x - t y)) / (4 t) for any t > 0: bounds of both energies bound it. With potentials it is an
entry of the conductance or capacitance matrix; with currents a transfer resistance, which is symmetric by Lorentz's
reciprocity. t = sqrt(W(x) / W(y)) makes both parts alike, so that the interval is narrow.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from microfem.base.errors import SolveError
from microfem.fem.potential.bounds import enclose
from microfem.fem.potential.terminals import TerminalSolutions

Interval = tuple[float, float]


def flux_between(unit: TerminalSolutions, first: Mapping[str, float], second: Mapping[str, float]) -> Interval:
    """Return bounds of sum V' I, I the fluxes at the potentials `first`, V' those of `second`, of the same terminals.

    All other terminals float without net flux.
    """
    return _polarised(unit, first, second, False)


def level_between(unit: TerminalSolutions, first: Mapping[str, float], second: Mapping[str, float]) -> Interval:
    """Return bounds of sum V I', V the potentials at the fluxes `first`, I' those of `second`, of the same terminals.

    All other terminals are at potential 0.

    Raises:
        SolveError: a terminal with a flux touches nothing that conducts.
    """
    return _polarised(unit, first, second, True)


def floating_level(unit: TerminalSolutions, name: str, held: Mapping[str, float]) -> Interval:
    """Return bounds of the potential of a terminal without net flux, others being at the potentials `held`.

    The flux into it is I(V, p) = I(V, 0) + p I(0, 1): it floats at p = -I(V, 0) / I(0, 1). V is counted from the
    computed p, so that I(V, 0) is a small difference.
    """
    rest = {other: 0.0 for other in unit.names if other not in held}
    level = float(unit.drive(held, rest)[unit.names.index(name)])
    around = {**{other: value - level for other, value in held.items()}, name: 0.0}
    own = {**dict.fromkeys(held, 0.0), name: 1.0}
    bounds = enclose(unit, own, {other: 0.0 for other in rest if other != name})
    if bounds is None or bounds.lower <= 0.0:
        raise SolveError(f"the mesh is too coarse for bounds of the potential of '{name}'")
    low, high = flux_between(unit, around, own)
    ends = [level - flux / conductance for flux in (low, high) for conductance in (bounds.lower, bounds.upper)]
    return min(ends), max(ends)


def _polarised(unit: TerminalSolutions, first: Mapping[str, float], second: Mapping[str, float], fed: bool) -> Interval:
    """Return bounds of W(first, second); fed: whether both are fluxes and not potentials."""
    energies = [_energy(unit, values, fed) for values in (first, second)]
    if min(energies) <= 0.0:
        return 0.0, 0.0
    t = float(np.sqrt(energies[0] / energies[1]))
    plus, minus = (
        _enclosed(unit, {name: first[name] + sign * t * second[name] for name in first}, fed) for sign in (1.0, -1.0)
    )
    return (plus[0] - minus[1]) / (4.0 * t), (plus[1] - minus[0]) / (4.0 * t)


def _energy(unit: TerminalSolutions, values: Mapping[str, float], fed: bool) -> float:
    """Return the computed energy at potentials or fluxes of terminals."""
    rest = dict.fromkeys((name for name in unit.names if name not in values), 0.0)
    volts = unit.drive(rest, values) if fed else unit.drive(values, rest)
    return float(volts @ unit.matrix @ volts)


def _enclosed(unit: TerminalSolutions, values: Mapping[str, float], fed: bool) -> Interval:
    """Return bounds of the energy at potentials or fluxes of terminals, 0 without any."""
    rest = dict.fromkeys((name for name in unit.names if name not in values), 0.0)
    bounds = enclose(unit, rest, values) if fed else enclose(unit, values, rest)
    return (0.0, 0.0) if bounds is None else (bounds.lower, bounds.upper)
