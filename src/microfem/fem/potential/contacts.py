"""Contacts in the bounds: the normal flux through a contact, and the jump of the potential that drives it.

With the resistance r of a contact, a jump [u_h] and the normal flux g of an equilibrated field add to the identity of
Prager and Synge

    integral r (g - [u_h] / r)^2  =  integral ([u_h] - [u])^2 / r + integral r (g - [u] / r)^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from microfem.fem.potential.conductor import Conductor, side_keys
from microfem.fem.space import Floats, Ints, QuadratureRule, Space, jacobians, shape_values, simplex_rule
from microfem.mesh.cut import Interface
from microfem.mesh.exact import ExactShape
from microfem.mesh.record import facet_keys

DEGREE, DOUBTED = 8, 5  # of the rule where facets are curved, and of a second one that estimates its error


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """The passing facets of contacts.

    facets: (n, dim) vertices; near, far: (n, dim) their numbers where the potential has them; resistance: (n,), um per
    S/m; area: (n,); side: (n,) the conductor's side that is this facet, -1 between terminals; sign: (n,) 1 if the
    side's flux is positive from near to far, else -1; beside: (n, 2) simplices of the conductor, -1 for none.
    """

    facets: Ints
    near: Ints
    far: Ints
    resistance: Floats
    area: Floats
    side: Ints
    sign: Floats
    beside: Ints

    @property
    def rule(self) -> QuadratureRule:
        """Quadrature, exact for the square of a jump."""
        return simplex_rule(self.facets.shape[1] - 1, 4)

    @cached_property
    def free(self) -> Ints:
        """The facets on sides of the conductor."""
        return np.flatnonzero(self.side >= 0)

    def jump(self, space: Space, potential: Floats, rule: QuadratureRule) -> Floats:
        """Return u far - u near (n, nq) at the points of a rule, of a potential (ndofs,)."""
        local = potential[space.dofs(self.far)] - potential[space.dofs(self.near)]
        points = tuple(tuple(map(float, row[1:])) for row in rule.points)
        return np.asarray(local @ shape_values(self.facets.shape[1] - 1, space.order, points).T)

    def density(self, flux: Floats, rule: QuadratureRule) -> Floats:
        """Return the normal flux (nfree, nq) from near to far at the points of a rule, from that of sides (ns, k)."""
        here = self.free
        return np.asarray((self.sign[here] / self.area[here])[:, None] * (flux[self.side[here]] @ rule.points.T))

    def field(self, nvalues: int) -> sp.csr_matrix:
        """Return the matrix from the vector of all fluxes to  g sqrt(weight x resistance)  at the points."""
        here, at = self.free, self.rule.points
        k = at.shape[1]
        scale = self.sign[here, None] * np.sqrt(self.rule.weights * (self.resistance / self.area)[here, None])
        rows = np.arange(scale.size).reshape(scale.shape)[..., None]
        columns = (self.side[here, None] * k + np.arange(k))[:, None]
        values = scale[..., None] * at
        rows, columns = (np.broadcast_to(one, values.shape).ravel() for one in (rows, columns))
        return sp.csr_matrix((values.ravel(), (rows, columns)), shape=(scale.size, nvalues))

    def galerkin(self, space: Space, potential: Floats) -> Floats:
        """Return  [u] sqrt(weight / resistance), flat like the result of `field`."""
        jump = self.jump(space, potential, self.rule)
        return np.asarray(jump * np.sqrt(self.rule.weights * (self.area / self.resistance)[:, None]))[self.free].ravel()

    def of_facet(self, mismatch: Floats) -> Floats:
        """Return the integral of resistance x mismatch^2 of each free facet, from scaled flat values at the points."""
        return np.asarray((mismatch.reshape(-1, len(self.rule.weights)) ** 2).sum(axis=1))

    def shared_out(self, of_facet: Floats, count: int) -> Floats:
        """Return values of free facets, in equal shares, for the `count` simplices beside them."""
        beside = self.beside[self.free]
        share = of_facet / np.maximum((beside >= 0).sum(axis=1), 1)
        facet, side = np.nonzero(beside >= 0)
        return np.bincount(beside[facet, side], weights=share[facet], minlength=count)

    def energy(self, space: Space, potential: Floats) -> float:
        """Return the integral of [u]^2 / resistance."""
        jump = self.jump(space, potential, self.rule)
        return float(((jump**2 @ self.rule.weights) * self.area / self.resistance).sum())

    def start(self, space: Space, potential: Floats) -> Floats:
        """Return the flux (nfree, k) of the sides that is nearest to [u] / resistance."""
        here, rule = self.free, self.rule
        k = rule.points.shape[1]
        moment = (self.jump(space, potential, rule)[here] * rule.weights) @ rule.points
        scale = k * (k + 1) * self.sign[here] * self.area[here] / self.resistance[here]
        return np.asarray(scale[:, None] * (moment - moment.sum(axis=1, keepdims=True) / (k + 1)))

    def bent(self, shape: ExactShape, space: Space, potential: Floats, flux: Floats) -> tuple[Floats, float]:
        """Return integral [u]^2 / r and integral r g^2 on the exact layout minus those on the mesh, and their doubt."""
        fine, rough = (self._bent(shape, space, potential, flux, simplex_rule(self.rule.points.shape[1] - 1, degree))
                       for degree in (DEGREE, DOUBTED))  # fmt: skip
        return fine, float(np.abs(fine - rough).max())

    def _bent(self, shape: ExactShape, space: Space, potential: Floats, flux: Floats, rule: QuadratureRule) -> Floats:
        tangents = shape.tangents(self.facets, rule.points)
        wider = np.sqrt(np.linalg.det(tangents @ tangents.swapaxes(2, 3)))
        wider *= (1.0, 0.5)[self.facets.shape[1] - 2] / self.area[:, None]
        jump, here = self.jump(space, potential, rule), self.free
        stored = (jump**2 * (wider - 1.0)) @ rule.weights * self.area / self.resistance
        passed = self.density(flux, rule) ** 2 * (1.0 / wider[here] - 1.0) @ rule.weights
        between = np.flatnonzero(self.side < 0)
        return np.array([stored.sum(), (passed * (self.area * self.resistance)[here]).sum() - stored[between].sum()])


def find_contacts(interface: Interface, body: Conductor, number: Ints) -> Contacts:
    """Return the passing facets of an interface; number: (ncells,) of each cell in the conductor, -1 for none."""
    there, count = interface.passing, len(body.points)
    beside = np.where(there.cells >= 0, number[there.cells], -1)
    turned = beside[:, 0] < 0
    own = np.where(turned, beside[:, 1], beside[:, 0])
    keys = side_keys(body.simplices[own], count) if len(own) else np.empty((0, body.k + 1), np.int64)
    place = (keys == facet_keys(there.facets, count)[:, None]).argmax(axis=1)
    return Contacts(
        facets=there.facets,
        near=np.where(turned[:, None], there.far, there.near),
        far=np.where(turned[:, None], there.near, there.far),
        resistance=there.resistance,
        area=jacobians(body.points, there.facets)[1],
        side=np.where(own >= 0, body.sides[own, place], -1),
        sign=body.sign[own, place],
        beside=beside,
    )


def barriers(interface: Interface, simplices: Ints, number: Ints, count: int) -> Floats:
    """Return the resistance (n, k + 1) of the contact at each side of sorted simplices (n, k + 1), 0 without one.

    number: (ncells,) of each cell among the simplices, -1 for none; count: number of points.
    """
    result = np.zeros(simplices.shape)
    facet, side = np.nonzero(interface.cells >= 0)
    own = number[interface.cells[facet, side]]
    facet, own = facet[own >= 0], own[own >= 0]
    keys = facet_keys(interface.facets[facet], count)
    place = (side_keys(simplices[own], count) == keys[:, None]).argmax(axis=1)
    result[own, place] = interface.resistance[facet]
    return result
