"""Parameters that are looked for, with their ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

Of: TypeAlias = Literal["displacement", "strain"]  # what of the maps tells them


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """A parameter: its range in its unit, and whether its logarithm is varied."""

    name: str
    low: float
    high: float
    unit: str = ""
    log: bool = False

    def value(self, share: float) -> float:
        """Return the value at a share of the range."""
        if self.log:
            return self.low * (self.high / self.low) ** share
        return self.low + (self.high - self.low) * share

    def width(self, share: float, by: float) -> float:
        """Return the change of the value with a small change of the share, its size."""
        slope = self.value(share) * math.log(self.high / self.low) if self.log else self.high - self.low
        return float(abs(slope * by))
