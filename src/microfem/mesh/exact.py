"""The map from the straight cells of a mesh to the exact layout.

A mesh has straight edges, and a layout has circles, spirals and curved surfaces. The exact position of a point with the
barycentric coordinates lambda in a flat cell is

    X = sum_v lambda_v T_v + sum_e (1 - sum_{f with e} s_f) s_e^2 D_e + sum_f s_f^3 D_f,
    s_p = sum_{v in p} lambda_v,   D_p = C_p(mu) - sum_{v in p} mu_v T_v,   mu_v = lambda_v / s_p,

where T_v is the exact position of vertex v, and e and f are the edges and the facets of the cell that lie on a curved
wall. C_p(mu) = c + r(mu) e(theta(mu)) is the point on that wall whose radius and angle about the centre c are the means
of those of the vertices with the weights mu: circles, and spirals r = a + b theta, are exact. On a facet of the wall
s_f is 1 and D_f is the only correction; on any other facet all terms vanish except those of its own edges. So the maps
of neighbours agree, as the blended maps of W. J. Gordon and C. A. Hall, Numer. Math. 21 (1973) 109, and regions map to
regions. A placement then maps X onto its surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from microfem.layout import Flat
from microfem.layout.frames import axes_of, frames_at
from microfem.materials.anisotropy import FLAT
from microfem.mesh.curves import (
    LONGEST_STEP,
    Chords,
    corners_of_arcs,
    find_chords,
    interface_edges,
    sides_of,
    sides_of_cells,
)
from microfem.mesh.frames import carried, frames_of, in_space, shown
from microfem.mesh.record import Mesh, facet_keys

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ON_SPIRAL = 1e-9  # relative tolerance of the radii between which layers are wound
LEAST_SHARE = 0.5  # smallest ratio of the Jacobian of a curved cell to that of the straight one
SWEEPS = 12  # points inside follow those on walls over at most so many edges
STRAIGHT_UP = 1e-9  # of a wall's height: tolerance of an upright edge


@dataclass(frozen=True)
class CurvedPieces:
    """Edges or facets on curved walls: sorted keys (n,) of their sorted vertices, and the walls' centres (n, 2)."""

    keys: Ints
    centres: Floats

    def find(self, keys: Ints) -> Ints:
        """Return the number of the piece with each key, -1 if it is not curved."""
        if not len(self.keys):
            return np.full(keys.shape, -1)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, place, -1)


@dataclass(frozen=True)
class ExactShape:
    """The map from the cells of a mesh to the exact layout.

    target: (npoints, dim) exact position of each flat point, um; edges, facets: pieces on curved walls, facets in 3D.
    """

    mesh: Mesh
    target: Floats
    edges: CurvedPieces
    facets: CurvedPieces

    def overbent(self) -> Ints:
        """Return the cells at curved walls that are too slim for their chords: the map inverts them, or nearly."""
        curved, _ = self.bends(self.mesh.cells)
        rows = np.flatnonzero(curved)
        cells = self.mesh.cells[rows]
        sides = self.target[cells[:, 1:]] - self.target[cells[:, :1]]
        true = np.linalg.det(self._flat_tangents(cells, _probes(cells.shape[1]))[0])
        return rows[(true / np.linalg.det(sides)[:, None]).min(axis=1) < LEAST_SHARE]

    @property
    def straight(self) -> bool:
        """Whether the map is the identity."""
        return not (self._placed or len(self.edges.keys) or (self.target != self.mesh.flat).any())

    @property
    def _placed(self) -> bool:
        return self.mesh.dimension == "3d" and not self.mesh.deformed and self.mesh.layout.placement != Flat()

    def bends(self, simplices: Ints) -> tuple[Bools, Bools]:
        """Return which simplices (n, k + 1) have curved edges, and which the map changes, (n,) each."""
        moved = (self.target != self.mesh.flat).any(axis=1)[simplices].any(axis=1)
        curved = np.zeros(len(simplices), dtype=bool)
        for ends in _subsets(simplices, 2):
            curved |= self.edges.find(self._keys(simplices[:, ends])) >= 0
        return curved, np.asarray(moved | curved | self._placed)

    def edges_of(self, simplices: Ints) -> tuple[Ints, Ints]:
        """Return the unique edges (m, 2) of simplices (n, k + 1), and the edges of each simplex (n, nedges)."""
        edges = np.sort(np.stack([simplices[:, ends] for ends in _subsets(simplices, 2)], axis=1), axis=2)
        _, first, number = np.unique(self._keys(edges.reshape(-1, 2)), return_index=True, return_inverse=True)
        return edges.reshape(-1, 2)[first], number.reshape(len(simplices), -1)

    def tangents(self, simplices: Ints, barycentric: Floats) -> Floats:
        """Return the derivatives of the exact position by the reference coordinates lambda_1 ... lambda_k, um.

        simplices: (n, k + 1) vertices of cells or facets; barycentric: (nq, k + 1) coordinates of points.

        Returns:
            (n, nq, k, dim).
        """
        along, place = self._flat_tangents(simplices, barycentric)
        if not self._placed:
            return along
        placing = self.mesh.layout.placement.jacobian(place.reshape(-1, 3)).reshape(*place.shape, 3)
        return np.asarray(along @ placing.swapaxes(2, 3))

    @property
    def turning(self) -> bool:
        """Whether the frame of materials turns within a simplex: on a surface, around a fibre, along a roll."""
        return not self.mesh.deformed and (self._placed or axes_of(self.mesh.layout) != FLAT)

    def turns(self, simplices: Ints, barycentric: Floats) -> Floats:
        """Return the rotation (n, nq, dim, dim) of the frame of materials from a simplex's middle to its points."""
        seen, middle = shown(self.mesh), frames_of(self.mesh, simplices)[:, None]
        turn = self.frames(simplices, barycentric) @ middle.swapaxes(2, 3)
        return np.asarray(turn[..., seen, :][..., seen])

    def frames(self, simplices: Ints, barycentric: Floats) -> Floats:
        """Return the exact frame of materials (n, nq, 3, 3) at points of simplices."""
        mesh = self.mesh
        place = in_space(mesh, self._flat_tangents(simplices, barycentric)[1])
        near = np.repeat(in_space(mesh, mesh.flat[simplices]).mean(axis=1), len(barycentric), axis=0)
        frames = frames_at(mesh.layout, place.reshape(-1, 3), near)
        if self._placed:
            frames = carried(mesh.layout.placement.jacobian(place.reshape(-1, 3)) @ frames)
        return frames.reshape(*place.shape, 3)

    def _flat_tangents(self, simplices: Ints, barycentric: Floats) -> tuple[Floats, Floats]:
        """Return the tangents (n, nq, k, dim) and the positions (n, nq, dim) before placement, um."""
        corners = self.target[simplices]
        place = barycentric @ corners
        slope = np.broadcast_to(corners[:, None], (*place.shape[:2], *corners.shape[1:])).copy()
        shares = {ends: _Share.none(len(simplices), *barycentric.shape) for ends in _subsets(simplices, 2)}
        for local in _subsets(simplices, 3) if len(self.facets.keys) else ():
            rows, step, turn = self._curve(self.facets, simplices, corners, barycentric, local)
            place[rows, :, :2] += step
            slope[rows[:, None], :, local, :2] += turn
            for pair in combinations(local, 2):
                shares[pair].add(rows, local, barycentric[:, local].sum(axis=1))
        for ends, share in shares.items():
            rows, step, turn = self._curve(self.edges, simplices, corners, barycentric, ends)
            left = (1.0 - share.total[rows])[..., None]
            place[rows, :, :2] += left * step
            slope[rows[:, None], :, ends, :2] += left[:, None] * turn
            slope[rows, :, :, :2] -= share.count[rows, None, :, None] * step[:, :, None]
        return slope[:, :, 1:] - slope[:, :, :1], place

    def _curve(
        self, pieces: CurvedPieces, simplices: Ints, corners: Floats, barycentric: Floats, local: tuple[int, ...]
    ) -> tuple[Ints, Floats, Floats]:
        """Return the simplices whose vertices `local` are a curved piece, and its terms of position and slopes."""
        number = pieces.find(self._keys(simplices[:, local]))
        rows = np.flatnonzero(number >= 0)
        return rows, *_blend(corners[rows][:, local, :2], pieces.centres[number[rows]], barycentric[:, local])

    def _keys(self, pieces: Ints) -> Ints:
        return facet_keys(np.sort(pieces, axis=1), len(self.mesh.points))


@dataclass(frozen=True)
class _Share:
    """Sum of s_f (n, nq) over the curved facets beside an edge, and its derivatives, count (n, nvertices)."""

    total: Floats
    count: Floats

    @classmethod
    def none(cls, n: int, points: int, vertices: int) -> _Share:
        return cls(np.zeros((n, points)), np.zeros((n, vertices)))

    def add(self, rows: Ints, local: tuple[int, ...], total: Floats) -> None:
        self.total[rows] += total
        self.count[rows[:, None], local] += 1.0


def _probes(count: int) -> Floats:
    """Return barycentric points (count + 1, count) of a simplex: near each vertex, and the centre."""
    near = np.full((count, count), 0.1 / (count - 1)) + (0.9 - 0.1 / (count - 1)) * np.eye(count)
    return np.vstack([near, np.full(count, 1.0 / count)])


def _subsets(simplices: Ints, size: int) -> list[tuple[int, ...]]:
    """Return the edges or triangles of a simplex, as positions of their vertices."""
    return list(combinations(range(simplices.shape[1]), size))


def _blend(corners: Floats, centre: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return s^m D of a curved piece of m vertices, and its derivatives by the weights of the vertices.

    corners: (n, m, 2) exact positions of its vertices; centre: (n, 2); weights: (nq, m) barycentric, not all 0.

    Returns:
        (n, nq, 2) and (n, m, nq, 2).
    """
    away = corners - centre[:, None]
    radius, angle = np.hypot(away[..., 0], away[..., 1]), np.arctan2(away[..., 1], away[..., 0])
    angle = np.mod(angle - angle[:, :1] + np.pi, 2.0 * np.pi) - np.pi + angle[:, :1]
    total = weights.sum(axis=1)
    mean = weights / total[:, None]
    r, theta = radius @ mean.T, angle @ mean.T  # (n, nq)
    out = np.stack([np.cos(theta), np.sin(theta)], axis=-1)
    around = np.stack([-out[..., 1], out[..., 0]], axis=-1)
    off = centre[:, None] + r[..., None] * out - mean @ corners
    turn = r[:, None] * (angle[..., None] - theta[:, None])  # (n, m, nq)
    slope = radius[..., None, None] * out[:, None] + turn[..., None] * around[:, None] - away[:, :, None]
    power = weights.shape[1]
    scale = (total ** (power - 1))[:, None]
    return off * scale * total[:, None], ((power - 1) * off[:, None] + slope) * scale


def exact_shape(mesh: Mesh) -> ExactShape:
    """Return the map from a mesh to its exact layout, for a section or a deformed mesh the identity."""
    chords = find_chords(mesh)
    target = mesh.flat.copy()
    ends, centres = chords.ends, np.array([c.centre for c in mesh.layout.drawn_circles]).reshape(-1, 2)[chords.circle]
    for number in np.unique(chords.circle).tolist():
        circle = mesh.layout.drawn_circles[number]
        on = np.unique(ends[chords.circle == number])
        away = mesh.flat[on, :2] - circle.centre
        target[on, :2] = circle.centre + away * (circle.radius / np.hypot(*away.T))[:, None]
    corners, places = corners_of_arcs(mesh, np.unique(ends))
    target[corners, :2] = places
    target += _followed(mesh, target - mesh.flat)
    wound = wound_edges(mesh, chords)
    ends, centres = np.vstack([ends, wound]), np.vstack([centres, np.zeros((len(wound), 2))])
    keys, first = np.unique(facet_keys(np.sort(ends, axis=1), len(mesh.points)), return_index=True)
    edges = CurvedPieces(keys, centres[first])
    return ExactShape(mesh, target, edges, _facets(mesh, edges))


def _followed(mesh: Mesh, moved: Floats) -> Floats:
    """Return the motion (npoints, dim) of points inside, a weighted mean of that of their neighbours; 0 on walls."""
    result = np.zeros(moved.shape)
    if not moved.any():
        return result
    free = np.ones(len(moved), dtype=bool)
    free[np.unique(interface_edges(mesh))] = False
    free &= ~moved.any(axis=1)
    ends = np.unique(sides_of_cells(mesh.cells), axis=0)
    near = 1.0 / ((mesh.flat[ends[:, 0]] - mesh.flat[ends[:, 1]]) ** 2).sum(axis=1)
    total = np.bincount(ends.ravel(), np.repeat(near, 2), len(moved))
    for _ in range(SWEEPS):
        now = moved + result
        for axis in range(2):
            pull = np.bincount(ends[:, 0], near * now[ends[:, 1], axis], len(moved))
            pull += np.bincount(ends[:, 1], near * now[ends[:, 0], axis], len(moved))
            result[free, axis] = (pull / total)[free]
    return result


def wound_edges(mesh: Mesh, chords: Chords) -> Ints:
    """Return the edges (n, 2) of walls of a roll that follow its spiral."""
    spiral = mesh.layout.spiral
    if spiral is None or not spiral.rolled or mesh.dimension == "section" or mesh.deformed:
        return np.empty((0, 2), np.int64)
    edges = interface_edges(mesh)
    ends = mesh.flat[edges, :2]
    radius, angle = np.hypot(ends[..., 0], ends[..., 1]), np.arctan2(ends[..., 1], ends[..., 0])
    step = np.abs(np.mod(np.diff(angle, axis=1)[:, 0] + np.pi, 2.0 * np.pi) - np.pi)
    low, high = spiral.core_radius * (1.0 - ON_SPIRAL), spiral.reach * (1.0 + ON_SPIRAL)
    inside = ((radius > low) & (radius < high)).all(axis=1)
    wound = inside & (step > ON_SPIRAL) & (step < LONGEST_STEP * 2.0 * np.pi / (len(spiral.turn) - 1))
    taken = facet_keys(np.sort(chords.ends, axis=1), len(mesh.points))
    return np.asarray(edges[wound & ~np.isin(facet_keys(edges, len(mesh.points)), taken)])


def _facets(mesh: Mesh, edges: CurvedPieces) -> CurvedPieces:
    """Return the facets of curved walls: their edges are curved about one centre, or upright."""
    if mesh.dim == 2 or not len(edges.keys):
        return CurvedPieces(np.empty(0, np.int64), np.empty((0, 2)))
    walls = mesh.facets[0]
    sides = sides_of(walls)
    number = edges.find(facet_keys(sides, len(mesh.points))).reshape(3, -1)
    across, (_, _, rise) = mesh.flat[sides[:, 1], :2] - mesh.flat[sides[:, 0], :2], np.ptp(mesh.flat[walls], axis=1).T
    upright = (np.hypot(*across.T).reshape(3, -1) <= STRAIGHT_UP * rise) & (rise > 0.0)
    centre = edges.centres[number.max(axis=0)]
    alike = (number < 0) | (edges.centres[number] == centre).all(axis=2)
    curved = (((number >= 0) | upright) & alike).all(axis=0) & (number >= 0).any(axis=0)
    keys = facet_keys(walls[curved], len(mesh.points))
    order = np.argsort(keys)
    return CurvedPieces(keys[order], centre[curved][order])
