"""The arrangement of all outlines: faces that cover the plan without overlap, and who owns each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from microfem.errors import MeshError

GRID = 1e-4  # snapping distance, relative to the smallest feature


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
    lines = [shapely.set_precision(one, grid).boundary for one in [*outlines, *films]]
    noded = shapely.union_all(lines, grid_size=grid)
    faces = [face for face in shapely.get_parts(shapely.polygonize([noded])) if face.area > grid * feature]
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
    kept = tuple(face for face, keep in zip(faces, used, strict=True) if keep)
    _check_area(kept, outlines, grid)
    return Arrangement(kept, heights, owner[used])


def _check_area(faces: Sequence[Polygon], outlines: Sequence[Polygon | MultiPolygon], grid: float) -> None:
    whole = shapely.union_all(list(outlines))
    missing = abs(sum(face.area for face in faces) - whole.area)
    if missing > 4.0 * grid * whole.length + 1e-9 * whole.area:
        raise MeshError(f"the plan's faces miss {missing:.3g} of {whole.area:.3g} um2")
