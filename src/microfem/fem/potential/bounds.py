"""Guaranteed two-sided bounds of the energy that terminals feed into a field: conduction's loss, twice a stored energy.

With potentials V held and other terminals without current, the exact energy is the least of all potentials', so the
solution's is an upper bound, and (sum V I)^2 / energy(q) of any flux q in balance a lower one (Thomson's principle).
With currents I fed in and all held potentials equal it is the other way round. Where both are given the energy is
the sum of the two parts, since the hybrid matrix between terminals is skew off its diagonal blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from microfem.fem.potential.equilibrate import Mismatch, equilibrate
from microfem.fem.potential.terminals import TerminalSolutions
from microfem.fem.space import Floats, Ints

ROUNDING = 1e-12  # relative, of sums over cells


@dataclass(frozen=True)
class Bounds:
    """lower <= sum V I of the exact solution <= upper, for the polygons and polyhedra that are meshed.

    fed: True where currents are given and potentials follow. of_cell, spread: see `Mismatch`.
    """

    lower: float
    upper: float
    fed: bool
    of_cell: Floats
    spread: Floats


def enclose(unit: TerminalSolutions, held: Mapping[str, float], fed: Mapping[str, float]) -> Bounds | None:
    """Bound the energy fed into terminals at given potentials and with given fluxes; None where nothing flows."""
    reach = max(held.values()) - min(held.values())
    parts = []
    if reach > 0.0:
        volts = unit.drive(held, dict.fromkeys(fed, 0.0))
        found = _mismatch(unit, volts)
        slack = _slack(found, np.ptp(volts))
        parts.append((found, found.energy**2 / (found.energy + found.width + slack), found.energy + slack))
    if any(fed.values()):
        volts = unit.drive(dict.fromkeys(held, 0.0), fed)
        found = _mismatch(unit, volts)
        work = float(volts @ (unit.matrix @ volts))
        slack = _slack(found, np.ptp(volts))
        lower = 2.0 * work - found.energy
        parts.append((found, lower - slack, lower + found.width + slack))
    if not parts:
        return None
    of_cell = np.sum([one.of_cell for one, _, _ in parts], axis=0)
    spread = np.sum([one.spread for one, _, _ in parts], axis=0)
    return Bounds(sum(low for _, low, _ in parts), sum(high for _, _, high in parts), reach == 0.0, of_cell, spread)


def _slack(found: Mismatch, reach: float) -> float:
    """Return what rounding may change: net fluxes that are left work on potentials of that reach."""
    return 2.0 * found.unbalanced * reach + ROUNDING * found.energy


def _mismatch(unit: TerminalSolutions, volts: Floats) -> Mismatch:
    mesh = unit.space.mesh
    potential = np.nan_to_num(volts @ unit.potentials)
    empty = np.empty((0, mesh.dim), dtype=np.int64)
    films = [mesh.sheets[name] for name in unit.films]
    values = np.concatenate([np.zeros(0), *unit.films.values()])
    return equilibrate(unit.space, potential, unit.coefficient, np.vstack([empty, *films]), values, _surface(unit))


def _surface(unit: TerminalSolutions) -> Ints:
    """Return the facets (n, dim) of all terminals."""
    mesh = unit.space.mesh
    held = np.isin(mesh.region_of_cell, [k for k, name in enumerate(mesh.regions) if name in unit.ideal])
    vertices, a, b = mesh.facets
    around = vertices[held[a] | ((b >= 0) & held[b])]
    return np.vstack([around, *(facets for name, facets in mesh.sheets.items() if name in unit.ideal)])
