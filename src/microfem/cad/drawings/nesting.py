"""Areas within closed lines: lines that cross are united, and a line inside another is a hole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from microfem.layout import Outline

Integers: TypeAlias = NDArray[np.int64]

RAYS = 500  # cast at once, so that the pairs of rays and edges of deeply nested lines fit into the memory


def nested(rings: Sequence[Polygon]) -> Outline:
    """Return the outline of closed lines: one inside an odd number of others is a hole; equal lines count once."""
    distinct = _distinct(rings)
    if not len(distinct):
        return MultiPolygon()
    areas = _united(distinct)
    parent = _parents(areas)
    depth = _depths(areas, parent)
    solid = depth % 2 == 0
    found = areas[solid]
    holes = np.flatnonzero(~solid)
    inner = {int(one): areas[holes[parent[holes] == one]] for one in np.unique(parent[holes])}
    cut = [one if k not in inner else one - shapely.union_all(inner[k])
           for k, one in zip(np.flatnonzero(solid).tolist(), found, strict=True)]  # fmt: skip
    return polygons_of(shapely.union_all(cut))


def polygons_of(geometry: shapely.Geometry) -> Outline:
    """Return the polygons of a geometry, without its lines and points."""
    parts = [one for one in shapely.get_parts(shapely.get_parts(geometry)) if isinstance(one, Polygon)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _distinct(rings: Sequence[Polygon]) -> NDArray[np.object_]:
    """Return rings with an area, each once, the largest first."""
    whole = np.array([ring for ring in rings if ring.area > 0.0], dtype=object)
    if not len(whole):
        return whole
    whole = whole[np.argsort(-shapely.area(whole), kind="stable")]
    _, first = np.unique(shapely.to_wkb(shapely.normalize(shapely.simplify(whole, 0.0))), return_index=True)
    return whole[np.sort(first)]


def _united(rings: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return areas that neither cross nor touch each other from outside: unions of the rings that do, largest first."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges, of_edge = _edges(rings)
    one, other = (of_edge[side] for side in shapely.STRtree(edges).query(edges, predicate="intersects"))
    pairs = np.unique(np.column_stack([one, other])[one < other], axis=0).T
    apart = shapely.covers(rings[pairs[0]], rings[pairs[1]])  # the first of a pair is the larger
    one, other = pairs[:, ~apart]
    links = coo_array((np.ones(len(one)), (one, other)), shape=(len(rings), len(rings)))
    count, group = connected_components(links, directed=False)
    if count == len(rings):
        return rings
    order = np.argsort(group, kind="stable")
    groups = np.split(rings[order], np.flatnonzero(np.diff(group[order])) + 1)
    whole = np.array([shapely.union_all(one) if len(one) > 1 else one[0] for one in groups], dtype=object)
    return whole[np.argsort(-shapely.area(whole), kind="stable")]


def _edges(areas: NDArray[np.object_]) -> tuple[NDArray[np.object_], Integers]:
    """Return the edges of areas as lines, and the number of the area that each belongs to."""
    rings, of_ring = shapely.get_rings(areas, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    along = ring[1:] == ring[:-1]
    return shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)[along]), of_ring[ring[1:][along]]


def _parents(areas: NDArray[np.object_]) -> Integers:
    """Return the number of the smallest area that contains each, -1 for none; areas: the largest first.

    A point is inside an area whose edges a ray from the point crosses an odd number of times.
    """
    parent = np.full(len(areas), -1)
    edges, of_edge = _edges(areas)
    heights = shapely.get_coordinates(edges)[:, 1].reshape(-1, 2)
    tree = shapely.STRtree(edges)
    points = shapely.get_coordinates(shapely.point_on_surface(areas))
    right = shapely.total_bounds(areas)[2] + 1.0
    for start in range(0, len(areas), RAYS):
        x, y = points[start : start + RAYS].T
        rays = shapely.linestrings(np.stack([np.column_stack([x, y]), np.column_stack([np.full_like(x, right), y])], 1))
        ray, edge = tree.query(rays, predicate="intersects")
        low, high = heights[edge].min(axis=1), heights[edge].max(axis=1)
        larger = (of_edge[edge] < ray + start) & (low <= y[ray]) & (y[ray] < high)
        pairs, times = np.unique(np.column_stack([ray, of_edge[edge]])[larger], axis=0, return_counts=True)
        inside = pairs[times % 2 == 1]
        np.maximum.at(parent, inside[:, 0] + start, inside[:, 1])  # the last of those around it is the smallest
    return parent


def _depths(areas: NDArray[np.object_], parent: Integers) -> Integers:
    depth = np.zeros(len(areas), dtype=np.int64)
    for k in range(len(areas)):
        if parent[k] >= 0:
            depth[k] = depth[parent[k]] + 1
    return depth
