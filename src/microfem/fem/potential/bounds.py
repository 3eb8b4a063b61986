"""Guaranteed two-sided bounds of the energy sum V I of terminals: the loss of conduction, twice a stored energy.

With prescribed potentials V and other terminals without current, the exact energy is the minimum over all potentials:
the energy of u_h is an upper bound, and (sum V I)^2 / energy(q) of any equilibrated flux q a lower one (Thomson's
principle). With prescribed currents I and equal prescribed potentials, (sum V I)^2 / energy(u_h), of the optimally
scaled potential, is the lower bound. With both, the energy is the sum of the two parts, since the hybrid matrix between
terminals is skew-symmetric off its diagonal blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from microfem.fem.potential.equilibrate import FluxMismatch, equilibrate
from microfem.fem.potential.open_space import more_in_the_open
from microfem.fem.potential.terminals import TerminalSolutions
from microfem.fem.space import Floats
from microfem.mesh.exact import exact_shape

ROUNDING = 1e-12  # relative, of sums over cells


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Bounds lower <= sum V I <= upper of the exact solution on the exact layout, with true circles.

    fed: whether currents are prescribed and potentials follow; of_cell, anisotropy: see `FluxMismatch`.
    """

    lower: float
    upper: float
    fed: bool
    of_cell: Floats
    anisotropy: Floats


def enclose(unit: TerminalSolutions, held: Mapping[str, float], fed: Mapping[str, float]) -> Bounds | None:
    """Return bounds of the energy at prescribed potentials and fluxes of terminals, None without any flux."""
    reach = max(held.values()) - min(held.values())
    shape = exact_shape(unit.mesh)
    parts = []
    if reach > 0.0:
        volts = unit.drive(held, dict.fromkeys(fed, 0.0))
        error = equilibrate(unit, shape, np.nan_to_num(volts @ unit.potentials))
        slack = _slack(unit, error, np.ptp(volts))
        upper = error.energy + error.more_of_potential + more_in_the_open(unit, volts) + slack
        if error.energy > 0.0:  # or insulating contacts part the terminals
            lower = error.energy**2 / (error.energy + error.width + error.more_of_flux + slack)
            parts.append((error, lower, upper))
    if any(fed.values()):
        volts = unit.drive(dict.fromkeys(held, 0.0), fed)
        error = equilibrate(unit, shape, np.nan_to_num(volts @ unit.potentials))
        work = float(volts @ (unit.matrix @ volts))
        slack = _slack(unit, error, np.ptp(volts))
        lower = work**2 / (error.energy + error.more_of_potential + more_in_the_open(unit, volts) + slack)
        upper = 2.0 * work - error.energy + error.width + error.more_of_flux + slack
        parts.append((error, lower, upper))
    if not parts:
        return None
    of_cell = np.sum([error.of_cell for error, _, _ in parts], axis=0)
    anisotropy = np.sum([error.anisotropy for error, _, _ in parts], axis=0)
    return Bounds(
        lower=sum(low for _, low, _ in parts),
        upper=sum(high for _, _, high in parts),
        fed=reach == 0.0,
        of_cell=of_cell,
        anisotropy=anisotropy,
    )


def _slack(unit: TerminalSolutions, error: FluxMismatch, reach: float) -> float:
    """Return the largest effect of round-off and snapping on the energy.

    reach: difference of potentials, on which the remaining net fluxes do work. A map that moves a snapped wall back by
    s strains the zone within half the smallest feature by 2 s / feature, and changes energies by at most twice that.
    """
    mesh = unit.mesh
    strain = 2.0 * mesh.snapped / mesh.layout.feature if mesh.snapped else 0.0
    return 2.0 * error.unbalanced * reach + (ROUNDING + 2.0 * strain) * error.energy
