"""Many devices on one sheet: arrays, and modules of cells in series and in parallel with their interconnects.

A module has its cells in series along x and in parallel along y: 5S3P is five columns of three cells. A collector strip
between two columns joins the cathodes of one column to the anodes of the other, so that the module has one net more
than columns. Strips lie in the plane of the contacts, which therefore must extend out of the electrolyte at opposite
sides of the device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.affinity import translate

from microfem.base.errors import MicrofemError
from microfem.cad.pattern import CONDUCTORS, FINE, DeviceGrid, LayerPattern, PatternLayer, device_box
from microfem.layout import Outline, union
from microfem.layout.rings import trace
from microfem.layout.shapes import rectangle

SAME = 1e-6  # distance below which two edges coincide, um
FAR = 1e9  # a coordinate beyond every device, um
COVERS = ("electrolyte", "encapsulation")


@dataclass(frozen=True, kw_only=True)
class Contact:
    """The exposed contact of a polarity.

    x: outermost; y: interval; free: exposed length along x; z: heights; all in um.
    """

    polarity: str
    x: float
    y: tuple[float, float]
    free: float
    z: tuple[float, float]


def array(
    pattern: LayerPattern, columns: int, rows: int, pitch: tuple[float, float] | None, gap: float
) -> LayerPattern:
    """Return a pattern with a repeated device; gap: distance between devices if no pitch is stated, um.

    Raises:
        MicrofemError: devices overlap at this pitch.
    """
    x0, y0, x1, y1 = device_box(pattern.device)
    chosen = pitch or (x1 - x0 + gap, y1 - y0 + gap)
    for name, count, step, size in (("x", columns, chosen[0], x1 - x0), ("y", rows, chosen[1], y1 - y0)):
        if count > 1 and step < size - SAME:
            raise MicrofemError(
                f"pitch = {step:.6g} um along {name} is impossible: devices are {size:.6g} um wide there"
            )
    return replace(pattern, grid=DeviceGrid(columns, rows, chosen))


def module(
    pattern: LayerPattern, series: int, parallel: int, pitch: tuple[float, float] | None, gap: float, strip: float
) -> LayerPattern:
    """Return a module of devices on one substrate, joined by collector strips.

    strip: width of the collector strips, um; 0 takes the width of the contact.

    Raises:
        MicrofemError: the device has no contact at both sides, the pitch leaves no room for the strip, or the nets are
            not those of the module.
    """
    left, right = _contact(pattern, -1), _contact(pattern, 1)
    if left.polarity == right.polarity:
        raise MicrofemError(
            f"no module of {pattern.name}: only its {left.polarity} extends out of the electrolyte, at both sides"
        )
    width = strip or max(left.y[1] - left.y[0], right.y[1] - right.y[0])
    x0, y0, x1, y1 = device_box(pattern.device)
    least = right.x - left.x + 3.0 * width
    repeated = array(pattern, series, parallel, pitch or (max(x1 - x0, least) + gap, y1 - y0 + gap), gap)
    if repeated.grid.pitch[0] < least and series > 1:
        raise MicrofemError(
            f"pitch = {repeated.grid.pitch[0]:.6g} um along x is impossible: a strip of {width:.6g} um "
            f"between two devices needs {least:.6g} um"
        )
    strips = [_strip(repeated.grid, left, right, column, width) for column in range(series + 1)]
    joined = PatternLayer(
        role="interconnect", datatype=0, z=left.z, parts=("interconnect",), shapes=tuple(trace(union(strips), ()))
    )
    board = _board(repeated, joined, gap)
    device_layers = tuple(layer for layer in pattern.device if layer.role != "substrate")
    whole = replace(repeated, device=device_layers, shared=(*board, joined))
    _check(whole, left.polarity)
    return whole


def nets(pattern: LayerPattern) -> list[Outline]:
    """Return the nets of a whole pattern, one outline of joined conductors each, from left to right."""
    device = [layer.outline(FINE) for layer in pattern.device if layer.role in CONDUCTORS]
    parts = [translate(one, x, y) for x, y in pattern.grid.places() for one in device]
    parts += [layer.outline(FINE) for layer in pattern.shared if layer.role in CONDUCTORS]
    whole = shapely.get_parts(shapely.union_all([one.buffer(FINE, join_style="mitre") for one in parts]))
    return sorted(whole, key=lambda one: one.bounds[0])


def _contact(pattern: LayerPattern, side: int) -> Contact:
    """Return the contact that extends farthest to the left (-1) or right (1).

    Raises:
        MicrofemError: the other polarity, or a cover, extends as far.
    """
    reach = {what: -np.inf for what in ("anode", "cathode", "other")}
    own_layers: dict[str, list[PatternLayer]] = {what: [] for what in reach}
    for layer in pattern.device:
        first = layer.role.split("_")[0]
        what = first if first in reach else "other"
        if layer.role in CONDUCTORS or layer.role in COVERS:
            own_layers[what].append(layer)
            reach[what] = max(reach[what], side * layer.outline(FINE).bounds[0 if side < 0 else 2])
    polarity = max(("anode", "cathode"), key=lambda one: reach[one])
    free = reach[polarity] - max(far for what, far in reach.items() if what != polarity)
    if not free > SAME:
        raise MicrofemError(
            f"no module of {pattern.name}: at the {'left' if side < 0 else 'right'} neither polarity "
            "alone extends out of the electrolyte; use a family with tabs, and a tab_length above the margin"
        )
    x = side * reach[polarity]
    window = rectangle(min(x, x - side * free), -FAR, max(x, x - side * free), FAR)
    seen = [(layer, layer.outline(FINE) & window) for layer in own_layers[polarity]]
    seen = [(layer, outline) for layer, outline in seen if outline.area > 0.0]
    _, low, _, high = shapely.total_bounds([outline for _, outline in seen]).tolist()
    return Contact(polarity=polarity, x=x, y=(low, high), free=free, z=seen[0][0].z)


def _strip(grid: DeviceGrid, left: Contact, right: Contact, column: int, width: float) -> Outline:
    """Return the collector strip before a column, with its feeders, which overlap the contacts."""
    (px, py), overlap = grid.pitch, min(width, 0.5 * left.free, 0.5 * right.free)
    middle = 0.5 * (right.x + left.x - px) + column * px
    feeders = []
    for row in range(grid.rows):
        if column > 0:
            x = right.x + (column - 1) * px - overlap
            feeders.append(rectangle(x, right.y[0] + row * py, middle, right.y[1] + row * py))
        if column < grid.columns:
            x = left.x + column * px + overlap
            feeders.append(rectangle(middle, left.y[0] + row * py, x, left.y[1] + row * py))
    _, low, _, high = shapely.total_bounds(feeders).tolist()
    return union([rectangle(middle - 0.5 * width, low, middle + 0.5 * width, high), *feeders])


def _board(pattern: LayerPattern, joined: PatternLayer, beyond: float) -> tuple[PatternLayer, ...]:
    """Return one substrate under all devices, if they have one; beyond: width around the devices, um."""
    own = [layer for layer in pattern.device if layer.role == "substrate"]
    x0, y0, x1, y1 = replace(pattern, shared=(joined,)).box()
    whole = tuple(trace(rectangle(x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond), ()))
    return tuple(replace(layer, shapes=whole) for layer in own[:1])


def _check(pattern: LayerPattern, left: str) -> None:
    """Refuse a module with wrong nets: it needs one more net than columns, and each device joins two neighbours."""
    all_nets = nets(pattern)
    columns = pattern.grid.columns
    if len(all_nets) != columns + 1:
        raise MicrofemError(f"no module of {pattern.name}: it has {len(all_nets)} nets instead of {columns + 1}")
    for role in ("anode", "cathode"):
        own = [layer.outline(FINE) for layer in pattern.device if layer.role == role]
        for index, (x, y) in enumerate(pattern.grid.places()):
            here = index % columns + (role != left)
            if not all(all_nets[here].intersects(part) for one in own for part in translate(one, x, y).geoms):
                raise MicrofemError(
                    f"no module of {pattern.name}: the {role} of device {index + 1} is not in net {here + 1}"
                )
