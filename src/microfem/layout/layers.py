"""Layers of one's own: prisms and films under and over a layout, from it outwards, each with an outline.

A layer stands on the one before it. What layers leave open beside them belongs to the next layer outwards that fills:
so an electrolyte flows into the windows of a passivation, and air under an overhanging plate. Where layers meet in one
place the inner one owns it, by its priority.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import shapely

from microfem.base.errors import LayoutError
from microfem.layout.arcs import Circle
from microfem.layout.faces import SIDES
from microfem.layout.owned import slabs
from microfem.layout.records import Layout, Region, Sheet, union
from microfem.layout.rings import Outline
from microfem.layout.roles import ELECTRODES, ROLES
from microfem.layout.shapes import narrowest
from microfem.layout.surroundings import BEYOND, SURROUNDINGS, surrounded

Side = Literal["below", "inside", "above", "layers"]
SAME = 1e-9  # relative difference below which areas are equal
ELECTROLYTE = 1  # priority of the electrolyte in families
PIECES = 4.0  # least number of a cell's mesh scales along its shorter side


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A layer as a study states it, lengths in um.

    thickness: 0 for an ideal sheet. outline: WKT of the area that it covers, "" for the whole cell; windows: WKT of the
    openings in it, "" for none; circles: that chords in both represent. beside: whether it stands beside the layer
    before it, on the same floor. fills: whether it fills what layers under it leave open within its outline. film:
    whether it is a film without a height of its own.
    """

    name: str
    material: str
    role: str
    thickness: float
    outline: str = ""
    windows: str = ""
    circles: tuple[Circle, ...] = ()
    beside: bool = False
    fills: bool = True
    film: bool = False

    @property
    def height(self) -> float:
        """The height of the space that the layer takes, um."""
        return 0.0 if self.film else self.thickness

    def footprint(self, whole: Outline) -> Outline:
        """Return the area that the layer covers in a cell.

        Raises:
            LayoutError: it reaches beyond the cell, or a window beyond the layer, or windows leave nothing of it.
        """
        outline = shapely.from_wkt(self.outline) if self.outline else whole
        _inside(outline, whole, f"{self.name}.outline", "the cell")
        if not self.windows:
            return outline
        windows = shapely.from_wkt(self.windows)
        _inside(windows, outline, f"{self.name}.windows", "the layer")
        if not (left := outline - windows).area > 0.0:
            raise LayoutError(f"{self.name}.windows", "an outline", "must leave some of the layer; leave the layer out")
        return union([left])


@dataclass(frozen=True, kw_only=True)
class Layers:
    """The layers under, in and over a layout; `layers` of a design are those over an empty floor.

    below, above: from the layout outwards; inside: from the face of its substrate, z = 0, upwards, in its electrolyte.
    surroundings: material of the medium around all, which has no end; "" for a device that ends at its walls.
    """

    below: tuple[Layer, ...] = ()
    inside: tuple[Layer, ...] = ()
    above: tuple[Layer, ...] = ()
    surroundings: str = ""

    @property
    def all(self) -> tuple[Layer, ...]:
        """All layers."""
        return (*self.below, *self.inside, *self.above)

    @property
    def materials(self) -> dict[str, str]:
        """The material of each layer and of the surroundings, by the name of their region or film."""
        around = dict.fromkeys((SURROUNDINGS, BEYOND), self.surroundings) if self.surroundings else {}
        return {layer.name: layer.material for layer in self.all} | around


def with_layers(layout: Layout, layers: Layers) -> Layout:
    """Return a layout with layers; one that consists of layers alone takes its scales from their electrodes.

    Raises:
        LayoutError: layers overlap, leave a hole, or reach beyond the cell; with the name of the layer.
    """
    stacked = _stacked(layout, layers) if layers.all else layout
    return surrounded(stacked) if layers.surroundings else stacked


def _stacked(layout: Layout, layers: Layers) -> Layout:
    if layout.projected is not None or layout.spiral is not None:
        bound = "lie over and under planar devices; the plan of this one is its cross-section"
        raise LayoutError(layers.all[0].name, "layers", bound)
    _refuse_names(layers.all)
    outer = [
        part
        for up, side in ((-1, layers.below), (1, layers.above))
        for part in (_stack(side, *layout.face(up), up) if side else ())
    ]
    parts = [*_within(layout, layers.inside), *outer]
    stacked = replace(
        layout,
        regions=(*layout.regions, *(part for part in parts if isinstance(part, Region))),
        sheets=(*layout.sheets, *(part for part in parts if isinstance(part, Sheet))),
        terminals=_terminals(layout, parts),
        circles=(*layout.circles, *(circle for layer in layers.all for circle in layer.circles)),
    )
    _refuse_holes(stacked, [layer.name for layer in layers.all])
    _refuse_lost(stacked)
    return stacked if layout.regions else _scaled(stacked)


def _refuse_names(layers: Sequence[Layer]) -> None:
    """Refuse names that mean something else in a study: a role that is not the layer's own, a face, the medium."""
    for layer in layers:
        if layer.name in {*ROLES, *SIDES, SURROUNDINGS, BEYOND} - {layer.role}:
            bound = f"this name is that of a role, of a face or of the medium, and its role is {layer.role}"
            raise LayoutError(f"{layer.name}.name", layer.name, f"{bound}; state another")


def _terminals(layout: Layout, added: Sequence[Region | Sheet]) -> dict[str, tuple[str, ...]]:
    """Return the terminals of a layout; layers whose role is anode or cathode join those of that name."""
    roles = {role: tuple(part.name for part in added if part.role == role) for role in ("anode", "cathode")}
    joined = {role: (*layout.terminals.get(role, ()), *names) for role, names in roles.items() if names}
    return {**layout.terminals, **joined}


def _within(layout: Layout, layers: Sequence[Layer]) -> list[Region | Sheet]:
    """Return the parts of layers in the electrolyte: of equal priority with it, in an order in which lower ones win."""
    if not layers:
        return []
    there = [region for region in layout.regions if region.z[0] <= 0.0 < region.z[1]]
    if not there:
        raise LayoutError(layers[0].name, "inside", "needs a device with a face at z = 0, over which layers can lie")
    parts = list(_stack(layers, 0.0, union(region.footprint for region in there), 1))
    highest = max(region.z[1] for region in there)
    for part in parts:
        top = part.z if isinstance(part, Sheet) else part.z[1]
        if top > highest:
            raise LayoutError(f"{part.name}.thickness", f"top at {top:.6g} um", f"must end below z = {highest:.6g} um")
    lowest_last = reversed([replace(p, priority=ELECTROLYTE) if isinstance(p, Region) else p for p in parts])
    return list(lowest_last)


def _stack(layers: Sequence[Layer], floor: float, whole: Outline, up: int) -> Iterator[Region | Sheet]:
    """Yield the parts of layers on a floor (um); up: 1 from it upwards, -1 downwards."""
    reached, done = 0.0, list[list[tuple[Layer, Outline]]]()
    for level in levels(layers):
        there = [(layer, layer.footprint(whole)) for layer in level]
        _refuse_overlap(there)
        for layer, outline in there:
            low = reached - (_open_under(outline, done) if layer.fills else 0.0)
            ends = (floor + up * low, floor + up * (reached + layer.height))
            if layer.height > 0.0:
                yield Region(
                    name=layer.name,
                    role=layer.role,
                    footprint=outline,
                    z=(min(ends), max(ends)),
                    priority=-1 - len(done),
                )
            else:
                height = floor + up * reached
                yield Sheet(name=layer.name, role=layer.role, footprint=outline, z=height, thickness=layer.thickness)
        reached += max(layer.height for layer in level)
        done.append(there)


def levels(layers: Sequence[Layer]) -> list[list[Layer]]:
    """Return the layers that stand on one floor, level by level."""
    found: list[list[Layer]] = []
    for layer in layers:
        if layer.beside and found:
            found[-1].append(layer)
        else:
            found.append([layer])
    return found


def _open_under(outline: Outline, levels: Sequence[Sequence[tuple[Layer, Outline]]]) -> float:
    """Return the depth to which a layer flows: down to the first level that covers its outline, um."""
    depth = 0.0
    for level in reversed(levels):
        height = max(layer.height for layer, _ in level)
        full = [one for layer, one in level if layer.height == height > 0.0]
        if full and (outline - union(full)).area <= SAME * outline.area:
            break
        depth += height
    return depth


def _inside(outline: Outline, whole: Outline, name: str, of: str) -> None:
    beyond = outline - whole
    if beyond.area > SAME * whole.area:
        x, y = beyond.representative_point().coords[0]
        raise LayoutError(name, "an outline", f"must lie within {of}, and reaches beyond it at ({x:.6g}, {y:.6g}) um")


def _refuse_overlap(level: Sequence[tuple[Layer, Outline]]) -> None:
    for k, (layer, outline) in enumerate(level):
        for other, taken in level[:k]:
            common = outline & taken
            if common.area > SAME * min(outline.area, taken.area):
                x, y = common.representative_point().coords[0]
                where = f"overlaps '{other.name}' on the same floor at ({x:.6g}, {y:.6g}) um"
                raise LayoutError(f"{layer.name}.outline", "an outline", f"{where}; list it as a layer of its own")


def _refuse_holes(layout: Layout, names: Sequence[str]) -> None:
    """Refuse a layout with space between its parts that belongs to none."""
    heights = sorted({z for region in layout.regions for z in region.z})
    within = [[r for r in layout.regions if r.z[0] <= low and high <= r.z[1]] for low, high in pairwise(heights)]
    under = [union(r.footprint for r in there) if there else shapely.Polygon() for there in within]
    roof: shapely.Geometry = shapely.Polygon()
    for k in reversed(range(len(within))):
        missing = (roof - under[k]) & shapely.union_all(under[:k])
        if missing.area > SAME * layout.cell_area:
            place = missing.representative_point()
            over = [r.name for r in layout.regions if r.z[0] >= heights[k + 1] and r.footprint.covers(place)]
            name = next((one for one in over if one in names), names[0])
            where = f"({place.x:.6g}, {place.y:.6g}, {0.5 * (heights[k] + heights[k + 1]):.6g}) um"
            raise LayoutError(f"{name}.fills", False, f"leaves a hole at {where}; let it fill, or one over it")
        roof = shapely.union_all([roof, under[k]])


def _refuse_lost(layout: Layout) -> None:
    """Refuse a region that others leave no space, such as a layer in the electrolyte that a plate covers."""
    left = {region.name for region, _, _ in slabs(layout.regions)}
    for region in layout.regions:
        if region.name not in left:
            at = f"{region.z[0]:.6g} to {region.z[1]:.6g} um"
            raise LayoutError(f"{region.name}.z", at, "other parts take all of this space; leave the layer out")


def _scaled(layout: Layout) -> Layout:
    """Return a layout of layers alone with the scales of its electrodes.

    The mesh follows the narrowest electrode and the shortest distance in plan between electrodes that do not overlap.
    """
    x0, y0, x1, y1 = union(part.footprint for part in layout.parts()).bounds
    feature = min(x1 - x0, y1 - y0) / PIECES
    electrodes = [part for part in layout.parts() if part.role in ELECTRODES]
    for k, part in enumerate(electrodes):
        apart = [float(shapely.distance(part.footprint, other.footprint)) for other in electrodes[:k]]
        feature = min([narrowest(part.footprint, feature), *(one for one in apart if one > 0.0)])
    gap = _gap([[one for one in electrodes if one.role == role] for role in ("anode", "cathode")])
    first = next((one for one in layout.parts() if one in electrodes), layout.regions[0])
    return replace(
        layout,
        feature=feature,
        gap=gap or feature,
        plane=first.z if isinstance(first, Sheet) else 0.5 * (first.z[0] + first.z[1]),
    )


def _gap(both: Sequence[Sequence[Region | Sheet]]) -> float:
    """Return the distance between anode and cathode in plan or, where they overlap there, in height, um; 0 for none."""
    if not all(both):
        return 0.0
    outlines = [union(part.footprint for part in parts) for parts in both]
    if (apart := float(shapely.distance(*outlines))) > 0.0:
        return apart
    spans = [[(p.z, p.z) if isinstance(p, Sheet) else p.z for p in parts] for parts in both]
    return max(0.0, min(max(a[0] - b[1], b[0] - a[1]) for a in spans[0] for b in spans[1]))
