"""An elastic body at small strain under an end motion, outer forces and eigenstrains: one linear solve.

Stiffnesses are work-conjugate: reactions times prescribed displacements, per length and per unit squared, which
is M / kappa, F / e and T / rate since the two ends balance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from microfem.fem.linear_elasticity.bodies import Body, eigenstress, film_eigenstress
from microfem.fem.linear_elasticity.body_forces import stress_load
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.linear_elasticity.rigid_body_constraints import hold_constrained
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.solvers.solve import System
from microfem.fem.space import Floats


@dataclass(frozen=True, kw_only=True)
class LinearResponse:
    """Displacements (n,) under the whole load, um, with stiffness and reactions.

    residual, balance: of the solve and of the forces, relative; system: the one that was solved; loose: (k, n) its
    solutions for the free modes; stiffness: generalised force per unit of the motion's size; amounts: (k,) of the free
    modes; reactions: direction -> force, uN (2D: uN/um).
    """

    u: Floats
    residual: float
    balance: float
    system: System
    loose: Floats
    stiffness: float
    amounts: Floats
    reactions: Mapping[str, float]


def linear_response(body: Body, motion: EndMotion, settings: SolverSettings = SolverSettings()) -> LinearResponse:
    """Return the response to the whole load, with the amounts of the free modes at which their forces vanish.

    Raises:
        SolveError: the solve fails, or forces do not balance.
    """
    free, motions = len(motion.free_modes), np.vstack([motion.free_modes, motion.path(1.0)])
    load = eigenstrain_load(body) if motion.push is None else eigenstrain_load(body) + motion.push
    loads = np.vstack([np.zeros((free, len(load))), load]) if load.any() else None
    held = hold_constrained(body, motion.constrained, motion.rigid_constraints, motions, loads, settings)
    work = held.reactions[:, motion.constrained] @ motions.T
    amounts = np.asarray(-np.linalg.solve(work[:free, :free], work[:free, free]))
    mix = np.append(amounts, 1.0)
    forces = mix @ held.reactions
    return LinearResponse(
        u=mix @ held.u,
        residual=held.residual,
        balance=held.balance,
        system=held.system,
        loose=held.u[:free],
        stiffness=float(mix @ work @ mix) / (motion.length * motion.size**2),
        amounts=amounts,
        reactions={axis: float(forces[unknowns].sum()) for axis, unknowns in motion.faces.items()},
    )


def eigenstrain_load(body: Body) -> Floats:
    """Return the load vector (n,) of the eigenstrains of cells and films."""
    load = stress_load(body.space, body.space.mesh.cells[body.cells], eigenstress(body))
    for film in body.films.values():
        load = load + stress_load(body.space, film.facets, film_eigenstress(body, film))
    return load
