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
Level: TypeAlias = Literal["none", "gauge", "subset", "images"]

QUANTITIES = ("shift", "rotation", "scale")  # of the axes of a map, which are registered
STRAINS = ("xx", "yy", "xy")  # components in their order; xy is that of the tensor, half the engineering shear


@dataclass(frozen=True, kw_only=True)
class DicSettings:
    """How a map was correlated; None where it is not known.

    program: and its version; subset: side of a subset, px; step: distance of points, px; window: points along the side
    of the strain gauge; shape: functions of a subset; measure: of the strains; reference: of each image; pixel: um on
    the undeformed device; noise: standard deviation of a displacement, um; strain_noise: of a strain; speckle: width of
    the pattern's autocorrelation at its half, px, 1.2 diameters of dots.
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
    speckle: float | None = None

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


@dataclass(frozen=True, kw_only=True)
class Registration:
    """How the axes of a map lie on the design: X = shift + scale R(rotation) M x.

    rotation: radians, anticlockwise; shift: um; mirrored: axis of the map that points the other way, M, "" for none;
    turn, away: the specimen's own rigid motion, by which its deformed places move, radians and um; rms: of the
    distances that remain, um, at n points; fitted: what was fitted; held: what was to be, and the points do not tell.
    """

    rotation: float = 0.0
    scale: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    mirrored: Literal["", "x", "y"] = ""
    turn: float = 0.0
    away: tuple[float, float] = (0.0, 0.0)
    rms: float = float("nan")
    n: int = 0
    fitted: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    errors: tuple[tuple[str, float], ...] = ()

    @property
    def axes(self) -> Floats:
        """The map's axes in the design (2, 2): R(rotation) M."""
        return turned(self.rotation) * [-1.0 if self.mirrored == axis else 1.0 for axis in "xy"]

    def on_design(self, places: Floats) -> Floats:
        """Return places on the design (n, 2), um, from those of a map."""
        return np.asarray(self.scale * places @ self.axes.T + self.shift)

    def on_map(self, places: Floats) -> Floats:
        """Return places of a map (n, 2), um, from those on the design."""
        return np.asarray((places - self.shift) @ self.axes / self.scale)


def turned(angle: float) -> Floats:
    """Return the matrix (2, 2) of a rotation, anticlockwise."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]])


@dataclass(frozen=True, kw_only=True)
class Levelled:
    """A computed field at the points of a map, as the camera's subsets and gauge would show it, on the design's axes.

    points, displacement (n, 2): um; gradient (n, 2, 2): of the displacement; strain (n, 3): of `measure`, components as
    STRAINS; scatter (n, 2), gradient_scatter (n, 2, 2): standard deviations of displacement and gradient by the pattern
    where a subset cannot follow; how: it was levelled; gauge: side of the region on which a strain rests, px and um;
    region (n,) into
    `regions`, -1 off the device; edge (n,): points whose gauge reaches over the rim; load: of the computed field; nan
    where there is no value.
    """

    points: Floats
    displacement: Floats
    gradient: Floats
    strain: Floats
    scatter: Floats
    gradient_scatter: Floats
    measure: Measure
    how: Level
    gauge: tuple[int, float]
    region: Ints
    regions: tuple[str, ...]
    edge: Bools
    load: float


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What the measured less the computed values at the points of a map that count amount to.

    of: exx, eyy, exy, u or v; n: points that count; noise: the median standard deviation, None if not known;
    share_within: of the points that differ by two standard deviations of noise at most; masked: why points do not
    count, and how many; regions: the same for the points of each region.
    """

    of: str
    unit: str
    n: int
    bias: float
    rms: float
    median: float
    p95: float
    noise: float | None
    share_within: float | None
    masked: tuple[tuple[str, int], ...] = ()
    regions: tuple[tuple[str, Difference], ...] = ()
