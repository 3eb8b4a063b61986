"""A stated load at finite strain: its load path, and the totals of its steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.physics.mechanics.action import ENERGY, Action, Effect, Totals
from microfem.physics.mechanics.loads import OneLoad

if TYPE_CHECKING:
    from microfem.fem.finite_strain.equilibrium import Balance
    from microfem.fem.finite_strain.sheet import Membrane
    from microfem.fem.finite_strain.solid import Solid
    from microfem.fem.linear_elasticity.bodies import Body
    from microfem.fem.solvers.newton import Equilibrium, Path
    from microfem.fem.solvers.settings import SolverSettings
    from microfem.physics.frame import Floats

TURN = 0.25 * math.pi  # largest rotation of an end in a step, rad; both ends of a twist turn
MOST_TURNS = 10_000  # largest number of such rotations along a path


def drive(
    body: Body, continuum: Solid | Membrane, action: Action[OneLoad], factors: Sequence[float], settings: SolverSettings
) -> tuple[Balance, Path]:
    """Solve the equilibria at the load factors, one after another.

    Raises:
        SolveError: not even a small first step converges.
        MicrofemError: the body has no end boundary condition of this kind, or its ends turn too far.
    """
    from microfem.fem.finite_strain.equilibrium import Balance
    from microfem.fem.finite_strain.following_pressure import follower
    from microfem.fem.solvers.newton import follow

    motion = action.motion(body, max(abs(factor) for factor in factors), finite=True)
    balance = Balance(continuum=continuum, motion=motion, follower=follower(body.space, motion.pressed))
    return balance, follow(balance, np.zeros(continuum.size), _subdivided(factors, motion.turn), settings=settings)


def _subdivided(factors: Sequence[float], turn: float) -> list[float]:
    """Return the load factors with others between them, so that no end turns by more than TURN in a step.

    A full turn in one step brings an end back to its place, so the solver would return a state with fewer windings.

    Raises:
        MicrofemError: an end turns by more than MOST_TURNS times TURN.
    """
    legs = list(pairwise((0.0, *factors)))
    turned = sum(abs(b - a) for a, b in legs) * turn
    if not turned <= MOST_TURNS * TURN:
        raise MicrofemError(f"the ends turn by {np.degrees(turned):.4g} deg along the path; state a smaller load")
    parts = [max(1, math.ceil(abs(b - a) * turn / TURN - 1e-9)) for a, b in legs]
    return [factor for (a, b), n in zip(legs, parts, strict=True) for factor in np.linspace(a, b, n + 1)[1:].tolist()]


def totals_of(balance: Balance, action: Action[OneLoad], at: Equilibrium) -> Totals:
    """Return the energy, forces and moments of a step; per um of depth in a section."""
    from microfem.fem.finite_strain.sheet import Membrane

    forces, motion = balance.forces(at.x, at.load), balance.motion
    assert forces is not None
    whole = balance.continuum.dim == 3 or isinstance(balance.continuum, Membrane)
    effect = Effect(
        motion=motion,
        whole=whole,
        factor=at.load,
        force=balance.work_rate(forces, at.load) / (motion.size * motion.length),
        amount=at.load * motion.size,
        reactions={axis: float(forces[dofs].sum()) for axis, dofs in motion.faces.items()},
    )
    return effect.total("strain_energy", balance.continuum.energy(at.x, at.load), ENERGY) | action.finite(effect)


def displaced(body: Body, balance: Balance, at: Equilibrium) -> Floats:
    """Return displacements (ndofs, dim), um, centred along the axes held by rigid-body constraints alone."""
    d = body.dim
    u = at.x[: balance.continuum.displacements].reshape(-1, d).copy()
    for axis in set(range(d)) - set((balance.motion.stated % d).tolist()):
        low, high = u[body.dofs, axis].min(), u[body.dofs, axis].max()
        u[body.dofs, axis] -= 0.5 * (low + high)
    return u


def out_of_plane_stretch(continuum: Solid | Membrane, at: Equilibrium) -> Floats | None:
    """Return the out-of-plane stretch of each cell (ncells,) of a sheet, None for a solid."""
    from microfem.fem.finite_strain.sheet import Membrane

    if not isinstance(continuum, Membrane):
        return None
    stretch = np.ones(len(continuum.space.mesh.cells))
    stretch[continuum.cells] = continuum.gradients(at.x, at.load)[..., 2, 2].mean(axis=1)
    return stretch
