"""Contacts in the bounds: the normal flux through a contact, and the jump of the potential that drives it.

With the resistance r of a contact, a jump [u_h] and the normal flux g of an equilibrated field add to the identity of
Prager and Synge

    integral r (g - [u_h] / r)^2  =  integral ([u_h] - [u])^2 / r + integral r (g - [u] / r)^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
import scipy.sparse as sp

from microfem.fem.potential.conductor import Conductor, contains, side_keys
from microfem.fem.potential.curved import Bent
from microfem.fem.potential.films import Films
from microfem.fem.space import Floats, Ints, QuadratureRule, Space, jacobians, shape_values, simplex_rule
from microfem.mesh.cut import Interface
from microfem.mesh.exact import ExactShape
from microfem.mesh.record import facet_keys

DEGREE, DOUBTED = 8, 5  # of the rule where facets are curved, and of a second one that estimates its error


@dataclass(frozen=True, kw_only=True)
class ContactFacets:
    """The facets of contacts that conduct.

    facets: (n, dim) vertices; near, far: (n, dim) their numbers where the potential has them; resistance: (n,), um per
    S/m; area: (n,); column: (n,) the first of its flux in the vector of all fluxes; sign: (n,) 1 if that flux is
    positive from near to far, else -1.
    """

    facets: Ints
    near: Ints
    far: Ints
    resistance: Floats
    area: Floats
    column: Ints
    sign: Floats

    @property
    def rule(self) -> QuadratureRule:
        """Quadrature, exact for the square of a jump."""
        return simplex_rule(self.facets.shape[1] - 1, 4)

    @property
    def columns(self) -> Ints:
        """All of the facets' columns in the vector of all fluxes, (n, dim)."""
        return np.asarray(self.column[:, None] + np.arange(self.facets.shape[1]))

    def jump(self, space: Space, potential: Floats, rule: QuadratureRule) -> Floats:
        """Return u far - u near (n, nq) at the points of a rule, of a potential (ndofs,)."""
        local = potential[space.dofs(self.far)] - potential[space.dofs(self.near)]
        points = tuple(tuple(map(float, row[1:])) for row in rule.points)
        return np.asarray(local @ shape_values(self.facets.shape[1] - 1, space.order, points).T)

    def field(self, size: int) -> sp.csr_matrix:
        """Return the matrix from the vector of all fluxes to density x sqrt(weight x resistance) at the points."""
        scale = self.sign[:, None] * np.sqrt(self.rule.weights * (self.resistance / self.area)[:, None])
        values = scale[..., None] * self.rule.points
        rows = np.arange(scale.size).reshape(scale.shape)[..., None]
        rows, columns = (np.broadcast_to(one, values.shape).ravel() for one in (rows, self.columns[:, None]))
        return sp.csr_matrix((values.ravel(), (rows, columns)), shape=(scale.size, size))

    def galerkin(self, space: Space, potential: Floats) -> Floats:
        """Return  [u] sqrt(weight / resistance), flat like the result of `field`."""
        jump = self.jump(space, potential, self.rule)
        return np.asarray(jump * np.sqrt(self.rule.weights * (self.area / self.resistance)[:, None])).ravel()

    def of_facet(self, mismatch: Floats) -> Floats:
        """Return the integral of resistance x mismatch^2 of each facet, from scaled flat values at the points."""
        return np.asarray((mismatch.reshape(-1, len(self.rule.weights)) ** 2).sum(axis=1))

    def start(self, space: Space, potential: Floats) -> Floats:
        """Return the fluxes (n, k) that are nearest to [u] / resistance."""
        k = self.facets.shape[1]
        moment = (self.jump(space, potential, self.rule) * self.rule.weights) @ self.rule.points
        scale = k * (k + 1) * self.sign * self.area / self.resistance
        return np.asarray(scale[:, None] * (moment - moment.sum(axis=1, keepdims=True) / (k + 1)))

    def bent(self, shape: ExactShape, space: Space, potential: Floats, flux: Floats) -> Bent:
        """Return integral [u]^2 / r and integral r g^2 on the exact layout minus those on the mesh.

        flux: vector of all fluxes.
        """
        count, dim = self.facets.shape
        fine, rough = (self._bent(shape, space, potential, flux, simplex_rule(dim - 1, n)) for n in (DEGREE, DOUBTED))
        if folded := not (np.isfinite(fine).all() and np.isfinite(rough).all()):
            fine = rough = np.zeros_like(fine)
        doubt = np.abs(fine - rough).max(axis=0)
        return Bent(potential=fine[0], flux=fine[1], doubt=doubt, sag=np.zeros((count, dim, dim)), folded=folded)

    def _bent(self, shape: ExactShape, space: Space, potential: Floats, flux: Floats, rule: QuadratureRule) -> Floats:
        tangents = shape.tangents(self.facets, rule.points)
        wider = np.sqrt(np.linalg.det(tangents @ tangents.swapaxes(2, 3))) / factorial(self.facets.shape[1] - 1)
        wider /= self.area[:, None]
        narrower = np.divide(1.0, wider, out=np.full_like(wider, np.inf), where=wider > 0.0)
        stored = self.jump(space, potential, rule) ** 2 * (wider - 1.0) @ rule.weights
        passed = (flux[self.columns] @ rule.points.T) ** 2 * (narrower - 1.0) @ rule.weights
        return np.stack([stored * self.area / self.resistance, passed * self.resistance / self.area])


def find_contacts(interface: Interface, body: Conductor, films: Films, number: Ints) -> ContactFacets:
    """Return the facets of an interface that conduct; number: (ncells,) of each cell in the conductor, -1 for none."""
    there, count = interface.passing, len(body.points)
    key, on_film = facet_keys(there.facets, count), facet_keys(films.body.simplices, count)
    beside = np.where(there.cells >= 0, number[there.cells], -1)
    there = there.part((beside >= 0).any(axis=1) | contains(on_film, key))  # the rest is within terminals
    beside, key = np.where(there.cells >= 0, number[there.cells], -1), facet_keys(there.facets, count)
    turned = beside[:, 0] < 0
    own = np.where(turned, beside[:, 1], beside[:, 0])
    column, sign, of_cells = np.empty(len(own), np.int64), np.ones(len(own)), own >= 0
    own, keys = own[of_cells], side_keys(body.simplices[own[of_cells]], count)
    place = (keys == key[of_cells, None]).argmax(axis=1)
    column[of_cells], sign[of_cells] = body.sides[own, place] * body.k, body.sign[own, place]
    column[~of_cells] = films.touched
    return ContactFacets(
        facets=there.facets,
        near=np.where(turned[:, None], there.far, there.near),
        far=np.where(turned[:, None], there.near, there.far),
        resistance=there.resistance,
        area=jacobians(body.points, there.facets)[1],
        column=column,
        sign=sign,
    )


def touching(interface: Interface, number: Ints, count: int) -> Ints:
    """Return the `facet_keys` of films' facets in contact with terminals; number, count: of cells and points."""
    there = interface.passing
    beside = np.where(there.cells >= 0, number[there.cells], -1)
    return facet_keys(there.facets[(beside < 0).all(axis=1)], count)


def barriers(interface: Interface, simplices: Ints, number: Ints, before: int) -> tuple[Ints, Ints, Floats]:
    """Return the sides of sorted simplices (n, k + 1) that are on contacts, and what is there.

    number: (ncells,) of each cell among the simplices, -1 for none; before: number of points before the cut.

    Returns:
        (m,) sides, as simplex x (k + 1) + position; (m, k) vertices opposite, after the cut; (m,) resistances.
    """
    facet, side = np.nonzero(np.where(interface.cells >= 0, number[interface.cells], -1) >= 0)
    own = number[interface.cells[facet, side]]
    keys = facet_keys(interface.facets[facet], before)
    place = (side_keys(simplices[own], before) == keys[:, None]).argmax(axis=1)
    opposite = np.where((side == 0)[:, None], interface.far[facet], interface.near[facet])
    return own * simplices.shape[1] + place, opposite, interface.resistance[facet]
