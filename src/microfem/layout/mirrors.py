"""Mirror planes x = 0 and y = 0 of a layout, of which one side stands for both."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from shapely import MultiPolygon, Polygon
from shapely.affinity import scale

from microfem.layout.frames import axes_of
from microfem.layout.placement import Flat
from microfem.layout.records import Layout
from microfem.layout.rings import Outline
from microfem.materials.anisotropy import FLAT, Tensor

AXES = {"3d": "xy", "plan": "xy", "section": "x"}  # across which a view may have mirror planes
ALIKE = 1e-11  # relative to its area: by how much an outline may differ from its mirror image


def mirror_planes(layout: Layout, dimension: str, properties: Sequence[str]) -> tuple[str, ...]:
    """Return the axes across which a layout is its own mirror image, part by part.

    properties: those of materials that matter; one with a tensor must be the same behind the mirror. A layout that is
    wound or lies on a curved surface or axis has no planes.
    """
    return tuple(axis for axis in AXES.get(dimension, "") if _is_mirrored(layout, axis, properties))


def _is_mirrored(layout: Layout, axis: str, properties: Sequence[str]) -> bool:
    return may_be_mirrored(layout, axis, properties) and all(_own_image(p.footprint, axis) for p in layout.parts())


def may_be_mirrored(layout: Layout, axis: str, properties: Sequence[str]) -> bool:
    """Tell whether a layout is flat, with materials that a mirror across an axis leaves as they are."""
    if layout.spiral is not None or layout.placement != Flat():
        return False
    number = "xy".index(axis)
    tensors = [tensor for name in properties for tensor in _tensors(layout, name)]
    return all(tensor[number][other] == 0.0 for tensor in tensors for other in range(3) if other != number)


def _tensors(layout: Layout, name: str) -> list[Tensor]:
    """Return the tensors of a property in all materials that state it along axes, in fibres along none."""
    axes = axes_of(layout)
    stated = [one.along(name, axes) for one in layout.materials.values() if axes == FLAT and one.has(name)]
    return [one for one in stated if not isinstance(one, float)]


def _own_image(outline: Outline, axis: str) -> bool:
    image = scale(outline, *((-1.0, 1.0) if axis == "x" else (1.0, -1.0)), origin=(0.0, 0.0))
    return bool(shapely.symmetric_difference(outline, image).area <= ALIKE * outline.area)


def one_side(layout: Layout, outline: Outline) -> Outline | None:
    """Return the part of an outline on one side of all mirror planes of a layout, None without any."""
    if not layout.mirrors:
        return outline
    x0, y0, x1, y1 = outline.bounds
    left, low = (max(x0, 0.0) if "x" in layout.mirrors else x0), (max(y0, 0.0) if "y" in layout.mirrors else y0)
    if left >= x1 or low >= y1:
        return None
    quarter = shapely.box(left, low, x1, y1)
    pieces = [piece for piece in shapely.get_parts(outline & quarter) if isinstance(piece, Polygon)]
    return (pieces[0] if len(pieces) == 1 else MultiPolygon(pieces)) if pieces else None
