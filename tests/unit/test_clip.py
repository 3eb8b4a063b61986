"""Parts of cells inside an outline, against shapely in the plan and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.spatial import Delaunay

from microfem.fem.edges import PAIRS
from microfem.fem.error_estimates.clip import node_products, parts_inside

ROUND = shapely.Point(0.1, 0.0).buffer(0.6, 6)
OUTLINE = ROUND.difference(shapely.box(-0.1, -0.1, 0.5, 0.2)).union(shapely.box(-1.5, 0.3, 0.2, 0.5))


def simplices(dim):
    """Return the corners (n, dim + 1, dim) of a mesh of the square or cube of side 2 around 0."""
    rng = np.random.default_rng(dim)
    ends = np.stack(np.meshgrid(*[(-1.0, 1.0)] * dim), axis=-1).reshape(-1, dim)
    points = np.vstack([ends, rng.uniform(-1.0, 1.0, (150, dim))])
    return points[Delaunay(points).simplices]


def measures(corners):
    dim = corners.shape[2]
    return np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / (2.0 if dim == 2 else 6.0)


def nodes(corners):
    i, j = PAIRS[: corners.shape[1] * (corners.shape[1] - 1) // 2].T
    return np.concatenate([corners, 0.5 * (corners[:, i] + corners[:, j])], axis=1)


@pytest.mark.parametrize("dim", [2, 3])
def test_parts_fill_the_outline(dim):
    """A prism of height 2 over it in 3D."""
    corners = simplices(dim)
    parts = parts_inside(corners, OUTLINE, 0.0)
    area = OUTLINE.intersection(shapely.box(-1.0, -1.0, 1.0, 1.0)).area
    found = measures(corners)[parts.parent] @ parts.share
    assert found == pytest.approx(area * (1.0 if dim == 2 else 2.0), rel=1e-9)


def test_each_triangle_keeps_what_shapely_leaves_of_it():
    corners = simplices(2)
    parts = parts_inside(corners, OUTLINE, 0.0)
    found = np.bincount(parts.parent, weights=parts.share, minlength=len(corners)) * measures(corners)
    left = shapely.area(shapely.intersection(shapely.polygons(corners), OUTLINE))
    np.testing.assert_allclose(found, left, atol=1e-12)
    assert ((found > 1e-6) & (found < measures(corners) - 1e-6)).sum() > 20


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("order", [1, 2])
def test_products_with_shape_functions_are_integrals(dim, order):
    """Of x, whose moments over a box are known; P2 integrates x2 exactly, P1 x."""
    corners = simplices(dim)
    parts = parts_inside(corners, shapely.box(-0.37, -0.41, 0.53, 0.29), 0.0)
    x = (nodes(corners) if order == 2 else corners)[..., 0]
    products = node_products(parts, measures(corners), x, order)
    deep = 0.7 * (1.0 if dim == 2 else 2.0)
    assert products.sum() == pytest.approx(deep * (0.53**2 - 0.37**2) / 2.0, rel=1e-9)
    assert (products * x).sum() == pytest.approx(deep * (0.53**3 + 0.37**3) / 3.0, rel=1e-9)
    if order == 2:
        squares = node_products(parts, measures(corners), x**2, order)
        assert (squares * x**2).sum() == pytest.approx(deep * (0.53**5 + 0.37**5) / 5.0, rel=1e-9)


def test_an_outline_along_edges_cuts_nothing():
    """Round-off of either sign leaves the same simplices whole, and none is added."""
    corners = simplices(2)
    chosen = np.arange(0, len(corners), 3)
    for off in (-1e-9, 1e-9):
        parts = parts_inside(corners, shapely.union_all(shapely.polygons(corners[chosen])).buffer(off, 1), 1e-6)
        assert sorted(parts.parent) == chosen.tolist()
        assert (parts.share == 1.0).all()


def test_nothing_outside_counts():
    assert len(parts_inside(simplices(2), shapely.box(2.0, 2.0, 3.0, 3.0), 0.0).parent) == 0


def test_centres_alone_would_be_off():
    """Negative control: whole cells by their centres miss a part of the outline that changes with the mesh."""
    corners = simplices(2)
    inside = shapely.contains_xy(OUTLINE, *corners.mean(axis=1).T)
    area = OUTLINE.intersection(shapely.box(-1.0, -1.0, 1.0, 1.0)).area
    assert abs(measures(corners)[inside].sum() / area - 1.0) > 1e-3
