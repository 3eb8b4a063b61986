"""Areas within outlines whose circles are drawn by chords: those of the circles themselves."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from shapely.geometry.polygon import orient

from microfem.layout.arcs import Arc

WIDEST = 1.01  # of an arc's chord: a longer side between two of its points is straight


def round_area(outline: shapely.Geometry, arcs: Iterable[Arc]) -> float:
    """Return the area within an outline, um2, each chord of an arc replaced by the arc.

    Seen from the centre, a chord spans a triangle (a x b) / 2 and its arc a sector r2 theta / 2; the outline has the
    difference more, or less where it is a hole's.
    """
    parts = [orient(part) for part in shapely.get_parts(outline) if part.geom_type == "Polygon"]
    rings = [shapely.get_coordinates(ring) for part in parts for ring in (part.exterior, *part.interiors)]
    area = sum(part.area for part in parts)
    for arc in arcs:
        for ring in rings:
            _, near = arc.angles(ring)
            a, b = ring[:-1] - arc.centre, ring[1:] - arc.centre
            cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
            angle = np.arctan2(cross, (a * b).sum(axis=1))
            chord = near[:-1] & near[1:] & (np.abs(angle) < WIDEST * 2.0 * arc.half_angle)
            area += 0.5 * float((arc.radius**2 * angle - cross)[chord].sum())
    return area
