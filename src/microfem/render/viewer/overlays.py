"""Lines over a surface: isolines of its values, and lines along a flux."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from microfem.render.colours import Scale
from microfem.render.flat import currents
from microfem.render.panel import Cut
from microfem.render.triangles import taken
from microfem.render.viewer.pieces import MOTION, PIECES, VALUE, Piece, make_piece, volume
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import StoredCase, motion, rest, vector_field
from microfem.results.stored import Bools, Floats, barycentric

LEVELS = 10  # parts of a colour range between isolines
PIXELS = 30_000  # of the grid on which lines along a flux are followed
ON_PLANE = 1e-6  # of the layout: distance within which a triangle lies in the clip plane


def isolines(one: Piece, scale: Scale) -> Any:
    """Return the lines of equal values on a surface, which part the colour range into LEVELS."""
    import pyvista as pv

    if VALUE not in one.surface.point_data:
        return pv.PolyData()
    levels = scale.values(np.linspace(0.0, 1.0, LEVELS + 1)[1:-1])
    known = np.isfinite(np.asarray(one.surface.point_data[VALUE]).reshape(-1, 3)).all(axis=1)
    surface = one.surface if known.all() else one.surface.extract_cells(known).extract_surface(algorithm=None)
    return surface.contour(levels, scalars=VALUE)


@lru_cache(maxsize=PIECES)
def streams(case: StoredCase, shown: Shown) -> Any:
    """Return lines along the flux on a section, or on the clip plane in 3D, by the rule of sheets; else none."""
    import pyvista as pv

    one, field = make_piece(case, shown), vector_field(case, shown.quantity)
    axis = one.plane.axis if one.plane else {"xy": 2, "xz": 1}.get(case.axes)
    if axis is None or not field:
        return pv.PolyData()
    plan = [k for k in range(3) if k != axis]
    section = _section(case, shown, one, field, axis, plan)
    wide, high = section.size
    ways = currents(section, float(np.sqrt(wide * high / PIXELS)), 1.0)
    if not ways:
        return pv.PolyData()
    points = np.full((sum(map(len, ways)), 3), one.plane.at if one.plane else 0.0)
    points[:, plan] = np.concatenate(ways)
    return _as_lines(case, shown, points, [len(way) for way in ways])


def _section(case: StoredCase, shown: Shown, one: Piece, field: str, axis: int, plan: list[int]) -> Cut:
    """Return the plane of a piece as a cut of sheets."""
    corners = np.asarray(one.surface.points).reshape(-1, 3, 3)
    at = one.plane.at if one.plane else 0.0
    inside: Bools = np.abs(corners[:, :, axis] - at).max(axis=1) < ON_PLANE * case.stored.scale()
    return Cut(
        stored=case.at(shown.state),
        field=field,
        triangles=taken(one.triangles, inside),
        corners=corners[inside][:, :, plan],
        lines=np.empty((0, 2, 2)),
        rest=None,
        axes="".join("xyz"[k] for k in plan),
    )


def _as_lines(case: StoredCase, shown: Shown, points: Floats, counts: list[int]) -> Any:
    """Return polylines through points (n, 3), with the motion of each point."""
    import pyvista as pv

    grid = volume(case, shown)
    cell = np.asarray(grid.cell_data["_cell"], dtype=np.int64)[grid.find_closest_cell(points)]
    weights = barycentric(case.stored, points, cell, rest(case))
    starts = np.cumsum([0, *counts[:-1]])
    lines = [np.r_[count, start : start + count] for start, count in zip(starts, counts, strict=True)]
    mesh = pv.PolyData(points, lines=np.concatenate(lines))
    moving_by = motion(case, shown.quantity.partition(":")[0], shown.state)
    mesh.point_data[MOTION] = case.stored.at(moving_by, cell, weights)
    return mesh
