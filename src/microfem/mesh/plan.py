"""Triangles in the plane: gmsh meshes the faces of an arrangement, finer towards their edges.

gmsh runs in the child process alone: there its work can be ended, by a limit or by Ctrl-C, and this process keeps its
handlers of signals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from microfem.base.child import CallLimits, in_child
from microfem.base.errors import MeshError
from microfem.mesh.lines import Lines, Sizes, lines_of
from microfem.mesh.strips import strip_triangles, thin_faces

EDGE, TRIANGLE = 1, 2  # gmsh's element types
GROWTH = 0.4  # of the edge length per distance, in a face with prescribed nodes on its edges

Result = TypeVar("Result")
Loops: TypeAlias = Sequence[NDArray[np.float64]]
Filling: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True)
class PlanMesh:
    """A mesh of a plan: points (n, 2), um, triangles (m, 3), and the face of each triangle (m,)."""

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]
    face: NDArray[np.int64]


def mesh_plan(faces: Sequence[Polygon], sizes: Sizes, limits: CallLimits = CallLimits()) -> PlanMesh:
    """Return a conforming triangulation of faces that share whole edges.

    Raises:
        MeshError: gmsh failed, or the triangles do not cover the faces.
        ChildError: gmsh met a limit or died.
    """
    scale = 2.0 ** max(0, math.ceil(-math.log2(sizes.edge)))  # tolerances of gmsh are lengths, made for sizes above one
    magnified = [shapely.transform(face, lambda corners: scale * corners) for face in faces] if scale > 1.0 else faces
    plan = with_gmsh(_mesh_plan, magnified, sizes.times(scale), limits=limits)
    return replace(plan, points=plan.points / scale)


def fill_faces(faces: Sequence[Loops], limits: CallLimits = CallLimits()) -> list[Filling]:
    """Triangulate faces without new nodes on their edges; edge lengths grow with the distance from the edges.

    faces: for each face the corners (n, 2) of its outer edge and of each hole, um.

    Returns:
        For each face points inside (m, 2), um, and triangles that number the loops' corners first, then the points.

    Raises:
        MeshError: gmsh failed, or the triangles do not cover a face.
        ChildError: gmsh met a limit or died.
    """
    return with_gmsh(_fill_faces, faces, limits=limits)


def with_gmsh(function: Callable[..., Result], *arguments: object, limits: CallLimits = CallLimits()) -> Result:
    """Return `function(*arguments)`, computed in the child process with gmsh; its loading counts for no limit.

    Raises:
        MeshError: gmsh failed.
        ChildError: gmsh met a limit or died.
    """
    return in_child(function, *arguments, limits=limits, needs=("gmsh",))


@contextmanager
def started_gmsh() -> Iterator[Any]:
    """Yield gmsh with an empty model and finalise it; its errors become a MeshError or a MemoryError."""
    import gmsh

    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.option.setNumber("Mesh.MeshSizeFromPoints", 0)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.option.setNumber("Mesh.Algorithm", 6)
        gmsh.option.setNumber("General.NumThreads", 1)
        gmsh.logger.start()
        yield gmsh
    except MeshError:
        raise
    except Exception as error:
        if not str(error):  # gmsh's report of an exception that is not its own: a failed allocation
            raise MemoryError from error
        messages = [line for line in gmsh.logger.get() if line.startswith(("Error", "Warning"))]
        raise MeshError("; ".join([*messages, f"gmsh: {error}"])) from error
    finally:
        gmsh.logger.stop()  # else it continues in the next model
        gmsh.finalize()


def _mesh_plan(faces: Sequence[Polygon], sizes: Sizes) -> PlanMesh:
    with started_gmsh() as gmsh:
        lines = lines_of(faces, sizes)
        _add_faces(gmsh.model, lines)
        _grade(gmsh.model, lines)
        gmsh.model.mesh.generate(1)
        strips = _strips(gmsh, faces, lines)
        gmsh.model.mesh.generate(2)
        plan = _read(gmsh.model, len(faces), strips)
    _check(plan, faces)
    return plan


def _fill_faces(faces: Sequence[Loops]) -> list[Filling]:
    return [_fill_face(loops) for loops in faces]


def _fill_face(loops: Loops) -> Filling:
    corners, face = np.vstack(list(loops)), Polygon(loops[0], list(loops[1:]))
    with started_gmsh() as gmsh:
        model = gmsh.model
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
        corner_tags = np.array([model.mesh.getNodes(0, tag)[0][0] for tag in tags], dtype=np.int64)
        inner, coordinates, _ = model.mesh.getNodes(2, 1)
        nodes = model.mesh.getElementsByType(TRIANGLE, 1)[1].astype(np.int64)
    number = np.zeros(int(max(corner_tags.max(), inner.max(initial=0))) + 1, dtype=np.int64)
    number[corner_tags] = np.arange(len(corner_tags))
    number[inner] = len(corner_tags) + np.arange(len(inner))
    inside, triangles = coordinates.reshape(-1, 3)[:, :2], number[nodes].reshape(-1, 3)
    filled = PlanMesh(np.vstack([corners, inside]), triangles, np.zeros(len(triangles), dtype=np.int64))
    _check(filled, [face])
    return inside, triangles


def _grow_from_edges(model: Any, lines: list[int], face: Polygon) -> None:
    """Set the size field of a face: the lengths of its lines, growing with the distance from them."""
    reach = float(np.sqrt(face.area / np.pi))
    field = model.mesh.field.add("Extend")
    model.mesh.field.setNumbers(field, "CurvesList", lines)
    for name, value in (("DistMax", reach), ("SizeMax", GROWTH * reach), ("Power", 1.0)):
        model.mesh.field.setNumber(field, name, value)
    model.mesh.field.setAsBackgroundMesh(field)


def _add_faces(model: Any, lines: Lines) -> None:
    """Add points, lines and faces to gmsh; the tag of each is its number from 1."""
    for x, y in lines.points.tolist():
        model.geo.addPoint(x, y, 0.0)
    for a, b in lines.ends.tolist():
        model.geo.addLine(a + 1, b + 1)
    for loops in lines.loops:
        model.geo.addPlaneSurface([model.geo.addCurveLoop(loop) for loop in loops])
    model.geo.synchronize()


def _grade(model: Any, lines: Lines) -> None:
    """Set the size field: the edge length of each line on it, growing with the distance as in `Sizes`."""
    buckets: dict[tuple[float, int], list[int]] = {}
    power = np.ceil(np.log2(np.maximum(1.0, lines.length / lines.own))).astype(int)
    for tag, key in enumerate(zip(lines.own.tolist(), power.tolist(), strict=True), start=1):
        buckets.setdefault(key, []).append(tag)
    widest = float(np.hypot(*np.ptp(lines.points, axis=0)))
    fields = []
    for (edge, halvings), tags in buckets.items():
        distance = model.mesh.field.add("Distance")
        model.mesh.field.setNumbers(distance, "CurvesList", tags)
        model.mesh.field.setNumber(distance, "Sampling", 2**halvings + 2)  # gmsh samples a curve without its ends
        fields.append(_growing(model, distance, edge, lines.sizes, widest))
    smallest = _field(model, "Min", {}, fields)
    model.mesh.field.setAsBackgroundMesh(smallest)


def _growing(model: Any, distance: int, edge: float, sizes: Sizes, widest: float) -> int:
    """Return a size field that grows from `edge` to `far`, and then in proportion to the distance."""
    far = max(edge, sizes.far)
    reach = (far - edge) / sizes.growth
    near = {"InField": distance, "SizeMin": edge, "SizeMax": far, "DistMin": 0.5 * edge, "DistMax": 0.5 * edge + reach}
    beyond = {"InField": distance, "SizeMin": 0.0, "SizeMax": sizes.bulk * widest, "DistMin": 0.0, "DistMax": widest}
    fields = [_field(model, "Threshold", near), _field(model, "Threshold", beyond)]
    return _field(model, "Max", {}, fields) if widest > sizes.reach else fields[0]


def _field(model: Any, kind: str, numbers: Mapping[str, float], of: Sequence[int] = ()) -> int:
    """Add a size field to gmsh and return its tag; of: the fields it combines."""
    field = int(model.mesh.field.add(kind))
    for name, value in numbers.items():
        model.mesh.field.setNumber(field, name, value)
    if of:
        model.mesh.field.setNumbers(field, "FieldsList", list(of))
    return field


def _strips(gmsh: Any, faces: Sequence[Polygon], lines: Lines) -> dict[int, NDArray[np.int64]]:
    """Return the triangles of nodes of faces that are strips, by face, and hide those faces from gmsh."""
    mesh, strips = gmsh.model.mesh, {}
    tags, coordinates, _ = mesh.getNodes()
    points = np.empty((int(tags.max()) + 1, 2))
    points[tags] = coordinates.reshape(-1, 3)[:, :2]
    for index in thin_faces(faces, lines):
        triangles = strip_triangles(points, [_around(mesh, loop) for loop in lines.loops[index]])
        if triangles is not None:
            strips[index] = triangles
    gmsh.option.setNumber("Mesh.MeshOnlyVisible", 1)
    gmsh.model.setVisibility([(2, index + 1) for index in strips], 0)
    return strips


def _around(mesh: Any, loop: Sequence[int]) -> NDArray[np.int64]:
    """Return the nodes on a loop of signed lines, in order, each once."""
    ends = {line: mesh.getElementsByType(EDGE, abs(line))[1].reshape(-1, 2).astype(np.int64) for line in loop}
    return np.concatenate([ends[line][:, 0] if line > 0 else ends[line][::-1, 1] for line in loop])


def _read(model: Any, nfaces: int, strips: Mapping[int, NDArray[np.int64]]) -> PlanMesh:
    tags, coordinates, _ = model.mesh.getNodes()
    number = np.zeros(int(tags.max()) + 1, dtype=np.int64)
    number[tags] = np.arange(len(tags))
    triangles, face = [], []
    for index in range(nfaces):
        nodes = strips[index] if index in strips else model.mesh.getElementsByType(TRIANGLE, index + 1)[1]
        triangles.append(number[nodes.astype(np.int64)].reshape(-1, 3))
        face.append(np.full(len(triangles[-1]), index, dtype=np.int64))
    cells = np.vstack(triangles)
    used, cells = np.unique(cells, return_inverse=True)
    return PlanMesh(coordinates.reshape(-1, 3)[used, :2], cells.reshape(-1, 3), np.concatenate(face))


def _check(plan: PlanMesh, faces: Sequence[Polygon]) -> None:
    a, b, c = (plan.points[plan.triangles[:, k]] for k in range(3))
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    areas = np.bincount(plan.face, weights=0.5 * np.abs(twice), minlength=len(faces))
    exact = np.array([face.area for face in faces])
    off = np.abs(areas - exact) > 1e-6 * exact
    if off.any():
        raise MeshError(f"gmsh covered {areas[off][0]:.6g} of a face of {exact[off][0]:.6g} um2")
