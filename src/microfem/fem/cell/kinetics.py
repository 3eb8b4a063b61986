"""The current density of a reaction against its overpotential.

    j = i0 (e^{n a f eta} - e^{-n (1 - a) f eta}),  f = F / (R T),  eta = phi_s - phi_e - U - R_film j,

anodic currents positive. J. Newman and N. P. Balsara, Electrochemical Systems, 4th ed., ch. 8. Linear kinetics are its
slope at eta = 0, Tafel's law is the one exponential that prevails on discharge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEEPEST = 40.0  # the exponent beyond which an exponential goes on as a straight line, for the iterates of Newton
MOST = 60  # iterations at a film's resistance


@dataclass(frozen=True, kw_only=True)
class Kinetics:
    """A law of kinetics.

    exponents: n a f and n (1 - a) f, 1/V; film: resistance of a film, ohm m2.
    """

    law: Literal["butler_volmer", "linear", "anodic", "cathodic"]
    exponents: tuple[float, float]
    film: float = 0.0

    def current(self, drive: Floats, exchange: Floats) -> tuple[Floats, Floats, Floats]:
        """Return j, dj/d drive and dj/d exchange at sites, A/m2.

        drive: phi_s - phi_e - U, V; exchange: exchange current density i0, A/m2.
        """
        eta = drive if self.film == 0.0 else self._behind_film(drive, exchange)
        shape, slope = self._shape(eta)
        through = 1.0 + self.film * exchange * slope
        return exchange * shape, exchange * slope / through, shape / through

    def overpotential(self, drive: Floats, current: Floats) -> Floats:
        """Return eta, V: what drives the reaction behind the film."""
        return drive - self.film * current

    def _shape(self, eta: Floats) -> tuple[Floats, Floats]:
        """Return j / i0 and its derivative."""
        anodic, cathodic = self.exponents
        if self.law == "linear":
            return (anodic + cathodic) * eta, np.full_like(eta, anodic + cathodic)
        out, out_slope = _less_one(anodic * eta) if self.law != "cathodic" else (-1.0, 0.0)
        back, back_slope = _less_one(-cathodic * eta) if self.law != "anodic" else (-1.0, 0.0)
        return np.asarray(out - back), np.asarray(anodic * out_slope + cathodic * back_slope)

    def _behind_film(self, drive: Floats, exchange: Floats) -> Floats:
        """Return eta of eta + R j(eta) = drive: between 0 and the drive, since the left side rises."""
        low, high = np.minimum(drive, 0.0), np.maximum(drive, 0.0)
        if self.law in ("anodic", "cathodic"):  # with a current at eta = 0
            low, high = low - self.film * exchange, high + self.film * exchange
        eta = np.clip(drive / (1.0 + self.film * exchange * sum(self.exponents)), low, high)
        for _ in range(MOST):
            shape, slope = self._shape(eta)
            excess = eta + self.film * exchange * shape - drive
            low, high = np.where(excess < 0.0, eta, low), np.where(excess > 0.0, eta, high)
            after = eta - excess / (1.0 + self.film * exchange * slope)
            after = np.where((after < low) | (after > high), 0.5 * (low + high), after)
            if np.abs(after - eta).max(initial=0.0) <= 1e-15 * (1.0 + np.abs(drive).max(initial=0.0)):
                return after
            eta = after
        return eta


def butler_volmer(transfer: float, electrons: float, temperature_volts: float) -> tuple[float, float]:
    """Return the exponents, 1/V; temperature_volts: R T / F."""
    return electrons * transfer / temperature_volts, electrons * (1.0 - transfer) / temperature_volts


def _less_one(x: Floats) -> tuple[Floats, Floats]:
    """Return e^x - 1, whose digits near 0 are those of x, and e^x: a straight line far above where an answer can be."""
    capped = np.minimum(x, STEEPEST)
    value, slope = np.expm1(capped), np.exp(capped)
    return value + slope * (x - capped), slope
