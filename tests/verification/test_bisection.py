"""Bisection: nothing that a mesh knows is lost, it conforms, and it follows curves; refinement that pays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from microfem.families import FAMILIES, build_layout
from microfem.fem.error_estimates.refinement import bulk, refined
from microfem.layout import Layout, Region, Sheet
from microfem.layout.shapes import area_radius, disc
from microfem.mesh import Mesh, build_mesh
from microfem.mesh.bisect import bisect
from microfem.mesh.curves import sagitta
from support.cells import make_layout
from support.true_sizes import true_sizes

FILMS = {"interdigital": {"finger_pairs": 1, "finger_length": 600.0, "collector_thickness": 0.3, "tab_length": 200.0}}


def layout_of(name: str) -> Layout:
    return build_layout(name, FILMS.get(name, {}))


VIEWS = [(name, view) for name in FAMILIES.names() for view in FAMILIES.get(name).dimensions]


def random_third(mesh: Mesh, seed: int) -> np.ndarray:
    return np.flatnonzero(np.random.default_rng(seed).random(len(mesh.cells)) < 0.3)


def skewed(mesh: Mesh) -> np.ndarray:
    """Return a metric in which the last axis counts ten times."""
    return np.tile(np.diag([1.0] * (mesh.dim - 1) + [100.0]), (len(mesh.points), 1, 1))


QUICK = ("fiber", "film", "interdigital", "stacked")  # in 3D the others take seconds
DEAR = ("concentric", "disc_array", "multicore_fiber", "radial_fingers", "double_spiral")
LATER = {(name, view) for name, view in VIEWS if name in DEAR or (name not in QUICK and view == "3d")}


@pytest.mark.parametrize(
    ("name", "view"),
    [pytest.param(*one, marks=[pytest.mark.slow] * (one in LATER)) for one in VIEWS],
)
@pytest.mark.parametrize("slim", [False, True])
@pytest.mark.slow
def test_bisection_keeps_all_that_a_mesh_knows(name: str, view: str, slim: bool) -> None:
    """Regions, films, end faces, interfaces and the outside keep their sizes; no node hangs; no cell turns over."""
    coarse = build_mesh(layout_of(name), view, -2 if view == "3d" else -1)
    done = bisect(coarse, random_third(coarse, 1), skewed(coarse) if slim else None)
    flat, finer = coarse.moved(coarse.flat), done.mesh.moved(done.mesh.flat)
    assert len(finer.cells) > 1.3 * len(coarse.cells)
    assert finer.regions == coarse.regions
    assert np.array_equal(finer.region_of_cell, coarse.region_of_cell[done.parent])
    spiral = coarse.layout.spiral is not None and view != "section"
    for region in coarse.regions:
        before, after = (mesh.volumes[mesh.cells_of(region)].sum() for mesh in (flat, finer))
        assert after == pytest.approx(before, rel=5e-3 if spiral else 1e-10)
    for kind in ("sheets", "faces"):
        before, after = getattr(flat, kind), getattr(finer, kind)
        assert set(before) == set(after)
        for key in before:
            assert area(finer, after[key]) == pytest.approx(area(flat, before[key]), rel=5e-3 if spiral else 1e-10)
            assert is_made_of_facets(finer, after[key])
    assert (signed(done.mesh) > 0.0).all()
    assert conforms(finer, spiral)


def signed(mesh: Mesh) -> np.ndarray:
    corners = mesh.points[mesh.cells]
    return np.linalg.det(corners[:, 1:] - corners[:, :1])


def area(mesh: Mesh, facets: np.ndarray) -> float:
    corners = mesh.points[facets]
    edges = corners[:, 1:] - corners[:, :1]
    return float(np.sqrt(np.maximum(np.linalg.det(edges @ edges.swapaxes(1, 2)), 0.0)).sum())


def is_made_of_facets(mesh: Mesh, facets: np.ndarray) -> bool:
    every = {tuple(row) for row in mesh.facets[0].tolist()}
    return all(tuple(sorted(row)) in every for row in facets.tolist())


def conforms(mesh: Mesh, spiral: bool) -> bool:
    """The outside's area tells a hanging node: facets that do not match count as outside on both sides."""
    vertices, _, second = mesh.facets
    outside = area(mesh, vertices[second < 0])
    coarse = build_mesh(mesh.layout, mesh.dimension, -2 if mesh.dimension == "3d" else -1)
    vertices, _, second = coarse.facets
    return outside == pytest.approx(area(coarse.moved(coarse.flat), vertices[second < 0]), rel=5e-3 if spiral else 1e-9)


def test_a_bisection_that_ignores_its_neighbours_is_seen() -> None:
    """Negative control: one cell split alone leaves a hanging node, and the outside grows."""
    mesh = build_mesh(layout_of("circular"), "plan", -1)
    a, b, c = mesh.cells[0]
    middle = len(mesh.points)
    points = np.vstack([mesh.points, mesh.points[[a, b]].mean(axis=0)])
    cells = np.vstack([mesh.cells[1:], [[a, middle, c], [middle, b, c]]])
    regions = np.append(mesh.region_of_cell[1:], [mesh.region_of_cell[0]] * 2)
    broken = replace(mesh, points=points, flat=points, cells=cells, region_of_cell=regions)
    assert not conforms(broken, False)


@pytest.mark.parametrize("name", ["circular", pytest.param("concentric", marks=pytest.mark.slow), "fiber", "pillars"])
@pytest.mark.slow
def test_chords_come_nearer_to_their_circles_at_the_circles_area(name: str) -> None:
    layout = layout_of(name)
    mesh = build_mesh(layout, "plan", 0)
    assert layout.curves.arcs
    first, wrong = sagitta(mesh), []
    for _ in range(3):
        mesh = refined(mesh, mesh.volumes, np.tile(np.eye(2), (len(mesh.points), 1, 1)), 4.0)
        wrong.append(sagitta(mesh))
    assert wrong[-1] < 0.3 * first
    if name == "circular":
        disc = mesh.volumes[mesh.cells_of("anode")].sum()
        assert disc == pytest.approx(np.pi * 1500.0**2, rel=1e-5)  # chords first drawn are 7e-4 outside


@pytest.mark.slow
def test_a_roll_follows_its_spiral() -> None:
    """A layer between r and r + t has the area of the smooth spiral's, t / 2 times the integral of 2 r + t."""
    layout = build_layout("swiss_roll", {})
    mesh = build_mesh(layout, "plan", 0)
    spiral, name = layout.spiral, "anode"
    assert spiral is not None
    thickness = dict(spiral.layers)[name]
    offset = next(o for (n, _), o in zip(spiral.layers, spiral.offsets, strict=False) if n == name)
    turn = 2.0 * np.pi * spiral.windings
    middle = spiral.core_radius + offset + 0.5 * spiral.pitch * spiral.windings
    exact = 0.5 * thickness * turn * (2.0 * middle + thickness)
    errors = []
    for _ in range(3):
        errors.append(abs(mesh.volumes[mesh.cells_of(name)].sum() / exact - 1.0))
        mesh = refined(mesh, mesh.volumes, np.tile(np.eye(2), (len(mesh.points), 1, 1)), 4.0)
    assert errors[-1] < 0.4 * errors[0]


def test_bulk_marks_the_fewest_cells_with_that_share() -> None:
    assert set(bulk(np.array([1.0, 4.0, 2.0, 3.0]), 0.6).tolist()) == {1, 3}
    assert len(bulk(np.array([1.0, 1.0, 1.0, 1.0]), 0.5)) in (2, 3)


def test_an_error_along_one_axis_makes_slim_cells() -> None:
    """Where only the z components are wrong, cells get short along z and stay long across: that is what slim means."""
    mesh = build_mesh(layout_of("circular"), "3d", -2)
    wrong = np.tile(np.diag([0.0, 0.0, 1.0]), (len(mesh.points), 1, 1))
    finer = refined(mesh, mesh.volumes, wrong, 8.0)
    lengths = [np.ptp(m.points[m.cells], axis=1).mean(axis=0) for m in (mesh, finer)]
    shorter = lengths[1] / lengths[0]
    assert shorter[2] < 0.5
    assert shorter[2] < 0.7 * shorter[:2].min()


def test_no_cell_folds_where_slim_cells_meet_a_circle() -> None:
    """A disc on a floor, refined across its rim: points go to the circle, which is farther than the cells are thick."""
    corners = [shapely.get_coordinates(disc(area_radius(r, 48), 48))[:13] for r in (200.0, 100.0)]
    wall, plate = (shapely.Polygon(np.vstack([[0.0, 0.0], one])) for one in corners)
    sheet = Sheet(name="anode", role="anode", footprint=plate, z=0.0, thickness=1.0)
    layout = make_layout(
        [Region(name="electrolyte", role="electrolyte", footprint=wall, z=(0.0, 200.0))], [sheet], feature=100.0
    )
    mesh = build_mesh(replace(layout, circles=((0.0, 0.0, 100.0),)), "3d", -2)
    while len(mesh.cells) < 12_000:
        mesh = refined(mesh, *at_rim(mesh, 100.0), 2.2)
        assert (signed(mesh) > 0.0).all()
    assert 2.0 * area(mesh, mesh.sheets["anode"]) == pytest.approx(np.pi * 100.0**2, rel=2e-3)  # points are held back,
    assert 4.0 * true_sizes(mesh, 7)["anode"] == pytest.approx(np.pi * 100.0**2, rel=1e-5)  # numbers are the circle's


def at_rim(mesh: Mesh, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what the field of a disc would have wrong: most near the rim, across it and not along it."""
    centre = mesh.points[mesh.cells].mean(axis=1)
    off = np.hypot(np.hypot(*centre[:, :2].T) - radius, centre[:, 2]) + 0.05
    out = mesh.points[:, :2] / np.maximum(np.hypot(*mesh.points[:, :2].T), 1e-9)[:, None]
    spread = np.zeros((len(mesh.points), 3, 3))
    spread[:, :2, :2] = out[:, :, None] * out[:, None, :]
    spread[:, 2, 2] = 1.0
    return mesh.volumes ** (5.0 / 3.0) / off**4, spread
