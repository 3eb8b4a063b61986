"""The arrangement of all outlines: faces that cover the plan without overlap, and who owns each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon

from microfem.errors import MeshError

GRID = 1e-5  # snapping distance, relative to the smallest feature
SHORT = 0.1  # a chord's remainder at a junction, shorter than this part of the next chord, joins it
STRAIGHT = 0.9  # cosine of the largest turn between two chords of one arc


@dataclass(frozen=True)
class Prism:
    """An outline with an interval across the plan, as the mesher sees a region."""

    name: str
    outline: Polygon | MultiPolygon
    z: tuple[float, float]
    priority: int


@dataclass(frozen=True)
class Arrangement:
    """Faces of the plan and, for each face and each slab between two heights, the owning prism.

    faces: polygons that share whole edges.
    heights: (nslabs + 1,) breakpoints across the plan.
    owner: (nfaces, nslabs) index of the prism, -1 where there is nothing.
    """

    faces: tuple[Polygon, ...]
    heights: NDArray[np.float64]
    owner: NDArray[np.int64]


def arrange(
    prisms: Sequence[Prism], films: Sequence[Polygon | MultiPolygon], film_heights: Sequence[float], feature: float
) -> Arrangement:
    """Node all outlines against each other and tell who owns each face and slab.

    films: outlines that must appear as lines of the plan without owning anything.
    film_heights: heights at which slabs must break besides the prisms' own.

    Raises:
        MeshError: the faces do not add up to the outlines' areas.
    """
    grid = GRID * feature
    outlines = [prism.outline for prism in prisms]
    lines = [one.boundary for one in [*outlines, *films]]
    noded = shapely.get_parts(shapely.line_merge(shapely.union_all(lines, grid_size=grid)))
    whole = shapely.polygonize([_without_remainders(line) for line in noded])
    faces = [face for face in shapely.get_parts(whole) if face.area > 10.0 * grid * feature]
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
    return Arrangement(kept, heights, owner[used])


def _without_remainders(line: LineString) -> LineString:
    """Drop corners of an arc that lie next to a junction: they force slivers and carry no shape."""
    coords = list(line.coords)
    for _ in range(2):
        coords.reverse()
        while len(coords) > 4:
            first, second = np.subtract(coords[1], coords[0]), np.subtract(coords[2], coords[1])
            short, long = np.hypot(*first), np.hypot(*second)
            if short > SHORT * long or first @ second < STRAIGHT * short * long:
                break
            del coords[1]
    return LineString(coords)


def _check_area(faces: Sequence[Polygon], outlines: Sequence[Polygon | MultiPolygon], grid: float) -> None:
    whole = shapely.union_all(list(outlines))
    missing = abs(sum(face.area for face in faces) - whole.area)
    if missing > 40.0 * grid * whole.length + 1e-9 * whole.area:
        raise MeshError(f"the plan's faces miss {missing:.3g} of {whole.area:.3g} um2")
