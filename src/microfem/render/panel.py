"""The content of one panel: a field on the triangles of a plane, and the lines between regions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.base.units import parse_quantity
from microfem.render.colours import Span, span_of, volume_span
from microfem.render.triangles import SIDES, Triangles, of_cells, of_surface, refined, sample
from microfem.results.stored import Floats, Ints, Stored, moving

if TYPE_CHECKING:  # the viewer must not import the schema
    from microfem.study.file_schema import ViewModel

LONGER = 2.0  # largest ratio of undeformed to deformed size at which the undeformed outline is drawn
SHOWN = 0.12  # of the layout's size: drawn length of the largest displacement without a stated factor
SMOOTH = 1e-3  # of the layout's size: tolerance of the drawn shape
AXES = {"plan": "xy", "section": "xz", "axisymmetric": "xz", "x": "yz", "y": "xz", "z": "xy"}
ASIDE, SAME = 1e-2, 1e-6  # of the distance to the next vertices; of the extent, below which vertices lie on a plane
NORMALS = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Cut:
    """A field on triangles of a plane.

    corners: (m, 3, 2) of the drawn triangles, um; lines: (k, n, 2) between regions and at the rim;
    rest: (j, n, 2) the undeformed lines, or None; axes: of the plane.
    """

    stored: Stored
    field: str
    triangles: Triangles
    corners: Floats
    lines: Floats
    rest: Floats | None
    axes: str

    @cached_property
    def box(self) -> Floats:
        """Lowest and highest corner (2, 2) of the drawing, including the undeformed outline, um."""
        drawn = self.corners.reshape(-1, 2)
        drawn = drawn if self.rest is None else np.vstack([drawn, self.rest.reshape(-1, 2)])
        return np.array([drawn.min(axis=0), drawn.max(axis=0)])

    @property
    def size(self) -> Floats:
        """Width and height of the drawing, um."""
        return np.asarray(np.ptp(self.box, axis=0))

    @cached_property
    def areas(self) -> Floats:
        """The area of each triangle, um2."""
        a, b, c = (self.corners[:, k] for k in range(3))
        return 0.5 * np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])

    @property
    def deformed(self) -> bool:
        """Whether a displacement is drawn."""
        return self.stored.about["dimension"] != "3d" and "displacement" in self.stored.at_nodes

    def places(self, which: Ints, weights: Floats) -> tuple[Ints, Floats]:
        """Return cells (n,) and barycentric weights in them, from triangles (n,) and weights (n, 3) in these."""
        return self.triangles.cell[which], np.einsum("nk,nkd->nd", weights, self.triangles.weights[which])

    def values(self, which: Ints, weights: Floats) -> Floats:
        """Return the shown values at weights (n, 3) in triangles (n,)."""
        return self.stored.shown(self.field, *self.places(which, weights))

    def vectors(self, which: Ints, weights: Floats) -> Floats:
        """Return the in-plane part (n, 2) of a vector field at weights (n, 3) in triangles (n,)."""
        return self.stored.at(self.field, *self.places(which, weights))[:, ["xyz".index(axis) for axis in self.axes]]

    def span(self, log: bool) -> Span | None:
        """Return the span of the values; a 2D case has the same span as in the viewer."""
        if self.stored.about["dimension"] != "3d":
            return volume_span(self.stored, moving(self.stored), self.field, log)
        cell, weights, sizes = sample(self.triangles, self.areas)
        return span_of(self.stored.shown(self.field, cell, weights), sizes, log)


def cut(stored: Stored, view: ViewModel) -> Cut:
    """Cut the mesh of a 3D case; 2D cases are shown whole, and deformed where they have a displacement."""
    return _sliced(stored, view) if stored.about["dimension"] == "3d" else _whole(stored, view)


def _sliced(stored: Stored, view: ViewModel) -> Cut:
    axis, place = view.plane.split("=")
    normal = NORMALS[axis]
    grid = numbered(stored, moving(stored))
    grid = grid.slice(normal=normal, origin=tuple(plane_height(stored, axis, place) * n for n in normal)).triangulate()
    if grid.n_cells == 0:
        raise MicrofemError(f"the plane {view.plane} does not cut the layout")
    columns = ["xyz".index(one) for one in AXES[axis]]
    triangles, points = of_surface(stored, grid), np.asarray(grid.points, dtype=float)[:, columns]
    corners = np.asarray(grid.regular_faces)
    which, side = borders(corners, np.asarray(grid.cell_data["region"]))
    return Cut(
        stored=stored,
        field=view.field,
        triangles=triangles,
        corners=points[corners],
        lines=points[corners[which[:, None], SIDES[side]]],
        rest=None,
        axes=AXES[axis],
    )


def _whole(stored: Stored, view: ViewModel) -> Cut:
    axes = AXES[stored.about["dimension"]]
    cells = np.flatnonzero(moving(stored))
    triangles = of_cells(cells)
    which, side = borders(stored.corners[cells], np.asarray(stored.grid.cell_data["region"])[cells])
    lines = triangles.sides(which, side)
    places = _places(stored, axes, 0.0, view.field)
    rest = places(*lines).reshape(len(which), -1, 2)
    if "displacement" not in stored.at_nodes:
        return Cut(
            stored=stored,
            field=view.field,
            triangles=triangles,
            corners=triangles.corners(places),
            lines=rest,
            rest=None,
            axes=axes,
        )
    drawn = _places(stored, axes, deformation(stored, view), view.field)
    little = SMOOTH * stored.scale()
    triangles = refined(triangles, lambda cell, weights: drawn(cell, weights) / little)
    made = Cut(
        stored=stored,
        field=view.field,
        triangles=triangles,
        corners=triangles.corners(drawn),
        lines=drawn(*lines).reshape(rest.shape),
        rest=None,
        axes=axes,
    )
    if np.ptp(rest.reshape(-1, 2), axis=0).max() > LONGER * made.size.max():
        return made  # a strip that has rolled up is tiny before its undeformed outline
    return Cut(
        stored=stored,
        field=view.field,
        triangles=triangles,
        corners=made.corners,
        lines=made.lines,
        rest=rest,
        axes=axes,
    )


def _places(stored: Stored, axes: str, factor: float, field: str) -> Callable[[Ints, Floats], Floats]:
    """Return the function from places in cells to drawn points of a plane; factor: of the displacement."""
    columns = ["xyz".index(axis) for axis in axes]
    points = stored.points[:, columns]
    if factor:
        points = points + factor * np.nan_to_num(stored.at_nodes[stored.displacement(field)])[:, columns]
    return lambda cell, weights: stored.at(points, cell, weights)


def numbered(stored: Stored, keep: Any) -> Any:
    """Return some cells with their region and, as `_cell`, their number; both survive cutting."""
    import pyvista as pv

    grid = pv.UnstructuredGrid(stored.grid, deep=False)
    grid.clear_data()
    grid.cell_data["region"] = stored.grid.cell_data["region"]
    grid.cell_data["_cell"] = np.arange(grid.n_cells)
    return grid if np.all(keep) else grid.extract_cells(keep)


def deformation(stored: Stored, view: ViewModel) -> float:
    """Return the magnification of the displacement: as the view states it, or so that it is visible."""
    if view.deform is not None:
        return view.deform
    moved = np.nan_to_num(stored.at_nodes[stored.displacement(view.field)])
    return SHOWN * stored.scale() / max(float(np.linalg.norm(moved, axis=1).max()), 1e-30)


def plane_height(stored: Stored, axis: str, place: str) -> float:
    """Return the coordinate of a plane: `z=mid` is at half the height of the electrodes, `x=mid`, `y=mid` the middle.

    `mid` moves to half-way between the vertices below and above, because a cut near a layer of vertices has slivers. A
    stated plane on vertices moves off them by a hundredth of the way to the next ones, because a cut through vertices
    has edges that belong to one triangle alone and would be drawn as borders.
    """
    k = "xyz".index(axis)
    nodes = np.unique(np.asarray(stored.grid.points)[:, k])
    if place != "mid":
        height = parse_quantity(place, "um")
        apart = nodes[np.abs(nodes - height) > SAME * np.ptp(nodes)]
        nearest = apart[np.abs(apart - height).argmin()]
        return height if len(apart) == len(nodes) else float(height + ASIDE * (nearest - height))
    inside = axis == "z" and nodes[0] <= stored.about["plane"] <= nodes[-1]
    wanted = float(stored.about["plane"] if inside else 0.5 * (nodes[0] + nodes[-1]))
    above = int(np.clip(np.searchsorted(nodes, wanted, side="right"), 1, len(nodes) - 1))
    return float(0.5 * (nodes[above - 1] + nodes[above]))


def borders(corners: Ints, regions: Ints) -> tuple[Ints, Ints]:
    """Return triangle and side, (n,) each, of all edges between regions and at the rim.

    corners: (m, 3) point numbers of the triangles.
    """
    edges = np.sort(np.vstack([corners[:, pair] for pair in SIDES]), axis=1)
    region, triangle, side = (
        np.tile(regions, 3),
        np.tile(np.arange(len(corners)), 3),
        np.repeat(np.arange(3), len(corners)),
    )
    key = edges[:, 0].astype(np.int64) * (int(corners.max()) + 1) + edges[:, 1]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.concatenate([[True], np.diff(key[order]) != 0]))
    times = np.diff(np.concatenate([first, [len(key)]]))
    least, most = (pick.reduceat(region[order], first) for pick in (np.minimum, np.maximum))
    chosen = order[first][(times == 1) | (least != most)]
    return triangle[chosen], side[chosen]
