"""A stated load at finite strain: the way to each of its factors, and what its steps yield."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.physics.mechanics.load_actions import ENERGY, Action, Effect, Totals
from microfem.physics.mechanics.loads import OneLoad

if TYPE_CHECKING:
    from microfem.fem.finite_strain.equilibrium import Balance
    from microfem.fem.finite_strain.sheet import Membrane
    from microfem.fem.finite_strain.solid import Solid
    from microfem.fem.linear_elasticity.bodies import Body
    from microfem.fem.solvers.newton import Equilibrium, Path
    from microfem.fem.solvers.settings import SolverSettings
    from microfem.physics.frame import Floats

TURN = 0.25 * math.pi  # of an end in a step; both ends of a twist turn
MOST_TURNS = 10_000  # such turns


def drive(
    body: Body, continuum: Solid | Membrane, action: Action[OneLoad], marks: Sequence[float], settings: SolverSettings
) -> tuple[Balance, Path]:
    """Walk to each factor of the load in turn.

    Raises:
        SolveError: not even a small first step converges; MicrofemError: the body cannot be gripped so.
    """
    from microfem.fem.finite_strain.equilibrium import Balance
    from microfem.fem.finite_strain.following_pressure import follower
    from microfem.fem.solvers.newton import follow

    motion = action.motion(body, max(abs(mark) for mark in marks), finite=True)
    balance = Balance(continuum, motion, follower(body.space, motion.pressed))
    return balance, follow(balance, np.zeros(continuum.size), _often(marks, motion.turn), settings=settings)


def _often(marks: Sequence[float], turn: float) -> list[float]:
    """Return the marks with others between, so that no end turns by more than TURN in a step.

    An end that turns by a whole turn at once is where it was, and so would the body be: a state of other windings.

    Raises:
        MicrofemError: more than MOST_TURNS turns of an end by TURN are asked for.
    """
    legs = list(pairwise((0.0, *marks)))
    turned = sum(abs(b - a) for a, b in legs) * turn
    if not turned <= MOST_TURNS * TURN:
        raise MicrofemError(f"the ends turn by {np.degrees(turned):.4g} deg along the path; state a smaller load")
    parts = [max(1, math.ceil(abs(b - a) * turn / TURN - 1e-9)) for a, b in legs]
    return [mark for (a, b), n in zip(legs, parts, strict=True) for mark in np.linspace(a, b, n + 1)[1:].tolist()]


def totals_of(balance: Balance, action: Action[OneLoad], at: Equilibrium) -> Totals:
    """Return energy, forces and moments of a step; in 2D but for sheets, per um of depth."""
    from microfem.fem.finite_strain.sheet import Membrane

    forces, motion = balance.forces(at.x, at.load), balance.motion
    assert forces is not None
    whole = balance.continuum.dim == 3 or isinstance(balance.continuum, Membrane)
    effect = Effect(
        motion, whole, at.load, balance.work_rate(forces, at.load) / (motion.size * motion.length),
        at.load * motion.size, reactions={axis: float(forces[one].sum()) for axis, one in motion.faces.items()},
    )  # fmt: skip
    return effect.told("strain_energy", balance.continuum.energy(at.x, at.load), ENERGY) | action.finite(effect)


def displaced(body: Body, balance: Balance, at: Equilibrium) -> Floats:
    """Return displacements (ndofs, dim), um, about the middle of the body along axes in which only pins hold it."""
    d = body.dim
    u = at.x[: balance.continuum.displacements].reshape(-1, d).copy()
    for axis in set(range(d)) - set((balance.motion.stated % d).tolist()):
        low, high = u[body.dofs, axis].min(), u[body.dofs, axis].max()
        u[body.dofs, axis] -= 0.5 * (low + high)
    return u


def out_of_plane_stretch(continuum: Solid | Membrane, at: Equilibrium) -> Floats | None:
    """Return the stretch of each cell of the mesh (ncells,) across a sheet, None of a solid."""
    from microfem.fem.finite_strain.sheet import Membrane

    if not isinstance(continuum, Membrane):
        return None
    stretch = np.ones(len(continuum.space.mesh.cells))
    stretch[continuum.cells] = continuum.gradients(at.x, at.load)[..., 2, 2].mean(axis=1)
    return stretch
