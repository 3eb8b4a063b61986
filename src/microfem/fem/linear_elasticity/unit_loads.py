"""Loads on an elastic body: unit bending, stretch and twist of its ends, pressure, eigenstrain.

Stiffnesses are work-conjugate: reactions times prescribed displacements, per length and per unit squared, which
is M / kappa, F / e and T / rate since the two ends balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from microfem.fem.linear_elasticity.bodies import Body, eigenstress, film_eigenstress
from microfem.fem.linear_elasticity.body_forces import outward_normals, stress_load, traction_load
from microfem.fem.linear_elasticity.end_faces import Ends, axes, face_dofs, find_ends, pressed_facets
from microfem.fem.linear_elasticity.rigid_body_constraints import hold
from microfem.fem.solvers.solve import System
from microfem.fem.space import Floats, Ints

Given = tuple[Ints, Floats]  # unknowns (n,) and unit displacements of them (nmodes, n)


@dataclass(frozen=True)
class Loaded:
    """Displacements (n,) under a load or a unit of it, how well it was solved, and what the load yields.

    stiffness: of bending (uN um2), stretch (uN), twist (uN um2); in 2D per depth. neutral: height where bending
    leaves lengths, um; thickness: of the ends, um; forces: on what is clamped, by direction.
    system: with which it was solved; loose: (nmodes, n) solutions of that system for given displacements whose size
    the load leaves open, as the height of the neutral axis in bending.
    """

    u: Floats
    residual: float
    balance: float
    system: System
    loose: Floats
    stiffness: float = 0.0
    neutral: float = 0.0
    thickness: float = 0.0
    length: float = 0.0
    forces: Mapping[str, float] = field(default_factory=dict)

    def times(self, factor: float) -> Loaded:
        """Return the displacements of a multiple of the unit load."""
        return replace(self, u=factor * self.u)


def bend(body: Body, along: str) -> Loaded:
    """Bend `along` x or y to a curvature of 1/um without axial force: u = -s (z - zn) on the ends at s = -+ L/2.

    Two unit solutions, a stretch and a bend about the mid-height, from one factorisation; zn mixes them so that
    the axial force vanishes.
    """
    ends = find_ends(body, along)
    z = ends.points[:, -1] - ends.centre[-1]
    given, values = bent(body, ends)
    held = hold(body, given, values)
    force = held.reactions[:, given[ends.offset > 0.0]].sum(axis=1)
    shift = float(-force[1] / force[0])
    mix = np.array([shift, 1.0])
    stiffness = float((mix @ held.reactions[:, given]) @ (mix @ values)) / ends.length
    return Loaded(mix @ held.u, held.residual, held.balance, held.system, held.u[:1], stiffness,
                  float(ends.centre[-1]) + shift, float(np.ptp(z)))  # fmt: skip


def bent(body: Body, ends: Ends) -> Given:
    """Return what a unit stretch and a unit bend about the mid-height prescribe."""
    z = ends.points[:, -1] - ends.centre[-1]
    return body.dim * ends.dofs + ends.axis, np.stack([ends.offset, -ends.offset * z])


def stretch(body: Body, along: str, clamped: bool) -> Loaded:
    """Move the ends apart by their distance (a strain of 1), sliding freely in their plane or clamped."""
    ends = find_ends(body, along)
    return _unit(body, *stretched(body, ends, clamped), ends.length)


def stretched(body: Body, ends: Ends, clamped: bool) -> Given:
    """Return what a unit stretch prescribes."""
    if not clamped:
        return body.dim * ends.dofs + ends.axis, ends.offset[None]
    return body.unknowns(ends.dofs).ravel(), (ends.offset[:, None] * np.eye(body.dim)[ends.axis]).reshape(1, -1)


def twist(body: Body, along: str) -> Loaded:
    """Turn the ends in their plane by -+ L/2 (a rate of 1 rad/um), free to warp."""
    ends = find_ends(body, along)
    return _unit(body, *twisted(ends), ends.length)


def twisted(ends: Ends) -> Given:
    """Return what a unit twist prescribes."""
    b, c = (ends.axis + 1) % 3, (ends.axis + 2) % 3
    arm = ends.points - ends.centre
    given = np.concatenate([3 * ends.dofs + b, 3 * ends.dofs + c])
    return given, np.concatenate([-ends.offset * arm[:, c], ends.offset * arm[:, b]])[None]


def _unit(body: Body, given: Ints, values: Floats, length: float) -> Loaded:
    held = hold(body, given, values)
    stiffness = float(held.reactions[0, given] @ values[0]) / length
    return Loaded(held.u[0], held.residual, held.balance, held.system, held.u[:0], stiffness, length=length)


def press(body: Body, region: str, side: str | None, fixed: str, pressure: float) -> Loaded:
    """Push on a region's free surface, or its part in one face, with `fixed` clamped; pressure in MPa."""
    facets, cells = pressed_facets(body, region, side, fixed)
    normals = outward_normals(body.space.mesh, facets, cells)
    return _clamped(body, face_dofs(body, fixed), traction_load(body.space, facets, -pressure * normals))


def swell(body: Body, fixed: str | None) -> Loaded:
    """Let the eigenstrains of cells and films act, with a face clamped or the body free."""
    load = stress_load(body.space, body.space.mesh.cells[body.cells], eigenstress(body))
    for film in body.films.values():
        load = load + stress_load(body.space, film.facets, film_eigenstress(body, film))
    return _clamped(body, face_dofs(body, fixed) if fixed else np.zeros(0, dtype=np.int64), load)


def _clamped(body: Body, dofs: Ints, load: Floats) -> Loaded:
    given = body.unknowns(dofs).ravel()
    held = hold(body, given, np.zeros((1, len(given))), load[None])
    force = held.reactions[0, given].reshape(-1, body.dim).sum(axis=0)
    forces = dict(zip(axes(body.space.mesh), force.tolist(), strict=True))
    return Loaded(held.u[0], held.residual, held.balance, held.system, held.u[:0], forces=forces)
