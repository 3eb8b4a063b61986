"""Triangles in the plane: gmsh meshes the faces of an arrangement, graded towards their edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gmsh
import numpy as np
from numpy.typing import NDArray
from shapely import LinearRing, Polygon

from microfem.errors import MeshError

TRIANGLE = 2  # gmsh's element type
GROWTH = 0.4  # of an edge per distance, inside a face that is filled from its edges


@dataclass(frozen=True)
class PlanMesh:
    """points (n, 2) in um, triangles (m, 3), face (m,): the face that each triangle lies in."""

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]
    face: NDArray[np.int64]


@dataclass(frozen=True)
class Sizes:
    """Edge length of triangles (um): at the faces' edges, far from them, and how fast one becomes the other."""

    edge: float
    far: float
    growth: float = 0.6


@contextmanager
def _gmsh_model() -> Iterator[Any]:
    """One quiet gmsh model that is always finalised; gmsh's warnings and errors become a MeshError."""
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.MeshSizeFromPoints", 0)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.option.setNumber("Mesh.Algorithm", 6)
        gmsh.option.setNumber("General.NumThreads", 1)
        gmsh.logger.start()
        yield gmsh.model
    except MeshError:
        raise
    except Exception as error:
        told = [line for line in gmsh.logger.get() if line.startswith(("Error", "Warning"))]
        raise MeshError("; ".join([*told, f"gmsh: {error}"])) from error
    finally:
        gmsh.logger.stop()  # or it goes on into the next model
        gmsh.finalize()


def mesh_plan(faces: Sequence[Polygon], sizes: Sizes) -> PlanMesh:
    """Mesh faces that share whole edges into conforming triangles.

    Raises:
        MeshError: gmsh failed, or the triangles do not cover the faces.
    """
    with _gmsh_model() as model:
        curves = _add_faces(model, faces)
        _grade(model, curves, sizes)
        model.mesh.generate(2)
        plan = _read(model, len(faces))
    _check(plan, faces)
    return plan


def fill_face(loops: Sequence[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mesh one face with no other nodes on its edges than those given; sizes grow from the edges' own.

    loops: corners (n, 2) of the outer edge and of each hole, um.

    Returns:
        points inside (m, 2), um, and triangles that number the loops' corners first, then the points inside.

    Raises:
        MeshError: gmsh failed, or the triangles do not cover the face.
    """
    corners, face = np.vstack(list(loops)), Polygon(loops[0], list(loops[1:]))
    with _gmsh_model() as model:
        tags = [model.geo.addPoint(float(x), float(y), 0.0) for x, y in corners]
        edges: list[int] = []
        curves = []
        for loop in loops:
            ring = tags[len(edges) : len(edges) + len(loop)]
            lines = [model.geo.addLine(a, b) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
            curves.append(model.geo.addCurveLoop(lines))
            edges += lines
        for line in edges:
            model.geo.mesh.setTransfiniteCurve(line, 2)
        model.geo.addPlaneSurface(curves, 1)
        model.geo.synchronize()
        _grow_from_edges(model, edges, face)
        model.mesh.generate(2)
        given = np.array([model.mesh.getNodes(0, tag)[0][0] for tag in tags], dtype=np.int64)
        inner, coordinates, _ = model.mesh.getNodes(2, 1)
        nodes = model.mesh.getElementsByType(TRIANGLE, 1)[1].astype(np.int64)
    number = np.zeros(int(max(given.max(), inner.max(initial=0))) + 1, dtype=np.int64)
    number[given] = np.arange(len(given))
    number[inner] = len(given) + np.arange(len(inner))
    inside, triangles = coordinates.reshape(-1, 3)[:, :2], number[nodes].reshape(-1, 3)
    filled = PlanMesh(np.vstack([corners, inside]), triangles, np.zeros(len(triangles), dtype=np.int64))
    _check(filled, [face])
    return inside, triangles


def _grow_from_edges(model: Any, lines: list[int], face: Polygon) -> None:
    """Set the size field of a face: the lines' own lengths on them, growing with the distance from them."""
    reach = float(np.sqrt(face.area / np.pi))
    field = model.mesh.field.add("Extend")
    model.mesh.field.setNumbers(field, "CurvesList", lines)
    for name, value in (("DistMax", reach), ("SizeMax", GROWTH * reach), ("Power", 1.0)):
        model.mesh.field.setNumber(field, name, value)
    model.mesh.field.setAsBackgroundMesh(field)


def _add_faces(model: Any, faces: Sequence[Polygon]) -> dict[tuple[int, int], float]:
    """Give the faces to gmsh with shared points and lines; return length by line ends (tags)."""
    points: dict[tuple[float, float], int] = {}
    lines: dict[tuple[int, int], int] = {}
    lengths: dict[tuple[int, int], float] = {}

    def loop(ring: LinearRing) -> int:
        coords = [(float(x), float(y)) for x, y in ring.coords[:-1]]
        tags = []
        for one in coords:
            if one not in points:
                points[one] = model.geo.addPoint(one[0], one[1], 0.0)
            tags.append(points[one])
        signed = []
        for k, a in enumerate(tags):
            b = tags[(k + 1) % len(tags)]
            key = (min(a, b), max(a, b))
            if key not in lines:
                lines[key] = model.geo.addLine(*key)
                p, q = coords[k], coords[(k + 1) % len(tags)]
                lengths[(lines[key], 0)] = float(np.hypot(q[0] - p[0], q[1] - p[1]))
            signed.append(lines[key] if key == (a, b) else -lines[key])
        return int(model.geo.addCurveLoop(signed))

    for index, face in enumerate(faces):
        loops = [loop(face.exterior), *(loop(hole) for hole in face.interiors)]
        model.geo.addPlaneSurface(loops, index + 1)
    model.geo.synchronize()
    return lengths


def _grade(model: Any, lengths: dict[tuple[int, int], float], sizes: Sizes) -> None:
    """Set the size field: `edge` on every line, growing with the distance up to `far`."""
    buckets: dict[int, list[int]] = {}
    for (line, _), length in lengths.items():
        buckets.setdefault(max(0, int(np.ceil(np.log2(length / sizes.edge)))), []).append(line)
    fields = []
    reach = (sizes.far - sizes.edge) / sizes.growth
    for power, tags in buckets.items():
        distance = model.mesh.field.add("Distance")
        model.mesh.field.setNumbers(distance, "CurvesList", tags)
        model.mesh.field.setNumber(distance, "Sampling", 2**power + 1)  # gmsh samples per curve
        threshold = model.mesh.field.add("Threshold")
        for name, value in (("InField", distance), ("SizeMin", sizes.edge), ("SizeMax", sizes.far),
                            ("DistMin", 0.5 * sizes.edge), ("DistMax", 0.5 * sizes.edge + reach)):  # fmt: skip
            model.mesh.field.setNumber(threshold, name, value)
        fields.append(threshold)
    smallest = model.mesh.field.add("Min")
    model.mesh.field.setNumbers(smallest, "FieldsList", fields)
    model.mesh.field.setAsBackgroundMesh(smallest)


def _read(model: Any, nfaces: int) -> PlanMesh:
    tags, coordinates, _ = model.mesh.getNodes()
    number = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    number[tags] = np.arange(len(tags))
    triangles, face = [], []
    for index in range(nfaces):
        nodes = model.mesh.getElementsByType(TRIANGLE, index + 1)[1]
        triangles.append(number[nodes.astype(np.int64)].reshape(-1, 3))
        face.append(np.full(len(triangles[-1]), index, dtype=np.int64))
    cells = np.vstack(triangles)
    used, cells = np.unique(cells, return_inverse=True)
    return PlanMesh(coordinates.reshape(-1, 3)[used, :2], cells.reshape(-1, 3), np.concatenate(face))


def _check(plan: PlanMesh, faces: Sequence[Polygon]) -> None:
    a, b, c = (plan.points[plan.triangles[:, k]] for k in range(3))
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    areas = np.bincount(plan.face, weights=0.5 * np.abs(twice), minlength=len(faces))
    wanted = np.array([face.area for face in faces])
    off = np.abs(areas - wanted) > 1e-6 * wanted
    if off.any():
        raise MeshError(f"gmsh covered {areas[off][0]:.6g} of a face of {wanted[off][0]:.6g} um2")
