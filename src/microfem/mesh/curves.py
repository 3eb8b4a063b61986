"""Meshes that follow curves: chords of circles enclose the circle's area at any refinement.

Families draw circles by chords. The points of a mesh move to the radius r sqrt(2 a / sin 2 a), at which chords of the
half angle a enclose the circle's area, so that their effect on a field is of second order; they move at most by a
small part of the smallest feature, so that narrow gaps stay open. The bounds of results contain the remaining
difference, see exact.py. Spirals are Archimedean: the midpoint of two points has their mean angle and radius.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from microfem.layout.arcs import Arc
from microfem.mesh.arrangement import nearest_of
from microfem.mesh.record import Mesh

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

BEYOND = 4e-3  # of the smallest feature: largest distance of a corner outside its circle
FARTHEST = 0.1  # of the smallest height of the cells at a point: largest motion of the point
LONGEST_STEP = 1.5  # of a spiral's first steps: longer edges go through its core
LONGEST_CHORD = 1.25  # of the drawn chords: a corner beside a junction may be missing
UPRIGHT = 1e-12  # half angle of an edge, radians, below which it is upright and no chord
SAME = 1e-7  # of the smallest feature: points nearer to each other are the same


@dataclass(frozen=True)
class Chords:
    """Edges of a mesh that are chords of circles.

    ends: (n, 2) points of the mesh; circle: (n,) into the layout's `drawn_circles`; half_angle: (n,) of each, radians.
    """

    ends: Ints
    circle: Ints
    half_angle: Floats


def find_chords(mesh: Mesh) -> Chords:
    """Return the edges along the round walls of a mesh, none in a deformed mesh."""
    walls = {} if mesh.deformed else mesh.round_walls
    parts = [(number, _edges_of(kinds)) for number, kinds in walls.items()]
    ends = np.vstack([np.empty((0, 2), np.int64), *(edges for _, edges in parts)])
    circle = np.repeat([number for number, _ in parts], [len(edges) for _, edges in parts]).astype(np.int64)
    at = mesh.flat[ends, :2]
    if len(parts):
        at = at - np.array([drawn.centre for drawn in mesh.layout.drawn_circles])[circle][:, None]
    angle = np.arctan2(at[..., 1], at[..., 0])
    half = 0.5 * np.abs(np.mod(angle[:, 1] - angle[:, 0] + math.pi, 2.0 * math.pi) - math.pi)
    along = half > UPRIGHT
    return Chords(ends[along], circle[along], half[along])


def find_round_walls(mesh: Mesh) -> dict[int, tuple[Ints, ...]]:
    """Return the walls along circles in a mesh with chords as they are drawn.

    A wall continues above and below its regions, so that its curvature is the same at all heights.

    Returns:
        number of the circle in the layout's `drawn_circles` -> walls (n, dim) and, in 3D, rims of films (m, 2).
    """
    if mesh.upright or not mesh.layout.drawn_circles:
        return {}
    edges = interface_edges(mesh)
    circle = _circle_of(mesh, edges)
    edges, circle = edges[circle >= 0], circle[circle >= 0]
    place = np.unique(mesh.flat[:, :2], axis=0, return_inverse=True)[1].ravel()  # equal along a column
    keys, first = np.unique(_pairs(place[edges], len(place)), return_index=True)
    kinds = (mesh.facets[0],) if mesh.dim == 2 else (mesh.facets[0], _walls(mesh)[1])
    owners = []
    for simplices in kinds:
        low, high = place[simplices].min(axis=1), place[simplices].max(axis=1)
        upright = ((place[simplices] == low[:, None]) | (place[simplices] == high[:, None])).all(axis=1)
        pairs = _pairs(np.column_stack([low, high]), len(place))
        edge = np.minimum(np.searchsorted(keys, pairs), max(len(keys) - 1, 0))
        known = upright & (keys[edge] == pairs) if len(keys) else np.zeros(len(simplices), dtype=bool)
        owners.append(np.where(known, circle[first][edge] if len(keys) else -1, -1))
    return {
        k: tuple(simplices[owner == k] for simplices, owner in zip(kinds, owners, strict=True))
        for k in np.unique(circle).tolist()
    }


def _pairs(ends: Ints, count: int) -> Ints:
    """Return a unique number for each pair (n, 2) of numbers below `count`."""
    return np.asarray(ends.min(axis=1) * count + ends.max(axis=1))


def _circle_of(mesh: Mesh, edges: Ints) -> Ints:
    """Return the circle of which each edge (n, 2) is a chord, -1 for none."""
    circles = mesh.layout.drawn_circles
    middle = mesh.flat[edges, :2].mean(axis=1)
    tree, number = shapely.STRtree(shapely.points(middle)), {circle: k for k, circle in enumerate(circles)}
    owner, off = np.full(len(edges), -1), np.full(len(edges), np.inf)
    for arc in mesh.layout.curves.arcs:
        circle = arc.circle
        near = tree.query(shapely.Point(circle.centre), predicate="dwithin", distance=circle.radius + circle.slack)
        away = np.abs(np.hypot(*(middle[near] - circle.centre).T) - circle.radius)
        nearer = (away < 4.0 * circle.slack) & (away < off[near])
        near, away = near[nearer], away[nearer]
        is_chord = _are_chords(arc, mesh.flat[edges[near], :2])
        owner[near[is_chord]], off[near[is_chord]] = number[circle], away[is_chord]
    return owner


def _are_chords(arc: Arc, ends: Floats) -> NDArray[np.bool_]:
    """Return which edges with the ends (n, 2, 2) are drawn chords of an arc, or parts of them."""
    angle, on = arc.angles(ends.reshape(-1, 2))
    half = 0.5 * np.abs(np.diff(angle.reshape(-1, 2), axis=1)[:, 0])
    half = np.minimum(half, math.pi - half)
    along, middle = ends[:, 1] - ends[:, 0], ends.mean(axis=1) - arc.circle.centre
    climb = np.abs((along * middle).sum(axis=1)) / np.maximum(np.hypot(*along.T) * np.hypot(*middle.T), 1e-300)
    widest = LONGEST_CHORD * arc.circle.half_angle
    return on.reshape(-1, 2).all(axis=1) & (half > UPRIGHT) & (half < widest) & (climb < math.sin(widest))


def rounded(mesh: Mesh) -> Mesh:
    """Return the mesh with the points of its arcs at the radius at which its chords enclose the circle's area."""
    chords = find_chords(mesh)
    if not len(chords.ends):
        return mesh
    flat, moved = mesh.flat.copy(), np.unique(chords.ends)
    for number in np.unique(chords.circle).tolist():
        circle, mine = mesh.layout.drawn_circles[number], chords.circle == number
        own, half = chords.ends[mine], chords.half_angle[mine]
        count = np.bincount(own.ravel(), minlength=len(flat))
        on = np.flatnonzero(count)
        mean = np.bincount(own.ravel(), weights=np.repeat(half**2, 2), minlength=len(flat))[on] / count[on]
        twice = 2.0 * np.sqrt(mean)
        beyond = circle.radius * (np.sqrt(twice / np.sin(twice)) - 1.0)
        away = mesh.flat[on, :2] - circle.centre
        reach = circle.radius + np.minimum(beyond, BEYOND * mesh.layout.feature)
        flat[on, :2] = circle.centre + away * (reach / np.hypot(*away.T))[:, None]
    corners, exact = corners_of_arcs(mesh, moved)
    flat[corners, :2] = exact
    flat[moved] = mesh.flat[moved] + _held_back(mesh, flat - mesh.flat)[moved]
    points = mesh.points.copy()
    points[moved] = mesh.layout.placement(flat[moved]) if mesh.dimension == "3d" else flat[moved]
    return replace(mesh, points=points, flat=flat)


def corners_of_arcs(mesh: Mesh, points: Ints) -> tuple[Ints, Floats]:
    """Return the points among `points` that are corners of an arc and a straight edge, and their exact positions."""
    curves, same = mesh.layout.curves, SAME * mesh.layout.feature
    if not len(curves.drawn) or not len(points):
        return np.empty(0, np.int64), np.empty((0, 2))
    at = mesh.flat[points, :2]
    way = curves.exact - curves.drawn
    _, nearest = nearest_of(shapely.STRtree(shapely.points(0.5 * (curves.drawn + curves.exact))), at)
    start, along = curves.drawn[nearest], way[nearest]
    share = np.einsum("ni,ni->n", at - start, along) / np.maximum(np.einsum("ni,ni->n", along, along), 1e-300)
    off = np.hypot(*(at - start - np.clip(share, 0.0, 1.0)[:, None] * along).T)
    return points[off < same], curves.exact[nearest][off < same]


def _held_back(mesh: Mesh, way: Floats) -> Floats:
    """Return motions (npoints, dim) limited to a part of the smallest height of the cells at each point."""
    sides = mesh.flat[mesh.cells[:, 1:]] - mesh.flat[mesh.cells[:, :1]]
    slopes = np.linalg.inv(sides)  # columns: gradients of barycentric coordinates
    steepest = np.maximum(np.linalg.norm(slopes, axis=1).max(axis=1), np.linalg.norm(slopes.sum(axis=2), axis=1))
    least = np.full(len(way), np.inf)
    np.minimum.at(least, mesh.cells, (1.0 / steepest)[:, None])
    far = np.linalg.norm(way, axis=1)
    return way * np.minimum(1.0, FARTHEST * least / np.maximum(far, 1e-300))[:, None]


def sagitta(mesh: Mesh) -> float:
    """Return the largest distance of the middle of a chord from its arc, um; 0 without arcs."""
    chords = find_chords(mesh)
    radius = np.array([circle.radius for circle in mesh.layout.drawn_circles])[chords.circle]
    return float((radius * (1.0 - np.cos(chords.half_angle))).max(initial=0.0))


def interface_edges(mesh: Mesh) -> Ints:
    """Return the edges (n, 2) of the walls between two regions or on the outside, and of the rims of films."""
    return _edges_of(_walls(mesh))


def _edges_of(kinds: Sequence[Ints]) -> Ints:
    """Return the unique edges (n, 2) of edges and triangles."""
    return np.unique(np.vstack([sides_of(simplices) for simplices in kinds]), axis=0)


def _walls(mesh: Mesh) -> tuple[Ints, ...]:
    """Return the walls (n, dim) between two regions or on the outside and, in 3D, the rims (m, 2) of films.

    Floors and tops are left out: in a fine mesh, points inside them can be nearer to a circle than its first chords.
    """
    vertices, a, b = mesh.facets
    facets = vertices[(b < 0) | (mesh.region_of_cell[a] != mesh.region_of_cell[b])]
    if mesh.dim == 2:
        return (facets,)
    rims = [rim(film) for film in mesh.sheets.values()]
    return facets[np.ptp(mesh.flat[facets, 2], axis=1) > 0.0], np.vstack([np.empty((0, 2), np.int64), *rims])


def sides_of(facets: Ints) -> Ints:
    """Return the edges of edges or triangles, the lower vertex first, ordered by local edge."""
    if facets.shape[1] == 2:
        return np.sort(facets, axis=1)
    return np.sort(np.vstack([facets[:, [0, 1]], facets[:, [1, 2]], facets[:, [0, 2]]]), axis=1)


def sides_of_cells(cells: Ints) -> Ints:
    """Return the edges of cells (n, dim + 1), the lower vertex first."""
    pairs = [(a, b) for a in range(cells.shape[1]) for b in range(a)]
    return np.sort(np.vstack([cells[:, pair] for pair in pairs]), axis=1)


def rim(film: Ints) -> Ints:
    """Return the edges (n, 2) of a film with a triangle on one side only."""
    edges, count = np.unique(sides_of(film), axis=0, return_counts=True)
    return edges[count == 1]


def midpoints(mesh: Mesh, ends: Ints) -> Floats:
    """Return the flat midpoints (n, dim) of edges with the ends (n, 2), in an undeformed roll along its spiral, um."""
    a, b = mesh.flat[ends[:, 0]], mesh.flat[ends[:, 1]]
    middle, spiral = 0.5 * (a + b), mesh.layout.spiral
    if spiral is None or not spiral.rolled or mesh.upright or mesh.deformed:
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
