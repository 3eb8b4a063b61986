"""A layout as records: prisms of a plan outline times a z-interval, films, terminals, a placement.

Lengths are in um. Where outlines overlap, the region of higher priority takes the space.
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
from microfem.base.shown import ShownInNotebook
from microfem.layout.arcs import Circle, DrawnCircle, find_drawn_circles
from microfem.layout.contacts import PartContact
from microfem.layout.faces import ENDS, SIDES, NamedFace
from microfem.layout.placement import Box, Flat, Placement
from microfem.layout.ribbon import Ribbon
from microfem.layout.rings import Curves, Outline, area, find_curves, trace
from microfem.layout.spiral import Spiral
from microfem.materials import Material

Counts: TypeAlias = Literal["electrodes", "package"]  # the part of a device that its footprint includes


@dataclass(frozen=True, kw_only=True)
class Region:
    """A prism, footprint x [z0, z1], with its role in the device."""

    name: str
    role: str
    footprint: Outline
    z: tuple[float, float]
    priority: int = 0

    def __post_init__(self) -> None:
        """Refuse a region without thickness or area, or with an outline that crosses itself.

        Raises:
            LayoutError: with the region's name.
        """
        if not self.z[1] > self.z[0]:
            raise LayoutError(f"{self.name}.thickness", self.z[1] - self.z[0], "must be above 0 um")
        _check_outline(self.name, self.footprint)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A film too thin to mesh: a surface at height z with a thickness, 0 for an ideal sheet."""

    name: str
    role: str
    footprint: Outline
    z: float
    thickness: float

    def __post_init__(self) -> None:
        """Refuse a film of negative thickness or without area, or with an outline that crosses itself.

        Raises:
            LayoutError: with the film's name.
        """
        if not self.thickness >= 0.0:
            raise LayoutError(f"{self.name}.thickness", self.thickness, "must be 0 um or more")
        _check_outline(self.name, self.footprint)


@dataclass(frozen=True, kw_only=True)
class Layout(ShownInNotebook):
    """A device as regions, sheets and terminals, with its materials and its placement.

    terminals: name -> the regions or sheets of the terminal, at one potential.
    feature: the smallest relevant in-plane distance (um), the scale of the mesh.
    gap: the declared distance between anode and cathode (um), the scale of fields.
    plane: height of the cut of a plan view (um).
    spiral: the winding, for a plan that is a wound multilayer and has its own structured mesh; None otherwise.
    ribbon: the bridges between rigid blocks as ribbons, whose centre lines a model of rods uses; None otherwise.
    fingers: electrode -> y of the roots and y of the tips of its fingers (um), for fingers along y.
    projected: area (um2) of the device lying flat, for a plan that is a cross-section; None otherwise.
    in_series: number of cells in series, each of which carries the same charge. contacts: those that are not perfect.
    circles: circles that chords in outlines represent.
    cell: outline of the cell that layers stand on, where the layout has no parts of its own; None otherwise.
    reach: distance (um) from the device to the walls of the box that stands for a medium without end; 0 without one.
    mirrors: axes across which meshes show one side of a mirror plane at 0, which stands for both, see mirrors.py.
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
    cell: Outline | None = None
    reach: float = 0.0
    mirrors: tuple[str, ...] = ()
    contacts: tuple[PartContact, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two parts with one name, since meshes, materials and terminals refer to parts by name.

        Raises:
            LayoutError: with that name.
        """
        names = self.names()
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise LayoutError(twice[0], "a name", "must be that of one region or film, and is that of two")

    @cached_property
    def drawn_circles(self) -> tuple[DrawnCircle, ...]:
        """The circles that chords in the outlines represent, including those of ribbons."""
        circles = [*self.circles, *(self.ribbon.circles() if self.ribbon else ())]
        return find_drawn_circles((part.footprint for part in self.parts()), circles)

    @cached_property
    def curves(self) -> Curves:
        """The arcs of those circles in the outlines."""
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
            MicrofemError: the layout has no such part; the message suggests a name.
        """
        for part in self.parts():
            if part.name == name:
                return part
        raise MicrofemError(f"no region '{name}' in this {self.family} layout{did_you_mean(name, self.names())}")

    def with_role(self, *roles: str) -> list[Region]:
        """Return the regions that have one of the roles."""
        return [region for region in self.regions if region.role in roles]

    def terminal(self, name: str) -> tuple[str, ...]:
        """Return the parts of a terminal; the names of a part and of a face are terminals too.

        Raises:
            MicrofemError: the layout has no such terminal; the message suggests a name.
        """
        if name in self.terminals:
            return self.terminals[name]
        if name in self.names() or self.named_face(name) is not None:
            return (name,)
        known = [*self.terminals, *(n for n in self.names() if n not in self.terminals)]
        owner, dot, _ = name.rpartition(".")
        if dot and owner in known:
            raise MicrofemError(f"'{owner}' has no such face: faces are {', '.join(f'{owner}.{s}' for s in SIDES)}")
        raise MicrofemError(f"no terminal '{name}' in this {self.family} layout{did_you_mean(name, known)}")

    def named_face(self, name: str) -> NamedFace | None:
        """Return the face of that name, None if it names no face.

        Raises:
            MicrofemError: the face is one of a part that the layout does not have, or that does not end there.
        """
        owner, dot, side = name.rpartition(".")
        if name in self.names() or side not in (*SIDES, *ENDS) or (dot and not owner):
            return None
        parts = self.terminal(owner) if owner else ()
        if (owner,) == parts and owner not in self.names():
            raise MicrofemError(f"'{owner}' is a face and has none itself, so that there is no '{name}'")
        if side in ENDS and not (self.spiral and self.spiral.has(owner)):
            raise MicrofemError(f"'{owner}' is no wound layer, which alone has an {side} end; state {', '.join(SIDES)}")
        if self.reach and (not owner or any(self.part(part).role == "medium" for part in parts)):
            raise MicrofemError(f"there is no '{name}': the medium around the device has no end")
        return NamedFace(parts, side)

    def material(self, name: str) -> Material:
        """Return the material of a region or sheet."""
        return self.materials[self.part(name).name]

    def box(self) -> Box:
        """Return the bounding box x0, y0, z0, x1, y1, z1 of the flat layout, without a medium that has no end, um."""
        x0, y0, x1, y1 = shapely.total_bounds([part.footprint for part in self.parts()])
        low, high = min(region.z[0] for region in self.regions), max(region.z[1] for region in self.regions)
        up = 0.0 if self.projected is not None else self.reach
        x0, y0, x1, y1 = x0 + self.reach, y0 + self.reach, x1 - self.reach, y1 - self.reach
        return (float(x0), float(y0), low + up, float(x1), float(y1), high - up)

    def face(self, up: int) -> tuple[float, Outline]:
        """Return height (um) and outline of the upper face of the layout, up = 1, or of the lower one, up = -1."""
        if self.cell is not None:
            return 0.0, self.cell
        ends = [up * region.z[up > 0] for region in self.regions]
        there = [region for region, end in zip(self.regions, ends, strict=True) if end == max(ends)]
        return up * max(ends), union(region.footprint for region in there)

    def at_plane(self) -> list[tuple[str, Outline, int]]:
        """Return (name, outline, priority) of the regions at the height of the plan, and of films that lie there."""
        cut = [(r.name, r.footprint, r.priority) for r in self.regions if r.z[0] <= self.plane < r.z[1]]
        first = 1 + max((priority for _, _, priority in cut), default=0)
        return [*cut, *((sheet.name, sheet.footprint, first) for sheet in self.sheets if sheet.z == self.plane)]

    @property
    def cell_area(self) -> float:
        """The area of all outlines together, um2."""
        return float(union(part.footprint for part in self.parts()).area)

    def area(self, outline: Outline) -> float:
        """Return the area within an outline, um2, with exact circles in place of their chords."""
        return sum(area(shape) for shape in trace(outline, self.drawn_circles))

    def footprint_area(self, counts: Counts = "electrodes") -> float:
        """Return the footprint of the device, um2; if the plan is a cross-section, that of the device lying flat.

        counts: electrodes, with the gaps between them; or package, the outline of all layers.
        """
        if self.projected is not None:
            return self.projected
        if counts == "electrodes":
            return self.area(self.device_outline())
        return self.area(union(part.footprint for part in self.parts() if part.role != "medium"))

    def device_outline(self) -> Outline:
        """Return the outline of anode, cathode and the gaps between them: the morphological closing of the electrodes.

        The closing uses 3/4 of the gap, which also reaches the middle of a crossing of gaps (0.71 of it). For a wound
        multilayer it is the union of all layers, which lie between electrodes on both sides. For strands in a
        cross-section it is the convex hull, since the neck of a closing of two circles has no defined width.
        """
        if self.spiral is not None:
            return union(self._region(name).footprint for name, _ in self.spiral.layers)
        electrodes = self.electrode_outline()
        if self.projected is not None:
            return union([electrodes.convex_hull])
        reach = 0.75 * self.gap
        closed = electrodes.buffer(reach, join_style="mitre").buffer(-reach, join_style="mitre")
        pieces = shapely.get_parts(closed.union(electrodes))
        return union(piece for piece in pieces if piece.area > 0.0)  # a neck of no width is left as a line

    def electrode_outline(self, role: str | None = None) -> Outline:
        """Return the union of the outlines of all electrodes, or of those with a role."""
        roles = (role,) if role else ("anode", "cathode")
        return union(part.footprint for part in self.parts() if part.role in roles)

    def unrolled(self) -> Layout:
        """Return the flat strip of a wound multilayer's layers, stacked along y.

        Raises:
            LayoutError: the layout is no wound multilayer.
        """
        if self.spiral is None:
            raise LayoutError("family", self.family, "must be a wound multilayer, swiss_roll")
        flat = replace(self.spiral, jacket="", rolled=False)
        regions = tuple(replace(self._region(name), footprint=outline) for name, outline in flat.outlines())
        return replace(self, regions=regions, spiral=flat)

    def _region(self, name: str) -> Region:
        return next(region for region in self.regions if region.name == name)

    def placed(self, placement: Placement) -> Layout:
        """Return the layout with a placement.

        Raises:
            LayoutError: the layout folds in that placement, or its family has placed it already.
        """
        if self.placement != Flat():
            own = type(self.placement).__name__
            raise LayoutError("placement", type(placement).__name__, f"the family has placed it already, by {own}")
        placement.check(self.box())
        return replace(self, placement=placement)


def union(outlines: Iterable[Outline]) -> Outline:
    """Return the union of outlines as a polygon or a multipolygon.

    Raises:
        MicrofemError: the union has no area.
    """
    merged = shapely.union_all(list(outlines))
    if not isinstance(merged, Polygon | MultiPolygon):
        raise MicrofemError(f"outlines meet in a {merged.geom_type}, not in an area")
    return merged


def _check_outline(name: str, outline: Outline) -> None:
    if outline.is_empty or outline.area <= 0.0:
        raise LayoutError(f"{name}.footprint", "empty", "must have an area")
    if not outline.is_valid:
        raise LayoutError(f"{name}.footprint", shapely.is_valid_reason(outline), "must not cross itself")
