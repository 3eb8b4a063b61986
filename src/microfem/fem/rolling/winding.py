"""The wound roll of a strip with a free curvature: windings that lie on one another.

A free strip longer than one turn would penetrate itself. Wound, its middle line is an Archimedean spiral whose pitch is
the strip's thickness T, from the radius r0 to r1 with r1^2 - r0^2 = T l / pi; r0 is the only unknown. If windings slip
on each other, the bending energy, the integral of (1/r - k)^2 r dr between r0 and r1, is a minimum. Its derivative
vanishes where

    1/r0 + 1/r1 = 2 k:

the mean of the first and the last curvature is the free one. If windings stick, each on the one before, they start at
r0 = 1/k. Friction gives a value between the two. Neglected: the pressure between windings and its effect on soft
layers, the steps at the ends, terms of (T / 2 pi r)^2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from microfem.base.errors import SolveError
from microfem.fem.rolling.rollup import Roll, bent
from microfem.fem.space import Floats
from microfem.layout.spiral import archimedean_length

SHAPES = 200  # curvatures between which the stretch at mid-height is interpolated

Contact = Literal["slip", "stick"]


@dataclass(frozen=True)
class Wound:
    """A roll as in the family swiss_roll: core radius at its start, number of windings, pitch, length; um."""

    core_radius: float
    windings: float
    pitch: float
    length: float

    @property
    def diameter(self) -> float:
        """Diameter of the circle with the area of core and layers, um: pi/4 (D^2 - d^2) = length x thickness.

        The core is the area inside the inner face of the first turn, pi/4 d^2 = pi (r^2 + r T + T^2 / 3).
        """
        r, t = self.core_radius, self.pitch
        return 2.0 * math.sqrt(r * r + r * t + t * t / 3.0 + self.length * t / math.pi)


def wind(curvature: float, thickness: float, length: float, contact: Contact = "slip") -> Wound:
    """Return the wound roll of a strip with a length of its middle line (um) and a free curvature (1/um).

    Raises:
        SolveError: the strip has less than one turn, or its first winding is narrower than its thickness.
    """
    k = abs(curvature)
    if k * length < 2.0 * math.pi:
        raise SolveError(f"the strip makes {k * length / (2.0 * math.pi):.3g} of a turn, so nothing is wound")
    growth = thickness / (2.0 * math.pi)
    if contact == "stick":
        start = 1.0 / k
        angle = _bisected(lambda a: archimedean_length(start, growth, a) - length, 0.0, k * length)
        return Wound(start - 0.5 * thickness, angle / (2.0 * math.pi), thickness, length)

    def turned(r0: float) -> float:
        return (r0 / (2.0 * k * r0 - 1.0) - r0) / growth

    def excess(r0: float) -> float:
        return length - archimedean_length(r0, growth, turned(r0))

    r0 = _bisected(excess, 0.5 / k * (1.0 + 1e-9), 1.0 / k)
    if r0 < thickness:
        raise SolveError(f"the first winding has a radius of {r0:.4g} um, less than the thickness {thickness:.4g} um")
    return Wound(r0 - 0.5 * thickness, turned(r0) / (2.0 * math.pi), thickness, length)


def wound_shape(section: Roll, roll: Wound, length: float, share: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Return positions (..., 2), um, and stretch of points of the flat strip in the wound roll.

    length: of the flat strip, um; share: fraction of it from the end at the core; z: height from mid-thickness, um.
    Sections stay plane and carry no axial force: the stretch of each winding follows from its curvature.
    """
    start = roll.core_radius + 0.5 * roll.pitch
    rho = np.sqrt(start**2 + roll.pitch * roll.length * np.clip(share, 0.0, 1.0) / np.pi)
    angle = 2.0 * np.pi * (rho - start) / roll.pitch
    k = roll.length / length / rho
    known = np.linspace(k.min(), k.max(), SHAPES)
    level = np.interp(k, known, [bent(section.plies, float(curvature), section.plane).level for curvature in known])
    stretch = np.sqrt(level + 2.0 * k * z)
    r = rho + (stretch - np.sqrt(level)) / k
    return np.stack([r * np.cos(angle), r * np.sin(angle)], axis=-1), stretch


def _bisected(function, low: float, high: float) -> float:  # type: ignore[no-untyped-def]
    """Return the zero of a function that increases from below 0 at `low` to 0 or more at `high`, to round-off."""
    while True:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return high
        low, high = (middle, high) if function(middle) < 0.0 else (low, middle)
