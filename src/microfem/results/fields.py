"""Fields of a case as files: mesh and fields as VTKHDF, their labels and units as JSON.

A P2 solution is saved with P2 cells. VTK stores one value of a field per cell. A field that varies inside cells
(fluxes, strains) is therefore saved twice: as the mean of each cell, and under NAME@corners as the values at the
cell's corners of the linear field through its quadrature points. A continuous field that exists in some cells alone
has these under NAME@inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from microfem.layout.surroundings import BEYOND
from microfem.metrics.curve import State
from microfem.results.files import ABOUT, GRID, write_text
from microfem.results.grids import FieldGrid, write_grid

if TYPE_CHECKING:  # code that only reads results, such as the viewer, needs no solver
    from microfem.mesh import Mesh
    from microfem.physics import Field, Solution

Floats = NDArray[np.float64]

CORNERS = "@corners"  # suffix of arrays with the values of a field at the corners of each cell
INSIDE = "@inside"  # suffix of arrays that tell in which cells a continuous field exists
LINEAR, QUADRATIC = {2: 5, 3: 10}, {2: 22, 3: 24}  # VTK's cell types of triangles and tetrahedra, by dimension
FLOOR = 0.5  # share of a cell's least quadrature-point value that its corners keep where all are positive


def save_solution(path: Path, solution: Solution) -> None:
    """Write a solution's mesh and fields, and beside them labels, units and regions.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    from microfem.physics import PHYSICS

    path.parent.mkdir(parents=True, exist_ok=True)
    write_grid(path, solution_grid(solution))
    about = {name: {"label": one.label, "unit": one.unit, "moved": one.moved} for name, one in solution.fields.items()}
    mesh, physics = solution.mesh, PHYSICS.get(solution.case.physics)
    description = {
        "fields": about,
        "regions": {name: mesh.layout.part(name).role for name in mesh.regions},
        "dimension": mesh.dimension,
        "physics": physics.name,
        "drawn_where": physics.drawn_where,
        "limits_known": list(physics.limits_known),
        "gap": mesh.layout.gap,
        "plane": mesh.layout.plane,
        "z": {one.name: one.z for one in mesh.layout.regions if one.name != BEYOND},
    }
    write_text(path.with_suffix(ABOUT), json.dumps(description, indent=1))


def solution_grid(solution: Solution) -> FieldGrid:
    """Return a solution as a grid; 2D meshes lie in the plane z = 0 (plan) or y = 0 (section).

    Of a medium without end it has what is near the device.
    """
    mesh, space = solution.mesh, solution.space
    of_points: dict[str, NDArray[Any]] = {}
    of_cells: dict[str, NDArray[Any]] = {"region": mesh.region_of_cell.astype(np.int32)}
    for name, field in solution.fields.items():
        if field.on == "dofs":
            of_points[name] = in_space(field.values, mesh.dimension)
            if field.inside is not None:
                of_cells[name + INSIDE] = field.inside.astype(np.uint8)
            continue
        means = field.cell_means()
        of_cells[name] = in_space(means.reshape(len(means), -1), mesh.dimension)
        if np.ptp(np.nan_to_num(field.values), axis=1).any():
            corners = at_corners(field, mesh)
            of_cells[name + CORNERS] = corners.reshape(len(corners), -1).astype(np.float32)
    kept = np.setdiff1d(np.arange(len(mesh.cells)), mesh.cells_of(*({BEYOND} & set(mesh.regions))))
    used, cells = np.unique(space.cell_dofs[kept], return_inverse=True)
    return FieldGrid(
        points=in_space(space.locations[used], mesh.dimension),
        cells=cells.reshape(len(kept), -1),
        kind=(QUADRATIC if space.order == 2 else LINEAR)[mesh.dim],
        of_points={name: values[used] for name, values in of_points.items()},
        of_cells={name: values[kept] for name, values in of_cells.items()},
    )


def at_corners(field: Field, mesh: Mesh) -> Floats:
    """Return the values (ncells, dim + 1, ncomp) at cell corners of a field given at quadrature points.

    In each cell the field is linear through the dim + 1 points, which is exact for the gradient of a P2 function.
    """
    from microfem.fem.space import quadrature

    near = quadrature(mesh.dim)[0][0]
    values = field.values.reshape(*field.values.shape[:2], -1)
    mean = values.mean(axis=1, keepdims=True)
    slope = (values - mean) / (1.0 - (mesh.dim + 1) * near)
    if values.shape[2] == 1:
        slope *= _kept(values[..., 0], slope[..., 0], mesh)[:, None, None]
    corners = mean + slope
    flat = in_space(corners.reshape(-1, corners.shape[2]), mesh.dimension)
    return np.asarray(flat).reshape(*corners.shape[:2], -1)


def _kept(values: Floats, slope: Floats, mesh: Mesh) -> Floats:
    """Return the factor (ncells,) on the slope of a scalar in each cell that keeps corner values positive.

    values, slope: (ncells, dim + 1) at quadrature points, and from the mean to the corners. The limiter acts at
    vertices around which the field is positive at all points; it keeps the mean, after X. Zhang and C.-W. Shu,
    J. Comput. Phys. 229 (2010) 8918.
    """
    least = values.min(axis=1)
    around = np.full(len(mesh.points), np.inf)
    np.fmin.at(around, mesh.cells, least[:, None])
    room = (values.mean(axis=1) - FLOOR * least)[:, None]
    steep = (around[mesh.cells] > 0.0) & (-slope > room)
    return np.where(steep, room / np.where(steep, -slope, 1.0), 1.0).min(axis=1)


def save_states(folder: Path, case: str, states: Iterable[tuple[State, Solution]]) -> list[tuple[State, str]]:
    """Write the fields of each state of a path; return the states with the names of their files.

    A path that begins under load begins at rest, where no field has a value other than zero, unless its states are some
    of many. The last state is the solution of the case, whose file is written already.

    Raises:
        WriteError: the disk is full or the folder cannot be written.
    """
    saved: list[tuple[State, str]] = []
    waiting: tuple[State, Solution] | None = None
    for state, solution in states:
        if waiting is not None:
            saved.append((waiting[0], _save_state(folder, case, len(saved), waiting[1])))
        elif state.at != 0.0 and not solution.traced:
            saved.append((State(at=0.0, stated="", numbers={}), _save_state(folder, case, 0, at_rest(solution))))
        waiting = (state, solution)
    return saved if waiting is None else [*saved, (waiting[0], f"{case}{GRID}")]


def _save_state(folder: Path, case: str, number: int, solution: Solution) -> str:
    name = f"{case}.states/{number:03d}{GRID}"
    save_solution(folder / name, solution)
    return name


def at_rest(solution: Solution) -> Solution:
    """Return the unloaded state of a mechanical solution: all fields are zero where they are defined."""
    return replace(
        solution, fields={name: replace(one, values=0.0 * one.values) for name, one in solution.fields.items()}
    )


def in_space(values: Any, dimension: str) -> Any:
    """Return 2D vectors with a third component of zero; other arrays as they are."""
    values = np.asarray(values, dtype=float)
    if values.ndim == 2 and values.shape[1] == 1:
        return values[:, 0]
    if values.ndim != 2 or values.shape[1] != 2:
        return values
    zero = np.zeros(len(values))
    columns = [values[:, 0], zero, values[:, 1]] if dimension == "section" else [values[:, 0], values[:, 1], zero]
    return np.column_stack(columns)
