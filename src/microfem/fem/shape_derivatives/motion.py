"""Motion of a mesh with its layout when a parameter changes; the cells stay the same.

Points on the walls of regions move with the corners of the outlines, linearly between two corners; points on floors and
tops move with the heights. All others follow as in an elastic sheet that is stiff where cells are small:
div(grad v / |cell|) = 0 for each component, P1. Only the motion of corners and heights is prescribed by the layout; the
motion of points inside changes no exact result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from microfem.base.errors import MeshError
from microfem.fem.solvers.assembly import scalar_stiffness
from microfem.fem.solvers.solve import System
from microfem.fem.space import Floats, Ints, Space
from microfem.layout import Layout, Outline
from microfem.layout.section import section_outlines
from microfem.mesh import Mesh
from microfem.mesh.curves import rim

NEAR = 5e-3  # of the smallest feature: distance of a wall's point from its outline; corners lie outside circles
LEVEL = 1e-6  # of the smallest feature: tolerance of heights
PART = 1e-4  # of the motion: tolerance between outlines that share a wall; the mesh is snapped to a grid
ROUND_OFF = 1e-12  # of an outline's length: points nearer to each other are the same
STRAIGHT = 1e-7  # sine of the least turn at a corner
LEAST_NORMAL = 1e-6  # smallest eigenvalue of the sum of n n^T at a point, relative to the number of normals


@dataclass(frozen=True)
class MovedRing:
    """A closed line with its corners (n + 1, 2) before and after the change."""

    line: shapely.LinearRing
    old: Floats
    new: Floats

    def follow(self, points: Floats) -> tuple[Floats, Floats, Ints]:
        """Return the distance (n,) of points from the line, their motion (n, 2), and their side of the line (n,)."""
        along = shapely.line_locate_point(self.line, shapely.points(points))
        ends = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(self.old, axis=0).T))])
        side = np.clip(np.searchsorted(ends, along, side="right") - 1, 0, len(self.old) - 2)
        share = ((along - ends[side]) / np.diff(ends)[side])[:, None]
        at = (1.0 - share) * self.old[side] + share * self.old[side + 1]
        way = self.new - self.old
        return np.hypot(*(points - at).T), (1.0 - share) * way[side] + share * way[side + 1], side

    def normals(self, side: Ints) -> Floats:
        """Return the normals (n, 2) of sides after the change."""
        along = np.diff(self.new, axis=0)[side]
        return np.column_stack([along[:, 1], -along[:, 0]]) / np.hypot(*along.T)[:, None]


@dataclass(kw_only=True)
class WallMotion:
    """Motions that walls prescribe for points in one plane.

    count, wish, normal, across: at each point the number of prescribed motions v, their sum, and the sums of n n^T and
    n (n . v); largest: largest component of all v; walls: points, normals and normal motion of each wall.
    """

    count: Floats
    wish: Floats
    normal: Floats
    across: Floats
    largest: float = 0.0
    walls: list[tuple[Ints, Floats, Floats]] = field(default_factory=list)

    @classmethod
    def none(cls, npoints: int) -> WallMotion:
        """Return the record without walls."""
        return cls(
            count=np.zeros(npoints),
            wish=np.zeros((npoints, 2)),
            normal=np.zeros((npoints, 2, 2)),
            across=np.zeros((npoints, 2)),
        )

    def hold(self, points: Ints, normals: Floats, way: Floats) -> None:
        """Add the motion of a wall: way (n, 2) at its points (n,), with normals (n, 2)."""
        along = np.einsum("ni,ni->n", normals, way)
        np.add.at(self.count, points, 1.0)
        np.add.at(self.wish, points, way)
        np.add.at(self.normal, points, np.einsum("ni,nj->nij", normals, normals))
        np.add.at(self.across, points, normals * along[:, None])
        self.largest = max(self.largest, float(np.abs(way).max(initial=0.0)))
        self.walls.append((points, normals, along))

    def solved(self) -> tuple[Ints, Floats]:
        """Return the points on walls and their motion: along normals that of their walls, else the mean.

        Raises:
            MeshError: two walls that coincide in this mesh move apart.
        """
        points = np.flatnonzero(self.count)
        wish = self.wish[points] / self.count[points, None]
        left = self.across[points] - np.einsum("nij,nj->ni", self.normal[points], wish)
        size, axes = np.linalg.eigh(self.normal[points])
        inverse = np.where(size > LEAST_NORMAL * self.count[points, None], 1.0 / np.maximum(size, 1e-300), 0.0)
        way = wish + np.einsum("nik,nk,njk,nj->ni", axes, inverse, axes, left)
        every = np.zeros((len(self.count), 2))
        every[points] = way
        off = max(
            (float(np.abs(np.einsum("ni,ni->n", n, every[p]) - along).max(initial=0.0)) for p, n, along in self.walls),
            default=0.0,
        )
        if off > PART * self.largest:
            raise MeshError(
                f"outlines that touch in this mesh move apart, by {off:.3g} um: no mesh of the same cells "
                "follows; change both outlines together, or leave a gap between them"
            )
        return points, way


def motion(mesh: Mesh, goal: Layout) -> Floats:
    """Return the motion (npoints, dim), um, of the points of a flat mesh that makes it a mesh of the layout `goal`.

    Raises:
        MeshError: the layouts differ in regions, corners or contacts, or are wound.
    """
    layout = mesh.layout
    if layout.spiral is not None:
        raise MeshError("the mesh of a wound multilayer does not follow its layout")
    old, new = _outlines(layout, mesh.dimension), _outlines(goal, mesh.dimension)
    if old.keys() != new.keys():
        raise MeshError("the layouts do not have the same parts: no mesh of the same cells follows")
    vertices, a, b = mesh.facets
    outer = (b < 0) | (mesh.region_of_cell[a] != mesh.region_of_cell[b])
    if mesh.dim == 2:
        return _extended(mesh, *_walls(mesh, old, new, vertices[outer], a[outer], b[outer]))
    upright = np.ptp(mesh.flat[vertices, 2], axis=1) > LEVEL * layout.feature
    walls, floors = outer & upright, outer & ~upright
    along = _extended(mesh, *_walls(mesh, old, new, vertices[walls], a[walls], b[walls]))
    return np.hstack([along, _extended(mesh, *_levels(mesh, goal, vertices[floors], a[floors], b[floors]))])


def _walls(
    mesh: Mesh, old: Mapping[str, Outline], new: Mapping[str, Outline], facets: Ints, a: Ints, b: Ints
) -> tuple[Ints, Floats]:
    """Return the points of walls and of the rims of films, and their motion (n, 2)."""
    held = WallMotion.none(len(mesh.points))
    parts = [(name, facets[_beside(mesh, name, a, b)]) for name in mesh.regions]
    if mesh.dim == 3:
        parts += [(name, rim(film)) for name, film in mesh.sheets.items()]
    for name, there in parts:
        for ring in _rings(name, old[name], new[name]):
            _hold_walls(mesh, ring, there, held)
    return held.solved()


def _outlines(layout: Layout, dimension: str) -> dict[str, Outline]:
    """Return the outlines whose walls a view has, by the name of their part."""
    if dimension != "section":
        return {part.name: part.footprint for part in layout.parts()}
    return {name: outline for name, outline, _ in section_outlines(layout)[0]}


def _rings(name: str, old: Outline, new: Outline) -> Iterator[MovedRing]:
    """Yield the closed lines of two outlines in pairs.

    Raises:
        MeshError: their numbers of corners differ.
    """
    pairs = [
        [_corners(ring) for part in shapely.get_parts(outline) for ring in (part.exterior, *part.interiors)]
        for outline in (old, new)
    ]
    if [len(ring) for ring in pairs[0]] != [len(ring) for ring in pairs[1]]:
        raise MeshError(f"the outline of '{name}' has other corners there: no mesh of the same cells follows")
    for before, after in zip(*pairs, strict=True):
        turned = np.roll(after, -_turn(before, after), axis=0)
        ends = [np.vstack([ring, ring[:1]]) for ring in (before, turned)]
        yield MovedRing(shapely.LinearRing(ends[0]), *ends)


def _corners(ring: shapely.LinearRing) -> Floats:
    """Return the corners (n, 2) of a closed line, without points on its sides and duplicates, which unions leave."""
    points = np.asarray(shapely.remove_repeated_points(ring, ROUND_OFF * ring.length).coords)[:-1, :2]
    ahead, behind = np.roll(points, -1, axis=0) - points, points - np.roll(points, 1, axis=0)
    turn = np.abs(ahead[:, 0] * behind[:, 1] - ahead[:, 1] * behind[:, 0])
    return np.asarray(points[turn > STRAIGHT * np.hypot(*ahead.T) * np.hypot(*behind.T)])


def _turn(before: Floats, after: Floats) -> int:
    """Return the cyclic shift of the corners that makes their motions shortest."""
    a, b = (ring @ [1.0, 1.0j] - ring.mean(axis=0) @ [1.0, 1.0j] for ring in (before, after))
    return int(np.fft.ifft(np.conj(np.fft.fft(a)) * np.fft.fft(b)).real.argmax())


def _hold_walls(mesh: Mesh, ring: MovedRing, facets: Ints, held: WallMotion) -> None:
    """Add the motion of a ring to the points of the facets (n, k) that lie on it."""
    if not len(facets):
        return
    used, place = np.unique(facets, return_inverse=True)
    place = place.reshape(facets.shape)
    away, _, _ = ring.follow(mesh.flat[used, :2])
    on = (away[place] < NEAR * mesh.layout.feature).all(axis=1)
    facets, place = facets[on], place[on]
    middle = mesh.flat[facets, :2].mean(axis=1)
    off, _, side = ring.follow(middle)
    there = off < NEAR * mesh.layout.feature
    facets, normals = facets[there], ring.normals(side[there])
    for corner in facets.T:
        _, way, _ = ring.follow(mesh.flat[corner, :2])
        held.hold(corner, normals, way)


def _beside(mesh: Mesh, name: str, a: Ints, b: Ints) -> NDArray[np.bool_]:
    """Return which facets (n,), with the cells a and b on their sides, bound a region."""
    region = mesh.regions.index(name)
    return np.asarray((mesh.region_of_cell[a] == region) | ((b >= 0) & (mesh.region_of_cell[b] == region)))


def _levels(mesh: Mesh, goal: Layout, facets: Ints, a: Ints, b: Ints) -> tuple[Ints, Floats]:
    """Return the points of floors, tops and films, and their change of height (n, 1).

    Raises:
        MeshError: two heights that coincide in this mesh move apart.
    """
    layout, tolerance = mesh.layout, LEVEL * mesh.layout.feature
    low, high = np.full(len(mesh.points), np.inf), np.full(len(mesh.points), -np.inf)

    def rise(points: Ints, by: float) -> None:
        low[points], high[points] = np.minimum(low[points], by), np.maximum(high[points], by)

    after = {part.name: part for part in goal.parts()}
    height = mesh.flat[facets[:, 0], 2] if len(facets) else np.zeros(0)
    for name in mesh.regions:
        beside = _beside(mesh, name, a, b)
        for z, new in zip(layout.part(name).z, after[name].z, strict=True):  # type: ignore[arg-type]
            rise(np.unique(facets[beside & (np.abs(height - z) < tolerance)]), new - z)
    for name, film in mesh.sheets.items():
        rise(np.unique(film), after[name].z - layout.part(name).z)  # type: ignore[operator]
    points = np.flatnonzero(high >= low)
    apart = float((high - low)[points].max(initial=0.0))
    if apart > PART * max(float(np.abs(high[points]).max(initial=0.0)), float(np.abs(low[points]).max(initial=0.0))):
        raise MeshError(
            f"heights that coincide in this mesh move apart, by {apart:.3g} um: no mesh of the same cells "
            "follows; change the parts that share them together"
        )
    return points, high[points, None]


def _extended(mesh: Mesh, points: Ints, way: Floats) -> Floats:
    """Return the motion (npoints, m) of all points that extends the motion `way` (n, m) of `points`."""
    space = Space(mesh.moved(mesh.flat), 1)
    size = space.mesh.volumes
    form = scalar_stiffness(space, mesh.cells, size.mean() / size)
    free = np.setdiff1d(np.arange(len(mesh.points)), points)
    with System(form, points, free, repeated=True) as system:
        return np.asarray(system.solve(way.T).u.T)
