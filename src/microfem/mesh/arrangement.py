"""The arrangement of all outlines: faces that cover the plan without overlap, and the region of each face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from microfem.base.errors import MeshError
from microfem.layout.arcs import DrawnCircle

GRID = 1e-5  # spacing of the snapping grid, relative to the smallest feature
SHORT = 0.1  # of the next chord: a shorter remainder of a chord at a junction is merged with it
STRAIGHT = 0.9  # cosine of the largest turn between two chords of one arc


@dataclass(frozen=True)
class Prism:
    """A region for the mesher: an outline and an interval of heights, um."""

    name: str
    outline: Polygon | MultiPolygon
    z: tuple[float, float]
    priority: int


@dataclass(frozen=True)
class Arrangement:
    """Faces of the plan and, for each face and each slab between two heights, the owning prism.

    faces: polygons that share whole edges; heights: (nslabs + 1,) limits of the slabs, um; owner: (nfaces, nslabs)
    index of the prism, -1 for none; snapped: largest distance of a corner of an outline from the edges of faces, um:
    outlines nearer to each other than the grid become one.
    """

    faces: tuple[Polygon, ...]
    heights: NDArray[np.float64]
    owner: NDArray[np.int64]
    snapped: float = 0.0


def arrange(
    prisms: Sequence[Prism],
    films: Sequence[Polygon | MultiPolygon],
    film_heights: Sequence[float],
    feature: float,
    circles: Sequence[DrawnCircle] = (),
) -> Arrangement:
    """Return the arrangement of all outlines.

    films: outlines that become lines of the plan without a face of their own; film_heights: limits of slabs in addition
    to those of the prisms, um; feature: smallest feature, um; circles: circles that outlines approximate by chords.

    Intersections are found on a grid, so that nearly equal lines become one; then corners move back to those of the
    outlines: the grid decides which lines meet and moves no corner.

    Raises:
        MeshError: the sum of the faces' areas differs from the area of the outlines.
    """
    grid = GRID * feature
    outlines = [prism.outline for prism in prisms]
    lines = [outline.boundary for outline in [*outlines, *films]]
    noded = shapely.get_parts(shapely.line_merge(shapely.union_all(lines, grid_size=grid)))
    whole = shapely.polygonize([_without_remainders(line, circles) for line in noded])
    faces = [face for face in shapely.get_parts(whole) if face.area > 10.0 * grid * feature]
    faces = list(shapely.transform(np.array(faces, dtype=object), _Corners(lines, grid)))
    heights = np.unique([z for prism in prisms for z in prism.z] + list(film_heights))
    middle = 0.5 * (heights[1:] + heights[:-1])
    points = np.array([face.representative_point() for face in faces])
    owner = np.full((len(faces), len(middle)), -1, dtype=np.int64)
    rank = np.full(owner.shape, np.iinfo(np.int64).min, dtype=np.int64)
    for index, prism in enumerate(prisms):
        shapely.prepare(prism.outline)
        inside = np.asarray(shapely.contains(prism.outline, points))[:, None]
        mine = inside & ((middle > prism.z[0]) & (middle < prism.z[1]))[None] & (prism.priority >= rank)
        owner[mine], rank[mine] = index, prism.priority
    used = (owner >= 0).any(axis=1)
    kept = tuple(faces[index] for index in np.flatnonzero(used))
    _check_area(kept, outlines, grid)
    return Arrangement(kept, heights, owner[used], _snapped(kept, lines, circles, grid))


class _Corners:
    """Moves points on the grid back to the corners of lines, or to intersections of lines, that they replace."""

    def __init__(self, lines: Sequence[shapely.Geometry], grid: float) -> None:
        """Collect the corners and the straight pieces of the lines."""
        parts = [shapely.get_coordinates(part) for part in shapely.get_parts(lines)]
        self.corners = np.vstack(parts)
        self.pieces = np.vstack([np.stack([part[:-1], part[1:]], axis=1) for part in parts])
        self.corner_tree = shapely.STRtree(shapely.points(self.corners))
        self.piece_tree = shapely.STRtree(shapely.linestrings(self.pieces))
        self.grid = grid

    def __call__(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the exact positions (n, 2) of points (n, 2); equal points have equal positions."""
        distance, nearest = nearest_of(self.corner_tree, points)
        restored = np.where((distance <= self.grid)[:, None], self.corners[nearest], points)
        for row in np.flatnonzero(distance > self.grid):
            restored[row] = self._crossing(points[row])
        return restored

    def _crossing(self, point: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the intersection of the two pieces near a point with the largest angle, or else the point."""
        near = self.pieces[self.piece_tree.query(shapely.Point(point), predicate="dwithin", distance=self.grid)]
        if not len(near):
            return point
        start, along = near[:, 0], near[:, 1] - near[:, 0]
        along = along / np.hypot(*along.T)[:, None]
        sine = along[:, None, 0] * along[None, :, 1] - along[:, None, 1] * along[None, :, 0]
        i, j = np.unravel_index(np.abs(sine).argmax(), sine.shape)
        if sine[i, j] == 0.0:
            return point
        away = start[j] - start[i]
        cross = start[i] + along[i] * ((away[0] * along[j, 1] - away[1] * along[j, 0]) / sine[i, j])
        return np.asarray(cross if np.hypot(*(cross - point)) <= 2.0 * self.grid else point)


def _snapped(
    faces: Sequence[Polygon], lines: Sequence[shapely.Geometry], circles: Sequence[DrawnCircle], grid: float
) -> float:
    """Return the largest distance of corners of lines from the faces, um, without chords of circles."""
    corners = np.unique(shapely.get_coordinates(lines), axis=0)
    off, _ = nearest_of(shapely.STRtree(shapely.points(shapely.get_coordinates(faces))), corners)
    merged = float(off[off <= 2.0 * grid].max(initial=0.0))
    left = np.array([corner for corner in corners[off > 2.0 * grid] if not _on_circle(corner, circles)]).reshape(-1, 2)
    edges = shapely.STRtree(shapely.boundary(np.array(faces, dtype=object)))
    return max(merged, float(nearest_of(edges, left)[0].max(initial=0.0)))


def nearest_of(tree: shapely.STRtree, points: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the distance of points (n, 2) from the nearest geometry of a tree, and its number, (n,) each."""
    distance, number = np.empty(len(points)), np.empty(len(points), dtype=np.int64)
    (row, nearest), away = tree.query_nearest(shapely.points(points), return_distance=True, all_matches=False)
    distance[row], number[row] = away, nearest
    return distance, number


def _on_circle(point: NDArray[np.float64], circles: Sequence[DrawnCircle]) -> bool:
    return any(abs(np.hypot(*(point - c.centre)) - c.radius) <= c.slack for c in circles)


def _without_remainders(line: LineString, circles: Sequence[DrawnCircle]) -> LineString:
    """Return a line without corners of an arc close to the arc's ends: they cause slivers and carry no shape.

    An arc ends at the line's ends, where other lines meet it, and at a sharp turn into a straight edge.
    """
    if not circles:
        return line
    coords, kept = np.asarray(line.coords), []
    along = np.diff(coords, axis=0)
    turn = (along[1:] * along[:-1]).sum(axis=1) < STRAIGHT * np.hypot(*along[1:].T) * np.hypot(*along[:-1].T)
    for piece in np.split(np.arange(len(coords)), np.flatnonzero(turn) + 1):
        last = [piece[-1] + 1] if piece[-1] + 1 < len(coords) else []
        kept.append(_shortened(coords[[*piece, *last]], circles)[: -1 if last else None])
    return LineString(np.vstack(kept))


def _shortened(coords: NDArray[np.float64], circles: Sequence[DrawnCircle]) -> NDArray[np.float64]:
    """Return chords without the corners on a circle that are much nearer to an end than the next corner."""
    for _ in range(2):
        coords = coords[::-1]
        while len(coords) > 4:
            short, long = np.hypot(*(coords[1] - coords[0])), np.hypot(*(coords[2] - coords[1]))
            if short > SHORT * long or not _on_circle(coords[1], circles):
                break
            coords = np.delete(coords, 1, axis=0)
    return coords


def _check_area(faces: Sequence[Polygon], outlines: Sequence[Polygon | MultiPolygon], grid: float) -> None:
    whole = shapely.union_all(list(outlines))
    missing = abs(sum(face.area for face in faces) - whole.area)
    if missing > 40.0 * grid * whole.length + 1e-9 * whole.area:
        raise MeshError(f"the plan's faces miss {missing:.3g} of {whole.area:.3g} um2")
