"""Energies of potentials and fluxes on the exact layout, whose curved walls the straight cells approximate.

A map takes each cell from its reference to its exact shape (mesh/exact.py), with the tangents J. A potential keeps its
values and a flux its totals through all sides (Piola transformation): a field that is admissible on the straight cells
is admissible on the exact ones, and the energies are

    integral c grad_X u . K grad_X u,   integral Q . K^-1 Q / c,   K = sqrt(det J^T J) (J^T J)^-1,

over the reference simplex, with the reference gradient and flux Q. Both energies, and so the bounds, are those of the
exact layout; with J of the straight cells they are those of the polygons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import factorial
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled, in_chunks
from microfem.fem.potential.conductor import Conductor, edge_slopes
from microfem.fem.space import Floats, Ints, QuadratureRule, Space, simplex_rule
from microfem.mesh.exact import ExactShape

CHUNK = 20_000  # simplices that are processed at once
# Degrees of the rule and of a second one that estimates its error: at curved walls, without points on sides; elsewhere.
BLENDED, PLACED = {1: (7, 4), 2: (8, 6), 3: (7, 4)}, (4, 3)


@dataclass(frozen=True, kw_only=True)
class Bent:
    """Energies of simplices on the exact layout minus those on straight cells.

    potential, flux: (n,) differences; doubt: (n,) largest quadrature error of both; sag: (n, dim, dim) outer products
    of the unit vectors of edges, weighted by their distance from the curve and the turn of the medium along them, of
    trace 1 or 0; folded: whether the map
    inverts a simplex, so that there is no bound.
    """

    potential: Floats
    flux: Floats
    doubt: Floats
    sag: Floats
    folded: bool = False

    @property
    def width(self) -> Floats:
        """Contribution (n,) to the difference between the energies of flux and potential, at least 0."""
        return np.maximum(self.potential + self.flux, 0.0) + 2.0 * self.doubt


def bent(
    shape: ExactShape, space: Space, body: Conductor, potential: Floats, flux: Callable[[Ints, QuadratureRule], Floats]
) -> Bent:
    """Return the energies on the exact layout minus those on the straight simplices of a body.

    potential: (ndofs,); flux: (simplices (m,), rule) -> (m, nq, dim) vectors at the rule's points.
    """
    n, k, dim = len(body.simplices), body.k, body.points.shape[1]
    result = Bent(potential=np.zeros(n), flux=np.zeros(n), doubt=np.zeros(n), sag=np.zeros((n, dim, dim)))
    curved, moved = shape.bends(body.simplices)
    moved |= body.own.root is not None and shape.turning
    for mask, degrees in ((curved, BLENDED[k]), (moved & ~curved, PLACED)):
        bending = np.flatnonzero(mask)
        for low in range(0, len(bending), CHUNK):
            rows = bending[low : low + CHUNK]
            slope = edge_slopes(space, potential, body.nodes[rows])
            slope = slope[:, :, 1:] - slope[:, :, :1]
            rules = [simplex_rule(k, degree) for degree in degrees]
            more = [_more(shape, body, rows, slope, flux(rows, rule), rule) for rule in rules]
            if not all(np.isfinite(energies).all() for energies in more):
                return replace(result, folded=True)
            result.potential[rows], result.flux[rows] = more[0]
            result.doubt[rows] = np.abs(np.subtract(more[0], more[1])).max(axis=0)
            result.sag[rows] = _sag(shape, body, rows)
    return result


def _more(
    shape: ExactShape, body: Conductor, rows: Ints, slope: Floats, flux: Floats, rule: QuadratureRule
) -> tuple[Floats, Floats]:
    """Return the energy differences of potential and flux in some simplices, (m,) each, infinite in inverted ones.

    slope: (m, k + 1, k) derivatives of the potential by the reference coordinates, at the vertices.
    """
    k, corners = body.k, body.own.corners[rows]
    lambdas = factorial(k) * body.measure[rows, None, None] * body.lambdas[rows, 1:]
    passed = np.ascontiguousarray(flux @ lambdas.swapaxes(1, 2))
    tangents = shape.tangents(body.simplices[rows], rule.points)
    if body.own.root is not None:
        root = body.own.root[rows][:, None]
        tangents = tangents @ (shape.turns(body.simplices[rows], rule.points) @ root if shape.turning else root)
    potentials, fluxes = np.empty(len(rows)), np.empty(len(rows))
    tangents = np.ascontiguousarray(tangents)
    sides, gradient = np.ascontiguousarray(corners[:, 1:] - corners[:, :1]), np.ascontiguousarray(rule.points @ slope)
    weights = rule.weights / factorial(k)
    in_chunks(_compare, len(rows), sides, tangents, gradient, passed, weights, potentials, fluxes)
    return body.conductance[rows] * potentials, fluxes / body.conductance[rows]


@compiled
def _compare(
    low: int, high: int, sides: Any, tangents: Any, gradient: Any, flux: Any, weights: Any, potentials: Any, fluxes: Any
) -> None:
    """Integrate g . (K - K0) g and q . (K^-1 - K0^-1) q, K from the tangents (n, nq, k, dim), K0 from the sides."""
    k = sides.shape[1]
    straight, true = np.empty((2, k, k)), np.empty((2, k, k))
    for e in range(low, high):
        potentials[e] = fluxes[e] = 0.0
        side = _metric(sides[e], straight)
        for q in range(len(weights)):
            sign = _metric(tangents[e, q], true)
            if sign * side <= 0.0:  # the map inverts the simplex
                potentials[e] = fluxes[e] = np.inf
                break
            for i in range(k):
                for j in range(k):
                    g, p = gradient[e, q, i] * gradient[e, q, j], flux[e, q, i] * flux[e, q, j]
                    potentials[e] += weights[q] * g * (true[0, i, j] - straight[0, i, j])
                    fluxes[e] += weights[q] * p * (true[1, i, j] - straight[1, i, j])


@compiled
def _metric(tangents: Any, metric: Any) -> Any:
    """Write K and K^-1 = G / sqrt(det G), G = J J^T of tangents (k, dim); return det J, for films sqrt(det G)."""
    k, dim = tangents.shape
    gram, inverse = metric[1], metric[0]
    for i in range(k):
        for j in range(k):
            gram[i, j] = 0.0
            for d in range(dim):
                gram[i, j] += tangents[i, d] * tangents[j, d]
    if k == 1:
        determinant = gram[0, 0]
        inverse[0, 0] = 1.0
    elif k == 2:
        determinant = gram[0, 0] * gram[1, 1] - gram[0, 1] * gram[1, 0]
        inverse[0, 0], inverse[1, 1], inverse[0, 1], inverse[1, 0] = gram[1, 1], gram[0, 0], -gram[0, 1], -gram[1, 0]
    else:
        for i in range(3):
            for j in range(3):
                a, b, c, d = (i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3
                inverse[i, j] = gram[a, c] * gram[b, d] - gram[a, d] * gram[b, c]
        determinant = gram[0, 0] * inverse[0, 0] + gram[0, 1] * inverse[0, 1] + gram[0, 2] * inverse[0, 2]
    root = max(determinant, 1e-300) ** 0.5
    for i in range(k):
        for j in range(k):
            gram[i, j] /= root
            inverse[i, j] /= root
    if k < dim:
        return root if determinant > 0.0 else 0.0
    if k == 2:
        return tangents[0, 0] * tangents[1, 1] - tangents[0, 1] * tangents[1, 0]
    return (
        tangents[0, 0] * (tangents[1, 1] * tangents[2, 2] - tangents[1, 2] * tangents[2, 1])
        - tangents[0, 1] * (tangents[1, 0] * tangents[2, 2] - tangents[1, 2] * tangents[2, 0])
        + tangents[0, 2] * (tangents[1, 0] * tangents[2, 1] - tangents[1, 1] * tangents[2, 0])
    )


def _sag(shape: ExactShape, body: Conductor, rows: Ints) -> Floats:
    """Return the sag (m, dim, dim) of some simplices, see `Bent`."""
    pairs, number = shape.edges_of(body.simplices[rows])
    along = body.points[pairs[:, 1]] - body.points[pairs[:, 0]]
    ends = shape.tangents(pairs, np.eye(2))[:, :, 0]  # tangents of the curve at both ends
    turn = ((ends[:, 1] - ends[:, 0]) ** 2).sum(axis=1) / (along**2).sum(axis=1)  # 8 times the sag of a parabola
    if body.own.root is not None and shape.turning:
        frames = shape.frames(pairs, np.eye(2))
        turn += ((frames[:, 1] - frames[:, 0]) ** 2).sum(axis=(1, 2))
    outer = turn[:, None, None] * along[:, :, None] * along[:, None, :]
    result = outer[number].sum(axis=1)
    trace = np.trace(result, axis1=1, axis2=2)
    return np.asarray(result / np.where(trace > 0.0, trace, 1.0)[:, None, None])
