"""Exact intersections of simplices with an outline of the plan, which need not follow edges of the mesh.

The outline is divided into triangles, each the intersection of three half planes. The intersection of a simplex with a
half plane is a simplex, or a wedge, which is divided into simplices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from microfem.fem.edges import PAIRS
from microfem.fem.error_estimates.recovery import node_mass
from microfem.fem.space import Floats, Ints

LEAST_SHARE = 1e-12  # share of a simplex below which a part is round-off
# By dimension and number of corners inside, which come first: a pair of different corners is the point between them on
# the cut, a pair of equal ones is a corner.
LEFT: dict[tuple[int, int], list[list[tuple[int, int]]]] = {
    (2, 1): [[(0, 0), (0, 1), (0, 2)]],
    (2, 2): [[(0, 0), (1, 1), (1, 2)], [(0, 0), (0, 2), (1, 2)]],
    (2, 3): [[(0, 0), (1, 1), (2, 2)]],
    (3, 1): [[(0, 0), (0, 1), (0, 2), (0, 3)]],
    (3, 2): [[(0, 0), (1, 1), (1, 2), (1, 3)], [(0, 0), (0, 2), (1, 2), (1, 3)], [(0, 0), (0, 2), (0, 3), (1, 3)]],
    (3, 3): [[(0, 0), (1, 1), (2, 2), (2, 3)], [(0, 0), (1, 1), (1, 3), (2, 3)], [(0, 0), (0, 3), (1, 3), (2, 3)]],
    (3, 4): [[(0, 0), (1, 1), (2, 2), (3, 3)]],
}


@dataclass(frozen=True)
class Parts:
    """Simplices inside simplices: parent (n,), and corners (n, k + 1, k + 1) in coordinates of the parent's corners."""

    parent: Ints
    corners: Floats

    @property
    def share(self) -> Floats:
        """Measure of each part relative to its parent, (n,)."""
        return np.abs(np.linalg.det(self.corners))

    def kept(self, which: Floats | Ints) -> Parts:
        """Return the parts selected by a mask or by numbers."""
        return Parts(self.parent[which], self.corners[which])


def whole(count: int, dim: int) -> Parts:
    """Return whole simplices as parts."""
    return Parts(np.arange(count), np.broadcast_to(np.eye(dim + 1), (count, dim + 1, dim + 1)))


def parts_inside(corners: Floats, outline: Polygon | MultiPolygon, slack: float) -> Parts:
    """Return the parts of simplices inside an outline of the plan.

    corners: (n, k + 1, k) of triangles or tetrahedra, of which x and y are used, um; slack: um by which simplices may
    cross the outline and stay whole, so that those along it do not depend on round-off.
    """
    k = corners.shape[2]
    plan = corners[..., :2]
    boxes = shapely.box(*plan.min(axis=1).T, *plan.max(axis=1).T)
    edge = outline.boundary
    shapely.prepare([outline, edge])
    crossed = np.asarray(shapely.intersects(edge, boxes))
    number = np.repeat(np.arange(int(crossed.sum())), k + 1)
    shadows = shapely.convex_hull(shapely.multipoints(plan[crossed].reshape(-1, 2), indices=number))
    more, less = (outline.buffer(sign * slack, join_style="mitre") for sign in (1.0, -1.0))
    shapely.prepare([more, less])
    within, reaching = shapely.covers(more, shadows), shapely.intersects(less, shadows)
    inside = np.asarray(shapely.contains_xy(outline, *plan.mean(axis=1).T))
    inside[crossed] &= within | reaching  # the centre decides for simplices within the slack
    inside[crossed] |= within & reaching
    crossed[crossed] = reaching & ~within
    inside, cut = np.flatnonzero(inside & ~crossed), np.flatnonzero(crossed)
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(outline))
    row, piece = shapely.STRtree(pieces).query(boxes[cut], predicate="intersects")
    parts = Parts(cut[row], np.broadcast_to(np.eye(k + 1), (len(row), k + 1, k + 1)))
    triangles = np.array([triangle.exterior.coords[:3] for triangle in pieces])[piece]
    parts = _inside_triangles(parts, plan, triangles) if len(row) else parts
    entire = np.broadcast_to(np.eye(k + 1), (len(inside), k + 1, k + 1))
    return Parts(np.concatenate([inside, parts.parent]), np.concatenate([entire, parts.corners]))


def node_products(parts: Parts, measure: Floats, values: Floats, order: int) -> Floats:
    """Return the integrals of a function times the shape functions over the parts of each simplex, (count, nloc).

    measure: (count,) of the simplices or, times a linear weight, (count, k + 1) at their corners; values: (count, nloc)
    at their nodes; order: of the elements.
    """
    k = parts.corners.shape[1] - 1
    share = parts.share
    measure = np.broadcast_to(measure.reshape(len(values), -1), (len(values), k + 1))
    entire = np.zeros(measure.shape)
    is_whole = share >= 1.0
    entire[parts.parent[is_whole]] = measure[parts.parent[is_whole]]
    products = _weighed(entire, values, order)
    cut = parts.kept(np.flatnonzero(~is_whole))
    pairs = PAIRS[: k * (k + 1) // 2]
    middle = 0.5 * (cut.corners[:, pairs[:, 0]] + cut.corners[:, pairs[:, 1]])
    at_nodes = _shapes(cut.corners if order == 1 else np.concatenate([cut.corners, middle], axis=1), order)
    weight = np.einsum("nac,nc->na", cut.corners, measure[cut.parent]) * cut.share[:, None]
    local = _weighed(weight, np.einsum("nab,nb->na", at_nodes, values[cut.parent]), order)
    np.add.at(products, cut.parent, np.einsum("nab,na->nb", at_nodes, local))
    return np.asarray(products)


def _weighed(weight: Floats, values: Floats, order: int) -> Floats:
    """Return means of functions times shape functions (n, nloc), with a linear weight (n, k + 1) at corners."""
    k = weight.shape[1] - 1
    return np.asarray(sum(weight[:, [i]] * (values @ node_mass(k, order, i)) for i in range(k + 1)))


def _shapes(at: Floats, order: int) -> Floats:
    """Return the shape functions (..., nloc) at barycentric coordinates (..., k + 1)."""
    if order == 1:
        return at
    i, j = PAIRS[: at.shape[-1] * (at.shape[-1] - 1) // 2].T
    return np.concatenate([at * (2.0 * at - 1.0), 4.0 * at[..., i] * at[..., j]], axis=-1)


def _inside_triangles(parts: Parts, plan: Floats, triangles: Floats) -> Parts:
    """Return the intersection of each part with its own triangle (n, 3, 2)."""
    sides = np.roll(triangles, -1, axis=1) - triangles
    turn = np.sign(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0])
    own = np.arange(len(triangles))
    for side in range(3):
        along, start = sides[own, side], triangles[own, side]
        away = plan[parts.parent] - start[:, None]
        beside = turn[own, None] * (along[:, None, 0] * away[..., 1] - along[:, None, 1] * away[..., 0])
        parts, kept = cut_off(parts, np.einsum("nij,nj->ni", parts.corners, beside))
        own = own[kept]
    return parts


def cut_off(parts: Parts, values: Floats) -> tuple[Parts, Ints]:
    """Return the regions of parts where a linear function, with values (n, k + 1) at their corners, is above 0.

    Returns:
        The new parts, and the number (m,) of the part that each was cut from.
    """
    k = values.shape[1] - 1
    order = np.argsort(-values, axis=1)
    values, corners = np.take_along_axis(values, order, 1), np.take_along_axis(parts.corners, order[..., None], 1)
    above = (values > 0.0).sum(axis=1)
    pieces, origin = [], []
    for (dim, count), simplices in LEFT.items():
        here = np.flatnonzero((above == count) & (dim == k))
        for simplex in simplices if len(here) else []:
            i, j = np.array(simplex).T
            v, w = values[here][:, i], values[here][:, j]
            part = np.where(i == j, 1.0, v / np.where(i == j, 1.0, v - w))[..., None]
            pieces.append((1.0 - part) * corners[here][:, i] + part * corners[here][:, j])
            origin.append(here)
    cut = np.concatenate([np.empty((0, k + 1, k + 1)), *pieces])
    number = np.concatenate([np.empty(0, dtype=np.int64), *origin])
    result = Parts(parts.parent[number], cut)
    kept = np.flatnonzero(result.share > LEAST_SHARE)
    return result.kept(kept), number[kept]
