"""The pattern of a layout for fabrication: one layer for each role and height, with its outlines.

A layer's outline is the plan of the space of its regions: where outlines overlap at one height, the region of higher
priority takes the space and the others are cut. An electrolyte that covers electrodes keeps its whole outline.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryCollection, LineString, MultiPolygon

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.layout import Layout, Outline, Region, Sheet, union
from microfem.layout.owned import slabs
from microfem.layout.rings import Shape, polygon, trace
from microfem.layout.shapes import rectangle

Floats = NDArray[np.float64]

# Number of each role in GDSII and OASIS, and colour index (ACI) in DXF.
LAYERS: Mapping[str, tuple[int, int]] = {
    "substrate": (1, 8),
    "core": (2, 9),
    "anode_collector": (10, 4),
    "anode": (11, 5),
    "anode_tab": (12, 150),
    "cathode_collector": (20, 30),
    "cathode": (21, 1),
    "cathode_tab": (22, 14),
    "electrode": (25, 94),
    "bridge": (30, 40),
    "interconnect": (31, 6),
    "separator": (40, 2),
    "electrolyte": (41, 3),
    "encapsulation": (50, 7),
    "layer": (51, 33),
    "medium": (52, 254),
    "step": (55, 20),
    "mark": (60, 250),
    "label": (61, 252),
    "cut": (62, 10),
}
FINE = 1e-2  # tolerance of chords from which the extent of layers is computed, um
CONDUCTORS = (
    "anode_collector",
    "anode",
    "anode_tab",
    "cathode_collector",
    "cathode",
    "cathode_tab",
    "bridge",
    "interconnect",
)


@dataclass(frozen=True, eq=False)
class Line:
    """A line that a tool follows: its corners (n, 2) in um, and whether it returns to the first."""

    points: Floats
    closed: bool

    @property
    def path(self) -> Floats:
        """All corners from start to end, (n, 2) or, of a closed line, (n + 1, 2)."""
        return np.vstack([self.points, self.points[:1]]) if self.closed else self.points


@dataclass(frozen=True, eq=False, kw_only=True)
class PatternLayer:
    """One layer: role, number of lower layers of that role (datatype), heights in um, regions, outlines, lines."""

    role: str
    datatype: int
    z: tuple[float, float]
    parts: tuple[str, ...]
    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...] = ()

    @property
    def number(self) -> int:
        """The layer number in GDSII and OASIS."""
        return LAYERS[self.role][0]

    @property
    def name(self) -> str:
        """The name in DXF and SVG."""
        return f"{self.role}_{self.datatype}" if self.datatype else self.role

    def outline(self, tolerance: float) -> MultiPolygon:
        """Return the layer's outlines as polygons that deviate from arcs by at most the tolerance, um."""
        return MultiPolygon([polygon(shape, tolerance) for shape in self.shapes])

    def drawn(self) -> shapely.Geometry:
        """Return the outlines and lines, whose bounds are those of the layer."""
        return GeometryCollection([self.outline(FINE), *(LineString(line.path) for line in self.lines)])


@dataclass(frozen=True)
class DeviceGrid:
    """The repetition of a device: numbers of columns and rows, pitch along x and y, um; the first is at the origin."""

    columns: int = 1
    rows: int = 1
    pitch: tuple[float, float] = (0.0, 0.0)

    @property
    def repeated(self) -> bool:
        """Whether there is more than one device."""
        return self.columns * self.rows > 1

    def places(self) -> list[tuple[float, float]]:
        """Return the positions (x, y) of all devices, row by row, um."""
        x, y = self.pitch
        return [(column * x, row * y) for row in range(self.rows) for column in range(self.columns)]


@dataclass(frozen=True)
class LayerPattern:
    """A device's layers, its repetition, and layers shared by all devices, such as interconnects and a substrate."""

    name: str
    device: tuple[PatternLayer, ...]
    grid: DeviceGrid = DeviceGrid()
    shared: tuple[PatternLayer, ...] = ()

    def layers(self) -> list[PatternLayer]:
        """Return the device's layers and the shared ones."""
        return [*self.device, *self.shared]

    def box(self) -> tuple[float, float, float, float]:
        """Return the bounding box x0, y0, x1, y1 of the whole pattern, um."""
        boxes = [one.drawn() for one in self.shared]
        if self.device:
            x0, y0, x1, y1 = device_box(self.device)
            (*_, (right, top)) = self.grid.places()
            boxes.append(shapely.box(x0, y0, x1 + right, y1 + top))
        left, low, right, high = shapely.total_bounds(boxes).tolist()
        return left, low, right, high

    def with_roles(self, roles: Sequence[str]) -> LayerPattern:
        """Return the pattern with the layers of some roles.

        Raises:
            MicrofemError: no layer has one of the roles; the message lists the roles.
        """
        known = sorted({one.role for one in self.layers()})
        for role in roles:
            if role not in known:
                raise MicrofemError(f"no layer '{role}'{did_you_mean(role, known)}; there are {', '.join(known)}")
        kept = [tuple(one for one in layers if one.role in roles) for layers in (self.device, self.shared)]
        return replace(self, device=kept[0], shared=kept[1])


def device_box(layers: Sequence[PatternLayer]) -> tuple[float, float, float, float]:
    """Return the bounding box x0, y0, x1, y1 of a device's layers, um."""
    x0, y0, x1, y1 = shapely.total_bounds([one.drawn() for one in layers]).tolist()
    return x0, y0, x1, y1


def make_pattern(layout: Layout, name: str) -> LayerPattern:
    """Return the layers of a layout before its placement.

    The pattern of a wound multilayer is the flat sheet before rolling, that of a fibre its cross-section.
    """
    flat = _sheet(layout) if layout.spiral is not None else layout
    circles = flat.drawn_circles
    of_layer: dict[tuple[str, tuple[float, float]], list[tuple[str, Outline]]] = {}
    for part, outline in _owned(flat):
        z = part.z if isinstance(part, Region) else (part.z, part.z + part.thickness)
        of_layer.setdefault((part.role, z), []).append((part.name, outline))
    layers = []
    for role in sorted({role for role, _ in of_layer}, key=lambda one: LAYERS[one]):
        for datatype, z in enumerate(sorted(z for other, z in of_layer if other == role)):
            names, outlines = zip(*of_layer[role, z], strict=True)
            layers.append(
                PatternLayer(
                    role=role, datatype=datatype, z=z, parts=names, shapes=tuple(trace(union(outlines), circles))
                )
            )
    return LayerPattern(name, tuple(layers))


def _owned(layout: Layout) -> Iterable[tuple[Region | Sheet, Outline]]:
    """Yield each region with the plan of its space, and each film."""
    own_outlines: dict[str, list[Outline]] = {}
    for region, outline, _ in slabs(layout.regions):
        own_outlines.setdefault(region.name, []).append(outline)
    for region in layout.regions:
        if region.footprint in own_outlines.get(region.name, []):
            yield region, region.footprint
        elif region.name in own_outlines:
            yield region, union(own_outlines[region.name])
    yield from ((sheet, sheet.footprint) for sheet in layout.sheets)


def _sheet(layout: Layout) -> Layout:
    """Return the flat sheet of a roll: x along the sheet, y along the roll's axis, layers stacked along z."""
    assert layout.spiral is not None
    half, deep = 0.5 * layout.spiral.length(), layout.regions[0].z[1]
    outline = rectangle(-half, -deep, half, deep)
    heights = itertools.pairwise(layout.spiral.offsets.tolist())
    roles = {region.name: region.role for region in layout.regions}
    regions = tuple(
        Region(name=name, role=roles[name], footprint=outline, z=z)
        for (name, _), z in zip(layout.spiral.layers, heights, strict=True)
    )
    return replace(layout, regions=regions, spiral=None)
