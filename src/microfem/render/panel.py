"""What one panel shows: a plane cut of one design's field as triangles, or the data of a 3D scene."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microfem.errors import MicrofemError
from microfem.store import ABOUT, read_json
from microfem.units import parse_quantity

if TYPE_CHECKING:  # the viewer needs no schema
    from microfem.schema import ViewModel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


TOLD = {"fields", "regions", "dimension", "physics", "plane"}  # what must be known of a case to draw it
SLIVER = 2e-3  # height over length of triangles too slim to draw
LONGER = 2.0  # how much larger than it is drawn a device may have been to be drawn behind it
SHOWN = 0.12  # of the layout's size: how far the largest displacement is drawn where no factor is given


@dataclass(frozen=True)
class Cut:
    """A field on triangles of a plane.

    points: (n, 2) um; triangles: (m, 3); values: (n,) at points, NaN where there is no field;
    known: (m,) whether the triangle's cell has the field; edges: (k, 2) points between regions and at the rim;
    vectors: (n, 2) or None; rest: (n, 2) the points before a deformation that is drawn, or None.
    """

    points: Floats
    triangles: Ints
    values: Floats
    known: NDArray[np.bool_]
    edges: Ints
    vectors: Floats | None
    rest: Floats | None

    @property
    def box(self) -> Floats:
        """Lowest and highest corner (2, 2) of what is drawn, the outline before a deformation included, um."""
        drawn = self.points if self.rest is None else np.vstack([self.points, self.rest])
        return np.array([drawn.min(axis=0), drawn.max(axis=0)])


@dataclass(frozen=True)
class Stored:
    """A case's grid as saved, and what the file beside it tells."""

    grid: Any
    about: dict[str, Any]

    def field(self, name: str) -> tuple[str, str]:
        """Return label and unit of a field."""
        one = self.about["fields"][name]
        return str(one["label"]), str(one["unit"])

    def displacement(self, name: str) -> str:
        """Return the name of the displacement with which a field is drawn."""
        return str(self.about["fields"][name].get("moved", "displacement"))

    def scale(self) -> float:
        """Return the size of the whole layout, um."""
        return float(self.grid.length)


def read_case(folder: Path, case: str) -> Stored:
    """Read a case that a run saved.

    Raises:
        MicrofemError: it is not there, or it is damaged.
    """
    import pyvista as pv
    from vtkmodules.vtkCommonCore import vtkObject

    path = folder / f"{case}.vtkhdf"
    about = read_json(path.with_suffix(ABOUT))
    if not path.is_file() or not about:
        raise MicrofemError(f"no fields of case '{case}' in {folder}")
    loud = vtkObject.GetGlobalWarningDisplay()
    vtkObject.SetGlobalWarningDisplay(False)  # pages about a broken file, of which we say all that helps
    try:
        grid = pv.read(str(path))
        whole = {"region", *about["fields"]} <= set(grid.array_names) and grid.n_cells and about.keys() >= TOLD
    except Exception:  # a broken file fails to open in many ways
        whole = False
    finally:
        vtkObject.SetGlobalWarningDisplay(loud)
    if not whole:
        raise MicrofemError(f"{path} is damaged; run the study again")
    return Stored(grid, about)


def magnitude(values: Any) -> Floats:
    """Return scalars as they are, vectors' lengths, and tensors' largest entry in size."""
    values = np.asarray(values, dtype=float)
    if values.ndim == 1:
        return values
    return np.linalg.norm(values, axis=1) if values.shape[1] <= 3 else np.abs(values).max(axis=1)


def at_points(grid: Any, name: str) -> Any:
    """Return a field's values at the points: those of cells are averaged over each point's cells by size."""
    if name in grid.point_data:
        return grid.point_data[name]
    values = np.asarray(grid.cell_data[name], dtype=float).reshape(grid.n_cells, -1)
    cells = grid.cells_dict[next(iter(grid.cells_dict))]
    known = np.isfinite(values).all(axis=1)
    weight = np.abs(grid.compute_cell_sizes(length=False).cell_data["Volume" if cells.shape[1] == 4 else "Area"])[known]
    corners = cells[known]
    total = np.bincount(corners.ravel(), np.repeat(weight, corners.shape[1]), grid.n_points)
    sums = [
        np.bincount(corners.ravel(), np.repeat(weight * column, corners.shape[1]), grid.n_points)
        for column in values[known].T
    ]
    with np.errstate(invalid="ignore"):
        means = np.column_stack(sums) / total[:, None]
    return means[:, 0] if means.shape[1] == 1 else means


def has_field(grid: Any, name: str) -> Any:
    """Tell for each cell whether the field is defined in it."""
    if name in grid.cell_data:
        values = np.asarray(grid.cell_data[name], dtype=float).reshape(grid.n_cells, -1)
        return np.isfinite(values).all(axis=1)
    values = np.asarray(grid.point_data[name], dtype=float).reshape(grid.n_points, -1)
    cells = grid.cells_dict[next(iter(grid.cells_dict))]
    return np.isfinite(values).all(axis=1)[cells].all(axis=1)


def moving(stored: Stored) -> Any:
    """Return the grid; of free bridges what moves, since nothing else takes part."""
    grid = stored.grid
    return grid.extract_cells(has_field(grid, "displacement")) if stored.about["physics"] == "bridges" else grid.copy()


def cut(stored: Stored, view: ViewModel) -> Cut:
    """Cut a case's grid; 2D cases are shown whole, whatever the plane, and deformed where they are elastic."""
    dimension = stored.about["dimension"]
    grid = moving(stored)
    if dimension != "3d" and view.field in grid.cell_data and not view.streamlines:
        grid = _parted(grid)
    grid.point_data["_shown"] = at_points(grid, view.field)
    grid.cell_data["_known"] = has_field(grid, view.field)
    if dimension == "3d":
        axis, place = view.plane.split("=")
        normal = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}[axis]
        grid = grid.slice(normal=normal, origin=tuple(_height(stored, axis, place) * n for n in normal)).triangulate()
        if grid.n_cells == 0:
            raise MicrofemError(f"the plane {view.plane} does not meet the layout")
        triangles, axes = grid.regular_faces, {"x": "yz", "y": "xz", "z": "xy"}[axis]
    else:
        triangles, axes = grid.cells_dict[5], {"plan": "xy", "section": "xz"}[dimension]
    columns = ["xyz".index(axis) for axis in axes]
    shown = np.asarray(grid.point_data["_shown"])
    vectors = shown[:, columns] if shown.ndim == 2 and shown.shape[1] == 3 else None
    region, known = np.asarray(grid.cell_data["region"]), np.asarray(grid.cell_data["_known"], dtype=bool)
    points, rest = np.asarray(grid.points)[:, columns], None
    if dimension != "3d" and "displacement" in grid.point_data:
        moved = np.nan_to_num(np.asarray(grid.point_data[stored.displacement(view.field)]))
        points, rest = points + deformation(stored, view) * moved[:, columns], points
        if np.ptp(rest, axis=0).max() > LONGER * np.ptp(points, axis=0).max():
            rest = None  # a strip that has rolled up: what it was is no background of what it is
    triangles = np.asarray(triangles)
    good, edges = _stout(points, triangles), borders(points, triangles, region)
    return Cut(points, triangles[good], magnitude(shown), known[good], edges, vectors, rest)


def _parted(grid: Any) -> Any:
    """Return a grid of triangles in which regions share no points, so that what jumps between them is drawn so."""
    import pyvista as pv

    region = np.unique(np.asarray(grid.cell_data["region"]), return_inverse=True)[1].ravel()
    triangles = grid.cells_dict[5]
    keys = triangles * (int(region.max()) + 1) + region[:, None]
    used, corners = np.unique(keys, return_inverse=True)
    old = used // (int(region.max()) + 1)
    parted = pv.UnstructuredGrid({5: corners.reshape(triangles.shape)}, np.asarray(grid.points)[old])
    for name in grid.cell_data:
        parted.cell_data[name] = grid.cell_data[name]
    for name in grid.point_data:
        parted.point_data[name] = np.asarray(grid.point_data[name])[old]
    return parted


def _stout(points: Floats, triangles: Ints) -> NDArray[np.bool_]:
    """Tell slivers, which draw as hairs of wrong colour, from triangles worth drawing."""
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0])
    longest = np.max([((p - q) ** 2).sum(axis=1) for p, q in ((a, b), (b, c), (c, a))], axis=0)
    return np.asarray(area > SLIVER * longest)


def deformation(stored: Stored, view: ViewModel) -> float:
    """Return by what the displacement is multiplied: what the view says, or so that it shows."""
    if view.deform is not None:
        return view.deform
    moved = np.nan_to_num(np.asarray(stored.grid.point_data[stored.displacement(view.field)]))
    return SHOWN * stored.scale() / max(float(np.linalg.norm(moved, axis=1).max()), 1e-30)


def _height(stored: Stored, axis: str, place: str) -> float:
    """Return where a plane cuts: `z=mid` is half-way up the electrodes, `x=mid` and `y=mid` the middle.

    `mid` goes half-way between the nodes below and above, for a cut near a layer of nodes falls into slivers.
    """
    if place != "mid":
        return parse_quantity(place, "um")
    k = "xyz".index(axis)
    nodes = np.unique(np.asarray(stored.grid.points)[:, k])
    inside = axis == "z" and nodes[0] <= stored.about["plane"] <= nodes[-1]
    wanted = float(stored.about["plane"] if inside else 0.5 * (nodes[0] + nodes[-1]))
    above = int(np.clip(np.searchsorted(nodes, wanted, side="right"), 1, len(nodes) - 1))
    return float(0.5 * (nodes[above - 1] + nodes[above]))


def borders(points: Floats, triangles: Ints, regions: Ints) -> Ints:
    """Return the edges (n, 2), as pairs of points, between triangles of different regions, and at the rim."""
    edges = np.sort(np.vstack([triangles[:, pair] for pair in ([0, 1], [1, 2], [0, 2])]), axis=1)
    region = np.tile(regions, 3)
    key = edges[:, 0].astype(np.int64) * len(points) + edges[:, 1]
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.concatenate([[True], np.diff(key[order]) != 0]))
    count = np.diff(np.concatenate([first, [len(key)]]))
    a, b = region[order][first], region[order][np.minimum(first + 1, len(key) - 1)]
    return edges[order][first][(count == 1) | (a != b)]
