"""The unknowns of a cell at one time, apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Unknowns:
    """The unknowns of a cell, apart, as views.

    solid: electronic potentials less those of their terminals, then the potentials of the terminals; of_cathode: those
    of the cathode's side among them; charges: of each reaction and of the cell; modes: (n, m) of each reaction; stored:
    by each double layer at its sites, C/m2.
    """

    salt: Floats
    ionic: Floats
    solid: Floats
    of_cathode: Ints
    current: float
    charges: Floats
    modes: tuple[Floats, ...]
    stored: tuple[Floats, ...]

    @property
    def voltage(self) -> float:
        """Potential of the cathode less that of the anode, V."""
        return float(self.solid[-1] - self.solid[-2])

    @cached_property
    def electronic(self) -> Floats:
        """The electronic potentials."""
        electronic = self.solid.copy()
        electronic[self.of_cathode] += self.solid[-1]
        return electronic

    @cached_property
    def inside(self) -> Floats:
        """The electronic potentials less those of their terminals, 0 at the terminals."""
        inside = self.solid.copy()
        inside[-2:] = 0.0
        return inside
