"""3D scenes, rendered off-screen: the layout cut open, or deformed with its undeformed outline."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from microfem.render.colours import GREY, Scale
from microfem.render.panel import SMOOTH, borders, deformation, numbered
from microfem.render.triangles import SAMPLES, SIDES, Triangles, of_surface, refined, taken
from microfem.results.stored import Bools, Floats, Ints, Stored, moving

if TYPE_CHECKING:
    from microfem.study.file_schema import ViewModel

SIZE = (1600, 1600)
WHITE = 250
LINE = 3.5  # pixels
SHARP = 0.5  # cosine of the angle between triangles, below which their edge is drawn
ALIKE = 1e-9  # of the layout's size: points of a cut that differ by round-off, whose edges would be drawn as a rim
SHADE = 0.004  # of a colour range: tolerance of colours between corners; a map has 256
SOFT = ("electrolyte", "separator", "encapsulation")  # hidden in mechanical cases, to show what carries load
FORESHORTENED = (2.0 / 3.0) ** 0.5  # drawn share of lengths along x, y and z in the isometric view


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawnSurface:
    """The surface of a case in a scene.

    corners: (m, 3, 3) of triangles, um; shares: (m, 3) positions of their values on the bar, NaN for none;
    lines: (k, n, 3) sharp edges and borders of regions; ghost: (j, n, 3) sharp edges before deformation;
    factor: of the displacement, 0 without one.
    """

    corners: Floats
    shares: Floats
    lines: Floats
    ghost: Floats
    factor: float

    @property
    def known(self) -> Bools:
        """Which triangles have values."""
        return np.asarray(np.isfinite(self.shares).all(axis=1))


def draw_scenes(surfaces: Sequence[DrawnSurface], scale: Scale, line: float = LINE) -> tuple[list[Any], list[float]]:
    """Render surfaces from one direction, each as large as fits; return images (height, width, 3) and um per pixel.

    line: width of edges, pixels.
    """
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    import pyvista as pv

    images, pixels = [], []
    for one in surfaces:
        plotter = pv.Plotter(off_screen=True, window_size=SIZE, lighting="three lights")
        plotter.set_background("white")
        add_surface(plotter, one, scale, line)
        plotter.camera_position = "iso"
        plotter.enable_parallel_projection()
        plotter.reset_camera()
        images.append(_trimmed(plotter.screenshot(return_img=True)))
        pixels.append(2.0 * plotter.camera.parallel_scale / SIZE[1])
        plotter.close()
    return images, pixels


def _trimmed(image: Any) -> Any:
    """Cut off the white margins."""
    rows, columns = (np.flatnonzero((image < WHITE).any(axis=(axis, 2))) for axis in (1, 0))
    if not len(rows):
        return image
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def add_surface(plotter: Any, one: DrawnSurface, scale: Scale, line: float = LINE) -> None:
    """Add a surface to a plotter, without lighting, which would darken the colours of the bar."""
    known = one.known
    if known.any():
        coloured = triangle_mesh(one.corners[known])
        coloured.point_data["_shown"] = one.shares[known].ravel()
        plotter.add_mesh(
            coloured,
            scalars="_shown",
            cmap=scale.colours,
            clim=(0.0, 1.0),
            show_scalar_bar=False,
            lighting=False,
            interpolate_before_map=True,
        )
        plotter.mapper.SetResolveCoincidentTopologyToPolygonOffset()
    if not known.all():
        plotter.add_mesh(triangle_mesh(one.corners[~known]), color=[GREY] * 3, lighting=True, smooth_shading=False)
        plotter.mapper.SetResolveCoincidentTopologyToPolygonOffset()
    if len(one.ghost):
        plotter.add_mesh(line_mesh(one.ghost), color="grey", opacity=0.5, line_width=0.6 * line)
    if len(one.lines):
        plotter.add_mesh(line_mesh(one.lines), color="black", line_width=line)


def triangle_mesh(corners: Floats) -> Any:
    """Return triangles (m, 3, 3) as a pyvista mesh without shared points."""
    import pyvista as pv

    return pv.PolyData.from_regular_faces(corners.reshape(-1, 3), np.arange(3 * len(corners)).reshape(-1, 3))


def line_mesh(lines: Floats) -> Any:
    """Return lines (k, n, 3) as a pyvista mesh."""
    import pyvista as pv

    count, parts = lines.shape[:2]
    ids = np.arange(count * parts).reshape(count, parts)
    return pv.PolyData(lines.reshape(-1, 3), lines=np.insert(ids, 0, parts, axis=1).ravel())


def prepare(stored: Stored, view: ViewModel, scale: Scale) -> DrawnSurface:
    """Return the surface of a scene: deformed if the case has a displacement, else cut open."""
    grid = numbered(stored, visible(stored))
    if "displacement" in stored.at_nodes:
        return surface_of(stored, grid, view.field, scale, deformation(stored, view))
    return surface_of(stored, _opened(grid), view.field, scale)


def surface_of(stored: Stored, grid: Any, field: str, scale: Scale, factor: float = 0.0) -> DrawnSurface:
    """Return the surface of numbered cells with a field, displaced by a factor of the displacement."""
    triangles, ids, regions = skin(stored, grid.extract_surface(algorithm=None))
    drawn = placed(stored, factor, stored.displacement(field))
    lines = [triangles.sides(*one) for one in (sharp_edges(ids, triangles.corners(drawn)), borders(ids, regions))]
    ghost = [triangles.sides(*sharp_edges(ids, triangles.corners(placed(stored))))] if factor else []
    little = SMOOTH * stored.scale()

    def off(cell: Ints, weights: Floats) -> Floats:
        share = scale.share(stored.shown(field, cell, weights))[:, None] / SHADE
        return np.hstack([share, drawn(cell, weights) / little]) if factor else share

    fine = refined(triangles, off)
    shares = fine.corners(lambda cell, weights: scale.share(stored.shown(field, cell, weights)))
    return DrawnSurface(
        corners=fine.corners(drawn),
        shares=shares,
        lines=as_lines(lines, drawn),
        ghost=as_lines(ghost, placed(stored)),
        factor=factor,
    )


def placed(stored: Stored, factor: float = 0.0, displacement: str = "") -> Callable[[Ints, Floats], Floats]:
    """Return the function from places in cells to points (n, 3), um; factor: of the displacement."""
    points = stored.points
    if factor:
        points = points + factor * np.nan_to_num(stored.at_nodes[displacement])
    return lambda cell, weights: stored.at(points, cell, weights)


def skin(stored: Stored, surface: Any, vertices: Floats | None = None) -> tuple[Triangles, Ints, Ints]:
    """Return the triangles of a surface of cells, their point numbers (m, 3), and their regions (m,)."""
    surface = surface.triangulate()
    places = np.round(np.asarray(surface.points, dtype=float) / (ALIKE * stored.scale()))
    ids = np.unique(places, axis=0, return_inverse=True)[1].ravel()[np.asarray(surface.regular_faces)]
    real = (ids != np.roll(ids, 1, axis=1)).all(axis=1)  # a cut leaves triangles of zero area
    return taken(of_surface(stored, surface, vertices), real), ids[real], np.asarray(surface.cell_data["region"])[real]


def as_lines(parts: Sequence[tuple[Ints, Floats]], drawn: Callable[[Ints, Floats], Floats]) -> Floats:
    """Return the drawn lines (k, n, 3) along sides of triangles."""
    return np.concatenate([np.empty((0, SAMPLES + 1, 3)), *(drawn(*one).reshape(-1, SAMPLES + 1, 3) for one in parts)])


def sharp_edges(ids: Ints, corners: Floats) -> tuple[Ints, Ints]:
    """Return triangle and side of the edges between two triangles that meet at an angle of 60 to 120 degrees.

    ids: (m, 3) point numbers; corners: (m, 3, 3) drawn points. The orientation of triangles does not matter, because
    a cut leaves arbitrary ones; it also leaves double faces inside, which are ignored.
    """
    _, same, times = np.unique(np.sort(ids, axis=1), axis=0, return_inverse=True, return_counts=True)
    own = np.flatnonzero(times[same.ravel()] == 1)
    normals = np.cross(*(corners[own, k] - corners[own, 0] for k in (1, 2)))
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-300)[:, None]
    pairs = np.sort(np.vstack([ids[own][:, side] for side in SIDES]), axis=1)
    _, edge, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(edge.ravel(), kind="stable")
    first = (np.cumsum(count) - count)[count == 2]
    a, b = order[first], order[first + 1]
    facing = np.abs(np.einsum("ni,ni->n", normals[a % len(own)], normals[b % len(own)]))
    sharp = a[facing < SHARP]
    return own[sharp % len(own)], sharp // len(own)


def visible(stored: Stored) -> Bools:
    """Tell which cells a scene shows: of mechanical cases the parts that carry load, else all drawn cells."""
    if "displacement" not in stored.at_nodes or stored.about["drawn_where"]:
        return moving(stored)
    roles = list(stored.about["regions"].values())
    firm = [k for k, role in enumerate(roles) if role not in SOFT]
    kept = np.isin(np.asarray(stored.grid.cell_data["region"]), firm)
    return kept if kept.any() else np.ones(len(kept), dtype=bool)


def _opened(grid: Any) -> Any:
    """Cut away the near quarter, to show the inside."""
    x0, x1, y0, y1, z0, z1 = grid.bounds
    box = ((x0 + x1) / 2, x1 + 1.0, (y0 + y1) / 2, y1 + 1.0, z0 - 1.0, z1 + 1.0)
    return grid.clip_box(box, invert=True)
