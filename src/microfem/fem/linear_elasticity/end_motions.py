"""How a load holds and moves a body along a path: what is given, what slides, which forces act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.linear_elasticity.body_forces import outward_normals, traction_load
from microfem.fem.linear_elasticity.end_faces import axes, face_dofs, find_ends, pressed_facets
from microfem.fem.linear_elasticity.rigid_body_constraints import find_pins
from microfem.fem.space import Floats, Ints


@dataclass(frozen=True)
class Guide:
    """What is given of a body under a load.

    given: (ngiven,) unknowns, the last npins of them pins; mode: (ngiven,) their motion under a unit of curvature,
    strain or twist, zero if nothing moves; size: of the load in that unit; slides: (k, ngiven) motions of them that
    are free.
    push: (n,) outer forces at the full load; faces: name of a direction -> unknowns clamped along it.
    length: of the body between its ends; middle: height about which it is bent, um.
    """

    given: Ints
    mode: Floats
    slides: Floats
    push: Floats
    npins: int = 0
    size: float = 1.0
    length: float = 1.0
    middle: float = 0.0
    faces: dict[str, Ints] = field(default_factory=dict)


def guide_bend(body: Body, along: str, curvature: float, most: float = 1.0) -> Guide:
    """Turn the ends, u = -k s (z - zn): the height zn is left open, so that no axial force remains.

    most: largest factor of the curvature.
    """
    ends = find_ends(body, along)
    thickness, middle = float(np.ptp(ends.points[:, -1])), float(ends.centre[-1])
    if most * abs(curvature) * thickness >= 1.0:
        raise MicrofemError(f"bend: a radius of {1.0 / (most * abs(curvature)):.4g} um is not above the thickness, "
                            f"{thickness:.4g} um")  # fmt: skip
    mode = -ends.offset * (ends.points[:, -1] - middle)
    return _pinned(body, body.dim * ends.dofs + ends.axis, mode, ends.offset[None], curvature, ends.length, middle)


def guide_stretch(body: Body, along: str, clamped: bool, strain: float) -> Guide:
    """Move the ends apart, sliding freely in their plane or clamped."""
    ends = find_ends(body, along)
    given, mode = body.dim * ends.dofs + ends.axis, ends.offset
    if clamped:
        given = body.unknowns(ends.dofs).ravel()
        mode = (ends.offset[:, None] * np.eye(body.dim)[ends.axis]).ravel()
    return _pinned(body, given, mode, np.zeros((0, len(given))), strain, ends.length)


def guide_twist(body: Body, along: str, angle: Callable[[float], float]) -> Guide:
    """Turn the ends in their plane, free to warp; angle: of the distance between them."""
    ends = find_ends(body, along)
    b, c = (ends.axis + 1) % 3, (ends.axis + 2) % 3
    arm = ends.points - ends.centre
    given = np.concatenate([3 * ends.dofs + b, 3 * ends.dofs + c])
    mode = np.concatenate([-ends.offset * arm[:, c], ends.offset * arm[:, b]])
    return _pinned(body, given, mode, np.zeros((0, len(given))), angle(ends.length) / ends.length, ends.length)


def guide_press(body: Body, region: str, side: str | None, fixed: str, pressure: float) -> Guide:
    """Push on a region's free surface, with a face clamped."""
    facets, cells = pressed_facets(body, region, side, fixed)
    normals = outward_normals(body.space.mesh, facets, cells)
    return guide_face(body, fixed, traction_load(body.space, facets, -pressure * normals))


def guide_face(body: Body, fixed: str | None, push: Floats | None = None) -> Guide:
    """Clamp a face, or hold a free body without force."""
    dofs = face_dofs(body, fixed) if fixed else np.zeros(0, dtype=np.int64)
    given = body.unknowns(dofs)
    faces = dict(zip(axes(body.space.mesh), given.T, strict=True)) if fixed else {}
    given = given.ravel()
    return _pinned(body, given, np.zeros(len(given)), np.zeros((0, len(given))), push=push, faces=faces)


def _pinned(
    body: Body, given: Ints, mode: Floats, slides: Floats, size: float = 1.0, length: float = 1.0, middle: float = 0.0,
    push: Floats | None = None, faces: dict[str, Ints] | None = None,
) -> Guide:  # fmt: skip
    """Add pins, which stay at rest, for the rigid motions that are left."""
    pins = find_pins(body, given)
    still = np.zeros(len(pins))
    slides = np.hstack([slides, np.zeros((len(slides), len(pins)))])
    none = np.zeros(body.dim * body.space.ndofs)
    return Guide(np.concatenate([given, pins]), np.concatenate([mode, still]), slides, none if push is None else push,
                len(pins), size, length, middle, faces or {})  # fmt: skip
