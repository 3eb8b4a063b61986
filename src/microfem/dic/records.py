"""Maps of displacement and strain as a camera measures them, whatever program correlated the images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

Measure: TypeAlias = Literal["nominal", "green_lagrange", "hencky", "almansi", "small"]
Shape: TypeAlias = Literal["rigid", "affine", "quadratic"]

STRAINS = ("xx", "yy", "xy")  # components in their order; xy is that of the tensor, half the engineering shear


@dataclass(frozen=True, kw_only=True)
class DicSettings:
    """How a map was correlated; None where it is not known.

    program: and its version; subset: side of a subset, px; step: distance of points, px; window: points along the side
    of the strain gauge; shape: functions of a subset; measure: of the strains; reference: of each image; pixel: um on
    the undeformed device; noise: standard deviation of a displacement, um; strain_noise: of a strain.
    """

    program: str = ""
    subset: int | None = None
    step: int | None = None
    window: int | None = None
    shape: Shape | None = None
    measure: Measure | None = None
    reference: Literal["first", "previous"] = "first"
    pixel: float | None = None
    noise: float | None = None
    strain_noise: float | None = None

    @property
    def gauge(self) -> float | None:
        """Side of the region on which a strain rests, um: (window - 1) step + subset pixels."""
        if self.window is None or self.step is None or self.subset is None or self.pixel is None:
            return None
        return ((self.window - 1) * self.step + self.subset) * self.pixel


@dataclass(frozen=True, kw_only=True)
class MapSource:
    """Where a map came from: a file and its SHA-256, both "" of a map that was made here."""

    file: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class DicMap:
    """Displacements at the points of one image, and strains if they are known.

    points (n, 2): places on the undeformed device, um, y upwards; displacement (n, 2), um; out_of_plane (n,): along z
    of a right-handed frame, um; strain (n, 3): components as STRAINS, of the measure of the settings, nan where one is
    not known; valid (n,): points that were found, displacements and strains are nan at others; why_lost: reason ->
    number of points; quality (n,): zero-mean normalised cross-correlation; shape: rows and columns of points on a grid,
    row by row, None if they are scattered; load: that of the image, such as a stretch; notes: what was turned,
    scaled or dropped when it was read.
    """

    points: Floats
    displacement: Floats
    valid: Bools
    settings: DicSettings
    out_of_plane: Floats | None = None
    strain: Floats | None = None
    quality: Floats | None = None
    shape: tuple[int, int] | None = None
    load: float | None = None
    name: str = ""
    why_lost: tuple[tuple[str, int], ...] = ()
    source: MapSource = MapSource()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DicSeries:
    """Maps of one device in the order of their loads."""

    maps: tuple[DicMap, ...]

    @property
    def loads(self) -> tuple[float | None, ...]:
        """The load of each map."""
        return tuple(one.load for one in self.maps)
