"""Ribbons: bridges described by their centre line, for mechanics that models them as rods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.layout.arcs import Circle
from microfem.layout.centre_lines import Pieces

Floats = NDArray[np.float64]
TOUCH = 1e-2  # relative to the width: distance beyond a ribbon's sides that counts as inside, since chords leave arcs


@dataclass(frozen=True, kw_only=True)
class Ribbon:
    """A flat ribbon along straight lines and arcs that follow one another without a corner, um.

    pieces: (length, curvature) of each piece, see `centre_lines`; the ribbon starts along x.
    width, thickness: of the ribbon, centred on the line. z: height of the line.
    regions: the regions that consist of such ribbons, in order along x; starts: (x, y) of the ribbons of each region.
    pitch: distance between the starts of one region and of the next, including the block between them.
    """

    pieces: Pieces
    width: float
    thickness: float
    z: float
    regions: tuple[str, ...]
    starts: tuple[tuple[tuple[float, float], ...], ...]
    pitch: float

    @property
    def length(self) -> float:
        """The length along the line, um."""
        return sum(length for length, _ in self.pieces)

    @property
    def span(self) -> float:
        """The distance between the ends, um."""
        return float(self.at(np.array([self.length]))[0][0, 0])

    def circles(self) -> list[Circle]:
        """Return the circles of both sides of every ribbon's arcs."""
        bends = [
            (place + np.array([-np.sin(heading), np.cos(heading)]) / curvature, 1.0 / abs(curvature))
            for _, place, heading, _, curvature in self._beginnings()
            if curvature
        ]
        return [
            (x0 + float(x), y0 + float(y), radius + side * self.width)
            for (x, y), radius in bends
            for starts in self.starts
            for x0, y0 in starts
            for side in (-0.5, 0.5)
        ]

    def _beginnings(self) -> Iterator[tuple[float, Floats, float, float, float]]:
        """Yield the arc length, position and heading at the start of each piece, its length and its curvature."""
        s, place, heading = 0.0, np.zeros(2), 0.0
        for length, curvature in self.pieces:
            yield s, place, heading, length, curvature
            place = place + _advance(np.array([length]), heading, curvature)[0]
            s, heading = s + length, heading + curvature * length

    def at(self, s: Floats) -> tuple[Floats, Floats]:
        """Return positions (n, 2), um, and headings (n,), rad, at arc lengths (n,), um."""
        places, headings = np.empty((len(s), 2)), np.empty(len(s))
        for start, place, heading, _, curvature in self._beginnings():
            here = s >= start
            places[here] = place + _advance(s[here] - start, heading, curvature)
            headings[here] = heading + curvature * (s[here] - start)
        return places, headings

    def find(self, points: Floats) -> tuple[Floats, Floats]:
        """Return arc length and offset to the left (n,) of points (n, 2) relative to the start, NaN outside."""
        arc_length, offset = np.full(len(points), np.nan), np.full(len(points), np.nan)
        least = np.full(len(points), np.inf)  # how far a point lies beyond the ends of its piece
        for start, place, heading, length, curvature in self._beginnings():
            along, left = np.array([np.cos(heading), np.sin(heading)]), np.array([-np.sin(heading), np.cos(heading)])
            x, y = (points - place) @ along, (points - place) @ left
            if curvature:
                # Polar coordinates about the centre of the arc, with angles from its start; half a turn either side of
                # its middle, since an arc of a horseshoe turns by more than half a turn.
                side, middle = np.sign(curvature), 0.5 * abs(length * curvature)
                angle = np.arctan2(x, side * (1.0 / curvature - y)) - middle
                angle = middle + np.arctan2(np.sin(angle), np.cos(angle))
                x, y = angle / abs(curvature), 1.0 / curvature - side * np.hypot(x, 1.0 / curvature - y)
            slack = TOUCH * self.width
            inside = (np.abs(y) <= 0.5 * self.width + slack) & (x >= -slack) & (x <= length + slack)
            beyond = np.maximum(np.maximum(-x, x - length), 0.0)
            new = inside & ((beyond < least) | ((beyond == least) & (np.abs(y) < np.abs(offset))))
            arc_length[new], offset[new], least[new] = start + np.clip(x[new], 0.0, length), y[new], beyond[new]
        return arc_length, offset


def _advance(s: Floats, heading: float, curvature: float) -> Floats:
    """Return the displacements (n, 2) after lengths (n,) along a line or an arc."""
    turn = curvature * s
    forth, aside = s * np.sinc(turn / np.pi), s * np.sinc(0.5 * turn / np.pi) * np.sin(0.5 * turn)
    c, d = np.cos(heading), np.sin(heading)
    return np.column_stack([c * forth - d * aside, d * forth + c * aside])
