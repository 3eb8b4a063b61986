"""Measures of large strain from a deformation gradient F, and von Mises' size of a stress.

A line of length 1 that becomes l long has the nominal strain l - 1, the logarithmic ln l and the Green-Lagrange
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
    """Return E = (F^T F - 1) / 2, (..., 3, 3)."""
    return np.asarray(0.5 * (np.swapaxes(f, -1, -2) @ f - np.eye(3)))


def nominal(f: Floats) -> Floats:
    """Return the nominal strains (..., 3) of lines that lay along x, y, z (2D: of the mesh's axes, then across)."""
    return np.asarray(np.linalg.norm(f, axis=-2) - 1.0)


def principal_strain(f: Floats, measure: str) -> Floats:
    """Return the largest principal strain (...) in a measure."""
    largest = np.asarray(np.linalg.svd(f, compute_uv=False)[..., 0], dtype=float)
    return np.asarray(MEASURES[measure](largest))


def line_strain(f: Floats, axis: int, measure: str) -> Floats:
    """Return the strain (...) of lines that lay along an axis of the mesh, in a measure."""
    return np.asarray(MEASURES[measure](np.linalg.norm(f[..., axis], axis=-1)))


def mises(stress: Floats) -> Floats:
    """Return sqrt(3/2 s : s) of the deviator s (...), MPa."""
    s = stress - np.trace(stress, axis1=-2, axis2=-1)[..., None, None] / 3.0 * np.eye(3)
    return np.asarray(np.sqrt(1.5 * np.einsum("...ij,...ij->...", s, s)))
