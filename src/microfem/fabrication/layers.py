"""The layers of a layout that a fabrication process makes: its conductors, sorted by height."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import shapely

from microfem.layout import Layout, Outline, Region, Sheet, union

DRAWN = ("anode", "cathode", "anode_collector", "cathode_collector", "anode_tab", "cathode_tab", "bridge", "electrode")

Part = Region | Sheet


@dataclass(frozen=True)
class ConductorLayer:
    """Conductors at one height, made together; outline: their union, with touching parts as one piece."""

    parts: tuple[Part, ...]
    outline: Outline

    def name(self, x: float, y: float) -> str:
        """Return the name of the part nearest to a point (um)."""
        point = shapely.Point(x, y)
        return min(self.parts, key=lambda part: float(part.footprint.distance(point))).name


def crossed(layout: Layout) -> bool:
    """Tell whether the plan is a cross-section, of a fibre or of a wound multilayer, which is not made in the plan."""
    return layout.spiral is not None or layout.projected is not None


def drawn(layout: Layout) -> list[Part]:
    """Return the parts that a fabrication process makes: the conductors."""
    return [part for part in layout.parts() if part.role in DRAWN]


def layers(layout: Layout) -> list[ConductorLayer]:
    """Return the conductor layers from bottom to top, then the sheets; regions of overlapping heights are one layer."""
    overlapping: list[list[Part]] = []
    top = -float("inf")
    for region in sorted((r for r in layout.regions if r.role in DRAWN), key=lambda one: one.z):
        if region.z[0] < top:
            overlapping[-1].append(region)
        else:
            overlapping.append([region])
        top = max(top, region.z[1])
    heights: dict[float, list[Part]] = {}
    for sheet in layout.sheets:
        if sheet.role in DRAWN:
            heights.setdefault(sheet.z, []).append(sheet)
    return [
        ConductorLayer(tuple(parts), union(part.footprint for part in parts))
        for parts in [*overlapping, *heights.values()]
    ]


def thickness(part: Part) -> float:
    """Return the thickness of a part along z, um."""
    return part.thickness if isinstance(part, Sheet) else part.z[1] - part.z[0]


def inner_point(outline: Outline) -> tuple[float, float]:
    """Return a point inside an outline, um."""
    point = shapely.point_on_surface(outline)
    return float(point.x), float(point.y)


def on_collectors(layout: Layout) -> Iterator[tuple[Region, list[Part]]]:
    """Yield each electrode that touches current collectors of its polarity, with those collectors."""
    for region in layout.with_role("anode", "cathode"):
        under = [part for part in layout.parts() if part.role == f"{region.role}_collector" and _touches(region, part)]
        if under:
            yield region, under


def _touches(region: Region, part: Part) -> bool:
    faces: Iterable[float] = (part.z,) if isinstance(part, Sheet) else part.z
    return any(z in region.z for z in faces)
