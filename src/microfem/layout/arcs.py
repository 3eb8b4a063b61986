"""Circles that outlines approximate by chords: runs of equal chords that turn by equal angles.

Some families put the ends of chords on the circle, others their middles, so that walls and gaps have their declared
sizes; each family lists its circles, and chords near one of them represent it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST, WIDEST = 4, math.radians(20.0)  # least number of chords of an arc, and largest angle between two chords
ALIKE = 1e-6  # relative difference below which chords, and angles, are equal


Circle: TypeAlias = tuple[float, float, float]  # centre x, y and radius, um


@dataclass(frozen=True)
class DrawnCircle:
    """A circle that chords represent.

    slack: largest distance of chord ends or middles from the circle, um; half_angle: half the largest angle of a chord.
    """

    centre: tuple[float, float]
    radius: float
    slack: float
    half_angle: float


@dataclass(frozen=True)
class Arc:
    """An arc of a circle that chords represent: its start angle and its sweep, anticlockwise, rad."""

    circle: DrawnCircle
    start: float
    sweep: float

    def angles(self, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the polar angle of points (n, 2) from the arc's start, and which of them lie on it or its chords."""
        circle = self.circle
        x, y = (points - circle.centre).T
        beyond = ALIKE + circle.slack / circle.radius  # for a corner of the outline beside the arc's end
        angle = np.mod(np.arctan2(y, x) - self.start + beyond, 2.0 * math.pi) - beyond
        near = np.abs(np.hypot(x, y) - circle.radius) < circle.slack
        return angle, near & (angle < self.sweep + beyond)


@dataclass(frozen=True)
class _Run:
    """Equal chords that turn by equal angles: centre and radius of the circle through their ends, half their angle."""

    centre: tuple[float, float]
    corner: float
    half_angle: float

    @property
    def sagitta(self) -> float:
        """The distance of a chord's middle from the circle through its ends, um."""
        return self.corner * (1.0 - math.cos(self.half_angle))


def find_drawn_circles(outlines: Iterable[shapely.Geometry], circles: Iterable[Circle]) -> tuple[DrawnCircle, ...]:
    """Return the circles that chords of the outlines represent."""
    known = np.array(list(circles)).reshape(-1, 3)
    centres = shapely.STRtree(shapely.points(known[:, :2]))
    drawn: dict[int, DrawnCircle] = {}
    rings = (
        [
            ring
            for outline in outlines
            for polygon in shapely.get_parts(outline)
            for ring in (polygon.exterior, *polygon.interiors)
        ]
        if len(known)
        else []
    )
    for run in itertools.chain.from_iterable(_of_ring(shapely.get_coordinates(ring)[:-1]) for ring in rings):
        same = ALIKE * run.corner
        (x, y), widest = run.centre, 1.01 * run.sagitta + same
        near = centres.query(shapely.box(x - same, y - same, x + same, y + same))
        match = near[np.abs(known[near, 2] - run.corner) < widest]
        if not len(match):
            continue
        number = int(match.min())
        radius = float(known[number, 2])
        previous = drawn.get(number)
        slack = max(1.01 * run.sagitta + ALIKE * radius, previous.slack if previous else 0.0)
        half = max(run.half_angle, previous.half_angle if previous else 0.0)
        drawn[number] = DrawnCircle((float(known[number, 0]), float(known[number, 1])), radius, slack, half)
    return tuple(drawn.values())


def _of_ring(points: Floats) -> list[_Run]:
    """Find the runs of equal chords of one closed ring (n, 2)."""
    n = len(points)
    chord = np.roll(points, -1, axis=0) - points
    length = np.hypot(*chord.T)
    ahead = np.roll(chord, -1, axis=0)
    turn = np.arctan2(chord[:, 0] * ahead[:, 1] - chord[:, 1] * ahead[:, 0], (chord * ahead).sum(axis=1))
    # joins[i]: chord i and the next have equal lengths and a small angle; same[i]: the pair before turns equally.
    joins = (np.abs(np.roll(length, -1) - length) < ALIKE * length) & (np.abs(turn) < WIDEST) & (np.abs(turn) > 1e-4)
    same = joins & np.roll(joins, 1) & (np.abs(turn - np.roll(turn, 1)) < ALIKE)
    if joins.all() and same.all():
        return [_run(points, turn[0])]
    arcs: list[list[int]] = []
    run: list[int] = []
    first = int(np.flatnonzero(~same)[0]) if (~same).any() else 0
    for i in np.roll(np.arange(n), -first).tolist():
        if run and same[i]:
            run.append(i)
            continue
        arcs += [run] if len(run) + 1 >= FEWEST else []
        run = [i] if joins[i] else []
    arcs += [run] if len(run) + 1 >= FEWEST else []
    return [_run(points[np.append(run, run[-1] + 1) % n], turn[run[0]]) for run in arcs]


def _run(points: Floats, turn: float) -> _Run:
    """Return the run of consecutive corners (n, 2) that turn by equal angles."""
    half = 0.5 * abs(float(turn))
    a, b = points[0], points[1]
    corner = 0.5 * float(np.hypot(*(b - a))) / math.sin(half)
    normal = np.array([a[1] - b[1], b[0] - a[0]]) / np.hypot(*(b - a)) * math.copysign(1.0, turn)
    centre = 0.5 * (a + b) + normal * corner * math.cos(half)
    return _Run((float(centre[0]), float(centre[1])), corner, half)
