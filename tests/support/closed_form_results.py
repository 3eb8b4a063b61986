"""Results in closed form, written as a run writes them: pictures of them depend on no mesh generator and no solver."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from microfem.results.summary import StoredState
from support.records import case, design, state, summary, write_run

NAMES = {"potential": ("potential", "V"), "displacement": ("displacement", "um"), "strain": ("strain", "1"),
         "nominal_strain_x": ("nominal strain along x", "1"),
         "energy_density": ("power density", "W/m3"), "flux": ("current density", "A/m2")}  # fmt: skip


def write_case(folder: Path, name: str, grid: Any, regions: Mapping[str, str], dimension: str, physics: str) -> None:
    """Write a grid with fields and `region` as a case of a design; regions: role of each, in the order of numbers."""
    path = folder / f"{name}.vtkhdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    grid.save(str(path))
    found = [one for one in (*grid.point_data, *grid.cell_data) if one in NAMES]
    about = {"fields": {one: {"label": NAMES[one][0], "unit": NAMES[one][1], "moved": "displacement"} for one in found},
             "regions": dict(regions), "dimension": dimension, "physics": physics, "gap": 100.0,
             "plane": 0.0 if dimension != "3d" else float(grid.center[2]), "z": {}, "drawn_where": "",
             "limits_known": []}  # fmt: skip
    path.with_suffix(".fields.json").write_text(json.dumps(about))


def sheet_grid(wide: float, high: float, section: bool, columns: int = 48, rows: int = 16) -> Any:
    """Return a rectangle of triangles centred at the origin, in x and y (plan) or x and z (section)."""
    import pyvista as pv

    plane = pv.Plane(i_size=wide, j_size=high, i_resolution=columns, j_resolution=rows).triangulate()
    points = np.asarray(plane.points, dtype=float)
    if section:
        points = points[:, [0, 2, 1]]
    return pv.UnstructuredGrid({5: plane.regular_faces}, points)


def between_plates(folder: Path, gap: float) -> None:
    """Write plates beside each other: the potential is linear in the gap and constant in the plates."""
    grid = sheet_grid(gap + 200.0, 200.0, section=True)
    x, across = np.asarray(grid.points)[:, 0], np.asarray(grid.cell_centers().points)[:, 0]
    grid.point_data["potential"] = np.clip(x / gap + 0.5, 0.0, 1.0)
    grid.cell_data["region"] = np.digitize(across, [-0.5 * gap, 0.5 * gap]).astype(np.int32)
    regions = {"anode": "anode", "electrolyte": "electrolyte", "cathode": "cathode"}
    write_case(folder, "field", grid, regions, "section", "conduction")


def between_rings(folder: Path, case: str, current: float, inner: float = 100.0) -> None:
    """Write the power density between half rings of 500 um and less: it falls as the inverse square of the radius."""
    grid = sheet_grid(2.0, 2.0, section=False, columns=72, rows=36)
    x, y, _ = np.asarray(grid.points).T  # radius and angle as a rectangle
    radius, angle = inner + 0.5 * (500.0 - inner) * (x + 1.0), 0.5 * np.pi * (y + 1.0)
    grid.points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.0 * x])
    grid.point_data["energy_density"] = (current / radius) ** 2
    grid.cell_data["region"] = np.zeros(grid.n_cells, dtype=np.int32)
    write_case(folder, case, grid, {"electrolyte": "electrolyte"}, "plan", "conduction")


def bent_strip(folder: Path, radius: float, loads: Sequence[float] = ()) -> None:
    """Write pure bending of two layers at small strain: strain z/R along x, displacement (x z/R, 0, -x^2/2R).

    loads: shares of the curvature 1/R, a state of a path each; without any the strip is bent at once.
    """
    write_bent(folder, "bent", 1.0 / radius)
    for k, load in enumerate(loads):
        write_bent(folder, f"bent.states/{k:03d}", load / radius)


def write_bent(folder: Path, name: str, curvature: float, columns: int = 40) -> None:
    """Write a strip bent to a curvature, 1/um, into files of a name."""
    grid = sheet_grid(400.0, 60.0, section=True, columns=columns, rows=8)
    x, _, z = np.asarray(grid.points).T
    grid.point_data["displacement"] = np.column_stack([x * z, 0.0 * x, -0.5 * x**2]) * curvature
    grid.point_data["strain"] = z * curvature
    grid.cell_data["region"] = (np.asarray(grid.cell_centers().points)[:, 2] > 0.0).astype(np.int32)
    write_case(folder, name, grid, {"substrate": "substrate", "anode": "anode"}, "section", "elasticity")


def block(folder: Path, case: str, strain: float) -> None:
    """Write a solid with an electrode on it, potential linear along x; stretched along x where strain is not 0."""
    import pyvista as pv

    grid = pv.ImageData(dimensions=(17, 9, 5), spacing=(50.0, 50.0, 50.0)).to_tetrahedra(5)
    grid.clear_data()
    points, centres = np.asarray(grid.points, dtype=float), np.asarray(grid.cell_centers().points)
    grid.point_data["potential"] = points[:, 0] / 800.0
    if strain:
        grid.point_data["displacement"] = points * [strain, -0.5 * strain, -0.5 * strain]
    grid.cell_data["region"] = (centres[:, 2] > 150.0).astype(np.int32)
    physics = "elasticity" if strain else "conduction"
    write_case(folder, case, pv.UnstructuredGrid(grid), {"substrate": "substrate", "anode": "anode"}, "3d", physics)


def curved(points: Any, size: Any) -> Any:
    """Return a quadratic function of places in a box about the origin, from 0 in its middle to 1 at its corners."""
    return (np.asarray(points) / (0.5 * np.asarray(size))) ** 2 @ [0.5, 0.3, 0.2]


def sloping(points: Any, size: Any) -> Any:
    """Return a linear function of places in such a box, from 1 to 3."""
    return 2.0 + (np.asarray(points) / (0.5 * np.asarray(size))) @ [0.6, 0.3, 0.1]


def curved_field(folder: Path, case: str, size: tuple[float, float, float], counts: tuple[int, int, int]) -> None:
    """Write a box of P2 cells, or where its size along y or z is 0 a rectangle, with `curved` as potential.

    P2 cells hold it exactly, their corners alone do not. The energy density is `sloping`, in each cell by itself.
    """
    import pyvista as pv

    flat = 0 in size
    spacing = [w / max(n, 1) for w, n in zip(size, counts, strict=True)]
    box = pv.ImageData(dimensions=[n + 1 for n in counts], spacing=spacing, origin=[-0.5 * w for w in size])
    made = pv.UnstructuredGrid(box.extract_surface(algorithm=None).triangulate() if flat else box.to_tetrahedra(5))
    cells = np.asarray(made.cells_dict[5 if flat else 10], dtype=np.int64)
    pairs = [(0, 1), (1, 2), (2, 0)] if flat else [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)]
    ends, edge = np.unique(np.sort(cells[:, pairs], axis=2).reshape(-1, 2), axis=0, return_inverse=True)
    corners = np.asarray(made.points, dtype=float)
    points = np.vstack([corners, corners[ends].mean(axis=1)])
    nodes = np.hstack([cells, len(corners) + edge.reshape(len(cells), -1)])
    grid = pv.UnstructuredGrid({22 if flat else 24: nodes}, points)
    grid.point_data["potential"] = curved(points, np.maximum(size, 1.0))
    grid.cell_data["energy_density"] = sloping(corners[cells].mean(axis=1), np.maximum(size, 1.0))
    grid.cell_data["energy_density@corners"] = sloping(corners[cells], np.maximum(size, 1.0))
    grid.cell_data["region"] = np.zeros(len(cells), dtype=np.int32)
    dimension = "3d" if not flat else "plan" if size[2] == 0 else "section"
    write_case(folder, case, grid, {"electrolyte": "electrolyte"}, dimension, "conduction")


def write_summary(
    folder: Path,
    params: Mapping[str, Mapping[str, Any]] | None = None,
    loads: Mapping[str, Sequence[float]] | None = None,
) -> None:
    """Write the summary of a run with all cases that are there.

    params: what is told of designs besides; loads: load factors of the states of a case, by its name.
    """
    designs = {}
    for place in sorted((folder / "designs").iterdir()):
        cases = {path.stem: case(states=states(path.stem, (loads or {}).get(path.stem, ())))
                 for path in sorted(place.glob("*.vtkhdf"))}  # fmt: skip
        designs[place.name] = design(params=(params or {}).get(place.name, {}), cases=cases)
    write_run(folder, summary(designs))


def states(name: str, loads: Sequence[float], **numbers: float) -> tuple[StoredState, ...]:
    """Return the states of a path as a run tells of them; numbers: what each of them is at a load factor of 1."""
    return tuple(
        state(load, f"{name}.states/{k:03d}.vtkhdf", **{key: (load * one, "1") for key, one in numbers.items()})
        for k, load in enumerate(loads)
    )


def bent_strips(folder: Path, radii: Mapping[str, float], loads: Sequence[float]) -> Path:
    """Write a run of strips with load paths, by name bent to radii in um; their gaps differ as the radii do."""
    for name, radius in radii.items():
        bent_strip(folder / "designs" / name, radius, loads)
    write_summary(folder, {name: {"gap": radius / 20.0} for name, radius in radii.items()}, {"bent": loads})
    return folder


def unpacked(text: str) -> tuple[Any, list[Any], Any]:
    """Return what the script of a page unpacks.

    Points with values (n, 4) in units of GRID; corners of triangles with values, of those without, ends of lines; the
    colours.
    """
    from microfem.render.embed import GRID

    data = zlib.decompress(base64.b64decode(text))
    count, *sizes = np.frombuffer(data, "<u4", 4)
    points = np.frombuffer(data, "<i2", 4 * count, 1040).reshape(-1, 4)
    corners = np.split(np.frombuffer(data, "<u4", sum(sizes), 1040 + 8 * count), np.cumsum(sizes)[:-1])
    return points / GRID, corners, np.frombuffer(data, "u1", 1024, 16).reshape(256, 4)
