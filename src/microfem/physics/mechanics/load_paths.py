"""A stated load at finite strain: which end motion it is, and what its steps yield."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.physics.mechanics.loads import Bend, Mismatch, OneLoad, Press, Stretch, ThreePoint, Twist

if TYPE_CHECKING:
    from microfem.fem.finite_strain.equilibrium import Balance, Grip
    from microfem.fem.finite_strain.following_pressure import FollowingPressure
    from microfem.fem.finite_strain.sheet import Membrane
    from microfem.fem.finite_strain.solid import Solid
    from microfem.fem.linear_elasticity.bodies import Body
    from microfem.fem.solvers.newton import Equilibrium, Path
    from microfem.fem.solvers.settings import SolverSettings
    from microfem.physics.frame import Floats

Totals = dict[str, tuple[float, str]]

TURN = 0.25 * math.pi  # of an end in a step; both ends of a twist turn
MOST_TURNS = 10_000  # such turns


def drive(
    body: Body, continuum: Solid | Membrane, load: OneLoad, marks: Sequence[float], settings: SolverSettings
) -> tuple[Balance, Path]:
    """Walk to each factor of the load in turn.

    Raises:
        SolveError: not even a small first step converges; MicrofemError: the body cannot be gripped so.
    """
    from microfem.fem.finite_strain.equilibrium import Balance
    from microfem.fem.solvers.newton import follow

    grip = find_grip(body, load, max(abs(mark) for mark in marks))
    balance = Balance(continuum, grip, find_pressure(body, load))
    return balance, follow(balance, np.zeros(continuum.size), _often(marks, grip.turn), settings=settings)


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


def find_grip(body: Body, load: OneLoad, most: float) -> Grip:
    """Return how a load grips a body; most: largest factor of the load."""
    from microfem.fem.finite_strain import end_motions as grips

    if isinstance(load, Stretch):
        return grips.stretch(body, load.axis, load.strain, load.clamped)
    if isinstance(load, Bend):
        return grips.bend(body, _bent(load), load.radius, most)
    if isinstance(load, Twist):
        return grips.twist(body, load.axis, load.over)
    if isinstance(load, ThreePoint):
        return grips.three_point(body, load.deflection, load.span)
    assert isinstance(load, Mismatch | Press)
    return grips.hold(body, load.fixed)


def find_pressure(body: Body, load: OneLoad) -> FollowingPressure | None:
    """Return the pressure that a load states, if it is one."""
    from microfem.fem.finite_strain.following_pressure import FollowingPressure
    from microfem.fem.linear_elasticity.end_faces import pressed_facets

    if not isinstance(load, Press):
        return None
    facets, cells = pressed_facets(body, load.on, load.side, load.fixed)
    return FollowingPressure(body.space, facets, cells, load.value)


def _bent(load: Bend) -> str:
    """Return the axis that is bent into the arc."""
    return "x" if load.axis == "y" else "y"


def totals_of(body: Body, balance: Balance, load: OneLoad, at: Equilibrium) -> Totals:
    """Return energy, forces and moments of a step; in 2D but for sheets, per um of depth."""
    from microfem.fem.finite_strain import end_motions as grips
    from microfem.fem.finite_strain.sheet import Membrane
    from microfem.fem.linear_elasticity.end_faces import axes, face_dofs, find_ends

    forces, continuum = balance.forces(at.x, at.load), balance.continuum
    assert forces is not None
    whole = continuum.dim == 3 or isinstance(continuum, Membrane)
    per = "uN" if whole else "uN/um"
    told: Totals = {"strain_energy": (continuum.energy(at.x, at.load), "pJ" if whole else "pJ/um")}
    if isinstance(load, Stretch):
        names = {axis: "axial_force" if len(load.axis) == 1 else f"axial_force.{axis}" for axis in load.axis}
        told |= {name: (grips.end_force(body, axis, forces), per) for axis, name in names.items()}
        return told | {"strain": (at.load * load.strain, "1")}
    work = 0.0 if isinstance(load, Mismatch | Press) else grips.end_work(balance.grip, forces, at.load)
    if isinstance(load, Bend):
        angle = find_ends(body, _bent(load)).length / load.radius
        return told | {"bending_moment": (work / angle, "uN um" if whole else "uN"),
                       "curvature": (at.load / load.radius, "1/um")}  # fmt: skip
    if isinstance(load, Twist):
        angle = load.over(find_ends(body, load.axis).length)
        return told | {"torque": (work / angle, "uN um"), "angle": (at.load * angle, "rad")}
    if isinstance(load, ThreePoint):
        return told | {"force": (work / load.deflection, per), "deflection": (at.load * load.deflection, "um")}
    if isinstance(load, Press):
        held = body.unknowns(face_dofs(body, load.fixed))
        named = zip(axes(body.space.mesh), forces[held].sum(axis=0).tolist(), strict=True)
        return told | {f"reaction.{axis}": (force, per) for axis, force in named} | {
            "pressure": (at.load * load.value, "MPa")}  # fmt: skip
    return told


def displaced(body: Body, balance: Balance, at: Equilibrium) -> Floats:
    """Return displacements (ndofs, dim), um, about the middle of the body along axes in which only pins hold it."""
    d = body.dim
    u = at.x[: balance.continuum.displacements].reshape(-1, d).copy()
    for axis in set(range(d)) - set((balance.grip.given[: balance.grip.moved] % d).tolist()):
        low, high = u[body.dofs, axis].min(), u[body.dofs, axis].max()
        u[body.dofs, axis] -= 0.5 * (low + high)
    return u


def across(continuum: Solid | Membrane, at: Equilibrium) -> Floats | None:
    """Return the stretch of each cell of the mesh (ncells,) across a sheet, None of a solid."""
    from microfem.fem.finite_strain.sheet import Membrane

    if not isinstance(continuum, Membrane):
        return None
    stretch = np.ones(len(continuum.space.mesh.cells))
    stretch[continuum.cells] = continuum.gradients(at.x, at.load)[..., 2, 2].mean(axis=1)
    return stretch
