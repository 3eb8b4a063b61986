"""Values that a reader asks for: at a click, and along a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.base.units import format_quantity
from microfem.render.viewer.pieces import MOTION, Piece, shown_values, volume
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import StoredCase, rest, unit_of
from microfem.results.stored import Floats, barycentric

SAMPLES = 400  # along a line


@dataclass(frozen=True)
class PickedValue:
    """A picked value with its unit, its region, and the undeformed place, um."""

    value: float
    text: str
    region: str
    place: tuple[float, float, float]


def read_at(case: StoredCase, shown: Shown, one: Piece, cell: int, point: Floats) -> PickedValue:
    """Return the value at the point where a click hit a triangle of the drawn (deformed) surface."""
    corners = slice(3 * cell, 3 * cell + 3)
    at_rest = np.asarray(one.surface.points)[corners]
    drawn = at_rest + shown.factor * np.asarray(one.surface.point_data[MOTION])[corners]
    share = np.linalg.lstsq(
        np.vstack([drawn.T - drawn.mean(), np.ones(3)]), np.append(np.asarray(point) - drawn.mean(), 1.0), rcond=None
    )[0]
    x, y, z = (float(c) for c in share @ at_rest)
    owner = one.triangles.cell[[cell]]
    region = list(case.stored.about["regions"])[int(case.stored.grid.cell_data["region"][owner[0]])]
    value = float(shown_values(case, shown, owner, (share @ one.triangles.weights[cell])[None, :])[0])
    text = format_quantity(value, unit_of(case, shown.quantity)) if np.isfinite(value) else "not defined here"
    return PickedValue(value, text, region, (x, y, z))


def along_line(case: StoredCase, shown: Shown, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return distance (n,) um and value (n,) along a line through the undeformed layout, NaN outside.

    The line is sampled at equal distances; a field that is discontinuous between cells keeps its jumps.
    """
    points = points_of(a, b)
    distance, values = np.linalg.norm(points - points[0], axis=1), np.full(len(points), np.nan)
    grid = volume(case, shown)
    hit = np.asarray(grid.find_containing_cell(points))
    inside = np.flatnonzero(hit >= 0)
    cell = np.asarray(grid.cell_data["_cell"], dtype=np.int64)[hit[inside]]
    values[inside] = shown_values(case, shown, cell, barycentric(case.stored, points[inside], cell, rest(case)))
    return distance, values


def points_of(a: Floats, b: Floats) -> Floats:
    """Return the points (n, 3) of a line between two ends at which it is sampled."""
    along = np.linspace(0.0, 1.0, SAMPLES + 1)[:, None]
    return (1.0 - along) * np.asarray(a, dtype=float) + along * np.asarray(b, dtype=float)
