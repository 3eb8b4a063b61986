"""Guaranteed two-sided bounds of the energy that terminals feed into a field: conduction's loss, twice a stored energy.

With potentials V held and other terminals without current, the exact energy is the least of all potentials', so the
solution's is an upper bound, and (sum V I)^2 / energy(q) of any flux q in balance a lower one (Thomson's principle).
With currents I fed in and all held potentials equal it is the other way round: (sum V I)^2 / energy(u_h) is the lower
one, of the potential scaled at its best. Where both are given the energy is
the sum of the two parts, since the hybrid matrix between terminals is skew off its diagonal blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from microfem.fem.potential.equilibrate import FluxMismatch, equilibrate
from microfem.fem.potential.terminals import TerminalSolutions
from microfem.fem.space import Floats, Ints
from microfem.mesh.exact import ExactShape, exact_shape

ROUNDING = 1e-12  # relative, of sums over cells


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """lower <= sum V I of the exact solution <= upper, for the layout as stated: circles are circles.

    fed: True where currents are given and potentials follow. of_cell, anisotropy: see `FluxMismatch`.
    """

    lower: float
    upper: float
    fed: bool
    of_cell: Floats
    anisotropy: Floats


def enclose(unit: TerminalSolutions, held: Mapping[str, float], fed: Mapping[str, float]) -> Bounds | None:
    """Bound the energy fed into terminals at given potentials and with given fluxes; None where nothing flows."""
    reach = max(held.values()) - min(held.values())
    shape = exact_shape(unit.space.mesh)
    parts = []
    if reach > 0.0:
        volts = unit.drive(held, dict.fromkeys(fed, 0.0))
        found = _mismatch(unit, shape, volts)
        slack = _slack(unit, found, np.ptp(volts))
        most = found.energy + found.more_of_potential + slack
        lower = found.energy**2 / (found.energy + found.width + found.more_of_flux + slack)
        parts.append((found, lower, most))
    if any(fed.values()):
        volts = unit.drive(dict.fromkeys(held, 0.0), fed)
        found = _mismatch(unit, shape, volts)
        work = float(volts @ (unit.matrix @ volts))
        slack = _slack(unit, found, np.ptp(volts))
        lower = work**2 / (found.energy + found.more_of_potential + slack)
        most = 2.0 * work - found.energy + found.width + found.more_of_flux + slack
        parts.append((found, lower, most))
    if not parts:
        return None
    of_cell = np.sum([one.of_cell for one, _, _ in parts], axis=0)
    anisotropy = np.sum([one.anisotropy for one, _, _ in parts], axis=0)
    return Bounds(
        lower=sum(low for _, low, _ in parts),
        upper=sum(high for _, _, high in parts),
        fed=reach == 0.0,
        of_cell=of_cell,
        anisotropy=anisotropy,
    )


def _slack(unit: TerminalSolutions, found: FluxMismatch, reach: float) -> float:
    """Return what rounding and snapping may change.

    Net fluxes that are left work on potentials of that reach. A wall that is off by s goes back by a map that strains
    what is within half the smallest feature by 2 s / feature, and energies by twice that at most.
    """
    mesh = unit.space.mesh
    strain = 2.0 * mesh.snapped / mesh.layout.feature if mesh.snapped else 0.0
    return 2.0 * found.unbalanced * reach + (ROUNDING + 2.0 * strain) * found.energy


def _mismatch(unit: TerminalSolutions, shape: ExactShape, volts: Floats) -> FluxMismatch:
    mesh = unit.space.mesh
    potential = np.nan_to_num(volts @ unit.potentials)
    empty = np.empty((0, mesh.dim), dtype=np.int64)
    films = [mesh.sheets[name] for name in unit.films]
    values = np.concatenate([np.zeros(0), *unit.films.values()])
    return equilibrate(
        unit.space, shape, potential, unit.coefficient, np.vstack([empty, *films]), values, _surface(unit)
    )


def _surface(unit: TerminalSolutions) -> Ints:
    """Return the facets (n, dim) of all terminals."""
    mesh = unit.space.mesh
    held = np.isin(mesh.region_of_cell, [k for k, name in enumerate(mesh.regions) if name in unit.ideal])
    vertices, a, b = mesh.facets
    around = vertices[held[a] | ((b >= 0) & held[b])]
    return np.vstack([around, *(facets for name, facets in mesh.sheets.items() if name in unit.ideal)])
