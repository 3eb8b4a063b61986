"""Computed displacements at the pixels of a camera that looks at the undeformed device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.dic.camera import Camera, device_place
from microfem.dic.computed import SIDES, TopSurface
from microfem.dic.records import Bools, Floats
from microfem.fem.compiled import compiled

Ints = NDArray[np.int64]

INSIDE = -1e-9  # least barycentric coordinate of a point in a triangle
NOTHING = -1


@dataclass(frozen=True, kw_only=True)
class Raster:
    """Displacements (rows, columns, 2), um, at the centres of pixels, nan off the device, and the triangle of each."""

    displacement: Floats
    triangle: Ints

    @property
    def inside(self) -> Bools:
        """Pixels (rows, columns) of the device."""
        return np.asarray(self.triangle != NOTHING)


def raster(surface: TopSurface, camera: Camera) -> Raster:
    """Return the displacements of a surface at the centres of a camera's pixels, exact to round-off for P1 and P2."""
    columns, rows = camera.size
    triangle = np.full((rows, columns), NOTHING, dtype=np.int64)
    displacement = np.full((rows, columns, 2), np.nan)
    corners = camera.pixels(surface.points)
    values = np.ascontiguousarray(surface.displacement[:, :2])
    _fill(camera.numbers, corners, surface.points, surface.nodes, values, triangle, displacement)
    return Raster(displacement=displacement, triangle=triangle)


def gradients(surface: TopSurface, triangle: Ints, places: Floats) -> Floats:
    """Return grad u (n, 2, 2) at places (n, 2), um, in triangles (n,) of a surface."""
    nodes = surface.nodes[triangle]
    corners = surface.points[nodes[:, :3]]
    sides = np.stack([corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=2)
    inner = np.linalg.inv(sides)
    second, third = np.einsum("nij,nj->in", inner, places - corners[:, 0])
    weights = np.stack([1.0 - second - third, second, third], axis=1)
    slopes = np.stack([-inner[:, 0] - inner[:, 1], inner[:, 0], inner[:, 1]], axis=1)
    if nodes.shape[1] == 6:
        own = (4.0 * weights - 1.0)[..., None] * slopes
        mixed = [4.0 * (weights[:, a, None] * slopes[:, b] + weights[:, b, None] * slopes[:, a]) for a, b in SIDES]
        slopes = np.concatenate([own, np.stack(mixed, axis=1)], axis=1)
    return np.asarray(np.einsum("nki,nkj->nij", surface.displacement[nodes][..., :2], slopes))


@compiled
def _fill(
    camera: Floats, corners: Floats, points: Floats, nodes: Ints, values: Floats, triangle: Ints, displacement: Floats
) -> None:
    """Fill in the triangle and the displacement of each pixel; corners: of the triangles, px."""
    rows, columns = triangle.shape
    for k in range(len(nodes)):
        a, b, c = nodes[k, 0], nodes[k, 1], nodes[k, 2]
        left = min(corners[a, 0], corners[b, 0], corners[c, 0]) - 1.0
        right = max(corners[a, 0], corners[b, 0], corners[c, 0]) + 1.0
        top = min(corners[a, 1], corners[b, 1], corners[c, 1]) - 1.0
        bottom = max(corners[a, 1], corners[b, 1], corners[c, 1]) + 1.0
        if not (right >= 0.0 and bottom >= 0.0 and left <= columns - 1.0 and top <= rows - 1.0):
            continue
        ax, ay = points[a]
        bx, by, cx, cy = points[b, 0] - ax, points[b, 1] - ay, points[c, 0] - ax, points[c, 1] - ay
        area = bx * cy - by * cx
        for row in range(max(int(top), 0), min(int(bottom) + 1, rows - 1) + 1):
            for column in range(max(int(left), 0), min(int(right) + 1, columns - 1) + 1):
                if triangle[row, column] != NOTHING:
                    continue
                x, y = device_place(float(column), float(row), camera)
                s, t = ((x - ax) * cy - (y - ay) * cx) / area, (bx * (y - ay) - by * (x - ax)) / area
                if s < INSIDE or t < INSIDE or s + t > 1.0 - INSIDE:
                    continue
                triangle[row, column] = k
                for axis in range(2):
                    displacement[row, column, axis] = _value(values, axis, nodes[k], 1.0 - s - t, s, t)


@compiled
def _value(values: Floats, axis: int, nodes: Ints, r: float, s: float, t: float) -> float:
    """Return a component at barycentric coordinates of a triangle with nodes at its corners, and P2 on its sides."""
    if len(nodes) == 3:
        return r * values[nodes[0], axis] + s * values[nodes[1], axis] + t * values[nodes[2], axis]
    own = (
        r * (2.0 * r - 1.0) * values[nodes[0], axis]
        + s * (2.0 * s - 1.0) * values[nodes[1], axis]
        + t * (2.0 * t - 1.0) * values[nodes[2], axis]
    )
    return own + 4.0 * (
        r * s * values[nodes[3], axis] + s * t * values[nodes[4], axis] + r * t * values[nodes[5], axis]
    )
