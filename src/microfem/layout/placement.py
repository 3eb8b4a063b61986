"""Placements: smooth maps that carry a flat layout onto the surface it is made on.

The flat layout has its device surface at z = 0; a placement maps mesh nodes (n, 3) to (n, 3), in um.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from microfem.errors import LayoutError

Points = NDArray[np.float64]
Box = tuple[float, float, float, float, float, float]  # x0, y0, z0, x1, y1, z1


class Placement(Protocol):
    """A map of points, and a check that a flat box survives it without folding."""

    def __call__(self, points: Points) -> Points:
        """Map points (n, 3), um."""
        ...

    def check(self, box: Box) -> None:
        """Raise LayoutError where the box would fold or overlap itself."""
        ...


@dataclass(frozen=True)
class Flat:
    """The identity."""

    def __call__(self, points: Points) -> Points:
        """Return the points."""
        return points

    def check(self, box: Box) -> None:
        """Accept every box."""


@dataclass(frozen=True)
class Cylinder:
    """Wrap x around a cylinder whose axis is parallel to y: arc length is kept at z = 0."""

    radius: float

    def __call__(self, points: Points) -> Points:
        """Map x to an angle x / R and z to a radius R + z."""
        angle, r = points[:, 0] / self.radius, self.radius + points[:, 2]
        return np.column_stack([r * np.sin(angle), points[:, 1], r * np.cos(angle) - self.radius])

    def check(self, box: Box) -> None:
        """Refuse a box that reaches the axis or laps over itself."""
        _above_axis(self.radius, box)
        if max(-box[0], box[3]) >= np.pi * self.radius:
            raise LayoutError(
                "placement.radius",
                self.radius,
                f"above {max(-box[0], box[3]) / np.pi:.4g} um, or the layout laps over itself",
            )


@dataclass(frozen=True)
class SphericalCap:
    """Put the layout on a sphere by the azimuthal equidistant map: distances from the centre are kept."""

    radius: float

    def __call__(self, points: Points) -> Points:
        """Map the distance s from the centre to a polar angle s / R and z to a radius R + z."""
        s = np.hypot(points[:, 0], points[:, 1])
        angle, r = s / self.radius, self.radius + points[:, 2]
        scale = r * np.sinc(angle / np.pi) / self.radius
        return np.column_stack([points[:, 0] * scale, points[:, 1] * scale, r * np.cos(angle) - self.radius])

    def check(self, box: Box) -> None:
        """Refuse a box that reaches the sphere's centre or more than half way round."""
        _above_axis(self.radius, box)
        reach = float(np.hypot(max(-box[0], box[3]), max(-box[1], box[4])))
        if reach >= 0.5 * np.pi * self.radius:
            raise LayoutError(
                "placement.radius",
                self.radius,
                f"above {2 * reach / np.pi:.4g} um, or the layout reaches past the equator",
            )


@dataclass(frozen=True)
class Saddle:
    """Put the layout on z = (x2 - y2) / 2R, thickness along the surface's normal."""

    radius: float

    def __call__(self, points: Points) -> Points:
        """Map (x, y, z) to the surface point above (x, y) plus z times the unit normal there."""
        x, y, z = points.T
        slope = np.column_stack([-x / self.radius, y / self.radius, np.ones_like(x)])
        normal = slope / np.linalg.norm(slope, axis=1)[:, None]
        surface = np.column_stack([x, y, (x**2 - y**2) / (2 * self.radius)])
        return surface + z[:, None] * normal

    def check(self, box: Box) -> None:
        """Refuse a box thicker than the radius of curvature or wider than it."""
        _above_axis(self.radius, box)
        reach = float(max(-box[0], box[3], -box[1], box[4]))
        if reach >= self.radius:
            raise LayoutError("placement.radius", self.radius, f"above half the width of the layout, {reach:.4g} um")


def _above_axis(radius: float, box: Box) -> None:
    depth = max(-box[2], box[5])
    if radius <= depth:
        raise LayoutError("placement.radius", radius, f"above the layout's thickness, {depth:.4g} um")
