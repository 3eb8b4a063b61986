"""Circles that outlines draw by chords: runs of equal chords that turn by equal angles.

Some families put the chords' ends on the circle, some their middles, so that walls and gaps are as declared; each
names its circles, and chords near one of them stand for it.
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

FEWEST, WIDEST = 4, math.radians(20.0)  # chords of an arc, and the angle that they may turn by
ALIKE = 1e-6  # relative difference of chords, and of angles, that counts as none


Circle: TypeAlias = tuple[float, float, float]  # centre x, y and radius, um


@dataclass(frozen=True)
class DrawnCircle:
    """A circle that chords stand for: how far their ends or middles leave it, um, and half the largest angle of one."""

    centre: tuple[float, float]
    radius: float
    slack: float
    half_angle: float


@dataclass(frozen=True)
class Arc:
    """Part of a circle that chords stand for: where it starts and how far it goes anticlockwise, radians."""

    circle: DrawnCircle
    start: float
    sweep: float

    def angles(self, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the polar angle of points (n, 2) from the arc's start, and which of them are on it or its chords."""
        circle = self.circle
        x, y = (points - circle.centre).T
        beyond = ALIKE + circle.slack / circle.radius  # a corner that was drawn beside the arc's end
        angle = np.mod(np.arctan2(y, x) - self.start + beyond, 2.0 * math.pi) - beyond
        near = np.abs(np.hypot(x, y) - circle.radius) < circle.slack
        return angle, near & (angle < self.sweep + beyond)


@dataclass(frozen=True)
class _Run:
    """Equal chords that turn by equal angles: their ends' circle, and half the angle of each."""

    centre: tuple[float, float]
    corner: float
    half_angle: float

    @property
    def sagitta(self) -> float:
        """How far a chord's middle is from its ends' circle, um."""
        return self.corner * (1.0 - math.cos(self.half_angle))


def find_drawn_circles(outlines: Iterable[shapely.Geometry], circles: Iterable[Circle]) -> tuple[DrawnCircle, ...]:
    """Return those of the circles that chords of the outlines stand for."""
    known = np.array(list(circles)).reshape(-1, 3)
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
        off = np.abs(known - (*run.centre, run.corner)) - [0.0, 0.0, 1.01 * run.sagitta]
        match = np.flatnonzero((off < ALIKE * run.corner).all(axis=1))
        if not len(match):
            continue
        number, radius = int(match[0]), float(known[match[0], 2])
        before = drawn.get(number)
        slack = max(1.01 * run.sagitta + ALIKE * radius, before.slack if before else 0.0)
        half = max(run.half_angle, before.half_angle if before else 0.0)
        drawn[number] = DrawnCircle((float(known[number, 0]), float(known[number, 1])), radius, slack, half)
    return tuple(drawn.values())


def _of_ring(points: Floats) -> list[_Run]:
    """Find the runs of equal chords of one closed ring (n, 2)."""
    n = len(points)
    chord = np.roll(points, -1, axis=0) - points
    length = np.hypot(*chord.T)
    ahead = np.roll(chord, -1, axis=0)
    turn = np.arctan2(chord[:, 0] * ahead[:, 1] - chord[:, 1] * ahead[:, 0], (chord * ahead).sum(axis=1))
    # joins[i]: chord i and the next are of one length, and turn like the pair before.
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
    """Return the circle through consecutive corners (n, 2) that turn by equal angles."""
    half = 0.5 * abs(float(turn))
    a, b = points[0], points[1]
    corner = 0.5 * float(np.hypot(*(b - a))) / math.sin(half)
    normal = np.array([a[1] - b[1], b[0] - a[0]]) / np.hypot(*(b - a)) * math.copysign(1.0, turn)
    centre = 0.5 * (a + b) + normal * corner * math.cos(half)
    return _Run((float(centre[0]), float(centre[1])), corner, half)
