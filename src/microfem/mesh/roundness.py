"""Deviation of the chords of a mesh from their curves, for error estimates without an exact shape."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from microfem.mesh.curves import find_chords
from microfem.mesh.exact import wound_edges
from microfem.mesh.record import Mesh

EVEN = 2.0 / 45.0  # times a^4: half the moment that even chords add to a circle of their area


@dataclass(frozen=True)
class Roundness:
    """Relative deviation of chords from their curves: walls, in length or radius, and areas."""

    walls: float
    areas: float


def roundness(mesh: Mesh) -> Roundness:
    """Return the largest deviation of chords from their arcs and spirals, 0 without chords.

    Chords of the half angle a that enclose the area of a circle have corners a2 / 3 outside it and are a2 / 6 longer
    than its arc. Chords of unequal length enclose more or less than their sectors: the deviation of the area is the sum
    of these differences, but at least their root sum of squares. Steps of a spiral have their corners on it and enclose
    less, by 2 a2 / 3.
    """
    chords, walls, areas = find_chords(mesh), [0.0], [0.0]
    for number in np.unique(chords.circle).tolist():
        circle, mine = mesh.layout.drawn_circles[number], chords.circle == number
        half = chords.half_angle[mine]
        reach = np.hypot(*np.moveaxis(mesh.flat[chords.ends[mine], :2] - circle.centre, 2, 0))
        missing = circle.radius**2 * half - 0.5 * reach.prod(axis=1) * np.sin(2.0 * half)
        widest = float(half.max())
        walls.append(widest**2 / 3.0)
        missing /= circle.radius**2 * half.sum()
        areas.append(max(abs(float(missing.sum())), float(np.linalg.norm(missing))) + EVEN * widest**4)
    wound = mesh.flat[wound_edges(mesh, chords), :2]
    if len(wound):
        angle = np.arctan2(wound[..., 1], wound[..., 0])
        step = np.abs(np.mod(angle[:, 1] - angle[:, 0] + math.pi, 2.0 * math.pi) - math.pi)
        widest = 0.5 * float(step.max())
        walls.append(widest**2 / 3.0)
        areas.append(2.0 * widest**2 / 3.0)
    return Roundness(max(walls), max(areas))
