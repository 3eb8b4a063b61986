"""The medium around a device, which has no end: a box so large that what lies beyond it hardly matters."""

from __future__ import annotations

from dataclasses import replace

from microfem.base.errors import LayoutError
from microfem.layout.placement import Box, Flat
from microfem.layout.records import Layout, Region
from microfem.layout.shapes import corner_radius, disc, rectangle

SURROUNDINGS, BEYOND = "surroundings", "surroundings_beyond"  # its regions: what pictures show, and all that is farther
SHOWN = 0.2  # distance between the device and the end of what pictures show, relative to the device's largest extent
FAR, FAR_IN_3D = 300.0, 30.0  # distance of the box's walls from the device, relative to its largest extent
CHORDS = 128  # of a round box
LOWEST = -1_000_000  # priority of what is beyond: the medium is where nothing else is


def surrounded(layout: Layout) -> Layout:
    """Return a layout in a medium on all sides; around a plan that is a cross-section, in that plane alone.

    Raises:
        LayoutError: the family has placed the layout on a curved axis.
    """
    if layout.placement != Flat():
        bound = f"surround devices that lie flat; this one is placed by {type(layout.placement).__name__}"
        raise LayoutError(SURROUNDINGS, "a medium", bound)
    size = _size(layout)
    parts = [_box(layout, name, far * size) for name, far in ((SURROUNDINGS, SHOWN), (BEYOND, FAR))]
    return replace(layout, regions=(*layout.regions, *parts), reach=FAR * size)


def for_view(layout: Layout, dimension: str) -> Layout:
    """Return the layout for a view: in 3D, where fields fall faster, with a smaller box; about an axis, in a disc."""
    if layout.reach and dimension == "axisymmetric":
        return _round(layout)
    if not layout.reach or dimension != "3d":
        return layout
    reach = FAR_IN_3D * _size(layout)
    *parts, _ = layout.regions
    return replace(layout, regions=(*parts, _box(layout, BEYOND, reach)), reach=reach)


def _round(layout: Layout) -> Layout:
    """Return a layout in round boxes about the axis x = y = 0, with the same heights and reach along x."""
    parts, circles = layout.regions[:-2], layout.circles
    for box in layout.regions[-2:]:
        radius = box.footprint.bounds[2]
        parts = (*parts, replace(box, footprint=disc(corner_radius(radius, CHORDS), CHORDS)))
        circles = (*circles, (0.0, 0.0, radius))
    return replace(layout, regions=parts, circles=circles)


def shown_box(layout: Layout) -> Box:
    """Return the bounding box of what pictures show, um: the device, and of a medium without end what is near it."""
    return replace(layout, regions=tuple(one for one in layout.regions if one.name != BEYOND), reach=0.0).box()


def without_medium(layout: Layout) -> Layout:
    """Return the device alone, without media around it, which nobody makes."""
    return replace(layout, regions=tuple(one for one in layout.regions if one.role != "medium"), reach=0.0)


def _size(layout: Layout) -> float:
    """Return the largest extent of the device, um, of a plan that is a cross-section that in the plan."""
    x0, y0, z0, x1, y1, z1 = layout.box()
    return max([x1 - x0, y1 - y0, *([] if layout.projected is not None else [z1 - z0])])


def _box(layout: Layout, name: str, reach: float) -> Region:
    """Return the medium up to a distance from the device, um."""
    up = 0.0 if layout.projected is not None else reach
    x0, y0, z0, x1, y1, z1 = layout.box()
    return Region(
        name=name,
        role="medium",
        footprint=rectangle(x0 - reach, y0 - reach, x1 + reach, y1 + reach),
        z=(z0 - up, z1 + up),
        priority=LOWEST + (name == SURROUNDINGS),
    )
