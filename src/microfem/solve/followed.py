"""A mesh that moves with its layout: on the same cells what is computed is a smooth function of the parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from microfem.base.errors import MeshError
from microfem.layout import Layout
from microfem.mesh import Mesh
from microfem.physics.frame import Floats

SLIMMEST = 0.1  # least shape quality of a cell, relative to its value in the original mesh


def followed(mesh: Mesh, layout: Layout) -> Mesh | None:
    """Return the mesh moved to a layout; None if it cannot move there, or its cells become too slim."""
    from microfem.fem.shape_derivatives.motion import motion

    try:
        shift = motion(mesh, layout)
    except MeshError:
        return None
    moved = replace(mesh, points=mesh.points + shift, flat=mesh.flat + shift, layout=layout)
    return moved if (_shapes(moved) > SLIMMEST * _shapes(mesh)).all() else None


def _shapes(mesh: Mesh) -> Floats:
    """Return the shape quality (ncells,): volume over the cube (square in 2D) of the mean edge; below 0 if inverted."""
    corners = mesh.points[mesh.cells]
    sides = corners[:, :, None] - corners[:, None]
    mean = np.sqrt((sides**2).sum(axis=(1, 2, 3)) / (mesh.dim * (mesh.dim + 1)))
    return np.asarray(mesh.signed_volumes / mean**mesh.dim)
