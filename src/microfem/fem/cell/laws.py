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
    """A property of a state, its derivative, its integral up to a constant, and the span in which it is known."""

    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    primitive: Callable[[Any], Any]
    span: tuple[float, float] = (-np.inf, np.inf)

    def integral(self, low: Floats, high: Floats) -> Floats:
        """Return the integral from one state to another."""
        return np.asarray(self.primitive(high) - self.primitive(low))

    def scaled(self, factor: float) -> StateLaw:
        """Return the property times a factor."""
        return StateLaw(
            value=lambda x: factor * self.value(x),
            slope=lambda x: factor * self.slope(x),
            primitive=lambda x: factor * self.primitive(x),
            span=self.span,
        )


def constant(number: float) -> StateLaw:
    """Return a property that does not depend on the state."""
    return StateLaw(
        value=lambda x: np.full(np.shape(x), number),
        slope=lambda x: np.zeros(np.shape(x)),
        primitive=lambda x: number * x,
    )
