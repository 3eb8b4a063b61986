"""What an identification finds: parameters with errors by source, and the misfit about them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from microfem.dic.records import Floats, Registration
from microfem.dic.unknown import Unknown

Place: TypeAlias = tuple[float, ...]  # shares of the ranges of parameters


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A parameter that was identified, at a share of its range, and its standard errors by source, in its unit.

    scatter: of the fit, by blocks of the area, in which values may be alike; noise: what the noise of the maps alone
    would leave; axes: the part of the scatter that is there because the axes are unknown; mesh: of the device's mesh,
    not a standard error, 0 where no finer one was solved; last: the last step; moved: the rms by which the maps change
    over the parameter's range once the axes follow, um or strain; contrast: the same over the noise.
    """

    unknown: Unknown
    share: float
    value: float
    scatter: float
    noise: float
    axes: float
    mesh: float
    last: float
    moved: float
    contrast: float

    @property
    def error(self) -> float:
        """The standard error of all sources: mesh, last step, and scatter, which by chance may be below the noise."""
        return math.hypot(max(self.scatter, self.noise), self.mesh, self.last)

    @property
    def number(self) -> str:
        """The value with its error, to two digits of it."""
        digits = max(0, 1 - math.floor(math.log10(self.error))) if self.error > 0.0 else 6
        return f"{self.value:.{digits}f} +- {self.error:.{digits}f}"


@dataclass(frozen=True, kw_only=True)
class Valley:
    """The misfit about an estimate: weighted rms of what remains once the axes follow, in the unit of the values.

    least: at the estimate; square (m, m): least^2 + d square d at shares d away; trials: shares and misfit of each
    solve.
    """

    least: float
    square: Floats
    trials: tuple[tuple[Place, float], ...]


@dataclass(frozen=True, kw_only=True)
class Identification:
    """Parameters from maps; correlation (m, m): of the parameters and the axes, by their names; unit: of the values;
    rms: of what remains at n points of all maps, noise: its expectation by the noise; off: points that left the device
    in a trial; light: points of lower weight; solves: of the device.
    """

    estimates: tuple[Estimate, ...]
    names: tuple[str, ...]
    correlation: Floats
    valley: Valley
    on: Registration
    unit: str
    rms: float
    noise: float
    n: int
    off: int
    light: int
    maps: int
    solves: int
