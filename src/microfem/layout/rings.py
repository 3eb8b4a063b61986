"""Closed lines of straight pieces and exact arcs, as in CAD files.

Layouts approximate circles by chords and list those circles. This module turns the chords into arcs again; a corner
between an arc and a straight edge moves along the edge, so that slits and strips keep their width.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from microfem.layout.arcs import Arc, DrawnCircle

Outline: TypeAlias = Polygon | MultiPolygon
Floats = NDArray[np.float64]
ON = 1e-9  # relative distance below which a point lies on a circle


@dataclass(frozen=True, eq=False)
class Ring:
    """A closed line: corners (n, 2) in um, and the bulge (n,) of the piece that begins at each corner.

    bulge: tan(sweep / 4) of an arc, above 0 for a left turn, 0 for a straight piece (AutoCAD DXF Reference,
    LWPOLYLINE).
    """

    points: Floats
    bulges: Floats

    def corners(self, tolerance: float) -> Floats:
        """Return corners (m, 2) on the line whose chords deviate from it by at most the tolerance, um."""
        ends = np.roll(self.points, -1, axis=0)
        pieces = zip(self.points, ends, self.bulges, strict=True)
        return np.vstack([_chords(a, b, float(bulge), tolerance) for a, b, bulge in pieces])


Shape = tuple[Ring, ...]  # an outer line, then holes


def trace(outline: Outline, circles: Sequence[DrawnCircle]) -> list[Shape]:
    """Return the outline's polygons with arcs instead of chords near the circles."""
    known = _Known(circles)
    return [
        tuple(_ring(shapely.get_coordinates(ring)[:-1], known) for ring in _lines([polygon]))
        for polygon in shapely.get_parts(outline)
    ]


def polygon(shape: Shape, tolerance: float) -> Polygon:
    """Return a shape as a polygon that deviates from its arcs by at most the tolerance, um."""
    outer, *holes = (ring.corners(tolerance) for ring in shape)
    return Polygon(outer, holes)


def area(shape: Shape) -> float:
    """Return the area of a shape, um2.

    The area between a chord and its arc of radius r and sweep t is r2 (t - sin t) / 2.
    """
    outer, *holes = (abs(_signed_area(ring)) for ring in shape)
    return float(outer - sum(holes))


def _signed_area(ring: Ring) -> float:
    ends = np.roll(ring.points, -1, axis=0)
    cross = ring.points[:, 0] * ends[:, 1] - ring.points[:, 1] * ends[:, 0]
    sweep, chord = 4.0 * np.arctan(ring.bulges), np.hypot(*(ends - ring.points).T)
    curved = sweep != 0.0
    radius = chord[curved] / (2.0 * np.sin(0.5 * sweep[curved]))
    segments = np.zeros(len(sweep))
    segments[curved] = radius**2 * (sweep - np.sin(sweep))[curved]
    return float(0.5 * (cross + segments).sum())


@dataclass(frozen=True, eq=False)
class Curves:
    """The arcs that chords in outlines represent, each once, and the corners at their ends.

    drawn, exact: (n, 2) corners between an arc and a straight edge, in the outlines and on the circle, um.
    """

    arcs: tuple[Arc, ...]
    drawn: Floats
    exact: Floats


def find_curves(outlines: Iterable[Outline], circles: Sequence[DrawnCircle]) -> Curves:
    """Return the arcs of the circles in outlines."""
    arcs: dict[tuple[float, ...], Arc] = {}
    drawn, exact = [np.empty((0, 2))], [np.empty((0, 2))]
    known = _Known(circles)
    for ring in _lines(outlines) if circles else ():
        points = shapely.get_coordinates(ring)[:-1]
        near = known.near(points)
        on = _circle_of_edges(points, near)
        moved, corner = _moved(points, on, near), on != np.roll(on, 1)
        drawn.append(points[corner])
        exact.append(moved[corner])
        for edges in _runs(on):
            arc = _arc(moved[np.append(edges, edges[-1] + 1) % len(moved)], near[on[edges[0]]])
            key = (*arc.circle.centre, arc.circle.radius, arc.start, arc.sweep)
            arcs.setdefault(tuple(round(number, 6) for number in key), arc)
    return Curves(tuple(arcs.values()), np.vstack(drawn), np.vstack(exact))


def _lines(outlines: Iterable[Outline]) -> Iterator[shapely.LinearRing]:
    """Yield all closed lines of outlines."""
    for outline in outlines:
        for polygon in shapely.get_parts(outline):
            yield from (polygon.exterior, *polygon.interiors)


def _runs(on: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the runs of edges of a closed line that are chords of one circle; on: (n,) number of the circle or -1."""
    if (on == on[0]).all():
        return [np.arange(len(on))] if on[0] >= 0 else []
    first = int(np.flatnonzero(on != np.roll(on, 1))[0])
    order = np.roll(np.arange(len(on)), -first)
    runs = np.split(order, np.flatnonzero(np.diff(on[order])) + 1)
    return [run for run in runs if on[run[0]] >= 0]


def _arc(points: Floats, circle: DrawnCircle) -> Arc:
    """Return the arc from the first to the last of points (n, 2) on a circle; a full circle if both are equal."""
    angle = _angles(points, circle)
    sweep = float(angle[-1] - angle[0])
    return Arc(circle, float(angle[0] if sweep > 0.0 else angle[-1]), abs(sweep))


def _angles(points: Floats, circle: DrawnCircle) -> Floats:
    """Return the polar angles of points (n, 2) that follow a circle, without jumps."""
    away = points - circle.centre
    return np.asarray(np.unwrap(np.arctan2(away[:, 1], away[:, 0])))


def _ring(points: Floats, known: _Known) -> Ring:
    near = known.near(points)
    on = _circle_of_edges(points, near)
    if (on < 0).all():
        return Ring(points, np.zeros(len(points)))
    points = _moved(points, on, near)
    if (on == on[0]).all():
        return _closed(points[0], near[on[0]], points)
    first = int(np.flatnonzero(on != np.roll(on, 1))[0])
    points, on = np.roll(points, -first, axis=0), np.roll(on, -first)
    starts = [0, *(np.flatnonzero((on[1:] != on[:-1]) | (on[1:] < 0)) + 1).tolist(), len(points)]
    corners, bulges = [], []
    for a, b in itertools.pairwise(starts):
        run = points[np.arange(a, b + 1) % len(points)]
        places, bulge = _run(run, near[on[a]] if on[a] >= 0 else None)
        corners.append(places)
        bulges.append(np.full(len(places), bulge))
    return Ring(np.vstack(corners), np.concatenate(bulges))


class _Known:
    """Circles, found by the place of a line."""

    def __init__(self, circles: Sequence[DrawnCircle]) -> None:
        """Take the centres, radii and slacks of the circles."""
        self.circles = circles
        self.x, self.y, self.radius, self.slack = (
            np.array([(*one.centre, one.radius, one.slack) for one in circles]).reshape(-1, 4).T
        )

    def near(self, points: Floats) -> list[DrawnCircle]:
        """Return the circles that pass through the bounding box of points (n, 2), or near it."""
        (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
        nearest = np.hypot(np.maximum(np.maximum(x0 - self.x, self.x - x1), 0.0),
                           np.maximum(np.maximum(y0 - self.y, self.y - y1), 0.0))  # fmt: skip
        farthest = np.hypot(np.maximum(self.x - x0, x1 - self.x), np.maximum(self.y - y0, y1 - self.y))
        meets = (nearest <= self.radius + self.slack) & (farthest >= self.radius - self.slack)
        return [self.circles[k] for k in np.flatnonzero(meets).tolist()]


def _circle_of_edges(points: Floats, circles: Sequence[DrawnCircle]) -> NDArray[np.int64]:
    """Return the number (n,) of the circle whose chord an edge is, else -1.

    Such an edge is near the circle, nearly tangential to it, and no longer than the circle's chords. Where an arc goes
    on in an arc of another radius, an edge can be near both circles: it is a chord of the nearest.
    """
    on, off = np.full(len(points), -1, dtype=np.int64), np.full(len(points), np.inf)
    edge = np.roll(points, -1, axis=0) - points
    length = np.hypot(*edge.T)
    for k, circle in enumerate(circles):
        away = points - circle.centre
        distance = np.abs(np.hypot(*away.T) - circle.radius)
        distance = np.maximum(distance, np.roll(distance, -1))
        middle = away + 0.5 * edge
        climb = np.abs((middle * edge).sum(axis=1)) / (np.hypot(*middle.T) * length + 1e-300)
        along = climb <= math.sin(1.1 * circle.half_angle)
        short = length <= 2.2 * (circle.radius + circle.slack) * math.sin(circle.half_angle)
        chord = (distance <= circle.slack) & along & short & (distance < off)
        on[chord], off[chord] = k, distance[chord]
    return on


def _moved(points: Floats, on: NDArray[np.int64], circles: Sequence[DrawnCircle]) -> Floats:
    """Return points with the corners of arcs moved onto their circles, along the straight edge if there is one."""
    moved = points.copy()
    before = np.roll(on, 1)
    for number, circle in enumerate(circles):
        inner = (on == number) | ((on < 0) & (before == number))
        away = points[inner] - circle.centre
        far = np.hypot(*away.T)
        moved[inner] = np.where(
            np.abs(far - circle.radius)[:, None] <= ON * circle.radius,
            points[inner],
            circle.centre + away * (circle.radius / far)[:, None],
        )
    for i in np.flatnonzero((on != before) & ((on >= 0) | (before >= 0))):
        circle = circles[on[i] if on[i] >= 0 else before[i]]
        away = points[i] - circle.centre
        far = float(np.hypot(*away))
        if abs(far - circle.radius) <= ON * circle.radius:
            continue
        other = points[i - 1] if on[i] >= 0 else points[(i + 1) % len(points)]
        along = (other - points[i]) / np.hypot(*(other - points[i]))
        forth = float(away @ along)
        root = forth**2 - far**2 + circle.radius**2
        if root >= 0.0:
            steps = [-forth - math.sqrt(root), -forth + math.sqrt(root)]
            moved[i] = points[i] + min(steps, key=abs) * along
    return moved


def _closed(start: Floats, circle: DrawnCircle, points: Floats) -> Ring:
    """Return a full circle as two halves, in the direction of the points."""
    left = shapely.LinearRing(points).is_ccw
    return Ring(np.array([start, 2.0 * np.array(circle.centre) - start]), np.full(2, 1.0 if left else -1.0))


def _run(points: Floats, circle: DrawnCircle | None) -> tuple[Floats, float]:
    """Return the corners of a run of edges without its end, and their bulge; arcs span half a turn at most."""
    if circle is None:
        return points[:-1], 0.0
    angle = _angles(points, circle)
    sweep = float(angle[-1] - angle[0])
    pieces = max(1, math.ceil(abs(sweep) / math.pi - ON))
    at = angle[0] + sweep / pieces * np.arange(1, pieces)
    between = circle.centre + circle.radius * np.column_stack([np.cos(at), np.sin(at)])
    return np.vstack([points[:1], between]), math.tan(0.25 * sweep / pieces)


def _chords(a: Floats, b: Floats, bulge: float, tolerance: float) -> Floats:
    """Return the corners along a piece from a to b, without b."""
    if bulge == 0.0:
        return a[None]
    sweep = 4.0 * math.atan(bulge)
    radius = float(np.hypot(*(b - a))) / (2.0 * math.sin(0.5 * abs(sweep)))
    count = max(2, math.ceil(abs(sweep) / (2.0 * math.acos(max(1.0 - tolerance / radius, 0.5)))))
    normal = np.array([a[1] - b[1], b[0] - a[0]])
    centre = 0.5 * (a + b) + normal * (0.5 * (1.0 - bulge**2) / (2.0 * bulge))
    away = a - centre
    turn = sweep * np.arange(count) / count
    c, s = np.cos(turn), np.sin(turn)
    return centre + np.column_stack([c * away[0] - s * away[1], s * away[0] + c * away[1]])
