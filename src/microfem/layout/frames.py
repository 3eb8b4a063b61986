"""Axes of materials in a layout: x, y and z in flat layouts; radial, around and axial ones in fibres and rolls.

In a roll `around` is along the winding r = a + b theta, and `radial` across its layers; in a fibre both are about the
centre of the strand, or of the whole between strands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microfem.layout.records import Layout
from microfem.layout.spiral import Spiral
from microfem.materials.anisotropy import FLAT, WOUND, Axes

Floats = NDArray[np.float64]


def axes_of(layout: Layout) -> Axes:
    """Return the names of the axes along which materials may differ: of a flat layout, or of a fibre or roll."""
    return FLAT if layout.projected is None else WOUND


def frames_at(layout: Layout, points: Floats, near: Floats) -> Floats:
    """Return the directions of the axes as columns (n, 3, 3) at points (n, 3) of the layout before placement.

    near: (n, 3) points inside the strands that the points belong to.
    """
    if axes_of(layout) == FLAT:
        return np.broadcast_to(np.eye(3), (len(points), 3, 3))
    if layout.spiral is not None:
        return _beside(_along_winding(layout.spiral, points))
    away = points[:, :2] - _centres(layout, near)
    return _beside(np.column_stack([-away[:, 1], away[:, 0]]))


def _along_winding(spiral: Spiral, points: Floats) -> Floats:
    """Return the tangents (n, 2) of the winding, not of unit length."""
    if not spiral.rolled:
        return np.broadcast_to([-1.0, 0.0], (len(points), 2))
    x, y = points[:, :2].T
    growth = spiral.pitch / (2.0 * np.pi) / np.maximum(np.hypot(x, y), 1e-300)
    return np.column_stack([growth * x - y, growth * y + x])


def _beside(around: Floats) -> Floats:
    """Return the frames (n, 3, 3) of radial, around and axial directions from tangents (n, 2) in the plan."""
    size = np.hypot(*around.T)
    u, v = np.where(size > 0.0, around.T / np.where(size > 0.0, size, 1.0), [[0.0], [1.0]])
    zero, one = np.zeros(len(u)), np.ones(len(u))
    return np.stack([np.column_stack(row) for row in ((v, u, zero), (-u, v, zero), (zero, zero, one))], axis=1)


def _centres(layout: Layout, points: Floats) -> Floats:
    """Return the centre (n, 2) of the smallest circle around a region in which each point lies."""
    boxes = np.array([region.footprint.bounds for region in layout.regions])
    middle, radius = 0.5 * (boxes[:, :2] + boxes[:, 2:]), 0.5 * (boxes[:, 2] - boxes[:, 0])
    away = np.hypot(*np.moveaxis(points[:, None, :2] - middle, 2, 0))
    return np.asarray(middle[np.where(away < radius, radius, np.inf).argmin(axis=1)])
