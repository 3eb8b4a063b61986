"""Elements of a cell, and the places of its reaction sites: nodes for P1, quadrature points for P2.

In time, P1 elements with storage and reactions at nodes keep concentrations above 0, and a reaction is a matter of its
node alone. A steady state is smooth enough for P2 elements, which are a hundred times more accurate on one mesh.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from microfem.fem.space import Space, jacobians, linear_gradients, quadrature, shape_gradients, shape_values, shared_out

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SITE_ORDER = 5  # of the quadrature at reaction sites of P2 elements: kinetics are no polynomials


@dataclass(frozen=True, kw_only=True)
class Elements:
    """Simplices with their shape functions at quadrature points.

    nodes: (n, nloc) of the space; gradients: (n, nq, nloc, dim), 1/um; weights: (n, nq), um3, um2 or um; shapes:
    (nq, nloc).
    """

    nodes: Ints
    gradients: Floats
    weights: Floats
    shapes: Floats

    def stiffness(self, coefficient: Floats) -> Floats:
        """Return the element matrices (n, nloc, nloc) of a coefficient (n,)."""
        weights = coefficient[:, None] * self.weights
        return np.einsum("nq,nqad,nqbd->nab", weights, self.gradients, self.gradients)

    def volumes(self, shares: Floats, count: int) -> Floats:
        """Return the integrals (count,) of the shape functions; shares: (n,) factor of each simplex."""
        local = np.einsum("nq,qa,n->na", self.weights, self.shapes, shares)
        return np.asarray(np.bincount(self.nodes.ravel(), local.ravel(), count), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Places:
    """Places of reaction: nodes (n, m) of the space between which a place interpolates, weight (n, m), measure (n,)."""

    nodes: Ints
    weight: Floats
    measure: Floats


def elements(space: Space, simplices: Ints, depth: Floats) -> Elements:
    """Return cells or facets with vertices (n, k + 1) as elements; depth: (n,) factor of their measures."""
    nodes = space.dofs(simplices)
    if space.order == 1:
        gradients, sizes = linear_gradients(space.mesh.points, simplices)
        shapes = np.full((1, nodes.shape[1]), 1.0 / nodes.shape[1])
        return Elements(nodes=nodes, gradients=gradients[:, None], weights=(depth * sizes)[:, None], shapes=shapes)
    k, (inverse, sizes) = simplices.shape[1] - 1, jacobians(space.mesh.points, simplices)
    at = quadrature(k)
    return Elements(
        nodes=nodes,
        gradients=np.einsum("qak,nkd->nqad", shape_gradients(k, space.order, at), inverse),
        weights=np.repeat((depth * sizes)[:, None] / len(at), len(at), axis=1),
        shapes=shape_values(k, space.order, at),
    )


def places(space: Space, simplices: Ints, depth: Floats | float = 1.0) -> Places:
    """Return the places of reaction on cells or facets with vertices (n, k + 1); depth: factor of their measures."""
    sizes = depth * jacobians(space.mesh.points, simplices)[1]
    if space.order == 1:
        nodes, own = np.unique(simplices, return_inverse=True)
        measure = shared_out(sizes, own.reshape(simplices.shape), len(nodes))
        return Places(nodes=nodes[:, None], weight=np.ones((len(nodes), 1)), measure=measure)
    points, weights = _gauss(simplices.shape[1] - 1)
    shapes = shape_values(simplices.shape[1] - 1, space.order, points)
    nodes = np.repeat(space.dofs(simplices), len(points), axis=0)
    measure = (sizes[:, None] * weights).ravel()
    return Places(nodes=nodes, weight=np.tile(shapes, (len(simplices), 1)), measure=measure)


def _gauss(dim: int) -> tuple[tuple[tuple[float, ...], ...], Floats]:
    """Return points and weights, of sum 1, of a quadrature on the simplex of a dimension."""
    from skfem.quadrature import get_quadrature
    from skfem.refdom import RefLine, RefTet, RefTri

    points, weights = get_quadrature({1: RefLine, 2: RefTri, 3: RefTet}[dim], SITE_ORDER)
    return tuple(tuple(float(x) for x in row) for row in points.T), np.asarray(weights / weights.sum())
