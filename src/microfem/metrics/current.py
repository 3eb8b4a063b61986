"""Statistics of a current density on an electrode, in units of its mean, and how they change with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from microfem.physics.physics import Floats


class Evenness(Protocol):
    """A number made of values (n, nq) with weights (n,), of each point, and its derivatives with the values."""

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the number."""

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives (n, nq)."""


def mean(values: Floats, weights: Floats) -> float:
    """Return the mean."""
    return float((values * _shares(values, weights)).sum())


def _shares(values: Floats, weights: Floats) -> Floats:
    """Return each point's share of the area, (n, nq): the derivative of the mean."""
    return np.broadcast_to(weights[:, None] / (weights.sum() * values.shape[1]), values.shape)


@dataclass(frozen=True)
class ShareAbove:
    """Share of the area above so many times the mean, values taken linear on each facet."""

    times: float

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the number."""
        from microfem.fem.levels import share_above

        return float(np.average(share_above(values, self.times * mean(values, weights)), weights=weights))

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives; those with the level are less the sum of those with the values."""
        from microfem.fem.levels import share_slopes

        shares = _shares(values, weights)
        own = shares * values.shape[1] * share_slopes(values, self.times * mean(values, weights))
        return np.asarray(own - own.sum() * self.times * shares)


@dataclass(frozen=True)
class ShareOf:
    """Share of the current that enters through a part of each facet, (n,)."""

    part: Floats

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the number."""
        return mean(self.part[:, None] * values, weights) / mean(values, weights)

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives."""
        away = self.part[:, None] - self.value(values, weights)
        return np.asarray(away * _shares(values, weights) / mean(values, weights))


class Largest:
    """Largest over mean."""

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the number."""
        return float(values.max()) / mean(values, weights)

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives: of the largest value where it is now."""
        middle = mean(values, weights)
        slopes = -values.max() / middle**2 * _shares(values, weights)
        slopes[np.unravel_index(values.argmax(), values.shape)] += 1.0 / middle
        return slopes


class Deviation:
    """Standard deviation over mean."""

    def value(self, values: Floats, weights: Floats) -> float:
        """Return the number."""
        middle = mean(values, weights)
        return mean((values - middle) ** 2, weights) ** 0.5 / middle

    def slopes(self, values: Floats, weights: Floats) -> Floats:
        """Return the derivatives."""
        middle, value = mean(values, weights), self.value(values, weights)
        away = (values - middle) / max(value * middle, 1e-300) - value
        return np.asarray(away * _shares(values, weights) / middle)
