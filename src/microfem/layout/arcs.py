"""Arcs in outlines: runs of equal chords that turn by equal angles, as all circles here are drawn.

Some families put the chords' ends on the circle, some their middles, so that walls and gaps are as declared; each
names its circles, and chords near one stand for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST, WIDEST = 4, math.radians(20.0)  # chords of an arc, and the angle that they may turn by
ALIKE = 1e-6  # relative difference of chords, and of angles, that counts as none


Circle = tuple[float, float, float]  # centre x, y and radius, um


@dataclass(frozen=True)
class Arc:
    """Part of a circle: centre and radius in um, where it starts, how far it goes anticlockwise, radians.

    corner: radius of the chords' ends; half_angle: of the chords.
    """

    centre: tuple[float, float]
    radius: float
    start: float
    sweep: float
    corner: float
    half_angle: float

    @property
    def sagitta(self) -> float:
        """How far a chord's middle is from its ends' circle, um."""
        return self.corner * (1.0 - math.cos(self.half_angle))

    def angles(self, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the polar angle of points (n, 2) from the arc's start, and which of them lie on the chords."""
        x, y = (points - self.centre).T
        angle = np.mod(np.arctan2(y, x) - self.start, 2.0 * math.pi)
        angle = np.where(angle > 2.0 * math.pi - 1e-9, 0.0, angle)
        near = np.abs(np.hypot(x, y) - self.radius) < 1.01 * self.sagitta + ALIKE * self.radius
        return angle, near & (angle < self.sweep + 1e-9)


def find_arcs(outlines: Iterable[shapely.Geometry], circles: Iterable[Circle]) -> tuple[Arc, ...]:
    """Return the arcs of outlines that stand for one of the circles, each once."""
    centres = np.array(list(circles)).reshape(-1, 3)
    found: dict[tuple[float, ...], Arc] = {}
    for outline in outlines:
        for polygon in shapely.get_parts(outline):
            for ring in (polygon.exterior, *polygon.interiors):
                for drawn in _of_ring(shapely.get_coordinates(ring)[:-1]):
                    off = np.abs(centres - (*drawn.centre, drawn.radius)) - [0.0, 0.0, 1.01 * drawn.sagitta]
                    match = np.flatnonzero((off < ALIKE * drawn.radius).all(axis=1))
                    if not len(match):
                        continue
                    arc = replace(drawn, radius=float(centres[match[0], 2]))
                    key = (*arc.centre, arc.radius, arc.corner, arc.start, arc.sweep)
                    found.setdefault(tuple(round(one, 6) for one in key), arc)
    return tuple(found.values())


def _of_ring(points: Floats) -> list[Arc]:
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
        return [_arc(points, turn[0], n, closed=True)]
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
    return [_arc(points[np.append(run, [run[-1] + 1, run[-1] + 2]) % n], turn[run[0]], len(run) + 1, False)
            for run in arcs]  # fmt: skip


def _arc(points: Floats, turn: float, chords: int, closed: bool) -> Arc:
    """Return the arc through consecutive corners that turn by equal angles."""
    half = 0.5 * abs(float(turn))
    a, b = points[0], points[1]
    corner = 0.5 * float(np.hypot(*(b - a))) / math.sin(half)
    normal = np.array([a[1] - b[1], b[0] - a[0]]) / np.hypot(*(b - a)) * math.copysign(1.0, turn)
    centre = 0.5 * (a + b) + normal * corner * math.cos(half)
    ends = points[-1] if turn < 0.0 else points[0]
    start = 0.0 if closed else math.atan2(*(ends - centre)[::-1])
    sweep = 2.0 * math.pi if closed else 2.0 * half * chords
    return Arc((float(centre[0]), float(centre[1])), corner, start, sweep, corner, half)
