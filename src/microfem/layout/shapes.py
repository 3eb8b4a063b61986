"""Plan outlines shared by families, in um."""

from __future__ import annotations

import math

import numpy as np
import shapely
from shapely import Polygon

SAGITTA = 2e-3  # how far a chord may leave its arc, relative to the smallest feature


def segments(radius: float, feature: float) -> int:
    """Return how many chords a full circle needs so that none leaves it by more than SAGITTA x feature."""
    ratio = min(SAGITTA * feature / radius, 0.2)
    return max(24, 4 * math.ceil(math.pi / math.acos(1.0 - ratio) / 4))


def disc(radius: float, count: int, centre: tuple[float, float] = (0.0, 0.0)) -> Polygon:
    """Return a circle as a regular polygon of `count` corners on the circle."""
    angle = 2.0 * np.pi * np.arange(count) / count
    return Polygon(np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)]))


def ring(inner: float, outer: float, count: int) -> Polygon:
    """Return the ring between two circles, both of `count` corners at the same angles."""
    return Polygon(disc(outer, count).exterior, [disc(inner, count).exterior])


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    """Return an upright rectangle."""
    return shapely.box(x0, y0, x1, y1)
