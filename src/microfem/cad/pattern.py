"""What a machine is to make of a layout: one layer for each role and height, with the outlines that are seen there.

A layer's outline is the plan of the space that its regions own: where outlines overlap at one height, the region of
higher priority has the place, and the others are cut. An electrolyte that covers electrodes keeps its whole outline.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import shapely
from shapely import MultiPolygon

from microfem.base.errors import MicrofemError
from microfem.base.registry import did_you_mean
from microfem.layout import Layout, Outline, Region, Sheet, union
from microfem.layout.owned import slabs
from microfem.layout.rings import Shape, polygon, trace
from microfem.layout.shapes import rectangle

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
    "bridge": (30, 40),
    "interconnect": (31, 6),
    "separator": (40, 2),
    "electrolyte": (41, 3),
    "encapsulation": (50, 7),
}
FINE = 1e-2  # um: chords that tell how far a layer reaches
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


@dataclass(frozen=True, eq=False, kw_only=True)
class PatternLayer:
    """One step of making: role, how many of that role lie lower, heights in um, regions, outlines."""

    role: str
    datatype: int
    z: tuple[float, float]
    parts: tuple[str, ...]
    shapes: tuple[Shape, ...]

    @property
    def number(self) -> int:
        """Layer number in GDSII and OASIS."""
        return LAYERS[self.role][0]

    @property
    def name(self) -> str:
        """Name in DXF and SVG."""
        return f"{self.role}_{self.datatype}" if self.datatype else self.role

    def outline(self, tolerance: float) -> MultiPolygon:
        """Return the layer's outlines as polygons that leave arcs by at most the tolerance, um."""
        return MultiPolygon([polygon(shape, tolerance) for shape in self.shapes])


@dataclass(frozen=True)
class DeviceGrid:
    """How often a device is repeated, and how far apart along x and y, um; the first is at the origin."""

    columns: int = 1
    rows: int = 1
    pitch: tuple[float, float] = (0.0, 0.0)

    @property
    def repeated(self) -> bool:
        """Tell whether there is more than one device."""
        return self.columns * self.rows > 1

    def places(self) -> list[tuple[float, float]]:
        """Return the places of all devices, row by row."""
        x, y = self.pitch
        return [(column * x, row * y) for row in range(self.rows) for column in range(self.columns)]


@dataclass(frozen=True)
class LayerPattern:
    """A device's layers, where it is repeated, and layers that join or carry all of them."""

    name: str
    device: tuple[PatternLayer, ...]
    grid: DeviceGrid = DeviceGrid()
    shared: tuple[PatternLayer, ...] = ()

    def layers(self) -> list[PatternLayer]:
        """Return the device's layers and the shared ones."""
        return [*self.device, *self.shared]

    def box(self) -> tuple[float, float, float, float]:
        """Return x0, y0, x1, y1 of the whole, um."""
        x0, y0, x1, y1 = device_box(self.device)
        (*_, (right, top)) = self.grid.places()
        boxes = [shapely.box(x0, y0, x1 + right, y1 + top), *(one.outline(FINE) for one in self.shared)]
        left, low, right, high = shapely.total_bounds(boxes).tolist()
        return left, low, right, high

    def with_roles(self, roles: Sequence[str]) -> LayerPattern:
        """Return the pattern with the layers of some roles.

        Raises:
            MicrofemError: a role that no layer has; the message lists those there are.
        """
        known = sorted({one.role for one in self.layers()})
        for role in roles:
            if role not in known:
                raise MicrofemError(f"no layer '{role}'{did_you_mean(role, known)}; there are {', '.join(known)}")
        kept = [tuple(one for one in layers if one.role in roles) for layers in (self.device, self.shared)]
        return replace(self, device=kept[0], shared=kept[1])


def device_box(layers: Sequence[PatternLayer]) -> tuple[float, float, float, float]:
    """Return x0, y0, x1, y1 of a device's layers, um."""
    x0, y0, x1, y1 = shapely.total_bounds([one.outline(FINE) for one in layers]).tolist()
    return x0, y0, x1, y1


def make_pattern(layout: Layout, name: str) -> LayerPattern:
    """Return the layers of a layout before it is put on a surface.

    A wound multilayer gives the sheet that it is rolled from, a fibre its cross-section.
    """
    flat = _sheet(layout) if layout.spiral is not None else layout
    circles = flat.drawn_circles
    seen: dict[tuple[str, tuple[float, float]], list[tuple[str, Outline]]] = {}
    for part, outline in _owned(flat):
        z = part.z if isinstance(part, Region) else (part.z, part.z + part.thickness)
        seen.setdefault((part.role, z), []).append((part.name, outline))
    layers = []
    for role in sorted({role for role, _ in seen}, key=lambda one: LAYERS[one]):
        for datatype, z in enumerate(sorted(z for other, z in seen if other == role)):
            names, outlines = zip(*seen[role, z], strict=True)
            layers.append(
                PatternLayer(
                    role=role, datatype=datatype, z=z, parts=names, shapes=tuple(trace(union(outlines), circles))
                )
            )
    return LayerPattern(name, tuple(layers))


def _owned(layout: Layout) -> Iterable[tuple[Region | Sheet, Outline]]:
    """Yield each region with the plan of the space that it owns, and each film."""
    own: dict[str, list[Outline]] = {}
    for region, outline, _ in slabs(layout.regions):
        own.setdefault(region.name, []).append(outline)
    for region in layout.regions:
        if region.footprint in own.get(region.name, []):
            yield region, region.footprint
        elif region.name in own:
            yield region, union(own[region.name])
    yield from ((sheet, sheet.footprint) for sheet in layout.sheets)


def _sheet(layout: Layout) -> Layout:
    """Return the sheet that a roll is wound from: x along it, y along the roll's axis, layers on one another."""
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
