"""Linear flux fields on simplices, cells or facets of a film, by the flux through their sides.

A flux that is linear in each simplex is determined by its sides: with G_b(a) = |side b| x (outward flux density)
at vertex a of side b, the flux vector at vertex a is  q(a) = sum_b G_b(a) (x_a - x_b) / (k |K|).  Its divergence is
constant, so it vanishes if the total flux through the sides does: these are the Brezzi-Douglas-Marini fields of first
order (F. Brezzi, J. Douglas, L. D. Marini, Numer. Math. 47 (1985) 217), which contain the fluxes of P2 potentials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled, in_chunks
from microfem.fem.edges import PAIRS
from microfem.fem.potential.rings import conductance_products, resistance_products
from microfem.fem.potential.sides import all_but, faces, side_keys
from microfem.fem.space import Floats, Ints, Space, jacobians
from microfem.fem.tensors import Bools, Stretched, stretched


@dataclass(frozen=True, kw_only=True)
class Conductor:
    """n conducting simplices of dimension k in space, with the sides opposite their vertices.

    simplices: (n, k + 1), each row sorted; nodes: (n, k + 1) numbers of the same vertices in the mesh of the potential,
    which is cut along contacts; own: the same with a conductance (n,) in place of a tensor, on whose sides
    all vectors are; sides: (n, k + 1) numbers; vertices: (nsides, k) of each side; first, second: (nsides,) the
    simplices beside a side as simplex x (k + 1) + position, second -1 if there is only one; the flux is positive out of
    the first; open, filmed: (nsides,) sides on a terminal or on a film, through which flux may leave; resistance:
    (nsides,) of the contact at a side, 0 without one; spread: (n, k + 1) conductance at the vertices of sections of
    rings, whose mean is `conductance`; None where it is constant.
    """

    points: Floats
    simplices: Ints
    nodes: Ints
    own: Stretched
    sides: Ints
    vertices: Ints
    first: Ints
    second: Ints
    open: Bools
    filmed: Bools
    resistance: Floats
    spread: Floats | None = None

    @property
    def k(self) -> int:
        """Dimension of the simplices."""
        return self.simplices.shape[1] - 1

    @cached_property
    def _affine(self) -> tuple[Floats, Floats]:
        inverse, measure = jacobians(self.own.points, self.own.simplices)
        return np.concatenate([-inverse.sum(axis=1, keepdims=True), inverse], axis=1), measure

    @property
    def conductance(self) -> Floats:
        """Conductance of each simplex, (n,)."""
        return self.own.coefficient

    @property
    def lambdas(self) -> Floats:
        """Gradients of the barycentric coordinates, (n, k + 1, dim)."""
        return self._affine[0]

    @property
    def measure(self) -> Floats:
        """Volume, area or length of each simplex, (n,)."""
        return self._affine[1]

    @cached_property
    def sign(self) -> Floats:
        """1 if a simplex is the first of its side, else -1, (n, k + 1)."""
        place = np.arange(self.sides.size).reshape(self.sides.shape)
        return np.where(self.first[self.sides] == place, 1.0, -1.0)

    @cached_property
    def mass(self) -> Floats:
        """Weight of  |sum_a q_a|^2 + sum_a |q_a|^2  in the integral of |q|^2 / conductance, (n,)."""
        k = self.k
        return self.measure / self.conductance / ((k + 1) * (k + 2))

    @cached_property
    def density(self) -> Floats:
        """Flux density at the vertices of a unit flux through each side, (nsides, k): 1, and 0 on an axis."""
        if self.spread is None:
            return np.ones(self.vertices.shape)
        away = np.zeros(len(self.points))
        away[self.simplices] = self.spread > 0.0
        passed = away[self.vertices]
        return np.asarray(passed * self.k / np.maximum(passed.sum(axis=1, keepdims=True), 1.0))

    @cached_property
    def _rings(self) -> tuple[Floats, Floats] | None:
        """The products of resistance and conductance of sections of rings, see rings.py."""
        if self.spread is None:
            return None
        return resistance_products(self.measure, self.spread), conductance_products(self.measure, self.spread)

    def outward(self, flux: Floats) -> Floats:
        """Return the outward flux G (n, k + 1, k) of each simplex from that of sides (nsides, k)."""
        return flux[self.sides] * self.sign[..., None]

    def at_vertices(self, outward: Floats) -> Floats:
        """Return flux vectors at the vertices (n, k + 1, dim) from outward fluxes (n, k + 1, k)."""
        k = self.k
        q = np.zeros((*self.simplices.shape, self.points.shape[1]))
        for b in range(k + 1):
            q[:, all_but(k, b)] += outward[:, b, :, None] * self.legs(b)
        return q / (k * self.measure)[:, None, None]

    def through_sides(self, q: Floats) -> Floats:
        """Return outward fluxes (n, k + 1, k) from flux vectors at the vertices (n, k + 1, dim)."""
        k = self.k
        normal = -k * self.measure[:, None, None] * self.lambdas  # |side b| n_b
        return np.stack([np.einsum("nad,nd->na", q[:, all_but(k, b)], normal[:, b]) for b in range(k + 1)], axis=1)

    def gradient_of(self, space: Space, potential: Floats) -> Floats:
        """Return the gradient at the vertices, (n, k + 1, dim), of a potential (ndofs,)."""
        return np.asarray(edge_slopes(space, potential, self.nodes) @ self.lambdas)

    def flux_of(self, gradient: Floats) -> Floats:
        """Return conductance x gradient at the vertices, or its linear projection, both (n, k + 1, dim)."""
        if self._rings is None:
            return gradient * self.conductance[:, None, None]
        moments = self._rings[1] @ gradient
        moments -= moments.sum(axis=1, keepdims=True) / (self.k + 2)
        return np.asarray(moments * ((self.k + 1) * (self.k + 2) / self.measure)[:, None, None])

    def mismatch(self, flux: Floats, gradient: Floats) -> Floats:
        """Return the integral of the outer product of flux - c grad u, divided by c, (n, dim, dim).

        flux, gradient: at the vertices (n, k + 1, dim).
        """
        if self._rings is None:
            away = flux - self.flux_of(gradient)
            return np.asarray(np.einsum("nai,naj->nij", away, self._weighed(away)))
        of_flux, of_gradient = self._rings
        cross = flux.swapaxes(1, 2) @ self._averaged(gradient)
        own = flux.swapaxes(1, 2) @ of_flux @ flux + gradient.swapaxes(1, 2) @ of_gradient @ gradient
        return np.asarray(own - cross - cross.swapaxes(1, 2))

    def _weighed(self, flux: Floats) -> Floats:
        """Return half the gradient of the integral of |flux|^2 / conductance by the flux at the vertices."""
        if self._rings is None:
            return np.asarray(self.mass[:, None, None] * (flux + flux.sum(axis=1, keepdims=True)))
        return np.asarray(self._rings[0] @ flux)

    def _averaged(self, field: Floats) -> Floats:
        """Return the integrals of a linear field times the barycentric coordinates, (n, k + 1, dim)."""
        weight = self.measure / ((self.k + 1) * (self.k + 2))
        return np.asarray(weight[:, None, None] * (field + field.sum(axis=1, keepdims=True)))

    def side_resistance(self) -> Floats:
        """Return for each side (nsides,) the integral of |w|^2 / conductance, w the field of a unit flux through it.

        It includes the contact at the side.
        """
        k, corners = self.k, self.own.corners
        weight = self.mass / (k * self.measure) ** 2
        own = np.empty(self.sides.shape)
        for b in range(k + 1):
            away = corners - corners[:, b : b + 1]
            own[:, b] = weight * ((away.sum(axis=1) ** 2).sum(axis=1) + (away**2).sum(axis=(1, 2)))
        result = own.ravel()[self.first] + np.where(self.second >= 0, own.ravel()[self.second], 0.0)
        there = np.flatnonzero(self.resistance)
        result[there] += self.resistance[there] / jacobians(self.points, self.vertices[there])[1]
        return np.asarray(result)

    def curvature(self, flux: Floats) -> Floats:
        """Return H G, half the gradient of the integral of |q|^2 / conductance by G, at G (nsides, k)."""
        if self._rings is not None:
            return self._through(self._weighed(self.at_vertices(self.outward(flux))))
        own = np.empty((*self.sides.shape, self.k))
        scale = self.mass / (self.k * self.measure) ** 2
        in_chunks(_curve, len(own), self.own.points, self.own.simplices, scale, self.sides, self.sign, flux, own)
        result = np.empty_like(flux)
        in_chunks(_gather, len(flux), self.first, self.second, own.reshape(-1, self.k), result)
        return result

    def slope(self, flux: Floats, gradient: Floats) -> Floats:
        """Return half the gradient of the trace of `mismatch`, with the same arguments, by G, (nsides, k)."""
        if self._rings is None:
            return self._through(self._weighed(flux - self.flux_of(gradient)))
        return self._through(self._weighed(flux) - self._averaged(gradient))

    def _through(self, weighed: Floats) -> Floats:
        """Return derivatives by G, (nsides, k), from those by the flux at the vertices, (n, k + 1, dim)."""
        y = weighed / (self.k * self.measure)[:, None, None]
        own = np.empty((*self.sides.shape, self.k))
        for b in range(self.k + 1):
            own[:, b] = np.einsum("nad,nad->na", y[:, all_but(self.k, b)], self.legs(b))
        own = own.reshape(-1, self.k)
        return own[self.first] - np.where(self.second[:, None] >= 0, own[self.second], 0.0)

    def legs(self, b: int) -> Floats:
        """Return x_a - x_b for the vertices a of side b, (n, k, dim)."""
        corners = self.own.corners
        return np.asarray(corners[:, all_but(self.k, b)] - corners[:, b : b + 1])


def make_conductor(
    points: Floats,
    simplices: Ints,
    nodes: Ints,
    conductance: Floats,
    is_open: Bools,
    filmed: Bools,
    barrier: Floats,
    around: Floats | None = None,
) -> Conductor:
    """Return simplices with their sides.

    simplices, nodes: (n, k + 1), each row sorted; conductance: (n,) or (n, dim, dim); is_open, filmed: (n, k + 1) sides
    on terminals and on films, which are not shared: each simplex has its own; barrier: (n, k + 1) resistance of
    contacts at sides, infinite where nothing passes; around: (npoints,) circumference at the points of sections of
    rings, None for simplices that are none.
    """
    own, spread = stretched(points, simplices, conductance), None
    if around is not None:
        spread = own.coefficient[:, None] * around[simplices]
        own = replace(own, coefficient=spread.mean(axis=1))
    k = simplices.shape[1] - 1
    shut = np.isinf(barrier).ravel()
    is_open, filmed = is_open.ravel() & ~shut, filmed.ravel() & ~shut
    keys = side_keys(simplices, len(points)).ravel()
    order = np.argsort(keys, kind="stable")
    alone = (is_open | filmed | shut)[order]
    joins = np.zeros(len(keys), dtype=bool)
    joins[1:] = (np.diff(keys[order]) == 0) & ~alone[1:]
    number = np.cumsum(~joins) - 1
    sides = np.empty(len(keys), dtype=np.int64)
    sides[order] = number
    first = order[~joins]
    second = np.full(len(first), -1)
    second[number[joins]] = order[joins]
    return Conductor(
        points=points,
        simplices=simplices,
        nodes=nodes,
        own=own,
        sides=sides.reshape(-1, k + 1),
        vertices=faces(simplices).reshape(-1, k)[first],
        first=first,
        second=second,
        open=is_open[first],
        filmed=filmed[first] & ~is_open[first],
        resistance=np.where(shut, 0.0, barrier.ravel())[first],
        spread=spread,
    )


def edge_slopes(space: Space, potential: Floats, simplices: Ints) -> Floats:
    """Return (x_j - x_a) . grad u at vertex a, (n, k + 1, k + 1), from differences, in which constants cancel."""
    local = potential[space.dofs(simplices)]
    count = simplices.shape[1]
    difference = local[:, None, :count] - local[:, :count, None]
    if space.order == 1:
        return np.asarray(difference)

    slope = -difference
    for p, (i, j) in enumerate(PAIRS[: count * (count - 1) // 2]):
        slope[:, i, j] += 4.0 * (local[:, count + p] - local[:, i])
        slope[:, j, i] += 4.0 * (local[:, count + p] - local[:, j])
    return slope


@compiled
def _curve(
    low: int, high: int, points: Any, simplices: Any, scale: Any, sides: Any, sign: Any, flux: Any, own: Any
) -> None:
    """Compute own = M^T W M G: flux vectors at the vertices, times their weights, projected back to the sides."""
    m, dim = simplices.shape[1], points.shape[1]
    q = np.empty((m, dim))
    for e in range(low, high):
        q[:] = 0.0
        for b in range(m):
            s, side = sign[e, b], sides[e, b]
            for a in range(m):
                if a != b:
                    g = s * flux[side, a - (a > b)]
                    for d in range(dim):
                        q[a, d] += g * (points[simplices[e, a], d] - points[simplices[e, b], d])
        for d in range(dim):
            total = 0.0
            for a in range(m):
                total += q[a, d]
            for a in range(m):
                q[a, d] = scale[e] * (q[a, d] + total)
        for b in range(m):
            for a in range(m):
                if a != b:
                    value = 0.0
                    for d in range(dim):
                        value += q[a, d] * (points[simplices[e, a], d] - points[simplices[e, b], d])
                    own[e, b, a - (a > b)] = value


@compiled
def _gather(low: int, high: int, first: Any, second: Any, own: Any, result: Any) -> None:
    for f in range(low, high):
        for j in range(result.shape[1]):
            value = own[first[f], j]
            if second[f] >= 0:
                value -= own[second[f], j]
            result[f, j] = value
