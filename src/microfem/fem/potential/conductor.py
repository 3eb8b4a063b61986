"""Linear flux fields on simplices, cells or facets of a film, by the flux through their sides.

A flux that is linear in each simplex is determined by its sides: with G_b(a) = |side b| x (outward flux density)
at vertex a of side b, the flux vector at vertex a is  q(a) = sum_b G_b(a) (x_a - x_b) / (k |K|).  Its divergence is
constant, so it vanishes if the total flux through the sides does: these are the Brezzi-Douglas-Marini fields of first
order (F. Brezzi, J. Douglas, L. D. Marini, Numer. Math. 47 (1985) 217), which contain the fluxes of P2 potentials.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from microfem.fem.compiled import compiled, in_chunks
from microfem.fem.edges import PAIRS
from microfem.fem.space import Floats, Ints, Space, jacobians
from microfem.fem.tensors import Bools, Stretched, stretched
from microfem.mesh.record import facet_keys


@dataclass(frozen=True, kw_only=True)
class Conductor:
    """n conducting simplices of dimension k in space, with the sides opposite their vertices.

    simplices: (n, k + 1), each row sorted; nodes: (n, k + 1) numbers of the same vertices in the mesh of the potential,
    which is cut along contacts; own: the same with a conductance (n,) in place of a tensor, on whose sides
    all vectors are; sides: (n, k + 1) numbers; vertices: (nsides, k) of each side; first, second: (nsides,) the
    simplices beside a side as simplex x (k + 1) + position, second -1 if there is only one; the flux is positive out of
    the first; open, filmed: (nsides,) sides on a terminal or on a film, through which flux may leave; resistance:
    (nsides,) of the contact at a side, 0 without one.
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

    def outward(self, flux: Floats) -> Floats:
        """Return the outward flux G (n, k + 1, k) of each simplex from that of sides (nsides, k)."""
        return flux[self.sides] * self.sign[..., None]

    def at_vertices(self, outward: Floats) -> Floats:
        """Return flux vectors at the vertices (n, k + 1, dim) from outward fluxes (n, k + 1, k)."""
        k = self.k
        q = np.zeros((*self.simplices.shape, self.points.shape[1]))
        for b in range(k + 1):
            q[:, _others(k, b)] += outward[:, b, :, None] * self.legs(b)
        return q / (k * self.measure)[:, None, None]

    def through_sides(self, q: Floats) -> Floats:
        """Return outward fluxes (n, k + 1, k) from flux vectors at the vertices (n, k + 1, dim)."""
        k = self.k
        normal = -k * self.measure[:, None, None] * self.lambdas  # |side b| n_b
        return np.stack([np.einsum("nad,nd->na", q[:, _others(k, b)], normal[:, b]) for b in range(k + 1)], axis=1)

    def flux_of(self, space: Space, potential: Floats) -> Floats:
        """Return conductance x gradient at the vertices, (n, k + 1, dim), of a potential (ndofs,)."""
        slope = edge_slopes(space, potential, self.nodes)
        return np.asarray((slope @ self.lambdas) * self.conductance[:, None, None])

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
        own = np.empty((*self.sides.shape, self.k))
        scale = self.mass / (self.k * self.measure) ** 2
        in_chunks(_curve, len(own), self.own.points, self.own.simplices, scale, self.sides, self.sign, flux, own)
        result = np.empty_like(flux)
        in_chunks(_gather, len(flux), self.first, self.second, own.reshape(-1, self.k), result)
        return result

    def slope(self, q: Floats) -> Floats:
        """Return half the gradient of the integral of |q|^2 / conductance by G, (nsides, k), at q (n, k + 1, dim)."""
        y = (self.mass / (self.k * self.measure))[:, None, None] * (q + q.sum(axis=1, keepdims=True))
        own = np.empty((*self.sides.shape, self.k))
        for b in range(self.k + 1):
            own[:, b] = np.einsum("nad,nad->na", y[:, _others(self.k, b)], self.legs(b))
        own = own.reshape(-1, self.k)
        return own[self.first] - np.where(self.second[:, None] >= 0, own[self.second], 0.0)

    def legs(self, b: int) -> Floats:
        """Return x_a - x_b for the vertices a of side b, (n, k, dim)."""
        corners = self.own.corners
        return np.asarray(corners[:, _others(self.k, b)] - corners[:, b : b + 1])


def make_conductor(
    points: Floats,
    simplices: Ints,
    nodes: Ints,
    conductance: Floats,
    is_open: Bools,
    filmed: Bools,
    barrier: Floats,
) -> Conductor:
    """Return simplices with their sides.

    simplices, nodes: (n, k + 1), each row sorted; conductance: (n,) or (n, dim, dim); is_open, filmed: (n, k + 1) sides
    on terminals and on films, which are not shared: each simplex has its own; barrier: (n, k + 1) resistance of
    contacts at sides, infinite where nothing passes.
    """
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
        own=stretched(points, simplices, conductance),
        sides=sides.reshape(-1, k + 1),
        vertices=_faces(simplices).reshape(-1, k)[first],
        first=first,
        second=second,
        open=is_open[first],
        filmed=filmed[first] & ~is_open[first],
        resistance=np.where(shut, 0.0, barrier.ravel())[first],
    )


def side_keys(simplices: Ints, count: int) -> Ints:
    """Return the `facet_keys` (n, k + 1) of the sides opposite the vertices of sorted simplices (n, k + 1)."""
    k = simplices.shape[1] - 1
    return facet_keys(_faces(simplices).reshape(-1, k), count).reshape(-1, k + 1)


def _faces(simplices: Ints) -> Ints:
    """Return the vertices (n, k + 1, k) of the sides opposite each vertex."""
    k = simplices.shape[1] - 1
    return np.stack([simplices[:, _others(k, b)] for b in range(k + 1)], axis=1)


def contains(keys: Ints, others: Ints) -> Bools:
    """Return which of `others` are among sorted keys."""
    if not len(keys):
        return np.zeros(others.shape, dtype=bool)
    return np.asarray(keys[np.minimum(np.searchsorted(keys, others), len(keys) - 1)] == others)


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


def _others(k: int, b: int) -> list[int]:
    return [a for a in range(k + 1) if a != b]


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
