"""Capacitance of ideal strips between dielectric layers, by moments in the spectral domain; shares nothing with meshes.

The strips lie in one plane. Below and above are layers, each (relative permittivity, thickness), from the plane
outwards; the last one is followed by vacuum without end, or by a grounded plane. With the surface admittances Y of both
half spaces, E. Yamashita and R. Mittra, IEEE Trans. Microw. Theory Tech. 16 (1968) 251,

    phi(k) = rho(k) / (eps0 |k| (Y_below(k) + Y_above(k))),   Y = e (Y' + e tanh kd) / (e + Y' tanh kd) layer by layer.

The charge of a strip is a sum of T_n(x) / sqrt(1 - x^2), whose transforms are Bessel functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.constants import epsilon_0
from scipy.special import jv

Layers = Sequence[tuple[float, float]]
MOMENTS = 6


def admittance(k: np.ndarray, layers: Layers, grounded: bool) -> np.ndarray:
    """Return Y(k) of layers, from the plane of the strips outwards."""
    outer = np.full_like(k, np.inf) if grounded else np.ones_like(k)
    for permittivity, thickness in reversed(layers):
        t = np.tanh(k * thickness)
        with np.errstate(invalid="ignore"):
            seen = permittivity * (outer + permittivity * t) / (permittivity + outer * t)
        outer = np.where(np.isinf(outer), permittivity / t, seen)
    return outer


def capacitance_matrix(
    strips: Sequence[tuple[float, float]], below: Layers = (), above: Layers = (), grounded: bool = False
) -> np.ndarray:
    """Return charges at unit potentials, F/m; without a ground the charges of all strips sum to zero.

    strips: (centre, width), in the unit of the thicknesses.
    """
    sizes = [width for _, width in strips]
    # in k from far below to far above what strips and layers need, by Gauss's rule on panels short for all oscillations
    span = max(x for x, _ in strips) - min(x for x, _ in strips) + max(sizes)
    top, step = 1500.0 / min(sizes), 0.8 * np.pi / span
    edges = np.concatenate([np.geomspace(1e-9 / span, step, 120), np.arange(2 * step, top, step)])
    at, weight = np.polynomial.legendre.leggauss(3)
    half = 0.5 * np.diff(edges)[:, None]
    k = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * at).ravel()
    weights = (half * weight).ravel()
    green = 1.0 / (epsilon_0 * k * (admittance(k, below, grounded) + admittance(k, above, False)))
    waves = []
    for centre, width in strips:
        for n in range(MOMENTS):
            waves.append((-1j) ** n * jv(n, 0.5 * k * width) * np.exp(-1j * k * centre))
    rows = np.array(waves)
    zeroth = np.arange(len(waves)) % MOMENTS == 0
    if not grounded:  # subtract a common wave, which neutral sums of charges cancel, so that k -> 0 converges
        common = np.exp(-((k * span) ** 2))
        shift = np.where(zeroth[:, None], common, 0.0)
        rows = rows - shift
    matrix = (rows.conj() * (green * weights)) @ rows.T / np.pi
    matrix = matrix.real
    potentials = np.zeros((len(waves), len(strips)))
    potentials[zeroth] = np.eye(len(strips))
    if grounded:
        charges = np.linalg.solve(matrix, potentials)
        return charges[zeroth]
    neutral = np.block([[matrix, zeroth[:, None].astype(float)], [zeroth[None].astype(float), np.zeros((1, 1))]])
    right = np.vstack([potentials, np.zeros((1, len(strips)))])
    return np.linalg.solve(neutral, right)[:-1][zeroth]
