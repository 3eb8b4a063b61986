"""A long thin layout drawn with a break: its two ends at true proportions, without the uniform middle."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.affinity import translate

from microfem.layout import Outline

SLENDER = 20.0  # length over height from which a layout is broken
END, APART = 2.6, 0.4  # heights: length of each end, distance between them
TEETH, DEPTH = 4, 0.06  # teeth of a broken edge; their depth in heights
EQUAL = 1e-6  # of an area, within which the middle is uniform

Seen = Sequence[tuple[str, Outline]]


def broken(seen: Seen) -> Seen:
    """Return roles and outlines with the middle left out; as they are if it is short or not uniform along x."""
    x0, y0, x1, y1 = shapely.total_bounds([outline for _, outline in seen]).tolist()
    high = y1 - y0
    left, right = x0 + END * high, x1 - END * high
    if x1 - x0 < SLENDER * high or not all(_uniform(outline, left, right) for _, outline in seen):
        return seen
    sides = _torn(left, x0 - high, (y0, y1)), _torn(right, x1 + high, (y0, y1))
    return [(role, _joined(outline, sides, left + APART * high - right)) for role, outline in seen]


def _uniform(outline: Outline, left: float, right: float) -> bool:
    """Tell whether an outline is the same at all places between two, or absent there."""
    middle = shapely.clip_by_rect(outline, left, -np.inf, right, np.inf)
    area = sum((right - left) * (part.bounds[3] - part.bounds[1]) for part in shapely.get_parts(middle))
    return bool(area - middle.area <= EQUAL * max(area, 1e-300))


def _torn(cut: float, end: float, heights: tuple[float, float]) -> shapely.Polygon:
    """Return a plane between x = end and a torn edge at x = cut."""
    low, high = heights
    y = np.linspace(low, high, 2 * TEETH + 1)
    x = cut + DEPTH * (high - low) * (np.arange(len(y)) % 2)
    return shapely.Polygon([(end, low), *zip(x, y, strict=True), (end, high)])


def _joined(outline: Outline, sides: Sequence[shapely.Polygon], shift: float) -> Outline:
    """Return the parts of an outline at both ends, the right one shifted."""
    first, last = (outline & side for side in sides)
    return shapely.union_all([first, translate(last, shift)])
