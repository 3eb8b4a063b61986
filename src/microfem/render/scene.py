"""3D scenes off-screen: the layout cut open or deformed, with the undeformed ghost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from microfem.render.panel import Stored, at_points, deformation, magnitude, moving

if TYPE_CHECKING:
    from microfem.schema import ViewModel

SIZE = (1100, 1100)
WHITE = 250
SHARP = 0.5  # cosine between two triangles whose common edge is drawn
SOFT = ("electrolyte", "separator", "encapsulation")  # hidden where strains are shown: they hide what carries load


def draw_scene(stored: Stored, view: ViewModel, mappable: Any) -> Any:
    """Render a case in 3D and return the image (height, width, 3)."""
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    import pyvista as pv

    plotter = pv.Plotter(off_screen=True, window_size=SIZE, lighting="three lights")
    plotter.set_background("white")
    add_scene(plotter, stored, view, mappable)
    plotter.camera_position = "iso"
    plotter.enable_parallel_projection()
    plotter.reset_camera()
    image = plotter.screenshot(return_img=True)
    plotter.close()
    return _trimmed(image)


def _trimmed(image: Any) -> Any:
    """Cut off the white margins."""
    rows, columns = (np.flatnonzero((image < WHITE).any(axis=(axis, 2))) for axis in (1, 0))
    if not len(rows):
        return image
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def add_scene(plotter: Any, stored: Stored, view: ViewModel, mappable: Any) -> None:
    """Put a case into a plotter: surface coloured by the field, region edges, ghost where it is deformed."""
    surface, factor = prepare(stored, view)
    norm = mappable.norm
    plotter.add_mesh(surface, scalars="_shown", cmap=mappable.cmap, clim=(norm.vmin, norm.vmax), log_scale=view.log,
                     show_scalar_bar=False, nan_color="lightgrey", smooth_shading=False, lighting=True)  # fmt: skip
    if factor:
        ghost = moving(stored).extract_surface(algorithm=None).extract_feature_edges(30)
        plotter.add_mesh(ghost, color="grey", opacity=0.5, line_width=1)
    plotter.add_mesh(sharp_edges(surface), color="black", line_width=1)


def sharp_edges(surface: Any) -> Any:
    """Return the lines between two triangles of a surface that meet at an angle of 60 to 120 degrees.

    Which way a triangle faces does not matter: pieces that are cut face any way, and leave faces inside that are there
    twice, which do not count.
    """
    import pyvista as pv

    mesh = surface.triangulate().clean()
    triangles, points = np.asarray(mesh.regular_faces), np.asarray(mesh.points, dtype=float)
    _, same, times = np.unique(np.sort(triangles, axis=1), axis=0, return_inverse=True, return_counts=True)
    triangles = triangles[times[same.ravel()] == 1]
    normals = np.cross(*(points[triangles[:, k]] - points[triangles[:, 0]] for k in (1, 2)))
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-300)[:, None]
    pairs = np.sort(np.vstack([triangles[:, pair] for pair in ([0, 1], [1, 2], [0, 2])]), axis=1)
    edges, edge, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(edge.ravel(), kind="stable") % len(triangles)
    first = (np.cumsum(count) - count)[count == 2]
    facing = np.abs(np.einsum("ni,ni->n", normals[order[first]], normals[order[first + 1]]))
    sharp = edges[count == 2][facing < SHARP]
    return pv.PolyData(points, lines=np.insert(sharp, 0, 2, axis=1)).clean()


def prepare(stored: Stored, view: ViewModel) -> tuple[Any, float]:
    """Return the outer surface with the field at its points, moved by the displacement, and the factor used."""
    grid = visible(stored)
    grid.point_data["_shown"] = magnitude(at_points(grid, view.field))
    factor = 0.0
    if "displacement" in grid.point_data:
        factor = deformation(stored, view)
        grid.points = np.asarray(grid.points) + factor * np.nan_to_num(np.asarray(grid.point_data["displacement"]))
    elif view.plane == "3d":
        grid = _opened(grid)
    return grid.extract_surface(algorithm=None), factor


def visible(stored: Stored) -> Any:
    """Return the cells that a scene shows: of loaded devices those that carry load, of bridges what moves, else all."""
    grid = moving(stored)
    if "displacement" not in grid.point_data or stored.about["physics"] == "bridges":
        return grid
    roles = list(stored.about["regions"].values())
    firm = [k for k, role in enumerate(roles) if role not in SOFT]
    kept = np.isin(np.asarray(stored.grid.cell_data["region"]), firm)
    return stored.grid.extract_cells(kept) if kept.any() else stored.grid.copy()


def _opened(grid: Any) -> Any:
    """Cut away the near quarter, so that the inside shows."""
    x0, x1, y0, y1, z0, z1 = grid.bounds
    box = ((x0 + x1) / 2, x1 + 1.0, (y0 + y1) / 2, y1 + 1.0, z0 - 1.0, z1 + 1.0)
    return grid.clip_box(box, invert=True)
