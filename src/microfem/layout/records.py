"""A layout as records: prisms of a plan outline times a z-interval, films, terminals, a placement.

Lengths in um. Where outlines overlap the region of higher priority owns the space.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, TypeAlias

import shapely
from shapely import MultiPolygon, Polygon

from microfem.base.errors import LayoutError, MicrofemError
from microfem.base.registry import did_you_mean
from microfem.layout.arcs import Circle, DrawnCircle, find_drawn_circles
from microfem.layout.placement import Box, Flat, Placement
from microfem.layout.ribbon import Ribbon
from microfem.layout.rings import Curves, Outline, area, find_curves, trace
from microfem.layout.spiral import Spiral
from microfem.materials import Material

Counts: TypeAlias = Literal["electrodes", "package"]  # what of a device its footprint counts

# What a region is for. A geometry's materials are given by role or by region name.
ROLES = (
    "anode",
    "cathode",
    "electrolyte",
    "separator",
    "anode_collector",
    "cathode_collector",
    "anode_tab",
    "cathode_tab",
    "substrate",
    "encapsulation",
    "bridge",
    "core",
)


@dataclass(frozen=True, kw_only=True)
class Region:
    """A prism: footprint x [z0, z1], and what it is for."""

    name: str
    role: str
    footprint: Outline
    z: tuple[float, float]
    priority: int = 0

    def __post_init__(self) -> None:
        """Refuse a region without extent or with an outline that crosses itself."""
        if not self.z[1] > self.z[0]:
            raise LayoutError(f"{self.name}.thickness", self.z[1] - self.z[0], "must be above 0 um")
        _check_outline(self.name, self.footprint)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A film too thin to mesh: a surface at height z with a thickness."""

    name: str
    role: str
    footprint: Outline
    z: float
    thickness: float

    def __post_init__(self) -> None:
        """Refuse a film without thickness or with an outline that crosses itself."""
        if not self.thickness > 0.0:
            raise LayoutError(f"{self.name}.thickness", self.thickness, "must be above 0 um")
        _check_outline(self.name, self.footprint)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """All that a mesh is made from.

    terminals: name -> the regions or sheets that the terminal holds at one potential.
    feature: the smallest in-plane distance that matters (um), the scale of the mesh.
    gap: the declared distance between anode and cathode (um), the scale of fields.
    plane: the height at which a plan view cuts (um).
    spiral: present where the plan is a wound multilayer, which is meshed by its own structured route.
    ribbon: the bridges between rigid blocks, where they are ribbons; a model of rods takes them by their centre line.
    fingers: electrode -> y at which its fingers leave their busbar and y of their tips (um), where they run along y.
    projected: area (um2) that the device covers when it lies down, where its plan is a cross-section.
    in_series: how many cells the anodes and cathodes belong to that are in series, and so carry one cell's charge.
    """

    family: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    regions: tuple[Region, ...]
    terminals: Mapping[str, tuple[str, ...]]
    feature: float
    gap: float
    plane: float
    sheets: tuple[Sheet, ...] = ()
    placement: Placement = field(default_factory=Flat)
    materials: Mapping[str, Material] = field(default_factory=dict)
    spiral: Spiral | None = None
    projected: float | None = None
    in_series: int = 1
    circles: tuple[Circle, ...] = ()
    ribbon: Ribbon | None = None
    fingers: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse two parts of one name: meshes, materials and terminals know parts by their names."""
        names = self.names()
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise LayoutError(twice[0], "a name", "must be that of one region or film, and is that of two")

    @cached_property
    def drawn_circles(self) -> tuple[DrawnCircle, ...]:
        """The circles that chords in the outlines stand for, those of ribbons too."""
        circles = [*self.circles, *(self.ribbon.circles() if self.ribbon else ())]
        return find_drawn_circles((part.footprint for part in self.parts()), circles)

    @cached_property
    def curves(self) -> Curves:
        """The parts of those circles that outlines follow."""
        return find_curves((part.footprint for part in self.parts()), self.drawn_circles)

    def names(self) -> list[str]:
        """Return the names of all regions and sheets."""
        return [part.name for part in self.parts()]

    def parts(self) -> list[Region | Sheet]:
        """Return all regions and sheets."""
        return [*self.regions, *self.sheets]

    def part(self, name: str) -> Region | Sheet:
        """Return the region or sheet of that name.

        Raises:
            MicrofemError: there is none; the message lists those there are.
        """
        for part in self.parts():
            if part.name == name:
                return part
        raise MicrofemError(f"no region '{name}' in this {self.family} layout{did_you_mean(name, self.names())}")

    def with_role(self, *roles: str) -> list[Region]:
        """Return the regions that have one of the roles."""
        return [region for region in self.regions if region.role in roles]

    def terminal(self, name: str) -> tuple[str, ...]:
        """Return the parts of a terminal; a part's own name is a terminal too."""
        if name in self.terminals:
            return self.terminals[name]
        if name in self.names():
            return (name,)
        known = [*self.terminals, *(n for n in self.names() if n not in self.terminals)]
        raise MicrofemError(f"no terminal '{name}' in this {self.family} layout{did_you_mean(name, known)}")

    def material(self, name: str) -> Material:
        """Return the material of a region or sheet."""
        return self.materials[self.part(name).name]

    def box(self) -> Box:
        """Return x0, y0, z0, x1, y1, z1 of the flat layout, um."""
        x0, y0, x1, y1 = shapely.total_bounds([part.footprint for part in self.parts()])
        heights = [z for region in self.regions for z in region.z]
        return (float(x0), float(y0), min(heights), float(x1), float(y1), max(heights))

    def area(self, outline: Outline) -> float:
        """Return the area within an outline, um2, circles by their radius and not by their chords."""
        return sum(area(shape) for shape in trace(outline, self.drawn_circles))

    def footprint_area(self, counts: Counts = "electrodes") -> float:
        """Return the area that the device covers, um2; where the plan is a cross-section, as it lies down, whole.

        counts: electrodes, with the gaps between them; or package, the outline of all layers.
        """
        if self.projected is not None:
            return self.projected
        whole = counts == "package"
        return self.area(union(part.footprint for part in self.parts()) if whole else self.device_outline())

    def device_outline(self) -> Outline:
        """Return what anode, cathode and the gaps between them cover: the closing of their outline.

        Three quarters of the gap reach into the middle of a crossing of gaps (0.71 of it) as well. A wound multilayer's
        layers are all between its electrodes, whichever side of them is the narrower gap; of strands in a cross-section
        it is the convex hull, since the closing of two circles has no neck of a certain width.
        """
        if self.spiral is not None:
            return union(self._region(name).footprint for name, _ in self.spiral.layers)
        electrodes = self.electrode_outline()
        if self.projected is not None:
            return union([electrodes.convex_hull])
        reach = 0.75 * self.gap
        return electrodes.buffer(reach, join_style="mitre").buffer(-reach, join_style="mitre").union(electrodes)

    def electrode_outline(self, role: str | None = None) -> Outline:
        """Return the union of the electrodes' outlines, or of one of them."""
        roles = (role,) if role else ("anode", "cathode")
        return union(region.footprint for region in self.with_role(*roles))

    def unrolled(self) -> Layout:
        """Return the flat strip of a wound multilayer's layers, stacked along y.

        Raises:
            LayoutError: nothing is wound.
        """
        if self.spiral is None:
            raise LayoutError("family", self.family, "must be a wound multilayer, swiss_roll")
        flat = replace(self.spiral, jacket="", rolled=False)
        regions = tuple(replace(self._region(name), footprint=outline) for name, outline in flat.outlines())
        return replace(self, regions=regions, spiral=flat)

    def _region(self, name: str) -> Region:
        return next(region for region in self.regions if region.name == name)

    def placed(self, placement: Placement) -> Layout:
        """Return the layout on another surface.

        Raises:
            LayoutError: it would fold there, or its family has placed it already.
        """
        if self.placement != Flat():
            own = type(self.placement).__name__
            raise LayoutError("placement", type(placement).__name__, f"the family has placed it already, by {own}")
        placement.check(self.box())
        return replace(self, placement=placement)


def union(outlines: Iterable[Outline]) -> Outline:
    """Return the union of outlines as a polygon or a multipolygon."""
    merged = shapely.union_all(list(outlines))
    if not isinstance(merged, Polygon | MultiPolygon):
        raise MicrofemError(f"outlines meet in a {merged.geom_type}, not in an area")
    return merged


def _check_outline(name: str, outline: Outline) -> None:
    if outline.is_empty or outline.area <= 0.0:
        raise LayoutError(f"{name}.footprint", "empty", "must have an area")
    if not outline.is_valid:
        raise LayoutError(f"{name}.footprint", shapely.is_valid_reason(outline), "must not cross itself")
