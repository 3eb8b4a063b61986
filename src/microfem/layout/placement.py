"""Placements: smooth maps of a flat layout onto its surface.

The flat layout has its device surface at z = 0; a placement maps mesh nodes (n, 3) to (n, 3), in um.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import LayoutError
from microfem.layout.surfaces import Surface

Points = NDArray[np.float64]
Box = tuple[float, float, float, float, float, float]  # x0, y0, z0, x1, y1, z1

STEPS_PER_TURN = 48  # straight steps of a full turn: a chord leaves its arc by 0.2 % of the radius


class Placement(Protocol):
    """A map of points, with its derivatives, its check for folding, and the longest step of a mesh."""

    def __call__(self, points: Points) -> Points:
        """Map points (n, 3), um."""
        ...

    def jacobian(self, points: Points) -> Points:
        """Return the derivatives (n, 3, 3) of mapped coordinates (rows) with respect to flat coordinates (columns)."""
        ...

    def check(self, box: Box) -> None:
        """Refuse a box of the flat layout that folds or overlaps itself.

        Raises:
            LayoutError: with the least radius or pitch.
        """
        ...

    @property
    def longest_step(self) -> float:
        """The longest straight step along z in the coarsest mesh, um."""
        return math.inf


@dataclass(frozen=True)
class Flat(Placement):
    """The identity."""

    def __call__(self, points: Points) -> Points:
        """Return the points."""
        return points

    def jacobian(self, points: Points) -> Points:
        """Return unit matrices."""
        return np.broadcast_to(np.eye(3), (len(points), 3, 3))

    def check(self, box: Box) -> None:
        """Accept every box."""


class SurfacePlacement(Placement):
    """A map of the plan onto a curved surface, with thickness along its normal: s(x, y) + z n."""

    @property
    @abstractmethod
    def surface(self) -> Surface:
        """The curved surface."""

    @abstractmethod
    def place(self, plan: Points) -> Points:
        """Return the positions (n, 3) on the surface of points (n, 2) of the plan, um."""

    @abstractmethod
    def slopes(self, plan: Points) -> Points:
        """Return the derivatives (n, 3, 2) of those positions with respect to x and y."""

    def __call__(self, points: Points) -> Points:
        """Map the plan onto the surface and z along its normal."""
        place = self.place(points[:, :2])
        return place + points[:, 2:] * self.surface.normals(place)

    def jacobian(self, points: Points) -> Points:
        """Return the derivatives: of the position and the normal with respect to x and y, and the normal itself."""
        place, slopes = self.place(points[:, :2]), self.slopes(points[:, :2])
        tangents = slopes + points[:, 2, None, None] * self.surface.turned(place, slopes)
        return np.concatenate([tangents, self.surface.normals(place)[:, :, None]], axis=2)


@dataclass(frozen=True)
class Cylinder(SurfacePlacement):
    """A cylinder with its axis parallel to y, with x wrapped around it: arc length is kept at z = 0."""

    radius: float

    @property
    def surface(self) -> Surface:
        """The cylinder."""
        return Surface.cylinder(self.radius)

    def place(self, plan: Points) -> Points:
        """Map x to an angle x / R."""
        angle = plan[:, 0] / self.radius
        return np.column_stack([self.radius * np.sin(angle), plan[:, 1], self.radius * (np.cos(angle) - 1.0)])

    def slopes(self, plan: Points) -> Points:
        """Return the derivatives; x becomes arc length."""
        angle = plan[:, 0] / self.radius
        zero, one = np.zeros(len(plan)), np.ones(len(plan))
        return _rows([np.cos(angle), zero], [zero, one], [-np.sin(angle), zero])

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
class SphericalCap(SurfacePlacement):
    """A sphere with the layout mapped azimuthally and equidistantly: distances from the centre are kept."""

    radius: float

    @property
    def surface(self) -> Surface:
        """The sphere."""
        return Surface.sphere(self.radius)

    def place(self, plan: Points) -> Points:
        """Map the distance s from the centre to a polar angle s / R."""
        angle = np.hypot(*plan.T) / self.radius
        return np.column_stack([plan * np.sinc(angle / np.pi)[:, None], self.radius * (np.cos(angle) - 1.0)])

    def slopes(self, plan: Points) -> Points:
        """Return the derivatives, with sinc and a series for the limit at the centre."""
        x, y = plan.T
        angle = np.hypot(x, y) / self.radius
        sinc = np.sinc(angle / np.pi)
        near = np.where(angle < 1e-3, 1.0, angle)
        bend = np.where(angle < 1e-3, -1.0 / 3.0 + angle**2 / 30.0, (np.cos(angle) - sinc) / near**2) / self.radius**2
        fall = -sinc / self.radius
        return _rows([sinc + bend * x * x, bend * x * y], [bend * x * y, sinc + bend * y * y], [fall * x, fall * y])

    def check(self, box: Box) -> None:
        """Refuse a box that reaches the sphere's centre or past its equator."""
        _above_axis(self.radius, box)
        reach = float(np.hypot(max(-box[0], box[3]), max(-box[1], box[4])))
        if reach >= 0.5 * np.pi * self.radius:
            raise LayoutError(
                "placement.radius",
                self.radius,
                f"above {2 * reach / np.pi:.4g} um, or the layout reaches past the equator",
            )


@dataclass(frozen=True)
class Saddle(SurfacePlacement):
    """The saddle z = (x2 - y2) / 2R, with each point above its position in the plan."""

    radius: float

    @property
    def surface(self) -> Surface:
        """The saddle."""
        return Surface.saddle(self.radius)

    def place(self, plan: Points) -> Points:
        """Map (x, y) to the point of the surface above."""
        x, y = plan.T
        return np.column_stack([x, y, (x**2 - y**2) / (2 * self.radius)])

    def slopes(self, plan: Points) -> Points:
        """Return the derivatives of that point."""
        x, y = plan.T
        zero, one = np.zeros(len(plan)), np.ones(len(plan))
        return _rows([one, zero], [zero, one], [x / self.radius, -y / self.radius])

    def check(self, box: Box) -> None:
        """Refuse a box thicker than the radius of curvature or wider than it."""
        _above_axis(self.radius, box)
        reach = float(max(-box[0], box[3], -box[1], box[4]))
        if reach >= self.radius:
            raise LayoutError("placement.radius", self.radius, f"above half the width of the layout, {reach:.4g} um")


@dataclass(frozen=True)
class TwistedAxis(Placement):
    """A twist of each cross-section about the z axis by 2 pi z / pitch: a double helix, right-handed if pitch > 0.

    Volumes are kept. The cross-section normal to the z axis keeps its shape, so the section of a strand normal to its
    own direction is thinner by the cosine of its helix angle, atan(2 pi r / pitch).

    pitch: length of one full turn, um.
    """

    pitch: float

    def __call__(self, points: Points) -> Points:
        """Rotate (x, y) by an angle proportional to z."""
        angle = 2.0 * np.pi * points[:, 2] / self.pitch
        x, y = points[:, 0], points[:, 1]
        return np.column_stack(
            [x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle), points[:, 2]]
        )

    def jacobian(self, points: Points) -> Points:
        """Return the derivatives: a rotation, and its change with z."""
        rate = 2.0 * np.pi / self.pitch
        x, y, z = points.T
        cos, sin, zero = np.cos(rate * z), np.sin(rate * z), np.zeros(len(points))
        return _rows(
            [cos, -sin, -rate * (x * sin + y * cos)], [sin, cos, rate * (x * cos - y * sin)], [zero, zero, zero + 1.0]
        )

    def check(self, box: Box) -> None:
        """Refuse a twist whose outermost line climbs by less than 45 degrees."""
        least = 2.0 * np.pi * max(-box[0], box[3], -box[1], box[4])
        if abs(self.pitch) <= least:
            raise LayoutError(
                "placement.pitch", self.pitch, f"above {least:.4g} um, or its outer line is steeper than 45 degrees"
            )

    @property
    def longest_step(self) -> float:
        """The pitch over 48, um."""
        return abs(self.pitch) / STEPS_PER_TURN

    def swept(self, box: Box) -> Box:
        """Return the box that contains a box rotated by any angle."""
        reach = max(float(np.hypot(x, y)) for x in (box[0], box[3]) for y in (box[1], box[4]))
        return (-reach, -reach, box[2], reach, reach, box[5])


@dataclass(frozen=True)
class BentAxis(Placement):
    """A bend of the z axis into a circular arc towards +x: lengths are kept at x = 0.

    radius: of the arc of the line x = y = 0, um.
    """

    radius: float

    def __call__(self, points: Points) -> Points:
        """Map z to an angle z / R about the line x = R, z = 0."""
        angle, r = points[:, 2] / self.radius, self.radius - points[:, 0]
        return np.column_stack([self.radius - r * np.cos(angle), points[:, 1], r * np.sin(angle)])

    def jacobian(self, points: Points) -> Points:
        """Return the derivatives; z becomes arc length, shorter towards the bend's axis."""
        angle, growth = points[:, 2] / self.radius, 1.0 - points[:, 0] / self.radius
        sin, cos, zero = np.sin(angle), np.cos(angle), np.zeros(len(points))
        return _rows([cos, zero, growth * sin], [zero, zero + 1.0, zero], [-sin, zero, growth * cos])

    def check(self, box: Box) -> None:
        """Refuse a box that reaches the axis of the bend or laps over itself."""
        if self.radius <= box[3]:
            raise LayoutError(
                "placement.radius", self.radius, f"above the reach towards the bend's axis, {box[3]:.4g} um"
            )
        length = box[5] - box[2]
        if length >= 2.0 * np.pi * self.radius:
            least = length / (2.0 * np.pi)
            raise LayoutError("placement.radius", self.radius, f"above {least:.4g} um, or the ends collide")

    @property
    def longest_step(self) -> float:
        """A full circle over 48, um."""
        return 2.0 * np.pi * self.radius / STEPS_PER_TURN


@dataclass(frozen=True)
class Composed(Placement):
    """A twist followed by another placement, such as a bend."""

    twist: TwistedAxis
    then: Placement

    def __call__(self, points: Points) -> Points:
        """Map points by the twist, then by the other placement."""
        return self.then(self.twist(points))

    def jacobian(self, points: Points) -> Points:
        """Return the derivatives by the chain rule."""
        return np.asarray(self.then.jacobian(self.twist(points)) @ self.twist.jacobian(points))

    def check(self, box: Box) -> None:
        """Refuse a box that the twist refuses, or whose swept space the other placement refuses."""
        self.twist.check(box)
        self.then.check(self.twist.swept(box))

    @property
    def longest_step(self) -> float:
        """The shorter of both longest steps, um."""
        return min(self.twist.longest_step, self.then.longest_step)


def _rows(*rows: list[Points]) -> Points:
    """Return matrices (n, rows, columns) from their entries (n,), row by row."""
    return np.stack([np.stack(row, axis=1) for row in rows], axis=1)


def _above_axis(radius: float, box: Box) -> None:
    depth = max(-box[2], box[5])
    if radius <= depth:
        raise LayoutError("placement.radius", radius, f"above the layout's thickness, {depth:.4g} um")
