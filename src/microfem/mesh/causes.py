"""Why a mesh gets so many cells: the slit, the edge or the smallest distance that asks for them, and what helps."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import Point

from microfem.base.units import format_quantity
from microfem.layout import Layout
from microfem.mesh.lines import CHORDS, SLIM, Lines, lines_of
from microfem.mesh.view import View, arranged, sizes_at

MUCH = 0.5  # share of the triangles that makes a place the cause
TINY = 0.1  # of the edge length that the layout's smallest distance asks for: lines below it are slivers
ACROSS = ("height", "thickness", "margin")  # ends of the names of parameters that are no distance in the plan
SAME = 1e-6  # relative: a parameter that is as large as a distance
LARGE = 0.2  # of the longest side of a view: parameters above it make it wide


def cause_of(layout: Layout, dimension: str, level: int) -> str:
    """Tell what asks for most of the cells of a mesh, in words with a place or a parameter, and the remedy."""
    if layout.spiral is not None and dimension != "section":
        thinnest = format_quantity(min(thickness for _, thickness in layout.spiral.layers), "um")
        return f"the thinnest layer, {thinnest}, along the whole spiral; take thicker layers or fewer windings"
    view = arranged(layout, dimension)
    lines = lines_of(view.faces.faces, sizes_at(layout, level))
    return sliver(view, lines) or _smallest(layout, view)


def sliver(view: View, lines: Lines) -> str:
    """Tell where a slit or an edge is that most of the triangles are spent on; empty where none is."""
    along = np.maximum(1.0, lines.length / lines.own)
    fine = lines.own < TINY * lines.sizes.edge
    if along[fine].sum() < MUCH * along.sum():
        return ""
    a, b, apart = lines.slits
    if len(apart) and SLIM * apart.min() <= CHORDS * lines.length.min():
        k = int(np.argmin(apart))
        at = shapely.shortest_line(lines.segments[a[k]], lines.segments[b[k]]).centroid
        what = f"two edges {_um(apart[k])} apart"
        reach = float(apart[k])
    else:
        k = int(np.argmin(lines.length))
        at, what, reach = lines.segments[k].centroid, f"an edge of {_um(lines.length[k])}", float(lines.length[k])
    return f"{what} at {_place(at)}, {_of(view, at, reach)}; close or widen it"


def _of(view: View, at: Point, reach: float) -> str:
    """Name the regions whose outlines pass a place."""
    near = dict.fromkeys(one.name for one in view.prisms if one.outline.boundary.distance(at) <= 2.0 * reach)
    return "of " + " and ".join(f"'{name}'" for name in near)


def _smallest(layout: Layout, view: View) -> str:
    """Tell the smallest distance, the parameter that it is, and how wide the view is beside it."""
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
    box = " x ".join(_um(one) for one in size)
    return f"{what} in a box of {box}" + (f"; take {' or '.join(remedies)}" if remedies else "")


def _um(length: float) -> str:
    return format_quantity(length * 1e-3, "mm") if length >= 1e3 else format_quantity(float(length), "um")


def _place(at: Point) -> str:
    return f"({at.x:.6g}, {at.y:.6g}) um"
