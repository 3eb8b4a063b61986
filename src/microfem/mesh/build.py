"""From a layout to a mesh: arrangement, plan mesh, extrusion, placement, checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString

from microfem.base.child import CallLimits
from microfem.base.errors import ChildError, MeshError
from microfem.base.memory import most_unknowns
from microfem.layout import Layout, Outline
from microfem.layout.surroundings import for_view
from microfem.mesh.arrangement import Arrangement, Prism
from microfem.mesh.causes import cause_of, sliver
from microfem.mesh.curves import find_round_walls, rounded
from microfem.mesh.extrude import extrude
from microfem.mesh.lines import Sizes, lines_of
from microfem.mesh.plan import PlanMesh, mesh_plan
from microfem.mesh.record import Mesh, facet_keys
from microfem.mesh.renumbering import renumbered
from microfem.mesh.sizes import check_sizes, owned_sizes
from microfem.mesh.spiral import mesh_spiral
from microfem.mesh.view import NODES_PER_CELL, View, arranged, expected_cells, heights_of, sizes_at


def build_mesh(
    layout: Layout, dimension: str, level: int = 0, most: float | None = None, limits: CallLimits = CallLimits()
) -> Mesh:
    """Mesh a layout in '3d', 'plan' (its outlines at layout.plane) or 'section' (a cut along x at y = 0).

    'layers' is a plan with all outlines at any height; each cell has the name of its region at layout.plane or, without
    one, of the region nearest to it. 'strip' is the plan of the unrolled layers of a wound multilayer.
    most: largest number of cells, compared with an estimate before meshing; by default as many as fit into memory.
    limits: of the time and the memory of gmsh.

    Raises:
        MeshError: the layout cannot be meshed, or needs too many cells; with family and parameters.
        ChildError: gmsh met a limit.
    """
    layout = for_view(layout, dimension)
    try:
        _refuse_above(most, layout, dimension, level)
        if dimension == "3d":
            return _mesh_3d(layout, level, limits)
        if dimension == "strip":
            return _mesh_2d(layout.unrolled(), "plan", level, limits)
        return _mesh_2d(layout, dimension, level, limits)
    except ChildError as error:
        if error.kind in ("time", "memory"):
            raise
        raise MeshError(f"gmsh failed: {error}", layout.family, layout.params) from error
    except MeshError as error:
        if error.family:
            raise
        raise MeshError(str(error), layout.family, layout.params) from error


def _refuse_above(most: float | None, layout: Layout, dimension: str, level: int) -> None:
    if most is None:
        most = most_unknowns() / NODES_PER_CELL[3 if dimension == "3d" else 2]
    if most < np.inf and (count := expected_cells(layout, dimension, level)) > most:
        raise MeshError(f"about {count:.2g} cells, more than {most:.2g}: {cause_of(layout, dimension, level)}")


def _mesh_3d(layout: Layout, level: int, limits: CallLimits) -> Mesh:
    if layout.spiral is not None:
        plan, faces = mesh_spiral(layout, level, limits)
        prisms = tuple(Prism(r.name, r.footprint, r.z, r.priority) for r in layout.regions)
    else:
        view = arranged(layout, "3d")
        faces, prisms = view.faces, view.prisms
        plan = _plan(view, sizes_at(layout, level), limits)
    heights = heights_of(layout, faces.heights, level)
    points, cells, owner = extrude(plan, faces.owner, faces.heights, heights)
    sheets = {sheet.name: _film_facets(plan, heights, sheet.footprint, sheet.z) for sheet in layout.sheets}
    expected = owned_sizes(prisms) | {sheet.name: sheet.footprint.area for sheet in layout.sheets}
    names = [prism.name for prism in prisms]
    return _finish(layout, "3d", points, cells, owner, names, sheets, faces.snapped, expected)


def _mesh_2d(layout: Layout, dimension: str, level: int, limits: CallLimits) -> Mesh:
    shown = "plan" if dimension == "layers" else dimension
    if layout.spiral is not None and dimension != "section":
        plan, faces = mesh_spiral(layout, level, limits)
        view = View(faces, tuple(Prism(r.name, r.footprint, (0.0, 1.0), r.priority) for r in layout.regions))
    else:
        view = arranged(layout, dimension)
        plan = _plan(view, sizes_at(layout, level), limits)
    several = dimension == "layers" and layout.spiral is None
    owner = _nearest(view.faces, layout.plane) if several else view.faces.owner[:, 0]
    sheets = {name: _line_facets(plan, lines) for name, lines in view.films}
    expected = {} if several else owned_sizes(view.prisms) | {name: lines.length for name, lines in view.films}
    names = [prism.name for prism in view.prisms]
    return _finish(
        layout, shown, plan.points, plan.triangles, owner[plan.face], names, sheets, view.faces.snapped, expected
    )


def _plan(view: View, sizes: Sizes, limits: CallLimits) -> PlanMesh:
    """Return the plan mesh of a view; an error of gmsh names the slit or the short edge that may have caused it."""
    faces = view.faces.faces
    try:
        return mesh_plan(faces, sizes, limits)
    except MeshError as error:
        cause = sliver(view, lines_of(faces, sizes))
        raise MeshError(f"{error}; a possible cause: {cause}" if cause else str(error)) from error


def _nearest(faces: Arrangement, plane: float) -> NDArray[np.int64]:
    """Return the prism (nfaces,) of each face at a height or, if there is none, nearest to it."""
    off = np.abs(0.5 * (faces.heights[1:] + faces.heights[:-1]) - plane)
    off = np.maximum(off - 0.5 * np.diff(faces.heights), 0.0)  # distance of each slab from the plane
    nearest = np.where(faces.owner >= 0, off, np.inf).argmin(axis=1)
    return np.asarray(faces.owner[np.arange(len(faces.owner)), nearest])


def _finish(
    layout: Layout,
    dimension: str,
    points: NDArray[np.float64],
    cells: NDArray[np.int64],
    owner: NDArray[np.int64],
    names: list[str],
    sheets: dict[str, NDArray[np.int64]],
    snapped: float,
    expected: Mapping[str, float],
) -> Mesh:
    """Return the mesh: unused nodes and regions dropped, renumbered, oriented, with end faces, checked, placed."""
    used, order = renumbered(len(points), cells)
    cells, owner = cells[order], owner[order]
    number = np.full(len(points), -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    present, region = np.unique(owner, return_inverse=True)
    flat = points[used]
    sheets = {name: np.sort(number[facets], axis=1) for name, facets in sheets.items()}
    mesh = Mesh(
        points=flat,
        cells=_oriented(flat, number[cells]),
        region_of_cell=region,
        regions=tuple(names[i] for i in present),
        dimension=dimension,
        layout=layout,
        sheets=sheets,
        faces={},
        flat=flat,
        snapped=snapped,
    )
    mesh = replace(mesh, faces=_end_faces(mesh), round_walls=find_round_walls(mesh))
    check_sizes(mesh, expected)
    mesh = rounded(mesh)
    if dimension == "3d":
        mesh = mesh.moved(layout.placement(mesh.flat))
        _check_folding(mesh)
    return mesh


def _signed_volumes(points: NDArray[np.float64], cells: NDArray[np.int64]) -> NDArray[np.float64]:
    corners = points[cells]
    return np.asarray(np.linalg.det(corners[:, 1:] - corners[:, :1]))


def _oriented(points: NDArray[np.float64], cells: NDArray[np.int64]) -> NDArray[np.int64]:
    flip = _signed_volumes(points, cells) < 0.0
    cells = cells.copy()
    cells[flip, -2:] = cells[flip, :-3:-1]
    return cells


def _check_folding(mesh: Mesh) -> None:
    if (mesh.signed_volumes <= 0.0).any():
        raise MeshError("the placement folds the mesh over; use a larger radius or a longer pitch")


def _end_faces(mesh: Mesh) -> dict[str, NDArray[np.int64]]:
    vertices, _, outside = mesh.facets
    vertices = vertices[outside < 0]
    axes = {2: "xy", 3: "xyz"}[mesh.dim] if mesh.dimension != "section" else "xz"
    low, high = mesh.flat.min(axis=0), mesh.flat.max(axis=0)
    tolerance = 1e-9 * float((high - low).max())
    faces = {}
    for k, axis in enumerate(axes):
        for end, value in (("min", low[k]), ("max", high[k])):
            there = (np.abs(mesh.flat[vertices, k] - value) < tolerance).all(axis=1)
            faces[axis + end] = vertices[there]
    return faces


def _film_facets(plan: PlanMesh, heights: NDArray[np.float64], outline: Outline, z: float) -> NDArray[np.int64]:
    """Return the facets of a film: the plan's triangles inside its outline, at its height."""
    level = int(np.argmin(np.abs(heights - z)))
    centres = plan.points[plan.triangles].mean(axis=1)
    inside = np.asarray(shapely.contains_xy(outline, centres[:, 0], centres[:, 1]))
    return plan.triangles[inside] + level * len(plan.points)


def _line_facets(plan: PlanMesh, lines: MultiLineString) -> NDArray[np.int64]:
    """Return the edges of a plan mesh on horizontal lines."""
    edges = np.sort(np.vstack([plan.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (0, 2))]), axis=1)
    edges = edges[np.unique(facet_keys(edges, len(plan.points)), return_index=True)[1]]
    return np.vstack([edges[_on(plan.points[edges], line)] for line in lines.geoms])


def _on(ends: NDArray[np.float64], line: LineString) -> NDArray[np.bool_]:
    """Return which edges with the ends (n, 2, 2) lie on a horizontal line."""
    x0, z0, x1, _ = line.bounds
    tolerance = 1e-6 * (x1 - x0)
    on = (np.abs(ends[..., 1] - z0) < tolerance) & (ends[..., 0] > x0 - tolerance) & (ends[..., 0] < x1 + tolerance)
    return np.asarray(on.all(axis=1))
