"""Long thin faces are triangulated from the points on their edges; others are left to gmsh."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon

from microfem.families import build_layout
from microfem.mesh import build_mesh
from microfem.mesh.lines import PER_AREA, Sizes, lines_of
from microfem.mesh.plan import PlanMesh, mesh_plan
from microfem.mesh.strips import strip_triangles, thin_faces

WIRE = LineString([(0.0, 0.0), (900.0, 0.0), (900.0, 400.0), (300.0, 400.0)])


def strip_of(face: Polygon, step: float) -> tuple[np.ndarray, np.ndarray | None]:
    """Return points at steps along the edges of a face, and the triangles between them."""
    rings = [shapely.segmentize(ring, step).coords[:-1] for ring in (face.exterior, *face.interiors)]
    points, ends = np.vstack(rings), np.cumsum([0, *(len(ring) for ring in rings)])
    return points, strip_triangles(points, [np.arange(*pair) for pair in pairwise(ends)])


def shapes(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return 4 sqrt(3) area over the sum of squared sides: 1 for equal sides."""
    corners = points[triangles]
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return 2.0 * 3.0**0.5 * np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]) / (a**2 + b**2 + (a - b) ** 2).sum(axis=1)


@pytest.mark.parametrize(
    ("face", "holes"),
    [
        (shapely.box(0.0, 0.0, 1000.0, 1.0), 0),
        (WIRE.buffer(1.0, cap_style="flat", join_style="mitre"), 0),
        (shapely.box(0.0, 0.0, 300.0, 200.0).difference(shapely.box(1.0, 1.0, 299.0, 199.0)), 1),
        (shapely.Point(0.0, 0.0).buffer(100.0, 200).difference(shapely.Point(0.0, 0.0).buffer(99.0, 200)), 1),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_strip_has_triangles_between_its_sides(face: Polygon, holes: int, turned: bool) -> None:
    points, triangles = strip_of(face.reverse() if turned else face, 2.0)
    assert triangles is not None
    assert len(triangles) == len(points) - 2 + 2 * holes
    assert set(triangles.ravel()) == set(range(len(points)))
    covered = shapely.area(shapely.polygons(points[triangles])).sum()
    assert covered == pytest.approx(face.area, rel=1e-9)
    assert shapes(points, triangles).min() > 0.2


def test_a_face_with_branches_is_no_strip() -> None:
    branched = shapely.union_all([shapely.box(0.0, 0.0, 900.0, 1.0), shapely.box(300.0, 0.0, 301.0, 500.0)])
    assert strip_of(branched, 2.0)[1] is None


def test_few_edges_and_wide_faces_are_left_to_gmsh() -> None:
    faces = [shapely.box(0.0, 0.0, 9e3, 1.0), shapely.box(0.0, 1.0, 9e3, 900.0), shapely.box(0.0, -1.0, 60.0, 0.0)]
    assert thin_faces(faces, lines_of(faces, Sizes(10.0, 25.0))) == [0]


def neighbours(plan: PlanMesh) -> np.ndarray:
    """Return how many triangles each edge has."""
    edges = np.sort(np.vstack([plan.triangles[:, pair] for pair in ((0, 1), (1, 2), (2, 0))]), axis=1)
    return np.unique(edges, axis=0, return_counts=True)[1]


@pytest.mark.slow
def test_a_strip_conforms_to_the_baths_on_both_sides() -> None:
    faces = [shapely.box(0.0, 0.0, 6e3, 1.0), shapely.box(0.0, 1.0, 6e3, 900.0), shapely.box(0.0, -900.0, 6e3, 0.0)]
    plan = mesh_plan(faces, Sizes(10.0, 25.0))
    rim = 2.0 * (6e3 + 1801.0)
    open_edges = neighbours(plan)
    assert set(open_edges) == {1, 2}
    assert (open_edges == 1).sum() < rim / 2.0
    assert shapes(plan.points, plan.triangles).min() > 0.3
    edges = 2.0 * 6e3 / 2.5  # of 2.5 um on both sides of 1 um
    assert (plan.face == 0).sum() == pytest.approx(edges, rel=0.1)
    assert len(plan.triangles) < 2.0 * edges * (1.0 + PER_AREA / 0.6)


@pytest.mark.slow
def test_a_disc_of_1_m_by_25_um_meshes() -> None:
    """Its gap has edges of at most four times 25 um along 1 m: gmsh alone takes minutes."""
    mesh = build_mesh(build_layout("film", {"diameter": 1e6, "gap": 25.0, "margin": 0.0}), "section", -1)
    assert 2e4 < len(mesh.cells) < 4e5
    assert shapes(mesh.flat, mesh.cells).min() > 0.3
