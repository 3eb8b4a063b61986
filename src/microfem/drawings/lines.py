"""Lines joined to closed lines, after their ends have been put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Polygon

from microfem.base.errors import MicrofemError
from microfem.drawings.record import Place, at

SAME = 1e-9  # relative difference below which two areas are equal


@dataclass(frozen=True)
class Closed:
    """Closed lines as polygons; places of lines drawn twice, and of lines that divide an area."""

    rings: Sequence[Polygon]
    doubled: Sequence[Place]
    dividing: Sequence[Place]


def close(lines: Sequence[LineString], join: float) -> Closed:
    """Return the closed lines that pieces with common ends form; where three or more meet, the outline around them.

    Raises:
        MicrofemError: a line is open or crosses itself.
    """
    distinct, doubled = _distinct(lines)
    pieces = [line for line in distinct if not line.is_closed]
    merged = _merged(pieces)
    round_lines = [*(line for line in distinct if line.is_closed), *(line for line in merged if line.is_closed)]
    rings = [Polygon(line) for line in round_lines if len(line.coords) > 3]
    faces, rest = _faces([line for line in merged if not line.is_closed])
    rings = shapely.get_parts(whole([*rings, *faces], "a line")).tolist()
    is_open = ~_divides(rest, rings)
    if is_open.any():
        raise MicrofemError(_told_open(rest[is_open], join))
    return Closed(rings, doubled, [_middle(line) for line in rest])


def whole(polygons: Sequence[Polygon], kind: str) -> np.ndarray:
    """Return polygons with holes instead of cuts to their holes.

    Raises:
        MicrofemError: a polygon crosses or overlaps itself, so that its area is not that within its line.
    """
    found = np.array(polygons, dtype=object)
    for k in np.flatnonzero(~shapely.is_valid(found)).tolist():
        found[k] = _mended(found[k], kind)
    return found


def _mended(polygon: Polygon, kind: str) -> shapely.Geometry:
    mended = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    around = abs(float(shapely.area(polygon)))
    if abs(mended.area - around) > SAME * max(around, mended.area):
        raise MicrofemError(f"{kind} crosses itself, um: {shapely.is_valid_reason(polygon)}")
    return mended


def _distinct(lines: Sequence[LineString]) -> tuple[list[LineString], list[Place]]:
    """Return each line once, in either direction, and the places of the others."""
    _, first = np.unique(shapely.to_wkb(shapely.normalize(np.array(lines, dtype=object))), return_index=True)
    chosen = set(first.tolist())
    return [lines[k] for k in sorted(chosen)], [_middle(line) for k, line in enumerate(lines) if k not in chosen]


def _merged(pieces: Sequence[LineString]) -> np.ndarray:
    """Return lines joined where two have an end in common."""
    joined = shapely.line_merge(MultiLineString(list(pieces)))
    return np.array(shapely.get_parts(joined), dtype=object)


def _faces(lines: Sequence[LineString]) -> tuple[list[Polygon], np.ndarray]:
    """Return the outlines around connected lines, and what is left of the lines: what encloses nothing."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not lines:
        return [], np.empty(0, dtype=object)
    noded = shapely.get_parts(shapely.union_all(np.array(lines, dtype=object)))
    ends = np.vstack([shapely.get_coordinates(shapely.get_point(noded, k)) for k in (0, -1)])
    places, number = np.unique(ends, axis=0, return_inverse=True)
    one, other = number.reshape(2, -1)
    _, group = connected_components(coo_array((np.ones(len(one)), (one, other)), shape=(len(places),) * 2))
    order = np.argsort(group[one], kind="stable")
    groups = np.split(noded[order], np.flatnonzero(np.diff(group[one][order])) + 1)
    faces, rest = [], []
    for connected in groups:
        found, cuts, dangles, _ = shapely.polygonize_full(connected)
        faces += [Polygon(one.exterior) for one in shapely.get_parts(shapely.union_all(shapely.get_parts(found)))]
        rest += [one for kind in (cuts, dangles) for one in shapely.get_parts(kind)]
    return faces, _merged(rest)


def _divides(lines: np.ndarray, rings: Sequence[Polygon]) -> np.ndarray:
    """Tell which lines lead from edge to edge inside a closed line."""
    found = np.zeros(len(lines), dtype=bool)
    if len(lines) and rings:
        inside = shapely.STRtree(rings).query(lines, predicate="covered_by")[0]
        edges = shapely.STRtree([ring.boundary for ring in rings])
        ends = [edges.query(shapely.get_point(lines, k), predicate="intersects")[0] for k in (0, -1)]
        found[np.intersect1d(np.intersect1d(*ends), inside)] = True
    return found


def _told_open(lines: np.ndarray, join: float) -> str:
    """Return what is said about open lines: the first, and how far its end is from the next."""
    (x0, y0), (x1, y1) = lines[0].coords[0], lines[0].coords[-1]
    told = f"a line is open, from ({x0:.6g}, {y0:.6g}) to ({x1:.6g}, {y1:.6g}) um"
    ends = shapely.get_point(lines, 0).tolist() + shapely.get_point(lines, -1).tolist()
    away = float(shapely.distance(ends[0], np.array(ends[1:], dtype=object)).min())
    told += f"; the next end is {away:.4g} um away, and --join is {join:.4g} um: close it, or state a larger --join"
    return told if len(lines) == 1 else f"{told}; {len(lines) - 1} more are open, {at(map(_middle, lines[1:]))}"


def _middle(line: LineString) -> Place:
    point = line.interpolate(0.5, normalized=True)
    return float(point.x), float(point.y)
