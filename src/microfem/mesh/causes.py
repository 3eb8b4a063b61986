"""Why a mesh has too many cells: a slit, a short edge or the smallest distance, and the remedy."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import Point

from microfem.base.units import format_quantity
from microfem.layout import Layout
from microfem.mesh.lines import CHORDS, SLIM, Lines, lines_of
from microfem.mesh.record import UPRIGHT
from microfem.mesh.view import View, arranged, sizes_at

MUCH = 0.5  # share of the triangles from which a slit or an edge is the cause
TINY = 0.1  # of the edge length for the layout's smallest distance: finer lines are slivers
ACROSS = ("height", "thickness", "margin")  # endings of parameters that are no distance in the plan
SAME = 1e-6  # relative difference of a parameter that equals a distance
LARGE = 0.2  # of the longest side of a view: larger parameters are named as remedies


def cause_of(layout: Layout, dimension: str, level: int) -> str:
    """Return the cause of most cells of a mesh, with its place or parameter, and the remedy, for a message."""
    if layout.spiral is not None and dimension not in UPRIGHT:
        thinnest = format_quantity(min(thickness for _, thickness in layout.spiral.layers), "um")
        return f"the thinnest layer, {thinnest}, along the whole spiral; take thicker layers or fewer windings"
    view = arranged(layout, dimension)
    lines = lines_of(view.faces.faces, sizes_at(layout, level))
    return sliver(view, lines) or _smallest(layout, view)


def sliver(view: View, lines: Lines) -> str:
    """Return the slit or the short edge that causes most of the triangles, for a message, "" if there is none."""
    along = np.maximum(1.0, lines.length / lines.own)
    fine = lines.own < TINY * lines.sizes.edge
    if along[fine].sum() < MUCH * along.sum():
        return ""
    a, b, apart = lines.slits
    if len(apart) and SLIM * apart.min() <= CHORDS * lines.length.min():
        k = int(np.argmin(apart))
        at = shapely.shortest_line(lines.segments[a[k]], lines.segments[b[k]]).centroid
        cause = f"two edges {_um(apart[k])} apart"
        reach = float(apart[k])
    else:
        k = int(np.argmin(lines.length))
        at, cause, reach = lines.segments[k].centroid, f"an edge of {_um(lines.length[k])}", float(lines.length[k])
    return f"{cause} at {_place(at)}, {_of(view, at, reach)}; close or widen it"


def _of(view: View, at: Point, reach: float) -> str:
    """Return the names of the regions whose outlines are near a point, for a message."""
    near = dict.fromkeys(prism.name for prism in view.prisms if prism.outline.boundary.distance(at) <= 2.0 * reach)
    return "of " + " and ".join(f"'{name}'" for name in near)


def _smallest(layout: Layout, view: View) -> str:
    """Return the smallest distance, its parameter, the size of the view and remedies, for a message."""
    numbers = {name: value for name, value in layout.params.items() if isinstance(value, float)}
    size = np.ptp(np.reshape(shapely.total_bounds(np.array(view.faces.faces, dtype=object)), (2, 2)), axis=0)
    same = [
        name
        for name, value in numbers.items()
        if abs(value - layout.feature) <= SAME * layout.feature and not name.endswith(ACROSS)
    ]
    wide = sorted(
        (name for name, value in numbers.items() if LARGE * size.max() <= value <= size.max()),
        key=lambda name: -numbers[name],
    )[:2]
    repeats = [name for name, value in layout.params.items() if type(value) is int and value > 1]
    what = f"{', '.join(same)} {_um(layout.feature)}" if same else f"the smallest distance, {_um(layout.feature)},"
    remedies = [
        *([f"a larger {' and '.join(same)}"] if same else []),
        *(f"fewer {name}" for name in repeats),
        *(f"a smaller {name}" for name in wide),
    ]
    box = " x ".join(_um(side) for side in size)
    return f"{what} in a box of {box}" + (f"; take {' or '.join(remedies)}" if remedies else "")


def _um(length: float) -> str:
    return format_quantity(length * 1e-3, "mm") if length >= 1e3 else format_quantity(float(length), "um")


def _place(at: Point) -> str:
    return f"({at.x:.6g}, {at.y:.6g}) um"
