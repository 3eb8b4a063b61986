"""A pressure as a follower load: it stays normal to the surface that moves and turns.

    f_a = -p integral phi_a n da,   n da = x,1 x x,2 dX (2D: x,1 turned by a quarter).

The tangent of the pressure is not symmetric on a surface with a free rim; its symmetric part is used, which costs a
few iterations there and none on a closed surface or one with a constrained rim. K. Schweizerhof and E. Ramm, Comput.
Struct. 18 (1984) 1099.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from skfem.quadrature import get_quadrature

from microfem.fem.compiled import compiled
from microfem.fem.linear_elasticity.body_forces import outward_normals
from microfem.fem.linear_elasticity.end_motions import Pressed
from microfem.fem.solvers.scatter import Scatter, add_element
from microfem.fem.space import Floats, Ints, Space, element, shape_gradients, shape_values

DEGREE = 4  # of the quadrature: phi x,1 x,2 on a P2 facet


@dataclass(frozen=True)
class FollowingPressure:
    """A pressure (MPa, at load factor 1) on facets (n, dim), each with its cell (n,)."""

    space: Space
    facets: Ints
    cells: Ints
    pressure: float

    @property
    def dim(self) -> int:
        """Number of displacement components."""
        return self.space.mesh.dim

    @cached_property
    def nodes(self) -> Ints:
        """Nodes (n, nloc) of each facet."""
        return self.space.dofs(self.facets)

    @cached_property
    def _side(self) -> Floats:
        """+1 or -1 (n,): whether x,1 x x,2 points outward."""
        mesh = self.space.mesh
        corners = mesh.points[self.facets]
        normal = _normal(corners[:, 1:] - corners[:, :1])
        return np.sign(np.einsum("nd,nd->n", normal, outward_normals(mesh, self.facets, self.cells)))

    @cached_property
    def _shapes(self) -> tuple[Floats, Floats, Floats]:
        k = self.dim - 1
        points, weights = get_quadrature(element(k, 1).refdom, DEGREE)
        at = tuple(tuple(map(float, point)) for point in points.T)
        return shape_values(k, self.space.order, at), shape_gradients(k, self.space.order, at), np.asarray(weights)

    def _tangents(self, x: Floats) -> Floats:
        """Return x,1 and in 3D x,2 at each quadrature point, (n, nq, dim - 1, dim)."""
        place = self.space.locations + x[: self.dim * self.space.ndofs].reshape(-1, self.dim)
        return np.asarray(np.einsum("qak,nad->nqkd", self._shapes[1], place[self.nodes]))

    def forces(self, x: Floats, load: float) -> Floats:
        """Return the forces of the pressure, a vector like x, uN (2D: uN/um)."""
        values, _, weights = self._shapes
        normal = _normal(self._tangents(x)) * self._side[:, None, None]
        own = -load * self.pressure * np.einsum("q,qa,nqd->nad", weights, values, normal)
        total = np.zeros(len(x))
        np.add.at(total, self.dim * self.nodes[..., None] + np.arange(self.dim), own)
        return total

    def stiffness(self, x: Floats, load: float) -> Floats:
        """Return the symmetric part of -d forces / d x of each facet, (n, nloc, dim, nloc, dim)."""
        values, slopes, weights = self._shapes
        tangent = self._tangents(x)
        unit, d = np.eye(self.dim), self.dim
        turned = np.zeros((*tangent.shape[:2], slopes.shape[1], d, d))  # d normal_i / d x_bk
        for k in range(d):
            for direction in range(d - 1):
                moved = tangent.copy()
                moved[:, :, direction] = unit[k]
                turned[..., k] += np.einsum("qb,nqi->nqbi", slopes[..., direction], _normal(moved))
        factor = load * self.pressure * self._side
        own = np.einsum("n,q,qa,nqbik->naibk", factor, weights, values, turned, optimize=True)
        return 0.5 * (own + own.transpose(0, 3, 4, 1, 2))

    def add_to(
        self, scatter: Scatter, blocks: Floats, x: Floats, load: float, increments: Floats, products: Floats
    ) -> None:
        """Add the tangent to blocks, and the tangent times each row of increments to products."""
        own = np.ascontiguousarray(self.stiffness(x, load))
        _add(own, scatter.slots_of(self.nodes), blocks)
        number = self.dim * self.nodes[..., None] + np.arange(self.dim)
        for increment, product in zip(increments, products, strict=True):
            np.add.at(product, number, np.einsum("naibk,nbk->nai", own, increment[number]))


def _normal(tangents: Floats) -> Floats:
    """Return x,1 x x,2 (..., 3), in 2D x,1 turned by a quarter (..., 2)."""
    if tangents.shape[-1] == 3:
        return np.asarray(np.cross(tangents[..., 0, :], tangents[..., 1, :]))
    along = tangents[..., 0, :]
    return np.stack([along[..., 1], -along[..., 0]], axis=-1)


@compiled
def _add(own: Any, slots: Any, blocks: Any) -> None:
    for e in range(len(own)):
        add_element(own[e], slots[e], blocks)


def follower(space: Space, pressed: Pressed | None) -> FollowingPressure | None:
    """Return the follower load of a pressure, None without pressure."""
    return FollowingPressure(space, pressed.facets, pressed.cells, pressed.pressure) if pressed is not None else None
