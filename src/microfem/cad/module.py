"""Many devices on one sheet: arrays, and modules of cells in series and in parallel with what joins them.

A module has its cells in series along x, in groups of cells in parallel along y: 5S3P is five columns of three. A
collector strip between two columns takes the cathodes of the one and the anodes of the other, so there is one net
more than columns. Strips are drawn in the plane of the contacts, which therefore must reach out of the electrolyte at
opposite sides of the device.
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

SAME = 1e-6  # um between two edges that count as one
FAR = 1e9  # um: beyond every device
COVERS = ("electrolyte", "encapsulation")


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Where a polarity can be reached: which one, its outermost x and its interval in y, how far it sticks out, its
    heights, um."""

    polarity: str
    x: float
    y: tuple[float, float]
    free: float
    z: tuple[float, float]


def array(
    pattern: LayerPattern, columns: int, rows: int, pitch: tuple[float, float] | None, gap: float
) -> LayerPattern:
    """Repeat a device; without a pitch devices are the gap (um) apart.

    Raises:
        MicrofemError: a pitch at which devices overlap.
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
    """Join devices to a module, on one substrate.

    strip: width of the collector strips, um; 0 takes the width of the contact.

    Raises:
        MicrofemError: a device that cannot be reached from both sides, a pitch that leaves no room for the strip, or
            nets that are not those of the module.
    """
    left, right = _contact(pattern, -1), _contact(pattern, 1)
    if left.polarity == right.polarity:
        raise MicrofemError(f"no module of {pattern.name}: only its {left.polarity} reaches out, at both sides")
    width = strip or max(left.y[1] - left.y[0], right.y[1] - right.y[0])
    x0, y0, x1, y1 = device_box(pattern.device)
    least = right.x - left.x + 3.0 * width
    one = array(pattern, series, parallel, pitch or (max(x1 - x0, least) + gap, y1 - y0 + gap), gap)
    if one.grid.pitch[0] < least and series > 1:
        raise MicrofemError(
            f"pitch = {one.grid.pitch[0]:.6g} um along x is impossible: a strip of {width:.6g} um "
            f"between two devices needs {least:.6g} um"
        )
    strips = [_strip(one.grid, left, right, column, width) for column in range(series + 1)]
    joined = PatternLayer(
        role="interconnect", datatype=0, z=left.z, parts=("interconnect",), shapes=tuple(trace(union(strips), ()))
    )
    board = _board(one, joined, gap)
    kept = tuple(layer for layer in pattern.device if layer.role != "substrate")
    made = replace(one, device=kept, shared=(*board, joined))
    _check(made, left.polarity)
    return made


def nets(pattern: LayerPattern) -> list[Outline]:
    """Return the conductors of a whole pattern that are joined: one outline for each net, from left to right."""
    device = [layer.outline(FINE) for layer in pattern.device if layer.role in CONDUCTORS]
    parts = [translate(one, x, y) for x, y in pattern.grid.places() for one in device]
    parts += [layer.outline(FINE) for layer in pattern.shared if layer.role in CONDUCTORS]
    whole = shapely.get_parts(shapely.union_all([one.buffer(FINE, join_style="mitre") for one in parts]))
    return sorted(whole, key=lambda one: one.bounds[0])


def _contact(pattern: LayerPattern, side: int) -> Contact:
    """Return the contact that reaches out farthest to the left (-1) or right (1).

    Raises:
        MicrofemError: both polarities, or a cover, reach as far.
    """
    reach = {what: -np.inf for what in ("anode", "cathode", "other")}
    own: dict[str, list[PatternLayer]] = {what: [] for what in reach}
    for layer in pattern.device:
        first = layer.role.split("_")[0]
        what = first if first in reach else "other"
        if layer.role in CONDUCTORS or layer.role in COVERS:
            own[what].append(layer)
            reach[what] = max(reach[what], side * layer.outline(FINE).bounds[0 if side < 0 else 2])
    polarity = max(("anode", "cathode"), key=lambda one: reach[one])
    free = reach[polarity] - max(far for what, far in reach.items() if what != polarity)
    if not free > SAME:
        raise MicrofemError(
            f"no module of {pattern.name}: at the {'left' if side < 0 else 'right'} neither polarity "
            "alone reaches out of the electrolyte; tabs do, where a family has them and tab_length is "
            "above the margin"
        )
    x = side * reach[polarity]
    window = rectangle(min(x, x - side * free), -FAR, max(x, x - side * free), FAR)
    seen = [(layer, layer.outline(FINE) & window) for layer in own[polarity]]
    seen = [(layer, outline) for layer, outline in seen if outline.area > 0.0]
    _, low, _, high = shapely.total_bounds([outline for _, outline in seen]).tolist()
    return Contact(polarity=polarity, x=x, y=(low, high), free=free, z=seen[0][0].z)


def _strip(grid: DeviceGrid, left: Contact, right: Contact, column: int, width: float) -> Outline:
    """Return the collector strip before a column, with its feeders, which lie on the contacts."""
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
    """Return one substrate for all, where devices have one, that reaches some um beyond them."""
    own = [layer for layer in pattern.device if layer.role == "substrate"]
    x0, y0, x1, y1 = replace(pattern, shared=(joined,)).box()
    whole = tuple(trace(rectangle(x0 - beyond, y0 - beyond, x1 + beyond, y1 + beyond), ()))
    return tuple(replace(layer, shapes=whole) for layer in own[:1])


def _check(pattern: LayerPattern, left: str) -> None:
    """Refuse nets other than those of the module: each device between two neighbours, one more net than columns."""
    found = nets(pattern)
    columns = pattern.grid.columns
    if len(found) != columns + 1:
        raise MicrofemError(f"no module of {pattern.name}: it has {len(found)} nets in place of {columns + 1}")
    for role in ("anode", "cathode"):
        own = [layer.outline(FINE) for layer in pattern.device if layer.role == role]
        for index, (x, y) in enumerate(pattern.grid.places()):
            here = index % columns + (role != left)
            if not all(found[here].intersects(part) for one in own for part in translate(one, x, y).geoms):
                raise MicrofemError(
                    f"no module of {pattern.name}: the {role} of device {index + 1} is not in net {here + 1}"
                )
