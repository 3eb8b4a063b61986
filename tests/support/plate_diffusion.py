"""Diffusion of a salt with constant properties between two plates, with a constant flux at both."""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from support.electrochemical_cells import SALT, F

D, INITIAL = SALT["diffusivity"], SALT["concentration"]  # m2/s, mol/m3
TRANSFERENCE, CHARGES = SALT["transference_number"], SALT["cation_charge"]


def flux(current: float) -> float:
    """Return the gradient of the concentration at a plate, mol/m4."""
    return current * (1.0 - TRANSFERENCE) / (CHARGES * F * D)


def at_cathode(current: float, gap: float, t: float, terms: int = 400) -> float:
    """Return the concentration at the cathode of a finite gap (m) after a time, a series of cosines.

    The two fluxes are an odd function across the gap, so that only odd terms stand in it.
    """
    k = np.pi * np.arange(1, 2 * terms, 2) / gap
    return float(INITIAL - flux(current) * (0.5 * gap - (4.0 / (gap * k**2) * np.exp(-(k**2) * D * t)).sum()))


def lumped(count: int, gap: float, current: float, t: float) -> float:
    """Return the concentration at the cathode of a gap (m) of equal cells with storage at their ends, exact in time."""
    size = gap / count
    storage = size * np.r_[0.5, np.ones(count - 1), 0.5]
    stiff = D / size * (2.0 * np.eye(count + 1) - np.eye(count + 1, k=1) - np.eye(count + 1, k=-1))
    stiff[0, 0] = stiff[-1, -1] = D / size
    decay, modes = eigh(stiff, np.diag(storage))
    entering = modes[0] - modes[-1]  # of each mode, from both fluxes
    grown = np.where(decay > 1e-9 * decay[-1], -np.expm1(-decay * t) / np.where(decay > 0.0, decay, 1.0), 0.0)
    return float(INITIAL + modes[-1] @ (grown * entering) * flux(current) * D)
