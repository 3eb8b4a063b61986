"""Areas within closed lines: lines that cross are united, and a line inside another is a hole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from microfem.layout import Outline

Geometries: TypeAlias = NDArray[np.object_]
Integers: TypeAlias = NDArray[np.int64]


def nested(rings: Sequence[Polygon]) -> Outline:
    """Return the outline of closed lines: one inside an odd number of others is a hole; equal lines count once."""
    groups = _in_contact(_distinct(rings))
    outlines = [_nested_in_contact(group) if len(group) > 1 else group[0] for group in groups]
    return _even_odd(shapely.get_rings(outlines)) if outlines else MultiPolygon()


def polygons_of(geometry: shapely.Geometry) -> Outline:
    """Return the polygons of a geometry, without its lines and points."""
    parts = [one for one in shapely.get_parts(shapely.get_parts(geometry)) if isinstance(one, Polygon)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _distinct(rings: Sequence[Polygon]) -> Geometries:
    """Return rings with an area, each once, the largest first."""
    whole = np.array([ring for ring in rings if ring.area > 0.0], dtype=object)
    if not len(whole):
        return whole
    _, first = np.unique(shapely.to_wkb(shapely.normalize(shapely.simplify(whole, 0.0))), return_index=True)
    whole = whole[first]
    return whole[np.argsort(-shapely.area(whole), kind="stable")]


def _in_contact(rings: Geometries) -> list[Geometries]:
    """Return the groups of rings whose edges touch or cross."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if len(rings) < 2:
        return [rings] if len(rings) else []
    points, ring = shapely.get_coordinates(shapely.get_exterior_ring(rings), return_index=True)
    along = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)[along])
    one, other = ring[1:][along][shapely.STRtree(edges).query(edges, predicate="intersects")]
    _, group = connected_components(coo_array((np.ones(len(one)), (one, other)), shape=(len(rings),) * 2))
    order = np.argsort(group, kind="stable")
    return np.split(rings[order], np.flatnonzero(np.diff(group[order])) + 1)


def _nested_in_contact(rings: Geometries) -> Outline:
    """Return the outline of rings that touch or cross: those inside an odd number of others are cut away."""
    inside, _ = shapely.STRtree(rings).query(rings, predicate="covered_by")
    depth = np.bincount(inside, minlength=len(rings)) - 1
    outline: shapely.Geometry = MultiPolygon()
    for level in np.unique(depth).tolist():
        here = shapely.union_all(rings[depth == level])
        outline = outline - here if level % 2 else outline | here
    return polygons_of(outline)


def _even_odd(lines: Geometries) -> Outline:
    """Return what lies inside an odd number of closed lines that do not touch each other.

    A face of the plan between such lines has one of them around it, and each of its holes is the outer line of the
    next face inward.
    """
    faces = shapely.get_parts(shapely.polygonize(lines))
    rings, face = shapely.get_rings(faces, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = points[np.lexsort([points[:, 1], points[:, 0], ring])]
    lowest = points[np.flatnonzero(np.diff(ring, prepend=-1))]  # no other line has it
    _, number = np.unique(lowest, axis=0, return_inverse=True)
    is_hole = np.diff(face, prepend=-1) == 0
    around = np.full(len(lowest), -1)
    around[number[is_hole]] = face[is_hole]
    parent = around[number[~is_hole]]
    depth = np.zeros(len(faces), dtype=np.int64)
    for k in np.argsort(-shapely.area(shapely.polygons(shapely.get_exterior_ring(faces)))).tolist():
        depth[k] = depth[parent[k]] + 1 if parent[k] >= 0 else 0
    return polygons_of(MultiPolygon(faces[depth % 2 == 0].tolist()))
