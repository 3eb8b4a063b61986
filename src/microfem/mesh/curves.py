"""Meshes that follow curves: chords of circles are laid so that they enclose the circle's area, however fine.

Families draw circles by chords. A mesh must not keep them: its points move to where chords of their present half
angle a enclose the circle's area, r sqrt(2 a / sin 2 a), so that what chords do to a field is of second order; but
not farther from the circle than a small part of the smallest feature, or narrow gaps would close.
Spirals are Archimedean: the middle between two points of one is at their mean angle and radius.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from microfem.layout.arcs import Arc
from microfem.layout.spiral import FEWEST_STEPS
from microfem.mesh.record import Mesh

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BEYOND = 4e-3  # of the smallest feature: how far a corner may lie outside its circle
FARTHEST = 0.1  # of the least height of the cells at a point: how far it may be moved
EVEN = 2.0 / 45.0  # times a^4: half of what even chords add to the moment of a circle of their area
LONGEST_STEP = 1.5  # of a spiral's first steps: longer edges cross its core


def rounded(mesh: Mesh) -> Mesh:
    """Return the mesh with the points of its arcs where chords of their present length belong."""
    edges = _interface_edges(mesh) if _arcs(mesh) else np.empty((0, 2), dtype=np.int64)
    flat, moved = mesh.flat.copy(), np.zeros(len(mesh.flat), dtype=bool)
    for arc in _arcs(mesh):
        own, half = _chords(mesh, arc, edges)
        count = np.bincount(own.ravel(), minlength=len(flat))
        on = np.flatnonzero(count)
        mean = np.bincount(own.ravel(), weights=np.repeat(half**2, 2), minlength=len(flat))[on] / count[on]
        twice = 2.0 * np.sqrt(mean)
        beyond = arc.radius * (np.sqrt(twice / np.sin(twice)) - 1.0)
        away = mesh.flat[on, :2] - arc.centre
        reach = arc.radius + np.minimum(beyond, BEYOND * mesh.layout.feature)
        flat[on, :2] = arc.centre + away * (reach / np.hypot(*away.T))[:, None]
        moved[on] = True
    flat[moved] = mesh.flat[moved] + _held_back(mesh, flat - mesh.flat)[moved]
    points = mesh.points.copy()
    points[moved] = mesh.layout.placement(flat[moved]) if mesh.dimension == "3d" else flat[moved]
    return replace(mesh, points=points, flat=flat)


def _held_back(mesh: Mesh, way: Floats) -> Floats:
    """Shorten ways (npoints, dim) to a part of the least height of the cells at each point: no cell folds over."""
    slopes = np.linalg.inv(mesh.flat[mesh.cells[:, 1:]] - mesh.flat[mesh.cells[:, :1]])  # columns: of coordinates
    steepest = np.maximum(np.linalg.norm(slopes, axis=1).max(axis=1), np.linalg.norm(slopes.sum(axis=2), axis=1))
    least = np.full(len(way), np.inf)
    np.minimum.at(least, mesh.cells, (1.0 / steepest)[:, None])
    far = np.linalg.norm(way, axis=1)
    return way * np.minimum(1.0, FARTHEST * least / np.maximum(far, 1e-300))[:, None]


def sagitta(mesh: Mesh) -> float:
    """Return how far the middle of a chord is at most from the arc through its ends, um; 0 without arcs."""
    edges = _interface_edges(mesh) if _arcs(mesh) else np.empty((0, 2), dtype=np.int64)
    halves = [(arc.radius, _chords(mesh, arc, edges)[1]) for arc in _arcs(mesh)]
    return max((radius * (1.0 - math.cos(half.max(initial=0.0))) for radius, half in halves), default=0.0)


def _arcs(mesh: Mesh) -> tuple[Arc, ...]:
    """Return the arcs that the mesh follows: none in a section, nor where a load has deformed them."""
    return () if mesh.dimension == "section" or mesh.deformed else mesh.layout.arcs


def _chords(mesh: Mesh, arc: Arc, edges: Ints) -> tuple[Ints, Floats]:
    """Return those of the edges (n, 2) that stand for a piece of an arc, and half the angle of each."""
    used = np.unique(edges)
    angle, there = np.full(len(mesh.flat), np.nan), np.zeros(len(mesh.flat), dtype=bool)
    angle[used], there[used] = arc.angles(mesh.flat[used, :2])
    own = edges[there[edges].all(axis=1)]
    half = 0.5 * np.abs(angle[own[:, 0]] - angle[own[:, 1]])
    half = np.minimum(half, math.pi - half)
    chord = (half > 1e-9) & (half < 1.01 * arc.half_angle)
    return own[chord], half[chord]


def _interface_edges(mesh: Mesh) -> Ints:
    """Return the edges (n, 2) of the walls between two regions or at the outside, and of the rims of films.

    Floors and tops are left out: a fine mesh of them has points nearer to a circle than the first chords were, which
    are no part of it.
    """
    vertices, a, b = mesh.facets
    facets = vertices[(b < 0) | (mesh.region_of_cell[a] != mesh.region_of_cell[b])]
    if mesh.dim == 2:
        return facets
    walls = facets[np.ptp(mesh.flat[facets, 2], axis=1) > 0.0]
    return np.unique(np.vstack([_sides(walls), *(rim(film) for film in mesh.sheets.values())]), axis=0)


def _sides(triangles: Ints) -> Ints:
    """Return the edges of triangles (n, 3), the lower vertex first, (3n, 2)."""
    return np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1)


def rim(film: Ints) -> Ints:
    """Return the edges (n, 2) that only one of a film's triangles has."""
    edges, count = np.unique(_sides(film), axis=0, return_counts=True)
    return edges[count == 1]


def midpoints(mesh: Mesh, ends: Ints) -> Floats:
    """Return the flat midpoints (n, dim) of edges given by their ends (n, 2); in an undeformed roll, along its
    spiral."""
    a, b = mesh.flat[ends[:, 0]], mesh.flat[ends[:, 1]]
    middle, spiral = 0.5 * (a + b), mesh.layout.spiral
    if spiral is None or not spiral.rolled or mesh.dimension == "section" or mesh.deformed:
        return np.asarray(middle)
    radius = [np.hypot(*end[:, :2].T) for end in (a, b)]
    angle = [np.arctan2(end[:, 1], end[:, 0]) for end in (a, b)]
    step = np.mod(angle[1] - angle[0] + math.pi, 2.0 * math.pi) - math.pi
    inside = [(r > spiral.core_radius * (1.0 - 1e-9)) & (r < spiral.reach * (1.0 + 1e-9)) for r in radius]
    wound = inside[0] & inside[1] & (np.abs(step) < LONGEST_STEP * 2.0 * math.pi / (len(spiral.turn) - 1))
    direction, reach = angle[0] + 0.5 * step, 0.5 * (radius[0] + radius[1])
    along = reach[:, None] * np.column_stack([np.cos(direction), np.sin(direction)])
    middle[wound, :2] = along[wound]
    return np.asarray(middle)


@dataclass(frozen=True)
class Roundness:
    """How far chords are from the curves that they stand for, relative to radii: in length or reach, and in area."""

    walls: float
    areas: float


def roundness(mesh: Mesh) -> Roundness:
    """Return how far the widest chords are from their arcs and spirals, 0 where there are none.

    Corners lie a2 / 3 beyond a circle whose area chords of half angle a enclose, and these are a2 / 6 longer than its
    arc. Where neighbours are unlike, each encloses a little more or less than its sector: areas are what these add up
    to, but no less than what they would with signs at random.
    Steps of a spiral have their corners on it and enclose less, by 2 a2 / 3.
    """
    edges = _interface_edges(mesh) if _arcs(mesh) or _wound(mesh) else np.empty((0, 2), dtype=np.int64)
    walls, areas = [0.0], [0.0]
    for arc in _arcs(mesh):
        own, half = _chords(mesh, arc, edges)
        if len(half):
            reach = np.hypot(*np.moveaxis(mesh.flat[own, :2] - arc.centre, 2, 0))
            missing = arc.radius**2 * half - 0.5 * reach.prod(axis=1) * np.sin(2.0 * half)
            widest = float(half.max())
            walls.append(widest**2 / 3.0)
            missing /= arc.radius**2 * half.sum()
            areas.append(max(abs(float(missing.sum())), float(np.linalg.norm(missing))) + EVEN * widest**4)
    if _wound(mesh):
        angle = np.arctan2(mesh.flat[edges, 1], mesh.flat[edges, 0])
        step = np.abs(np.mod(angle[:, 1] - angle[:, 0] + math.pi, 2.0 * math.pi) - math.pi)
        widest = 0.5 * float(step[step < LONGEST_STEP * 2.0 * math.pi / FEWEST_STEPS].max(initial=0.0))
        walls.append(widest**2 / 3.0)
        areas.append(2.0 * widest**2 / 3.0)
    return Roundness(max(walls), max(areas))


def _wound(mesh: Mesh) -> bool:
    """Tell whether the mesh follows a spiral."""
    spiral = mesh.layout.spiral
    return spiral is not None and spiral.rolled and mesh.dimension != "section" and not mesh.deformed
