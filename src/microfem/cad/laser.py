"""Paths of a laser or a cutter: outlines with the kerf outside of the parts, or one line in the middle of each gap."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString

from microfem.base.errors import MicrofemError
from microfem.cad.pattern import LayerPattern, Line, PatternLayer
from microfem.fabrication.layers import ConductorLayer, crossed, layers
from microfem.layout import Layout, Outline, union
from microfem.layout.rings import trace

Floats = NDArray[np.float64]
MOST_PLACES = 400_000  # on the outlines, from which lines in the middle are computed; they take half a minute
SAME = 1e-2  # relative difference of two widths that count as one


def offset(pattern: LayerPattern, distance: float, tolerance: float) -> LayerPattern:
    """Return a pattern whose outlines lie outside of the parts by a distance, um, so that a part keeps its size.

    Corners stay sharp, arcs become chords within the tolerance.
    """

    def moved(layer: PatternLayer) -> PatternLayer:
        outline = layer.outline(tolerance).buffer(distance, join_style="mitre")
        return replace(layer, shapes=tuple(trace(outline, ())))

    return replace(pattern, device=tuple(map(moved, pattern.device)), shared=tuple(map(moved, pattern.shared)))


def centrelines(layout: Layout, tolerance: float) -> tuple[PatternLayer, ...]:
    """Return layers of the role `cut`: the lines that are equally far from the anodes and the cathodes of a layer.

    Lines end at the bounding box of the electrodes. tolerance: largest distance from the true line, um.

    Raises:
        MicrofemError: no layer has both an anode and a cathode apart from each other, or the plan is a cross-section.
    """
    if crossed(layout):
        raise MicrofemError(f"no gap to cut in a {layout.family} layout: its plan is a cross-section")
    cut = []
    for number, (layer, anode, cathode) in enumerate(_pairs(layout)):
        z = min(part.z if isinstance(part.z, float) else part.z[0] for part in layer.parts)
        lines = tuple(_line(one) for one in _between(anode, cathode, tolerance))
        names = tuple(part.name for part in layer.parts)
        cut.append(PatternLayer(role="cut", datatype=number, z=(z, z), parts=names, shapes=(), lines=lines))
    if not cut:
        raise MicrofemError(f"no gap to cut in this {layout.family} layout: no layer has an anode beside a cathode")
    return tuple(cut)


def told(layout: Layout, kerf: float, tolerance: float, below: bool) -> list[str]:
    """Return a sentence on each width of the gaps that differs from the kerf, um, with a place.

    below: on gaps below the kerf alone, which are too narrow for paths outside of both electrodes.
    """
    sentences = []
    for _, anode, cathode in _pairs(layout):
        for width, (x, y) in _widths(anode, cathode, tolerance):
            where = f"the gap at ({x:.4g}, {y:.4g}) um is {width:.4g} um wide, the kerf {kerf:.4g} um: "
            if below and width < kerf - tolerance:
                sentences.append(f"{where}the path along one electrode cuts {kerf - width:.4g} um off the other")
            elif not below and abs(width - kerf) > tolerance:
                happens = "leaves" if width > kerf else "removes"
                beside = 0.5 * abs(width - kerf)
                sentences.append(f"{where}one pass in its middle {happens} {beside:.4g} um at each electrode")
    return sentences


def _pairs(layout: Layout) -> Iterator[tuple[ConductorLayer, Outline, Outline]]:
    """Yield each conductor layer with anodes and cathodes apart from each other, and the outlines of both."""
    for layer in layers(layout):
        sides = [
            [part.footprint for part in layer.parts if part.role.startswith(side)] for side in ("anode", "cathode")
        ]
        if all(sides):
            anode, cathode = (union(parts) for parts in sides)
            if anode.distance(cathode) > 0.0:
                yield layer, anode, cathode


def _between(anode: Outline, cathode: Outline, tolerance: float) -> list[LineString]:
    """Return the lines that are equally far from two outlines, within their bounding box.

    They are the edges of the Voronoi diagram of places on both outlines that part places of one from places of the
    other. With places every s along two sides at the distance g, an edge is off by s^2 / (4 g) at most.
    """
    from scipy.spatial import Voronoi

    step = math.sqrt(2.0 * tolerance * anode.distance(cathode))
    length = anode.length + cathode.length
    if length / step > MOST_PLACES:
        raise MicrofemError(
            f"the outlines of {length * 1e-3:.4g} mm are too long for lines in the middle of gaps within "
            f"{tolerance:.4g} um; use a larger --tolerance"
        )
    box = shapely.box(*shapely.total_bounds([anode, cathode]))
    beyond = box.buffer(length).envelope.boundary  # places there make all edges finite that meet the box
    of_each = [shapely.segmentize(anode.boundary, step), shapely.segmentize(cathode.boundary, step), beyond]
    places = [shapely.get_coordinates(one) for one in of_each]
    owner = np.repeat([0, 1, 2], [len(one) for one in places])
    diagram = Voronoi(np.vstack(places))
    ends = np.asarray(diagram.ridge_vertices)
    parting = (owner[diagram.ridge_points].sum(axis=1) == 1) & (ends >= 0).all(axis=1)
    edges = shapely.linestrings(diagram.vertices[ends[parting]])
    inside = shapely.intersection(shapely.line_merge(MultiLineString(list(edges))), box)
    lines = shapely.line_merge(inside).simplify(tolerance)
    return [one for one in shapely.get_parts(lines) if one.length > step]


def _line(path: LineString) -> Line:
    points = shapely.get_coordinates(path)
    return Line(points[:-1], closed=True) if path.is_closed else Line(points, closed=False)


def _widths(anode: Outline, cathode: Outline, tolerance: float) -> list[tuple[float, tuple[float, float]]]:
    """Return the different widths of gaps and a place of each.

    They are taken where lines in the middle run straight for at least the width, not at corners, which are wider; on
    rings everywhere.
    """
    pieces = np.vstack([_segments(one) for one in _between(anode, cathode, tolerance)])
    middle = pieces.mean(axis=1)
    width = 2.0 * shapely.distance(anode, shapely.points(middle))
    straight = np.hypot(*(pieces[:, 1] - pieces[:, 0]).T) >= width
    if straight.any():
        width, middle = width[straight], middle[straight]
    different: list[tuple[float, tuple[float, float]]] = []
    for k in np.argsort(width, kind="stable"):
        if not different or width[k] > (1.0 + SAME) * different[-1][0]:
            different.append((float(width[k]), (float(middle[k, 0]), float(middle[k, 1]))))
    return different


def _segments(path: LineString) -> Floats:
    points = shapely.get_coordinates(path)
    return np.stack([points[:-1], points[1:]], axis=1)
