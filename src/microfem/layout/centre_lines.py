"""Centre lines of ribbons: straight pieces and arcs that follow one another without a corner, along x at both ends.

A line is its pieces, (length in um, curvature in 1/um) of each, with curvature above 0 for a left turn. It starts at
(0, 0) and ends at (length, 0).
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pieces: TypeAlias = tuple[tuple[float, float], ...]

BIARCS = 4  # pairs of arcs along a quarter of a sine's period
SAMPLES = 2000  # points along that quarter, from which the ends of the pairs are interpolated


def straight(length: float) -> Pieces:
    """Return a straight line."""
    return ((length, 0.0),)


def serpentine_radius(length: float, periods: int) -> float:
    """Return the radius of a serpentine's arcs, um."""
    return length / (4 * periods + 2)


def serpentine(length: float, periods: int, amplitude: float) -> Pieces:
    """Return quarter arcs at both ends and half arcs between straight legs along y, up to y = +-amplitude."""
    radius = serpentine_radius(length, periods)
    curve, quarter, leg = 1.0 / radius, 0.5 * math.pi * radius, amplitude - 2.0 * radius
    pieces = [(quarter, curve), (leg, 0.0)]
    for half in range(2 * periods):
        pieces.append((2.0 * quarter, -curve if half % 2 == 0 else curve))
        pieces.append((2.0 * (leg + radius), 0.0))
    pieces[-1] = (leg, 0.0)
    pieces.append((quarter, -curve))
    return tuple((s, k) for s, k in pieces if s > 0.0)


def horseshoe_radius(length: float, periods: int, angle: float) -> float:
    """Return the radius of a horseshoe's arcs, um, each of which advances by 2 R sin(angle / 2); angle in rad."""
    return length / (4.0 * periods * math.sin(0.5 * angle))


def horseshoe(length: float, periods: int, angle: float) -> Pieces:
    """Return arcs of one radius that turn by `angle`, rad, alternately right and left, with half arcs at both ends.

    The line lies between y = 0 and 2 R (1 - cos(angle / 2)).
    """
    radius = horseshoe_radius(length, periods, angle)
    whole, curve = radius * angle, 1.0 / radius
    between = [(whole, -curve if arc % 2 == 0 else curve) for arc in range(2 * periods - 1)]
    return ((0.5 * whole, curve), *between, (0.5 * whole, curve))


def sine_radius(length: float, periods: int, amplitude: float) -> float:
    """Return the least radius of curvature of a sine, um: 1 / (a k2), k = 2 pi periods / length."""
    return (length / (2.0 * math.pi * periods)) ** 2 / amplitude


def sine(length: float, periods: int, amplitude: float) -> Pieces:
    """Return arcs along y = amplitude (1 - cos(2 pi periods x / length)), from trough to trough.

    Pairs of arcs have the places and directions of the curve at their ends (K. M. Bolton, Comput.-Aided Des. 7 (1975)
    89). For amplitudes up to the period they leave it by 0.2 % of the amplitude at most.
    """
    wave = 2.0 * math.pi * periods / length
    steepest = amplitude * wave
    x = np.linspace(0.0, 0.5 * math.pi / wave, SAMPLES)
    heading = np.arctan(steepest * np.sin(wave * x))
    s = np.concatenate([[0.0], np.cumsum(np.diff(x) / np.cos(0.5 * (heading[1:] + heading[:-1])))])
    share = 0.5 * (s / s[-1] + heading / heading[-1])  # half of the ends by length and half by angle
    ends = np.interp(np.arange(BIARCS + 1) / BIARCS, share, x)
    places = np.column_stack([ends, amplitude * (1.0 - np.cos(wave * ends))])
    slopes = np.column_stack([np.ones_like(ends), steepest * np.sin(wave * ends)])
    along = slopes / np.hypot(*slopes.T)[:, None]
    trough = [piece for k in range(BIARCS) for piece in _biarc(places[k : k + 2], along[k : k + 2])]
    crest = [(piece, -curvature) for piece, curvature in trough]
    return tuple((trough + crest[::-1] + crest + trough[::-1]) * periods)


def _biarc(places: Floats, along: Floats) -> list[tuple[float, float]]:
    """Return two arcs without a corner from one place to another, with tangents of one length d at both ends.

    places, along: (2, 2) positions, um, and unit directions at the ends. With v between the places and t1, t2 the
    directions, d solves 2 (1 - t1 . t2) d2 + 2 v . (t1 + t2) d = v2 for the control points at d from the ends.
    """
    v, both, turn = places[1] - places[0], along[0] + along[1], 1.0 - along[0] @ along[1]
    d = v @ v / (v @ both + math.sqrt((v @ both) ** 2 + 2.0 * turn * (v @ v)))
    joint = 0.5 * (places[0] + places[1] + d * (along[0] - along[1]))
    return [_arc(joint - places[0], along[0]), _arc(places[1] - joint, joint - places[0] - d * along[0])]


def _arc(chord: Floats, along: Floats) -> tuple[float, float]:
    """Return length and curvature of the arc over a chord (2,), um, that starts in a direction (2,)."""
    half = math.atan2(along[0] * chord[1] - along[1] * chord[0], along @ chord)
    span = math.hypot(*chord)
    return span / float(np.sinc(half / math.pi)), 2.0 * math.sin(half) / span
