"""One mesh file per size: a plan meshed by gmsh, extruded to tetrahedra, kept as plain arrays for all engines."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.problems import BUSBAR, FLOOR, HEIGHT, MARGIN, PROBLEMS, REGIONS, SIDE, Problem, fingers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
FOLDER = Path(__file__).parents[1] / "build" / "bench"


@dataclass(frozen=True)
class Arrays:
    """points: (npoints, 3) um; tets: (ntets, 4), of positive volume; region: (ntets,) into REGIONS."""

    points: Floats
    tets: Ints
    region: Ints

    def of(self, *names: str) -> NDArray[np.bool_]:
        """Return which tetrahedra are in the regions named (ntets,)."""
        return np.isin(self.region, [REGIONS.index(name) for name in names])

    def around(self, name: str) -> Ints:
        """Return the vertices (n, 3) of the faces that a region shares with other regions."""
        inside = self.of(name)
        mine = np.zeros(len(self.points), dtype=bool)
        mine[self.tets[inside]] = True
        near = ~inside & (mine[self.tets].sum(axis=1) == 3)
        one, other = np.unique(_faces(self.tets[inside]), axis=0), np.unique(_faces(self.tets[near]), axis=0)
        both, count = np.unique(np.vstack([one, other]), axis=0, return_counts=True)
        return both[count == 2]

    def at(self, x: float) -> Ints:
        """Return the vertices (n, 3) of the faces in the plane at x."""
        flat = self.points[:, 0] == x
        faces = _faces(self.tets[flat[self.tets].sum(axis=1) == 3])
        return faces[flat[faces].all(axis=1)]


def _faces(tets: Ints) -> Ints:
    """Return the sorted vertices of the four faces of each tetrahedron."""
    return np.sort(np.vstack([np.delete(tets, k, axis=1) for k in range(4)]), axis=1)


def mesh_path(problem: Problem) -> Path:
    """Return where the mesh of a problem is kept."""
    return FOLDER / f"mesh-{problem.step:g}-{problem.layers[0]}-{problem.layers[1]}.npz"


def load(path: Path) -> Arrays:
    """Read a mesh."""
    with np.load(path) as file:
        return Arrays(file["points"], file["tets"], file["region"])


def make(problem: Problem) -> None:
    """Make the mesh of a problem and keep it."""
    plan, triangles = _plan(problem.step)
    below, above = problem.layers
    heights = np.concatenate([np.linspace(0.0, FLOOR, below + 1), np.linspace(FLOOR, HEIGHT, above + 1)[1:]])
    count = len(plan)
    points = np.vstack([np.column_stack([plan, np.full(count, z)]) for z in heights])
    tets = np.vstack([_split(triangles + k * count, count) for k in range(len(heights) - 1)])
    edges = points[tets[:, 1:]] - points[tets[:, :1]]
    wrong = np.linalg.det(edges) < 0.0
    tets[wrong] = tets[wrong][:, [0, 1, 3, 2]]
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.savez(mesh_path(problem), points=points, tets=tets, region=_regions(points[tets].mean(axis=1)))


def _split(low: Ints, count: int) -> Ints:
    """Split the wedges over triangles into three tetrahedra; vertices in order of number, so neighbours conform."""
    low = np.sort(low, axis=1)
    high = low + count
    parts = [np.hstack([low, high[:, 2:]]), np.hstack([low[:, :2], high[:, 1:]]), np.hstack([low[:, :1], high])]
    return np.vstack(parts)


def _regions(centres: Floats) -> Ints:
    """Return the region of each tetrahedron by its centre."""
    x, y, z = centres.T
    region = np.zeros(len(centres), dtype=np.int64)
    for x0, y0, x1, y1 in fingers():
        region[(x > x0) & (x < x1) & (y > y0) & (y < y1)] = REGIONS.index("electrode")
    region[(y < BUSBAR) | (y > SIDE - BUSBAR)] = REGIONS.index("collector")
    region[(y < BUSBAR) & (x < MARGIN)] = REGIONS.index("terminal_a")
    region[(y > SIDE - BUSBAR) & (x > SIDE - MARGIN)] = REGIONS.index("terminal_b")
    region[z > FLOOR] = REGIONS.index("electrolyte")
    return region


def _plan(step: float) -> tuple[Floats, Ints]:
    """Return points (n, 2) and triangles (m, 3) of the plan, with edges along every outline."""
    import gmsh

    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.MeshSizeMin", step)
        gmsh.option.setNumber("Mesh.MeshSizeMax", step)
        boxes = [(0.0, 0.0, SIDE, SIDE), *fingers()]
        boxes += [(0.0, y, x, y + BUSBAR) for y, x in ((0.0, MARGIN), (SIDE - BUSBAR, SIDE - MARGIN))]
        boxes += [(x, y, SIDE, y + BUSBAR) for y, x in ((0.0, MARGIN), (SIDE - BUSBAR, SIDE - MARGIN))]
        parts = [(2, gmsh.model.occ.addRectangle(x0, y0, 0.0, x1 - x0, y1 - y0)) for x0, y0, x1, y1 in boxes]
        gmsh.model.occ.fragment(parts[:1], parts[1:])
        gmsh.model.occ.synchronize()
        gmsh.model.mesh.generate(2)
        tags, coordinates, _ = gmsh.model.mesh.getNodes()
        _, corners = gmsh.model.mesh.getElementsByType(2)
    finally:
        gmsh.finalize()
    number = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    number[tags] = np.arange(len(tags))
    points = coordinates.reshape(-1, 3)[:, :2].copy()
    points[np.abs(points) < 1e-6] = 0.0  # faces are found by their exact plane
    points[np.abs(points - SIDE) < 1e-6] = SIDE
    return points, number[corners.reshape(-1, 3)]


if __name__ == "__main__":
    make(PROBLEMS[sys.argv[1]])
