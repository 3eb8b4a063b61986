"""Gradient recovery for P1 and P2 solutions, and its difference from their own gradients.

Around each vertex a polynomial of the element's degree is fitted to the gradient where that is most accurate, inside
the cells; between vertices the polynomials are blended (superconvergent patch recovery: O. C. Zienkiewicz and
J. Z. Zhu, Int. J. Numer. Meth. Eng. 33 (1992) 1331). A gradient jumps between materials and across a film, so each side
has its own fits. Fields that are quadratic in each cell are stored at the nodes of P2: the cell's vertices, then the
midpoints of its edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from skfem.quadrature import get_quadrature

from microfem.fem.edges import PAIRS
from microfem.fem.space import Floats, Ints, element, quadrature, shape_values
from microfem.mesh.record import facet_keys

ENOUGH = 2.0  # samples per coefficient of a fit; with fewer, the next ring of cells is added
FAINT = 1e-3  # regularisation per sample of terms of second degree, which samples may not determine
LEVEL = 1e-9  # regularisation per sample of terms of first degree
CHUNK = 20_000  # patches fitted at once


@dataclass(frozen=True, kw_only=True)
class Patches:
    """Patches of cells, one for each vertex and side of an interface.

    points: (npoints, dim); cells: (n, dim + 1); order: of the elements and of the fits; corner: (n, dim + 1) patch of
    each vertex of a cell; at: (npatches, dim) vertex of each patch; start: (npatches + 1,), cell: the cells of patch i
    are cell[start[i] : start[i + 1]].
    """

    points: Floats
    cells: Ints
    order: int
    corner: Ints
    at: Floats
    start: Ints
    cell: Ints


def make_patches(points: Floats, cells: Ints, law: Ints, cut: Ints, order: int) -> Patches:
    """Return the patches of cells around each vertex that no interface separates, with the next ring if they are few.

    cells: (n, dim + 1); law: (n,), the material of each; cut: `facet_keys` of films; order: of the elements.
    """
    corner = _corners(cells, law, cut, len(points))
    n, k = cells.shape
    count = int(corner.max()) + 1
    touch = sp.csr_matrix((np.ones(corner.size), (corner.ravel(), np.repeat(np.arange(n), k))), shape=(count, n))
    samples = 1 if order == 1 else k
    few = np.diff(touch.indptr) * samples < ENOUGH * _terms(k - 1, order)
    touch = touch + sp.diags(few.astype(float)) @ touch @ touch.T @ touch
    at = np.empty((count, points.shape[1]))
    at[corner.ravel()] = points[cells.ravel()]
    return Patches(
        points=points,
        cells=cells,
        order=order,
        corner=corner,
        at=at,
        start=touch.indptr.astype(np.int64),
        cell=touch.indices.astype(np.int64),
    )


def _corners(cells: Ints, law: Ints, cut: Ints, npoints: int) -> Ints:
    """Return the patch (n, dim + 1) of each vertex of cells: cells share it across facets of one law without a film."""
    n, k = cells.shape
    place = np.argsort(cells, axis=1)  # so that both cells list the vertices of their facet in the same order
    number = np.take_along_axis(np.arange(n * k).reshape(n, k), place, 1)
    vertex = np.take_along_axis(cells, place, 1)
    drop = [[j for j in range(k) if j != b] for b in range(k)]
    keys = facet_keys(np.vstack([vertex[:, others] for others in drop]), npoints)
    corner = np.vstack([number[:, others] for others in drop])
    order = np.argsort(keys, kind="stable")
    a, b = order[:-1], order[1:]
    joined = (keys[a] == keys[b]) & (law[a % n] == law[b % n]) & ~np.isin(keys[a], cut)
    ends = corner[a[joined]].ravel(), corner[b[joined]].ravel()
    graph = sp.coo_matrix((np.ones(len(ends[0]), dtype=bool), ends), shape=(n * k, n * k))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64).reshape(n, k)


def gradient_error(patches: Patches, own: Floats) -> Floats:
    """Return recovered minus own gradients at the nodes of P2, (n, nnodes, ...).

    own: (n, nq, ...) at the quadrature points, linear in each cell.
    """
    n, nq = own.shape[:2]
    flat = own.reshape(n, nq, -1)
    error = _recover(patches, flat) - at_nodes(nq - 1) @ flat
    return np.asarray(error.reshape(n, -1, *own.shape[2:]))


@cache
def at_nodes(dim: int) -> Floats:
    """Return the interpolation (nnodes, nq) of a linear field from the quadrature points to the nodes of P2."""
    inner = np.array(quadrature(dim))
    at = np.linalg.inv(np.column_stack([1.0 - inner.sum(axis=1), inner]))
    pairs = PAIRS[: dim * (dim + 1) // 2]
    return np.vstack([at, 0.5 * (at[pairs[:, 0]] + at[pairs[:, 1]])])


@cache
def node_mass(dim: int, order: int = 2, corner: int | None = None) -> Floats:
    """Return the mean over the simplex of products of shape functions, (nnodes, nnodes).

    corner: the vertex whose barycentric coordinate weighs the mean, None for none.
    """
    points, weights = get_quadrature(element(dim, 2).refdom, 4 if corner is None else 5)
    values = shape_values(dim, order, tuple(tuple(map(float, point)) for point in points.T))
    weights = weights / weights.sum()
    if corner is not None:
        weights = weights * np.vstack([1.0 - points.sum(axis=0), points])[corner]
    return np.asarray(np.einsum("q,qa,qb->ab", weights, values, values))


def _recover(patches: Patches, own: Floats) -> Floats:
    """Return the blended fits at the nodes of P2, (n, nnodes, ncomp)."""
    frame, fits = _fit(patches, own)
    k = patches.cells.shape[1]
    corner, points = patches.corner, patches.points[patches.cells]
    pairs = PAIRS[: k * (k - 1) // 2]
    nodes = np.empty((len(own), k + len(pairs), own.shape[2]))
    nodes[:, :k] = fits[corner, 0]
    for p, (i, j) in enumerate(pairs):
        half = 0.5 * (points[:, j] - points[:, i])
        there = [
            (_powers(np.einsum("nd,nde->ne", sign * half, frame[corner[:, v]]), patches.order), corner[:, v])
            for v, sign in ((i, 1.0), (j, -1.0))
        ]
        nodes[:, k + p] = sum(0.5 * np.einsum("nm,nmc->nc", powers, fits[patch]) for powers, patch in there)
    return nodes


def _fit(patches: Patches, own: Floats) -> tuple[Floats, Floats]:
    """Return frames (npatches, dim, dim) in which samples are isotropic, and coefficients (npatches, nterms, ncomp)."""
    dim = patches.points.shape[1]
    local = np.array(quadrature(dim))
    if patches.order == 1:  # a constant is sampled once
        local, own = local.mean(axis=0, keepdims=True), own.mean(axis=1, keepdims=True)
    weights = np.column_stack([1.0 - local.sum(axis=1), local])
    samples = np.einsum("qv,nvd->nqd", weights, patches.points[patches.cells])
    count, terms = len(patches.at), _terms(dim, patches.order)
    pull = np.repeat([0.0, LEVEL, FAINT], [1, dim, terms - dim - 1])
    frame, fits = np.empty((count, dim, dim)), np.empty((count, terms, own.shape[2]))
    for low in range(0, count, CHUNK):
        part = slice(low, min(low + CHUNK, count))
        start = patches.start[low : part.stop + 1]
        cell, start = patches.cell[start[0] : start[-1]], start - start[0]
        patch = np.repeat(np.arange(len(start) - 1), np.diff(start))
        away = samples[cell] - patches.at[part][patch][:, None]
        size = np.diff(start)[:, None, None] * len(local)
        frame[part] = _frame(np.add.reduceat(np.swapaxes(away, 1, 2) @ away, start[:-1]) / size)
        powers = _powers(away @ frame[part][patch], patches.order)
        across = np.swapaxes(powers, 1, 2)
        normal = np.add.reduceat(across @ powers, start[:-1]) + size * np.diag(pull)
        fits[part] = np.linalg.solve(normal, np.add.reduceat(across @ own[cell], start[:-1]))
    return frame, fits


def _terms(dim: int, order: int) -> int:
    """Return the number of coefficients of a polynomial."""
    return dim + 1 if order == 1 else (dim + 1) * (dim + 2) // 2


def _powers(x: Floats, order: int) -> Floats:
    """Return the monomials 1, x_i and for order 2 x_i x_j of points (..., dim), (..., nterms)."""
    dim = x.shape[-1]
    powers = [np.ones((*x.shape[:-1], 1)), x]
    if order == 2:
        i, j = np.triu_indices(dim)
        powers.append(x[..., i] * x[..., j])
    return np.concatenate(powers, axis=-1)


def _frame(moments: Floats) -> Floats:
    """Return the inverse root of second moments (n, dim, dim), limited in directions without extent."""
    size, axes = np.linalg.eigh(moments)
    size = np.maximum(size, 1e-12 * size[:, -1:])
    return np.asarray(axes / np.sqrt(size)[:, None, :])
