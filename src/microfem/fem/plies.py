"""What lies on what: the layers above each cell of a plan view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from microfem.fem.space import Floats, Ints
from microfem.mesh import Mesh


@dataclass(frozen=True)
class Ply:
    """A region or film between two heights (um), and the plan's cells (n,) that have it."""

    name: str
    low: float
    high: float
    cells: Ints


def find_plies(mesh: Mesh) -> list[Ply]:
    """Return what owns each slab between two heights at which a region begins or ends, from below.

    Of regions that overlap, that of the highest priority owns the space. A film lies around its height.
    """
    layout = mesh.layout
    centres = mesh.points[mesh.cells].mean(axis=1)
    inside = {part.name: _inside(part.footprint, centres) for part in layout.parts()}
    heights = np.unique([z for region in layout.regions for z in region.z])
    found = []
    for low, high in zip(heights[:-1].tolist(), heights[1:].tolist(), strict=True):
        free = np.ones(len(centres), dtype=bool)
        here = [one for one in layout.regions if one.z[0] <= low and high <= one.z[1]]
        for region in sorted(here, key=lambda one: -one.priority):
            mine = free & inside[region.name]
            if mine.any():
                found.append(Ply(region.name, low, high, np.flatnonzero(mine)))
            free &= ~mine
    for sheet in layout.sheets:
        half = 0.5 * sheet.thickness
        found.append(Ply(sheet.name, sheet.z - half, sheet.z + half, np.flatnonzero(inside[sheet.name])))
    return [one for one in found if len(one.cells)]


def _inside(outline: shapely.Geometry, points: Floats) -> Floats:
    shapely.prepare(outline)
    return np.asarray(shapely.contains_xy(outline, points[:, 0], points[:, 1]))
