"""The parts of simplices that lie inside an outline of the plan, exact: an outline need not follow edges of the mesh.

The outline is a union of triangles, and a part of a simplex inside one of them is what three half planes leave of it.
What a half plane leaves is a simplex again, or a wedge, which is cut into simplices.
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
# By dimension and number of corners that are kept, which come first: pairs of corners of which one is kept and one is
# not stand for the point between them on the cut, equal ones for a corner.
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
        """Measure of each part over that of its parent, (n,)."""
        return np.abs(np.linalg.det(self.corners))

    def kept(self, which: Floats | Ints) -> Parts:
        """Return some of the parts."""
        return Parts(self.parent[which], self.corners[which])


def whole(count: int, dim: int) -> Parts:
    """Return simplices as they are."""
    return Parts(np.arange(count), np.broadcast_to(np.eye(dim + 1), (count, dim + 1, dim + 1)))


def parts_inside(corners: Floats, outline: Polygon | MultiPolygon, slack: float) -> Parts:
    """Return the parts of simplices whose plan lies inside an outline.

    corners: (n, k + 1, k) of triangles or tetrahedra, of which x and y count; slack: simplices that reach across the
    outline by no more stay whole, so that those along it do not depend on round-off.
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
    inside[crossed] &= within | reaching  # what lies in the margin itself goes by its centre
    inside[crossed] |= within & reaching
    crossed[crossed] = reaching & ~within
    inside, cut = np.flatnonzero(inside & ~crossed), np.flatnonzero(crossed)
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(outline))
    row, piece = shapely.STRtree(pieces).query(boxes[cut], predicate="intersects")
    parts = Parts(cut[row], np.broadcast_to(np.eye(k + 1), (len(row), k + 1, k + 1)))
    triangles = np.array([one.exterior.coords[:3] for one in pieces])[piece]
    parts = _inside_triangles(parts, plan, triangles) if len(row) else parts
    entire = np.broadcast_to(np.eye(k + 1), (len(inside), k + 1, k + 1))
    return Parts(np.concatenate([inside, parts.parent]), np.concatenate([entire, parts.corners]))


def node_products(parts: Parts, measure: Floats, values: Floats, order: int) -> Floats:
    """Return the integrals over parts of a function times the shape functions of simplices, (count, nloc).

    measure: (count,) of the simplices; values: (count, nloc) at their nodes; order: of the elements.
    """
    k = parts.corners.shape[1] - 1
    mass, share = node_mass(k, order), parts.share
    entire = np.zeros(len(measure))
    is_whole = share >= 1.0
    entire[parts.parent[is_whole]] = measure[parts.parent[is_whole]]
    products = entire[:, None] * (values @ mass)
    cut = parts.kept(np.flatnonzero(~is_whole))
    pairs = PAIRS[: k * (k + 1) // 2]
    middle = 0.5 * (cut.corners[:, pairs[:, 0]] + cut.corners[:, pairs[:, 1]])
    at_nodes = _shapes(cut.corners if order == 1 else np.concatenate([cut.corners, middle], axis=1), order)
    local = np.einsum("nab,nb->na", at_nodes, values[cut.parent]) @ mass
    local = (measure[cut.parent] * cut.share)[:, None] * np.einsum("nab,na->nb", at_nodes, local)
    np.add.at(products, cut.parent, local)
    return np.asarray(products)


def _shapes(at: Floats, order: int) -> Floats:
    """Return the shape functions (..., nloc) at places (..., k + 1) in coordinates of the corners."""
    if order == 1:
        return at
    i, j = PAIRS[: at.shape[-1] * (at.shape[-1] - 1) // 2].T
    return np.concatenate([at * (2.0 * at - 1.0), 4.0 * at[..., i] * at[..., j]], axis=-1)


def _inside_triangles(parts: Parts, plan: Floats, triangles: Floats) -> Parts:
    """Return what of each part lies inside a triangle of its own (n, 3, 2)."""
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
    """Return what of each part lies where a linear function with these values at its corners (n, k + 1) is above 0.

    Returns:
        The parts, and the number (m,) of the part that each was cut from.
    """
    k = values.shape[1] - 1
    order = np.argsort(-values, axis=1)
    values, corners = np.take_along_axis(values, order, 1), np.take_along_axis(parts.corners, order[..., None], 1)
    above = (values > 0.0).sum(axis=1)
    found, origin = [], []
    for (dim, count), simplices in LEFT.items():
        here = np.flatnonzero((above == count) & (dim == k))
        for simplex in simplices if len(here) else []:
            i, j = np.array(simplex).T
            v, w = values[here][:, i], values[here][:, j]
            part = np.where(i == j, 1.0, v / np.where(i == j, 1.0, v - w))[..., None]
            found.append((1.0 - part) * corners[here][:, i] + part * corners[here][:, j])
            origin.append(here)
    every = np.concatenate([np.empty((0, k + 1, k + 1)), *found])
    number = np.concatenate([np.empty(0, dtype=np.int64), *origin])
    result = Parts(parts.parent[number], every)
    kept = np.flatnonzero(result.share > LEAST_SHARE)
    return result.kept(kept), number[kept]
