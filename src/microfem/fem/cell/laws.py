"""Properties as functions of arrays of a state, with their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class StateLaw:
    """A property of a state, its derivative, and the span of states for which it is known."""

    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    span: tuple[float, float] = (-np.inf, np.inf)

    def integral(self, low: Floats, high: Floats) -> Floats:
        """Return the integral from one state to another, exact for polynomials of order 7 in between."""
        at, weights = np.polynomial.legendre.leggauss(4)
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        return np.asarray(sum(w * self.value(middle + half * x) for x, w in zip(at, weights, strict=True)) * half)

    def scaled(self, factor: float) -> StateLaw:
        """Return the property times a factor."""
        return StateLaw(value=lambda x: factor * self.value(x), slope=lambda x: factor * self.slope(x), span=self.span)


def constant(number: float) -> StateLaw:
    """Return a property that does not depend on the state."""
    return StateLaw(value=lambda x: np.full(np.shape(x), number), slope=lambda x: np.zeros(np.shape(x)))
