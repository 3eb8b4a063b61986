"""A case as saved by a run, and its fields at any place in its cells."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MicrofemError
from microfem.base.units import pretty_unit
from microfem.results.description import read_description
from microfem.results.fields import CORNERS, INSIDE, LINEAR, QUADRATIC
from microfem.results.files import ABOUT, GRID

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
T = TypeVar("T")

PAIRS = {3: [(0, 1), (1, 2), (0, 2)], 4: [(0, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3)]}  # edges of a cell, as saved


@dataclass(frozen=True, eq=False, kw_only=True)
class Stored:
    """Cells and fields of a case, with the description beside them.

    grid: the linear mesh, with values at its vertices and cells; about: labels, units, regions;
    nodes: (ncells, n) all points of each cell, its corners first; points: (npoints, 3) um;
    at_nodes: continuous fields (npoints, ...); at_corners: discontinuous fields (ncells, dim + 1, ...);
    outside: cells (ncells,) in which a continuous field does not exist, though its nodes have values.
    """

    grid: Any
    about: dict[str, Any]
    nodes: Ints
    points: Floats
    at_nodes: Mapping[str, Floats]
    at_corners: Mapping[str, Floats]
    outside: Mapping[str, Bools] = field(default_factory=dict)

    def field(self, name: str) -> tuple[str, str]:
        """Return label and unit of a stored field."""
        one = self.about["fields"][name]
        return str(one["label"]), str(one["unit"])

    def unit(self, name: str) -> tuple[str, float]:
        """Return the shown unit of a field, and its size in the stored unit; strains are shown in per cent."""
        _, unit = self.field(name)
        return ("%", 0.01) if unit == "1" and "strain" in name else (unit, 1.0)

    def label(self, name: str, part: str = "") -> str:
        """Return the label of a scalar bar: field, component, unit."""
        unit, _ = self.unit(name)
        suffix = f" ({pretty_unit(unit)})" if unit not in ("1", "") else ""
        return f"{self.field(name)[0]}{part}{suffix}"

    def is_vector(self, name: str) -> bool:
        """Tell whether a field has three components."""
        values = self.at_nodes[name] if name in self.at_nodes else np.asarray(self.grid.cell_data[name])
        return values.ndim == 2 and values.shape[1] == 3

    def displacement(self, name: str) -> str:
        """Return the name of the displacement that moves a field in drawings."""
        return str(self.about["fields"][name].get("moved", "displacement"))

    def scale(self) -> float:
        """Return the diagonal of the layout, um."""
        return float(self.grid.length)

    @property
    def corners(self) -> Ints:
        """The vertices of each cell, (ncells, dim + 1)."""
        return self.nodes[:, : 4 if self.about["dimension"] == "3d" else 3]

    @cached_property
    def sizes(self) -> Floats:
        """Volume or area of each cell, (ncells,)."""
        sides = self.points[self.corners[:, 1:]] - self.points[self.corners[:, :1]]
        if sides.shape[1] == 3:
            return np.asarray(np.abs(np.linalg.det(sides)) / 6.0)
        return np.asarray(0.5 * np.linalg.norm(np.cross(sides[:, 0], sides[:, 1]), axis=1))

    def at(self, field: str | Floats, cell: Ints, weights: Floats) -> Floats:
        """Return a field, or values (npoints, ...), at places in cells: (n, ...).

        cell: (n,); weights: (n, dim + 1) barycentric. NaN where the field is not defined.
        """
        if isinstance(field, str) and field not in self.at_nodes:
            if field in self.at_corners:
                return np.asarray(np.einsum("na,na...->n...", weights, self.at_corners[field][cell]))
            return np.asarray(self.grid.cell_data[field], dtype=float)[cell]
        values = self.at_nodes[field] if isinstance(field, str) else field
        nodes = self.nodes[cell]
        total = np.zeros((len(cell), *values.shape[1:]))
        for a, shape in enumerate(shapes(weights, nodes.shape[1])):
            total += shape.reshape(-1, *[1] * (values.ndim - 1)) * values[nodes[:, a]]
        if isinstance(field, str) and field in self.outside:
            total[self.outside[field][cell]] = np.nan
        return total

    def shown(self, quantity: str, cell: Ints, weights: Floats) -> Floats:
        """Return the shown values (n,) of a quantity at places in cells: a scalar, length or component."""
        name, _, component = quantity.partition(":")
        values = self.at(name, cell, weights)
        return np.asarray(scalar(values, component) / self.unit(name)[1])

    def everywhere(self, quantity: str) -> Floats:
        """Return the shown values (ncells, n) of a quantity at all points of all cells."""
        name, _, component = quantity.partition(":")
        if name not in self.at_nodes:
            inside = self.at_corners.get(name)
            values = np.asarray(self.grid.cell_data[name])[:, None] if inside is None else inside
            flat = values.reshape(-1, *values.shape[2:])
            return np.asarray(scalar(flat, component).reshape(values.shape[:2]) / self.unit(name)[1])
        found = np.asarray((scalar(self.at_nodes[name], component) / self.unit(name)[1])[self.nodes])
        if name in self.outside:
            found[self.outside[name]] = np.nan
        return found


def shapes(weights: Floats, count: int) -> list[Floats]:
    """Return the P1 or P2 shape functions, (n,) each, at barycentric coordinates (n, dim + 1); count: of nodes."""
    own = list(weights.T)
    if count == len(own):
        return own
    return [w * (2.0 * w - 1.0) for w in own] + [4.0 * own[a] * own[b] for a, b in PAIRS[len(own)]]


def scalar(values: Floats, component: str = "") -> Floats:
    """Return scalars, the lengths of vectors, the largest absolute entries of tensors, or a stated component."""
    if component:
        return np.asarray(values[:, int(component)])
    if values.ndim == 1:
        return values
    return np.asarray(np.linalg.norm(values, axis=1) if values.shape[1] <= 3 else np.abs(values).max(axis=1))


def barycentric(stored: Stored, points: Floats, cell: Ints, vertices: Floats | None = None) -> Floats:
    """Return the barycentric weights (n, dim + 1) of points (n, 3), um, in cells (n,).

    vertices: (nvertices, 3) of the cells, if they differ from the saved ones.
    """
    corners = (stored.points if vertices is None else vertices)[stored.corners[cell]]
    sides = corners[:, 1:] - corners[:, :1]
    length = np.maximum(np.linalg.norm(sides, axis=2, keepdims=True), 1e-300)
    unit = sides / length  # cells may be a thousand times wider than high
    right = np.einsum("nad,nd->na", unit, points - corners[:, 0])
    inner = np.linalg.solve(unit @ unit.swapaxes(1, 2), right[..., None])[..., 0] / length[..., 0]
    return np.column_stack([1.0 - inner.sum(axis=1), inner])


def read_case(folder: Path, case: str) -> Stored:
    """Read a saved case at the end of its path.

    Raises:
        MicrofemError: the file is missing or damaged.
    """
    return read_fields(folder / f"{case}{GRID}")


def read_fields(path: Path) -> Stored:
    """Read the fields of one state of a case from a file.

    Raises:
        MicrofemError: the file is missing or damaged.
    """
    return _read(path, _stored)


def read_grid(path: Path) -> tuple[Any, dict[str, Any]]:
    """Read one state of a case as a pyvista grid, as it is saved, and its description.

    Raises:
        MicrofemError: the file is missing or damaged.
    """
    return _read(path, lambda grid, about: (grid, about))


def _read(path: Path, made: Callable[[Any, dict[str, Any]], T]) -> T:
    """Return what is made of a saved grid and its description."""
    import pyvista as pv

    beside = path.with_suffix(ABOUT)
    if not path.is_file() or not beside.is_file():
        raise MicrofemError(f"no fields in {path}")
    about = read_description(beside)
    if not about:
        raise MicrofemError(f"{beside} is damaged; run the study again")
    try:
        with _silent():
            grid = pv.read(str(path))
        found = made(grid, about) if _fits(grid, about) else None
    except Exception:  # a damaged file raises many kinds of errors
        found = None
    if found is None:
        raise MicrofemError(f"{path} is damaged; run the study again")
    return found


@contextmanager
def _silent() -> Iterator[None]:
    """Print nothing of what VTK and HDF5 say about a damaged file, which is pages; our message suffices."""
    from vtkmodules.vtkCommonCore import vtkObject

    loud, stderr, nowhere = vtkObject.GetGlobalWarningDisplay(), os.dup(2), os.open(os.devnull, os.O_WRONLY)
    vtkObject.SetGlobalWarningDisplay(False)
    os.dup2(nowhere, 2)  # HDF5 prints to the file itself
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        vtkObject.SetGlobalWarningDisplay(loud)
        os.close(stderr)
        os.close(nowhere)


def _fits(grid: Any, about: Mapping[str, Any]) -> bool:
    """Tell whether a grid has the fields and regions of its description."""
    if not {"region", *about["fields"], *filter(None, [about["drawn_where"]])} <= set(grid.array_names):
        return False
    return bool(grid.n_cells) and 0 <= grid.cell_data["region"].min() <= grid.cell_data["region"].max() < len(
        about["regions"]
    )


def _stored(grid: Any, about: dict[str, Any]) -> Stored:
    """Return the parts of a grid: linear mesh, all points of cells, fields."""
    import pyvista as pv

    dim = 3 if about["dimension"] == "3d" else 2
    (kind,) = grid.cells_dict
    nodes, points = np.asarray(grid.cells_dict[kind], dtype=np.int64), np.asarray(grid.points, dtype=float)
    count = int(nodes[:, dim + 1 :].min()) if kind == QUADRATIC[dim] else len(points)
    linear = pv.UnstructuredGrid({LINEAR[dim]: nodes[:, : dim + 1]}, points[:count])
    inside = {name.removesuffix(CORNERS) for name in grid.cell_data if name.endswith(CORNERS)}
    corners = {
        name: np.asarray(grid.cell_data[name + CORNERS], dtype=float).reshape(len(nodes), dim + 1, -1)
        for name in inside
    }
    for name in grid.point_data:
        linear.point_data[name] = np.asarray(grid.point_data[name])[:count]
    outside = {
        name.removesuffix(INSIDE): np.asarray(grid.cell_data[name]) == 0
        for name in grid.cell_data
        if name.endswith(INSIDE)
    }
    for name in set(grid.cell_data) - {name + CORNERS for name in inside} - {name + INSIDE for name in outside}:
        linear.cell_data[name] = grid.cell_data[name]
    fields = {
        name: np.asarray(grid.point_data[name], dtype=float) for name in about["fields"] if name in grid.point_data
    }
    flat = {name: one[..., 0] if one.shape[2] == 1 else one for name, one in corners.items()}
    return Stored(
        grid=linear, about=about, nodes=nodes, points=points, at_nodes=fields, at_corners=flat, outside=outside
    )


def has_field(stored: Stored, name: str) -> Bools:
    """Tell for each cell whether the field is defined in it."""
    if name in stored.at_nodes:
        values = stored.at_nodes[name].reshape(len(stored.points), -1)
        whole = np.asarray(np.isfinite(values).all(axis=1))
        return np.asarray(whole[stored.nodes].all(axis=1)) & ~stored.outside.get(
            name, np.zeros(len(stored.nodes), bool)
        )
    values = np.asarray(stored.grid.cell_data[name], dtype=float).reshape(len(stored.nodes), -1)
    return np.asarray(np.isfinite(values).all(axis=1))


def moving(stored: Stored) -> Bools:
    """Tell which cells are drawn: all, or those where the field `drawn_where` is defined, as with free bridges."""
    where = str(stored.about["drawn_where"])
    return has_field(stored, where) if where else np.ones(len(stored.nodes), dtype=bool)
