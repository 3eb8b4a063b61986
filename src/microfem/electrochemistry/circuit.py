"""Randles's circuit, fitted to an impedance: a resistance before a capacitance beside charge transfer and diffusion.

    Z = R_s + 1 / (i omega C + 1 / (R_ct + W (1 - i) / sqrt(2 f / 1 Hz))),

J. E. B. Randles, Discuss. Faraday Soc. 1 (1947) 11; W is the modulus of Warburg's impedance at 1 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[Any]

NAMES = ("series", "transfer", "capacitance", "warburg")
LEAST = 1e-12  # of an element relative to its first guess: an element that vanishes
STARTS = ((0.3, 0.1), (0.8, 0.1), (0.3, 1.0), (0.1, 3.0))  # shares of the range of Re Z: of charge transfer, diffusion


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Elements of the circuit: ohm cm2, F/cm2; their standard errors; residual: root mean square of |dZ| / |Z|."""

    values: dict[str, float]
    errors: dict[str, float]
    residual: float


def randles(frequency: Floats, series: float, transfer: float, capacitance: float, warburg: float) -> Complexes:
    """Return the impedance of the circuit."""
    diffusion = warburg * (1.0 - 1j) / np.sqrt(2.0 * frequency)
    return np.asarray(series + 1.0 / (2j * np.pi * frequency * capacitance + 1.0 / (transfer + diffusion)))


def fitted(frequency: Floats, impedance: Complexes) -> Fit:
    """Return the circuit that fits best, relative to |Z|, from several first guesses.

    Raises:
        ValueError: there are fewer frequencies than elements.
    """
    from scipy.optimize import least_squares

    if len(frequency) < len(NAMES):
        raise ValueError(f"{len(NAMES)} elements need {len(NAMES)} frequencies at least, not {len(frequency)}")

    def off(logs: Floats) -> Floats:
        relative = (randles(frequency, *np.exp(logs)) - impedance) / np.abs(impedance)
        return np.concatenate([relative.real, relative.imag])

    found = [
        least_squares(off, np.log(guess), method="trf", x_scale="jac", xtol=1e-14, ftol=1e-14, gtol=1e-14)
        for guess in _guesses(frequency, impedance)
    ]
    best = min(found, key=lambda one: one.cost)
    freedom = 2 * len(frequency) - len(NAMES)
    spread = np.linalg.pinv(best.jac.T @ best.jac) * 2.0 * best.cost / freedom
    values = np.exp(best.x)
    errors = values * np.sqrt(np.diag(spread))
    residual = float(np.sqrt(2.0 * best.cost / len(frequency)))
    return Fit(values=_named(values), errors=_named(errors), residual=residual)


def _named(values: Floats) -> dict[str, float]:
    return {name: float(value) for name, value in zip(NAMES, values, strict=True)}


def _guesses(frequency: Floats, impedance: Complexes) -> list[Floats]:
    """Return first guesses of the elements: the arc as wide as a share of Re Z, its top where -Im Z is largest."""
    real, low = impedance.real, max(float(impedance.real.min()), LEAST * float(impedance.real.max()))
    width = max(float(np.ptp(real)), LEAST * low)
    tops = 2.0 * np.pi * frequency[[int(np.argmax(-impedance.imag)), len(frequency) // 2]]
    return [
        np.array([low, arc * width, 1.0 / (top * arc * width), tail * width * np.sqrt(frequency[0])])
        for arc, tail in STARTS
        for top in tops
    ]
