"""An impedance against frequency, as a record that metrics and curves read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Complexes = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Spectrum:
    """An impedance in its unit at rising frequencies (n,), Hz, by its parts (n,), which sum to it."""

    frequency: Floats
    parts: Mapping[str, Complexes]
    unit: str

    @property
    def total(self) -> Complexes:
        """The impedance."""
        return np.asarray(sum(self.parts.values()))
