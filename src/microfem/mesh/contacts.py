"""Which terminals of a layout touch nothing or each other, from the arranged outlines of a view, before meshing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from microfem.layout import Layout
from microfem.layout.faces import AXES, NamedFace, sides_of
from microfem.layout.surroundings import for_view
from microfem.mesh.named import ON_FACE
from microfem.mesh.view import View, arranged


@dataclass(frozen=True)
class Occupied:
    """A shape in the plane of a view between two heights, which are equal for a film and for a face across z."""

    shape: BaseGeometry
    low: float
    high: float


@dataclass(frozen=True)
class Contacts:
    """The pieces of parts and faces in a view; near: distance, um, within which pieces touch."""

    layout: Layout
    dimension: str
    view: View
    near: float

    def refused(self, terminals: Sequence[str], conducts: Callable[[str], float]) -> Iterator[str]:
        """Return why terminals cannot be solved for.

        conducts: how a part that is no terminal does; one that is an ideal conductor joins the terminals it touches.
        """
        parts = {name: self.layout.terminal(name) for name in terminals}
        found = {name: [piece for part in owned for piece in self.pieces(part)] for name, owned in parts.items()}
        if empty := [name for name, pieces in found.items() if not pieces]:
            yield from map(self._missing, empty)
            return
        yield from self._idle_edges([part for owned in parts.values() for part in owned], conducts)
        ideal = {part for owned in parts.values() for part in owned}
        others = {part: conducts(part) for part in self.layout.names() if part not in ideal}
        around = [piece for part, how in others.items() if 0.0 < how < math.inf for piece in self.pieces(part)]
        self._join(found, [self.pieces(part) for part, how in others.items() if how == math.inf])
        short = [pair for pair in combinations(found, 2) if self._touch(found[pair[0]], found[pair[1]])]
        yield from (f"terminals {one} and {other} touch each other: a short circuit" for one, other in short)
        for name in () if short else (name for name, pieces in found.items() if not self._touch(pieces, around)):
            yield f"terminal '{name}' touches no part that carries a current or a field"

    def _idle_edges(self, parts: Sequence[str], conducts: Callable[[str], float]) -> Iterator[str]:
        """Return why edges of films that conduct nothing cannot be terminals: they have no area."""
        films = {sheet.name for sheet in self.layout.sheets}
        for name in parts:
            face = self.layout.named_face(name)
            for film in films.intersection(face.parts) if face else ():
                if conducts(film) == 0.0:
                    yield f"'{name}' is the edge of a film that conducts nothing, and has no area"

    def _join(self, found: Mapping[str, list[Occupied]], ideal: Sequence[Sequence[Occupied]]) -> None:
        """Add ideal conductors to the terminals that they touch, directly or by way of each other."""
        left = dict(enumerate(ideal))
        while joined := [k for k, one in left.items() if any(self._touch(pieces, one) for pieces in found.values())]:
            for one in map(left.pop, joined):
                for pieces in [pieces for pieces in found.values() if self._touch(pieces, one)]:
                    pieces += one

    def pieces(self, name: str) -> list[Occupied]:
        """Return what a region, a film or a face is in the view, nothing if the view does not meet it."""
        faces = self.view.faces
        owners = [k for k, prism in enumerate(self.view.prisms) if prism.name == name]
        if owners:
            slabs = faces.owner == owners[0]
            polygons = np.array(faces.faces, dtype=object)
            return [
                Occupied(shapely.union_all(polygons[inside]), low, high)
                for inside, low, high in zip(slabs.T, faces.heights, faces.heights[1:], strict=False)
                if inside.any()
            ]
        for sheet in self.layout.sheets if self.dimension == "3d" else ():
            if sheet.name == name:
                return [Occupied(sheet.footprint, sheet.z, sheet.z)]
        face = self.layout.named_face(name)
        if face is not None:
            return self._on_face(face)
        return [Occupied(line, *self._flat) for film, line in self.view.films if film == name]

    @property
    def _flat(self) -> tuple[float, float]:
        """The interval in which all of a plan or a section lies."""
        return float(self.view.faces.heights[0]), float(self.view.faces.heights[-1])

    def _on_face(self, face: NamedFace) -> list[Occupied]:
        """Return the pieces of a face: lines along its walls, or outlines across z in 3D."""
        axes = AXES[self.dimension]
        if face.axis not in axes:
            return []
        owned = [piece for part in face.parts or self.layout.names() for piece in self.pieces(part)]
        if not owned:
            return []
        if self.dimension == "3d" and face.axis == "z":
            solid = [piece for piece in owned if piece.high > piece.low]
            end = max((p.high for p in solid), default=0.0) if face.upper else min((p.low for p in solid), default=0.0)
            return [Occupied(p.shape, end, end) for p in solid if end == (p.high if face.upper else p.low)]
        column = axes.index(face.axis) + (2 if face.upper else 0)
        ends = [piece.shape.bounds[column] for piece in owned]
        end = max(ends) if face.upper else min(ends)
        return [
            Occupied(wall, p.low, p.high) for p in owned if (wall := self._wall(p.shape, axes.index(face.axis), end))
        ]

    def _wall(self, shape: BaseGeometry, axis: int, at: float) -> BaseGeometry | None:
        """Return the straight sides of a shape at a coordinate, None without any; chords of a circle are none."""
        if shape.geom_type.endswith("LineString"):  # a film in a section ends in points
            ends = shapely.get_coordinates(shape)
            there = ends[np.abs(ends[:, axis] - at) <= self.near]
            return shapely.MultiPoint(there) if len(there) and axis == 0 else None
        sides = []
        for ring in shapely.get_parts(shapely.get_rings(shapely.get_parts(shape))):
            corners = shapely.get_coordinates(ring)
            pairs = np.stack([corners[:-1], corners[1:]], axis=1)
            on = (np.abs(pairs[:, :, axis] - at) <= self.near).all(axis=1)
            sides += [pair for pair in pairs[on] if not self._chord(pair)]
        return shapely.MultiLineString([pair.tolist() for pair in sides]) if sides else None

    def _chord(self, ends: np.ndarray) -> bool:
        """Tell whether a side is a chord of a circle that the layout draws."""
        circles = self.layout.drawn_circles if self.dimension != "section" else ()
        return any(
            (np.abs(np.hypot(*(ends - circle.centre).T) - circle.radius) <= circle.slack).all() for circle in circles
        )

    def _missing(self, name: str) -> str:
        """Return why a terminal is not in the view."""
        face = self.layout.named_face(name)
        if face is None:
            return f"the {self.dimension} view does not meet terminal '{name}'"
        sides = sides_of(self.dimension)
        if face.side not in sides:
            return f"the {self.dimension} view has no face '{name}'; its faces are {', '.join(sides)}"
        if face.parts and not any(self.pieces(part) for part in face.parts):
            return f"the {self.dimension} view does not meet '{name.rpartition('.')[0]}', whose face is '{name}'"
        return f"there is no plane face '{name}': the part ends there in an arc, a corner or, if it is a film, nowhere"

    def _touch(self, some: Sequence[Occupied], others: Sequence[Occupied]) -> bool:
        return any(
            a.low <= b.high and b.low <= a.high and bool(shapely.dwithin(a.shape, b.shape, self.near))
            for a in some
            for b in others
        )


def contacts_of(layout: Layout, dimension: str) -> Contacts:
    """Return the pieces of parts and faces in a view of a layout; not for a wound multilayer outside its section.

    Raises:
        MicrofemError: see `arranged`.
    """
    shown = for_view(layout, dimension)
    return Contacts(shown, dimension, arranged(shown, dimension), ON_FACE * layout.feature)
