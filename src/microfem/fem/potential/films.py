"""Films that conduct along themselves: the divergence of their flux is the flux from the cells beside them.

On a facet of dimension k with a linear source s, like the fluxes of the cells, the flux is the linear one of its sides
plus  sum_a s_a lambda_a (x - x_a) / (k + 1), whose divergence is s minus its mean and whose flux through the sides is
zero: Raviart-Thomas fields of first order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from microfem.fem.potential.conductor import Conductor, contains, make_conductor, side_keys
from microfem.fem.space import Floats, Ints, QuadratureRule, Space, simplex_rule
from microfem.mesh.record import facet_keys


@dataclass(frozen=True, kw_only=True)
class Films:
    """Conducting films and their connection to cells.

    body: the films' facets as simplices; sides: (m,) sides of cells on films; facet: (m,) facet of each; touching: (p,)
    facets in contact with a terminal, through a resistance; nvalues: number of values of the cells' fluxes. The vector
    of all fluxes has those of the cells, of the films, and those from terminals into films.
    """

    body: Conductor
    sides: Ints
    facet: Ints
    touching: Ints
    nvalues: int

    @property
    def parts(self) -> tuple[int, int]:
        """Where the fluxes of the films begin and end in the vector of all fluxes."""
        return self.nvalues, self.nvalues + self.body.vertices.size

    @property
    def size(self) -> int:
        """Length of the vector of all fluxes."""
        return self.parts[1] + len(self.touching) * (self.body.k + 1)

    @property
    def touched(self) -> Ints:
        """First column of the flux from a terminal into each touching facet, (p,)."""
        return self.parts[1] + np.arange(len(self.touching)) * (self.body.k + 1)

    @property
    def _entered(self) -> tuple[Ints, Ints]:
        """The facet (m + p,) and the columns (m + p, k + 1) of each flux that enters films across them."""
        first = np.concatenate([self.sides * (self.body.k + 1), self.touched])
        return np.concatenate([self.facet, self.touching]), first[:, None] + np.arange(self.body.k + 1)

    @property
    def rule(self) -> QuadratureRule:
        """Quadrature, exact to degree 4."""
        return simplex_rule(self.body.k, 4)

    @property
    def _scale(self) -> Floats:
        """Factor sqrt(weight / conductance) of `field`, (n, nq, 1)."""
        return np.sqrt(self.rule.weights * (self.body.measure / self.body.conductance)[:, None])[..., None]

    def flux_at(self, flux: Floats, rule: QuadratureRule) -> Floats:
        """Return the films' flux vectors (n, nq, dim) at the points of a rule, from the vector of all fluxes."""
        body, at = self.body, rule.points
        own = body.at_vertices(body.outward(flux[slice(*self.parts)].reshape(body.vertices.shape)))
        facet, columns = self._entered
        corners = body.own.corners[facet]
        away = (at @ corners)[:, :, None] - corners[:, None]  # (m + p, nq, k + 1, dim)
        source = flux[columns] / ((body.k + 1) * body.measure[facet])[:, None]
        result = at @ own
        np.add.at(result, facet, np.einsum("ma,qa,mqad->mqd", source, at, away))
        return np.asarray(result)

    @cached_property
    def field(self) -> sp.csr_matrix:
        """Matrix from the vector of all fluxes to flux x sqrt(weight / conductance) at the films' points."""
        body, at, scale = self.body, self.rule.points, self._scale
        k, n, nq, dim = body.k, len(body.simplices), len(at), body.points.shape[1]
        rows = np.arange(n * nq * dim).reshape(n, nq, dim)
        entries = []
        for b in range(k + 1):
            legs = body.legs(b) / (k * body.measure)[:, None, None]
            for j, a in enumerate(a for a in range(k + 1) if a != b):
                value = body.sign[:, b, None, None] * at[:, a, None] * legs[:, j, None] * scale
                entries.append((rows, self.nvalues + body.sides[:, b] * k + j, value))
        facet, columns = self._entered
        corners = body.own.corners[facet]
        away = (at @ corners)[:, :, None] - corners[:, None]  # (m + p, nq, k + 1, dim)
        away = away / ((k + 1) * body.measure[facet])[:, None, None, None]
        for a in range(k + 1):
            value = at[:, a, None] * away[:, :, a] * scale[facet]
            entries.append((rows[facet], columns[:, a], value))
        row = np.concatenate([r.ravel() for r, _, _ in entries])
        column = np.concatenate([np.broadcast_to(c[:, None, None], v.shape).ravel() for _, c, v in entries])
        value = np.concatenate([v.ravel() for _, _, v in entries])
        return sp.csr_matrix((value, (row, column)), shape=(n * nq * dim, self.size))

    def galerkin(self, space: Space, potential: Floats) -> Floats:
        """Return conductance x surface gradient of a potential, scaled and flat like the result of `field`."""
        return np.asarray((self.rule.points @ self.body.flux_of(space, potential)) * self._scale).ravel()

    def of_facet(self, mismatch: Floats) -> Floats:
        """Return the integral of |mismatch|^2 / conductance of each facet, from scaled flat values at the points."""
        points = len(self.rule.weights) * self.body.points.shape[1]
        return np.asarray((mismatch.reshape(-1, points) ** 2).sum(axis=1))


def make_films(
    facets: Ints, nodes: Ints, conductance: Floats, held: Ints, edges: Ints, touching: Ints, cells: Conductor
) -> Films:
    """Return films with their cells; films on the same facets are joined, facets on terminals are left out.

    facets, nodes: (n, dim) vertices, and their numbers in the mesh of the potential; conductance: (n,) or (n, dim,
    dim), c x thickness; held: (m, dim) facets of terminals, and edges: (l, dim - 1) edges of films that are terminals,
    both as numbered for the potential; touching: (p,) `facet_keys` of facets in contact with terminals.
    """
    points = cells.points
    count, dim = len(points), points.shape[1]
    facets, nodes, held, edges = (np.sort(rows, axis=1) for rows in (facets, nodes, held, edges))
    most = 1 + max(int(rows.max(initial=0)) for rows in (nodes, held, edges))
    on = np.isin(facet_keys(nodes, most), facet_keys(held, most))
    facets, nodes, conductance = facets[~on], nodes[~on], conductance[~on]
    keys, first, same = np.unique(facet_keys(facets, count), return_index=True, return_inverse=True)
    total = np.zeros((len(keys), *conductance.shape[1:]))
    np.add.at(total, same.ravel(), conductance)
    facets, nodes = facets[first], nodes[first]
    rims = np.vstack([edges, *(np.delete(held, b, axis=1) for b in range(dim))])
    is_open = contains(np.unique(facet_keys(rims, most)), side_keys(nodes, most))
    nothing = np.zeros(facets.shape)
    body = make_conductor(points, facets, nodes, total, is_open, nothing.astype(bool), nothing)
    sides = np.flatnonzero(cells.filmed)
    facet = np.searchsorted(keys, facet_keys(cells.vertices[sides], count))
    there = np.searchsorted(keys, touching[contains(keys, touching)])
    return Films(body=body, sides=sides, facet=facet, touching=there, nvalues=cells.vertices.size)
