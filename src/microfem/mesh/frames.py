"""Frames of materials in a mesh: the axes of the layout, carried along by its placement and its deformation.

A map x of the flat layout, with the derivatives J, carries a frame Q to the orthonormal one nearest to J Q of those
whose third axis has the direction of J q3: layers stay on their surface, and the fibre's axis on the strand.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microfem.layout.frames import frames_at
from microfem.mesh.record import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def frames_of(mesh: Mesh, simplices: Ints) -> Floats:
    """Return the frame (n, 3, 3), axes as columns, at the middle of each simplex (n, k + 1), cell or facet."""
    flat = in_space(mesh, mesh.flat[simplices])
    middle = flat.mean(axis=1)
    before, after = (_completed(mesh, corners) for corners in (flat, in_space(mesh, mesh.points[simplices])))
    return carried(np.linalg.solve(before, after).swapaxes(1, 2) @ frames_at(mesh.layout, middle, middle))


def carried(axes: Floats) -> Floats:
    """Return orthonormal frames (..., 3, 3) from the images of axes, as columns."""
    last = axes[..., 2] / np.linalg.norm(axes[..., 2], axis=-1)[..., None]
    plane = axes[..., :2] - last[..., None] * (last[..., None, :] @ axes[..., :2])
    left, _, right = np.linalg.svd(plane, full_matrices=False)
    return np.concatenate([left @ right, last[..., None]], axis=-1)


def in_space(mesh: Mesh, vectors: Floats) -> Floats:
    """Return points or vectors (..., dim) of a view as those of space (..., 3): a section shows x and z."""
    if mesh.dim == 3:
        return vectors
    whole = np.zeros((*vectors.shape[:-1], 3))
    whole[..., shown(mesh)] = vectors
    return whole


def shown(mesh: Mesh) -> list[int]:
    """Return the axes of space that a view shows."""
    return {"3d": [0, 1, 2], "plan": [0, 1], "section": [0, 2]}[mesh.dimension]


def _completed(mesh: Mesh, corners: Floats) -> Floats:
    """Return the sides of simplices (n, k + 1, 3) as rows (n, 3, 3), completed by unit vectors normal to them."""
    sides = corners[:, 1:] - corners[:, :1]
    if mesh.dim == 2:
        across = np.delete(np.eye(3), shown(mesh), axis=0)
        sides = np.concatenate([sides, np.broadcast_to(across, (len(sides), 1, 3))], axis=1)
    if sides.shape[1] == 2:
        normal = np.cross(sides[:, 0], sides[:, 1])
        sides = np.concatenate([sides, (normal / np.linalg.norm(normal, axis=1)[:, None])[:, None]], axis=1)
    return sides
