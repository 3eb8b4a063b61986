"""Curved surfaces of devices and films: quadrics that touch the plan at its origin.

With the Hessian H = diag(k1, k2, k3) a surface is  x . H x / 2 + z = 0,  its gradient  n = H x + e_z  points outwards,
its unit normal turns by  dn / |n| = (1 - n n / |n|2) H dx / |n|,  and its Gauss curvature is  K = n . adj(H) n / |n|4
(R. Goldman, Comput. Aided Geom. Des. 22 (2005) 632).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """The quadric (k1 x2 + k2 y2 + k3 z2) / 2 + z = 0 through the origin, its outside above.

    curvatures: k1, k2, k3, 1/um; k1 and k2 are the principal curvatures at the apex, above 0 for a surface that falls
    off from it.
    """

    curvatures: tuple[float, float, float]

    @classmethod
    def flat(cls) -> Surface:
        """Return the plane."""
        return cls((0.0, 0.0, 0.0))

    @classmethod
    def sphere(cls, radius: float) -> Surface:
        """Return a sphere, K = 1 / R2."""
        return cls((1.0 / radius,) * 3)

    @classmethod
    def cylinder(cls, radius: float) -> Surface:
        """Return a cylinder with its axis along y, K = 0."""
        return cls((1.0 / radius, 0.0, 1.0 / radius))

    @classmethod
    def saddle(cls, radius: float) -> Surface:
        """Return the saddle z = (x2 - y2) / 2R, K = -1 / R2 at its middle."""
        return cls((-1.0 / radius, 1.0 / radius, 0.0))

    @classmethod
    def ellipsoid(cls, radius_x: float, radius_y: float) -> Surface:
        """Return an ellipsoid by the principal radii at its apex, K = 1 / (Rx Ry) there; its height is sqrt(Rx Ry)."""
        return cls((1.0 / radius_x, 1.0 / radius_y, (radius_x * radius_y) ** -0.5))

    @property
    def developable(self) -> bool:
        """Whether the Gauss curvature is 0 everywhere."""
        k1, k2, _ = self.curvatures
        return k1 * k2 == 0.0

    @property
    def tightest(self) -> float:
        """The smaller of the principal radii at the apex of a surface that is not flat, um."""
        return 1.0 / max(abs(k) for k in self.curvatures[:2])

    def gradient(self, places: Floats) -> Floats:
        """Return the normals n (m, 3), not of unit length, at points (m, 3) on the surface."""
        return np.asarray(np.array(self.curvatures) * places + [0.0, 0.0, 1.0])

    def normals(self, places: Floats) -> Floats:
        """Return the unit normals (m, 3) at points (m, 3) on the surface."""
        normal = self.gradient(places)
        return np.asarray(normal / np.linalg.norm(normal, axis=1)[:, None])

    def turned(self, places: Floats, along: Floats) -> Floats:
        """Return the changes of the unit normals (m, 3, k) for tangential steps (m, 3, k)."""
        gradient = self.gradient(places)
        size = np.linalg.norm(gradient, axis=1)[:, None, None]
        normal = gradient[:, :, None] / size
        change = np.array(self.curvatures)[:, None] * along
        return np.asarray((change - normal * (normal * change).sum(axis=1, keepdims=True)) / size)

    def gauss(self, gradient: Floats) -> Floats:
        """Return the Gauss curvature K (m,), 1/um2, at points with the gradient n (m, 3)."""
        k1, k2, k3 = self.curvatures
        adjugate = np.array([k2 * k3, k1 * k3, k1 * k2])
        return np.asarray((adjugate * gradient**2).sum(axis=1) / (gradient**2).sum(axis=1) ** 2)
