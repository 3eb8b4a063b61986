"""How the ends of a body at large strain are gripped and moved: stretched, bent, turned, pressed on three lines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.finite_strain.equilibrium import Grip
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.linear_elasticity.end_faces import axes, face_dofs, find_ends
from microfem.fem.linear_elasticity.rigid_body_constraints import find_pins
from microfem.fem.space import Floats, Ints

STEP = 1e-4  # of a load factor, over which motions are differenced


def stretch(body: Body, along: str, strain: float, clamped: bool) -> Grip:
    """Move the end faces of each axis in `along` apart, sliding freely in their plane or clamped."""
    given, whole = [], []
    for axis in along:
        ends = find_ends(body, axis)
        if clamped:
            rest = [body.dim * ends.dofs + i for i in range(body.dim) if i != ends.axis]
            given += rest
            whole += [np.zeros(len(one)) for one in rest]
        given.append(body.dim * ends.dofs + ends.axis)
        whole.append(strain * ends.offset)
    unknowns, first = np.unique(np.concatenate(given), return_index=True)
    values = np.concatenate(whole)[first]
    return _pinned(body, unknowns, lambda load: load * values)


def twist(body: Body, axis: str, angle: Callable[[float], float]) -> Grip:
    """Turn the end faces in their plane by -+ half an angle, rigidly, free to warp and to come nearer (Saint-Venant).

    angle: of the distance between the ends.
    """
    ends = find_ends(body, axis)
    b, c = (ends.axis + 1) % 3, (ends.axis + 2) % 3
    arm, half = ends.points - ends.centre, np.sign(ends.offset) * 0.5 * angle(ends.length)
    given = np.concatenate([3 * ends.dofs + b, 3 * ends.dofs + c])

    def path(load: float) -> Floats:
        cos, sin = np.cos(load * half) - 1.0, np.sin(load * half)
        return np.concatenate([cos * arm[:, b] - sin * arm[:, c], sin * arm[:, b] + cos * arm[:, c]])

    return _pinned(body, given, path, turn=float(np.abs(half).max()))


def bend(body: Body, along: str, radius: float, most: float = 1.0) -> Grip:
    """Turn the end faces along x or y until the arc between them has a radius; above 0 its centre is above the body.

    The faces turn rigidly about the middle of their height and slide apart or together, so that no axial force is left.
    """
    ends = find_ends(body, along)
    height = ends.points[:, -1] - ends.centre[-1]
    if abs(radius) <= most * float(np.ptp(height)):
        raise MicrofemError(f"bend: a radius of {abs(radius) / most:.4g} um is not above the thickness, "
                            f"{np.ptp(height):.4g} um")  # fmt: skip
    side, up = np.sign(ends.offset), body.dim - 1
    given = np.concatenate([body.dim * ends.dofs + ends.axis, body.dim * ends.dofs + up])

    def path(load: float) -> Floats:
        half = 0.5 * load * ends.length / radius
        reach = 0.5 * ends.length * np.sinc(half / np.pi)  # of the arc's end from the middle
        rise = 0.5 * ends.length * half * 0.5 * np.sinc(0.5 * half / np.pi) ** 2
        along_axis = side * (reach - 0.5 * ends.length) - side * np.sin(half) * height
        return np.concatenate([along_axis, rise + (np.cos(half) - 1.0) * height])

    slide = np.concatenate([0.5 * side, np.zeros(len(side))])[None]
    return _pinned(body, given, path, slide, turn=0.5 * ends.length / abs(radius))


def three_point(body: Body, deflection: float, span: float) -> Grip:
    """Hold two lines of the lower face, `span` apart along x, and push a line of the upper face down in the middle."""
    up, d = body.dim - 1, body.dim
    below, above = face_dofs(body, "zmin"), face_dofs(body, "zmax")
    middle = float(np.mean([body.space.mesh.points[:, 0].min(), body.space.mesh.points[:, 0].max()]))
    length = float(np.ptp(body.space.mesh.points[:, 0]))
    if not 0.0 < span < length:
        raise MicrofemError(
            f"three_point: a span of {span:.4g} um must be above 0 and below the length, {length:.4g} um"
        )
    supports = [_line(body, below, middle + side * span) for side in (-0.5, 0.5)]
    pushed = _line(body, above, middle)
    given = np.concatenate([*(d * one + up for one in supports), d * pushed + up])
    values = np.zeros(len(given))
    values[len(given) - len(pushed) :] = -deflection
    return _pinned(body, given, lambda load: load * values)


def _line(body: Body, dofs: Ints, x: float) -> Ints:
    """Return the degrees of freedom on the line of a face that is nearest to x."""
    at = body.space.locations[dofs, 0]
    nearest = at[np.abs(at - x).argmin()]
    return dofs[np.abs(at - nearest) <= 1e-9 * max(abs(nearest), float(np.ptp(at)))]


def hold(body: Body, face: str | None) -> Grip:
    """Clamp a face, or hold the body by pins alone."""
    given = body.unknowns(face_dofs(body, face)).ravel() if face else np.zeros(0, dtype=np.int64)
    none = np.zeros(len(given))
    return _pinned(body, given, lambda _: none)


def _pinned(
    body: Body, given: Ints, path: Callable[[float], Floats], slides: Floats | None = None, turn: float = 0.0
) -> Grip:
    """Return a grip with the rigid motions that it leaves held by pins."""
    pins = find_pins(body, given)
    free = np.zeros((0, len(given))) if slides is None else slides
    return Grip(given, path, free, turn=turn).held(pins)


def end_force(body: Body, axis: str, forces: Floats) -> float:
    """Return the force along an axis on the end face at its far side, uN; in 2D per um."""
    dofs = face_dofs(body, axis + "max")
    if not len(dofs):
        raise SolveError(f"no end face along {axis}")
    return float(forces[body.dim * dofs + axes(body.space.mesh).index(axis)].sum())


def end_work(grip: Grip, forces: Floats, load: float) -> float:
    """Return the work of reactions per unit of the load factor, uN um; in 2D uN."""
    rate = (grip.path(load + STEP) - grip.path(load - STEP)) / (2.0 * STEP)
    return float(forces[grip.given] @ rate)
