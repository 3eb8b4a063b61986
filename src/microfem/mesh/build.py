"""The route from a layout to a mesh: arrangement, plan mesh, extrusion, placement, checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString

from microfem.errors import MeshError
from microfem.layout import Layout, Outline
from microfem.layout.section import section_outlines
from microfem.mesh.arrange import Arrangement, Prism, arrange
from microfem.mesh.curves import find_round_walls, rounded
from microfem.mesh.extrude import count_cells, extrude, graded_heights
from microfem.mesh.order import renumbered
from microfem.mesh.plan import PlanMesh, Sizes, expected_triangles, mesh_plan
from microfem.mesh.record import Mesh, facet_keys
from microfem.mesh.sizes import check_sizes, owned_sizes
from microfem.mesh.spiral import mesh_spiral

MOST_TRIANGLES = 200_000  # of a plan mesh, half a minute of gmsh; beyond, the request is refused before it starts
MOST_CELLS = 2_000_000  # of a mesh in 3D
SLAB_INTERVALS = 16  # of the coarsest mesh along a layout that is one slab
COARSEST = 2.0  # edges of the coarsest mesh per smallest feature
FLATTER = 2.0  # how much shorter the first intervals along z are than the plan's edges: a layer costs little


def sizes_at(layout: Layout, level: int) -> Sizes:
    """Return the edge lengths at a level of refinement: each level halves them."""
    edge = layout.feature / COARSEST / 2.0**level
    return Sizes(edge, 2.5 * edge)


def build_mesh(layout: Layout, dimension: str, level: int = 0) -> Mesh:
    """Mesh a layout in '3d', 'plan' (its outlines at layout.plane) or 'section' (a cut along x at y = 0).

    'layers' is a plan too, of all outlines at any height; each cell is named after its region at layout.plane, or where
    that is empty after the one nearest to it. 'strip' is the plan of a wound multilayer's layers laid flat.

    Raises:
        MeshError: it cannot be meshed, with family and parameters.
    """
    try:
        if dimension == "3d":
            return _mesh_3d(layout, level)
        if dimension == "strip":
            return _mesh_2d(layout.unrolled(), "plan", level)
        return _mesh_2d(layout, dimension, level)
    except MeshError as error:
        if error.family:
            raise
        raise MeshError(str(error), layout.family, layout.params) from error


def _mesh_3d(layout: Layout, level: int) -> Mesh:
    prisms = [Prism(r.name, r.footprint, r.z, r.priority) for r in layout.regions]
    sizes = sizes_at(layout, level)
    if layout.spiral is not None:
        plan, faces = mesh_spiral(layout, level, MOST_TRIANGLES)
    else:
        films = [sheet.footprint for sheet in layout.sheets]
        faces = arrange(prisms, films, [sheet.z for sheet in layout.sheets], layout.feature, layout.drawn_circles)
        plan = _plan(faces, sizes, len(graded_heights(faces.heights, *_intervals(layout, sizes, faces, level))) - 1)
    heights = graded_heights(faces.heights, *_intervals(layout, sizes, faces, level))
    _refuse_above(MOST_CELLS, count_cells(plan, faces.owner, faces.heights, heights), "cells", sizes)
    points, cells, owner = extrude(plan, faces.owner, faces.heights, heights)
    sheets = {sheet.name: _film_facets(plan, heights, sheet.footprint, sheet.z) for sheet in layout.sheets}
    wanted = owned_sizes(prisms) | {sheet.name: sheet.footprint.area for sheet in layout.sheets}
    names = [prism.name for prism in prisms]
    return _finish(layout, "3d", points, cells, owner, names, sheets, faces.snapped, wanted)


def _mesh_2d(layout: Layout, dimension: str, level: int) -> Mesh:
    sizes = sizes_at(layout, level)
    if dimension == "layers" and layout.spiral is None:
        return _mesh_layers(layout, sizes)
    if dimension in ("plan", "layers"):
        dimension, at = "plan", layout.plane
        prisms = [Prism(r.name, r.footprint, (0.0, 1.0), r.priority) for r in layout.regions if r.z[0] <= at < r.z[1]]
        films: list[tuple[str, MultiLineString]] = []
    else:
        outlines, films = section_outlines(layout)
        prisms = [Prism(name, outline, (0.0, 1.0), priority) for name, outline, priority in outlines]
    if layout.spiral is not None and dimension == "plan":
        plan, faces = mesh_spiral(layout, level, MOST_TRIANGLES)
    else:
        faces = arrange(
            prisms, [], [], _smallest(layout, prisms), () if dimension == "section" else layout.drawn_circles
        )
        plan = _plan(faces, sizes)
    sheets = {name: _line_facets(plan, lines) for name, lines in films}
    owner = faces.owner[plan.face, 0]
    wanted = owned_sizes(prisms) | {name: lines.length for name, lines in films}
    names = [prism.name for prism in prisms]
    return _finish(layout, dimension, plan.points, plan.triangles, owner, names, sheets, faces.snapped, wanted)


def _mesh_layers(layout: Layout, sizes: Sizes) -> Mesh:
    prisms = [Prism(r.name, r.footprint, r.z, r.priority) for r in layout.regions]
    faces = arrange(
        prisms, [sheet.footprint for sheet in layout.sheets], [], _smallest(layout, prisms), layout.drawn_circles
    )
    plan = _plan(faces, sizes)
    off = np.abs(0.5 * (faces.heights[1:] + faces.heights[:-1]) - layout.plane)
    off = np.maximum(off - 0.5 * np.diff(faces.heights), 0.0)  # of each slab from the plane
    nearest = np.where(faces.owner >= 0, off, np.inf).argmin(axis=1)
    owner = faces.owner[np.arange(len(faces.owner)), nearest][plan.face]
    names = [prism.name for prism in prisms]
    return _finish(layout, "plan", plan.points, plan.triangles, owner, names, {}, faces.snapped, {})


def _intervals(layout: Layout, sizes: Sizes, faces: Arrangement, level: int) -> tuple[float, float]:
    """Return the intervals along z (um) at the breaks and far from them.

    A single slab is the same all along, so its intervals follow its length, not its cross-section; a
    placement that curves the z axis limits them in any case.
    """
    edge, far = sizes.edge / FLATTER, 2.0 * sizes.far
    if len(faces.heights) == 2:
        far = max(far, float(np.ptp(faces.heights)) / SLAB_INTERVALS / 2.0**level)
        edge = max(edge, 0.25 * far)
    far = min(far, layout.placement.longest_step / 2.0 ** max(level, 0))
    return min(edge, far), far


def _smallest(layout: Layout, prisms: list[Prism]) -> float:
    """Smallest extent that the snapping grid must not blur."""
    thin = [min(p.outline.bounds[2] - p.outline.bounds[0], p.outline.bounds[3] - p.outline.bounds[1]) for p in prisms]
    return min([layout.feature, *thin])


def _plan(faces: Arrangement, sizes: Sizes, layers: int = 0) -> PlanMesh:
    """Mesh the plan unless its triangles, or the cells of that many layers of it, would be too many."""
    expected = expected_triangles(faces.faces, sizes)
    _refuse_above(MOST_TRIANGLES, expected, "triangles in the plan", sizes)
    filled = float(np.mean(faces.owner >= 0))
    _refuse_above(MOST_CELLS, 3.0 * expected * layers * filled, "cells", sizes)
    return mesh_plan(faces.faces, sizes)


def _refuse_above(most: int, count: float, what: str, sizes: Sizes) -> None:
    if count > most:
        raise MeshError(
            f"about {count:.2g} {what} at an edge length of {sizes.edge:.3g} um, more than {most}; "
            "use a coarser level, fewer repeats, a larger smallest distance, or a view in two dimensions"
        )


def _finish(
    layout: Layout,
    dimension: str,
    points: NDArray[np.float64],
    cells: NDArray[np.int64],
    owner: NDArray[np.int64],
    names: list[str],
    sheets: dict[str, NDArray[np.int64]],
    snapped: float,
    wanted: Mapping[str, float],
) -> Mesh:
    """Drop unused nodes and regions, renumber and orient, name the end faces, check sizes, place the points."""
    used, order = renumbered(len(points), cells)
    cells, owner = cells[order], owner[order]
    number = np.full(len(points), -1, dtype=np.int64)
    number[used] = np.arange(len(used))
    present, region = np.unique(owner, return_inverse=True)
    flat = points[used]
    sheets = {name: np.sort(number[facets], axis=1) for name, facets in sheets.items()}
    mesh = Mesh(flat, _oriented(flat, number[cells]), region, tuple(names[i] for i in present), dimension, layout,
                sheets, {}, flat, snapped=snapped)  # fmt: skip
    mesh = replace(mesh, faces=_end_faces(mesh), round_walls=find_round_walls(mesh))
    check_sizes(mesh, wanted)
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
    """Return the plan's triangles inside a film, at the film's height."""
    level = int(np.argmin(np.abs(heights - z)))
    centres = plan.points[plan.triangles].mean(axis=1)
    inside = np.asarray(shapely.contains_xy(outline, centres[:, 0], centres[:, 1]))
    return plan.triangles[inside] + level * len(plan.points)


def _line_facets(plan: PlanMesh, lines: MultiLineString) -> NDArray[np.int64]:
    """Return the plan's edges on horizontal lines."""
    edges = np.sort(np.vstack([plan.triangles[:, [a, b]] for a, b in ((0, 1), (1, 2), (0, 2))]), axis=1)
    edges = edges[np.unique(facet_keys(edges, len(plan.points)), return_index=True)[1]]
    return np.vstack([edges[_on(plan.points[edges], line)] for line in lines.geoms])


def _on(ends: NDArray[np.float64], line: LineString) -> NDArray[np.bool_]:
    """Tell which edges (n, 2, 2) lie on a horizontal line."""
    x0, z0, x1, _ = line.bounds
    tolerance = 1e-6 * (x1 - x0)
    on = (np.abs(ends[..., 1] - z0) < tolerance) & (ends[..., 0] > x0 - tolerance) & (ends[..., 0] < x1 + tolerance)
    return np.asarray(on.all(axis=1))
