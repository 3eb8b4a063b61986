"""The arrangement of outlines: a grid tells what meets, and corners stay where the outlines have them."""

from __future__ import annotations

import numpy as np
import shapely
from shapely import Polygon
from shapely.affinity import rotate, translate

from microfem.families.family import build_layout
from microfem.mesh import build_mesh
from microfem.mesh.arrangement import GRID, Prism, arrange

FEATURE = 10.0


def prism(name: str, outline: Polygon, priority: int = 0) -> Prism:
    """Return a region of unit height."""
    return Prism(name, outline, (0.0, 1.0), priority)


def corners(*outlines: Polygon) -> set[tuple[float, float]]:
    """Return all corners of polygons."""
    return {(x, y) for x, y in shapely.get_coordinates(outlines).tolist()}


def test_corners_and_crossings_stay_in_place() -> None:
    lower = rotate(shapely.box(0.0, 0.0, 100.0, 40.0), 17.3, origin=(0.3, 0.7))
    upper = translate(rotate(shapely.box(0.0, 0.0, 60.0, 25.0), -33.1, origin=(1.1, 0.2)), 21.7, 33.3)
    arranged = arrange([prism("lower", lower), prism("upper", upper, 1)], [], [], FEATURE)
    crossings = shapely.get_coordinates(shapely.intersection(lower.boundary, upper.boundary))
    assert len(crossings) >= 2
    nodes = np.array(sorted(corners(*arranged.faces)))
    known = np.vstack([np.array(sorted(corners(lower, upper))), crossings])
    off = np.abs(nodes[:, None] - known[None]).max(axis=2).min(axis=1)
    assert off.max() < 1e-12  # on the grid they would be off by up to half of it, 5e-5 um
    assert abs(sum(face.area for face in arranged.faces) / shapely.union(lower, upper).area - 1.0) < 1e-13
    assert arranged.snapped == 0.0


def test_lines_nearer_than_the_grid_become_one_and_it_is_known() -> None:
    slit = 0.4 * GRID * FEATURE
    left, right = shapely.box(0.0, 0.0, 50.0, 40.0), shapely.box(50.0 + slit, 0.0, 100.0, 40.0)
    arranged = arrange([prism("left", left), prism("right", right)], [], [], FEATURE)
    assert len(arranged.faces) == 2
    assert abs(arranged.snapped - slit) < 1e-3 * slit


def test_outlines_that_are_off_by_rounding_meet() -> None:
    left = shapely.box(0.0, 0.0, 50.0, 40.0)
    right = shapely.box(50.0 + 3e-14, 1e-14, 100.0, 40.0 + 2e-14)
    arranged = arrange([prism("left", left), prism("right", right)], [], [], FEATURE)
    assert len(shapely.union_all(list(arranged.faces)).exterior.coords) <= 7  # no gap between them
    assert arranged.snapped < 1e-13


def test_a_mesh_has_the_corners_of_its_layout() -> None:
    layout = build_layout("interdigital", {"gap": 100.0 / 3.0, "anode_width": 100.0 / 7.0, "finger_pairs": 2})
    mesh = build_mesh(layout, "plan", -1)
    there = {(x, y) for x, y in mesh.flat.tolist()}
    electrodes = [part.footprint for part in layout.with_role("anode", "cathode")]
    assert corners(*electrodes) <= there
    assert mesh.snapped == 0.0
