"""Finite-strain measures of a deformation gradient F, and the von Mises stress.

A line with the stretch l has the nominal strain l - 1, the logarithmic strain ln l and the Green-Lagrange strain
(l^2 - 1) / 2: 200 % nominal are 110 % logarithmic and 400 % Green-Lagrange.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from microfem.fem.space import Floats

MEASURES: dict[str, Callable[[Floats], Floats]] = {
    "nominal": lambda stretch: stretch - 1.0,
    "logarithmic": np.log,
    "green_lagrange": lambda stretch: 0.5 * (stretch**2 - 1.0),
}


def green_lagrange(f: Floats) -> Floats:
    """Return the Green-Lagrange strain E = (F^T F - 1) / 2, (..., 3, 3)."""
    return np.asarray(0.5 * (np.swapaxes(f, -1, -2) @ f - np.eye(3)))


def nominal(f: Floats) -> Floats:
    """Return the nominal strains (..., 3) of lines along x, y, z before deformation (2D: mesh axes, then normal)."""
    return np.asarray(np.linalg.norm(f, axis=-2) - 1.0)


def principal_strain(f: Floats, measure: str) -> Floats:
    """Return the largest principal strain (...) in a measure."""
    largest = np.asarray(np.linalg.svd(f, compute_uv=False)[..., 0], dtype=float)
    return np.asarray(MEASURES[measure](largest))


def line_strain(f: Floats, axis: int, measure: str) -> Floats:
    """Return the strain (...), in a measure, of lines along an axis of the mesh before the deformation."""
    return np.asarray(MEASURES[measure](np.linalg.norm(f[..., axis], axis=-1)))


def mises(stress: Floats) -> Floats:
    """Return the von Mises stress (...), sqrt(3/2 s : s) of the stress deviator s, MPa."""
    s = stress - np.trace(stress, axis1=-2, axis2=-1)[..., None, None] / 3.0 * np.eye(3)
    return np.asarray(np.sqrt(1.5 * np.einsum("...ij,...ij->...", s, s)))
