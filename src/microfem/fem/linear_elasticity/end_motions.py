"""End boundary conditions of a loaded body, at small and at finite strain: stretch, bend, twist, press, clamp.

Small and finite strain differ for three loads. Bending: at small strain the faces stay plane and heights are free in
them; at finite strain a face turns rigidly, so the rise of its points is constrained too. Twisting: at small strain the
motion of the faces is linear in the angle. A pressure: at small strain it keeps its direction, at finite strain it
follows the surface.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.linear_elasticity.body_forces import outward_normals, traction_load
from microfem.fem.linear_elasticity.end_faces import Ends, axes, face_dofs, find_ends, pressed_facets
from microfem.fem.linear_elasticity.rigid_body_constraints import find_rigid_constraints
from microfem.fem.space import Floats, Ints


@dataclass(frozen=True)
class Pressed:
    """A pressure (MPa, at load factor 1) on facets (n, dim), each with its cell (n,)."""

    facets: Ints
    cells: Ints
    pressure: float


@dataclass(frozen=True, kw_only=True)
class EndMotion:
    """The boundary conditions and the outer forces of a load.

    constrained: (nconstrained,) constrained degrees of freedom, the last nrigid of them rigid-body constraints, which
    stay at rest; path: load factor -> their displacements (nconstrained,), um, linear at small strain;
    free_modes: (k, nconstrained) free rigid-body modes of the ends: the load does not prescribe their amount and their
    generalised force vanishes: height of the neutral axis at small strain, distance of the ends at finite strain;
    size: of the load: curvature or twist (1/um), strain (1), deflection (um) or pressure (MPa);
    length: between the ends, um, such that generalised force x size x length is work; middle: height about which the
    ends turn, um; turn: rotation of an end per unit of the load factor, rad;
    faces: name of a direction -> unknowns whose reactions add up to the force along it;
    push: (n,) outer forces at load factor 1 that keep their direction, None for none, uN; pressed: the same load as a
    follower load, for finite strain.
    """

    constrained: Ints
    path: Callable[[float], Floats]
    free_modes: Floats
    size: float = 1.0
    length: float = 1.0
    middle: float = 0.0
    turn: float = 0.0
    nrigid: int = 0
    faces: Mapping[str, Ints] = field(default_factory=dict)
    push: Floats | None = None
    pressed: Pressed | None = None

    @property
    def stated(self) -> Ints:
        """Constrained degrees of freedom without the rigid-body constraints."""
        return self.constrained[: len(self.constrained) - self.nrigid]

    @property
    def rigid_constraints(self) -> Ints:
        """Degrees of freedom of the rigid-body constraints."""
        return self.constrained[len(self.constrained) - self.nrigid :]

    @property
    def mode(self) -> Floats:
        """Displacements (nconstrained,) per unit of size, where the path is linear."""
        return self.path(1.0) / self.size

    @property
    def moves(self) -> bool:
        """Whether the load prescribes a displacement that is not zero."""
        return bool(self.path(1.0).any())


def stretch(body: Body, along: str, strain: float, clamped: bool) -> EndMotion:
    """Move the end faces of each axis in `along` apart by a strain; in their plane they are free or clamped."""
    constrained, whole, faces = [], [], {}
    for axis in along:
        ends = find_ends(body, axis)
        if clamped:
            rest = [body.dim * ends.dofs + i for i in range(body.dim) if i != ends.axis]
            constrained += rest
            whole += [np.zeros(len(component)) for component in rest]
        constrained.append(body.dim * ends.dofs + ends.axis)
        whole.append(strain * ends.offset)
        faces[axis] = constrained[-1][ends.offset > 0.0]
    unknowns, first = np.unique(np.concatenate(constrained), return_index=True)
    values = np.concatenate(whole)[first]
    return _with_rigid_constraints(
        body,
        EndMotion(
            constrained=unknowns,
            path=lambda f: f * values,
            free_modes=_none(unknowns),
            size=strain,
            length=find_ends(body, along[0]).length,
            faces=faces,
        ),
    )


def bend(body: Body, along: str, radius: float, most: float, finite: bool) -> EndMotion:
    """Turn the end faces along x or y onto an arc of a radius (um); above 0 its centre is above the body.

    At small strain u = -k s (z - zn) on the ends at s = -+ L/2; the height zn of the neutral axis is free, so that
    there is no axial force. At finite strain the faces turn rigidly about the middle of their height, and their
    distance is free. most: largest load factor.

    Raises:
        MicrofemError: the radius is not above the thickness.
    """
    ends = find_ends(body, along)
    height, middle = ends.points[:, -1] - ends.centre[-1], float(ends.centre[-1])
    thickness = float(np.ptp(height))
    if abs(radius) <= most * thickness:
        raise MicrofemError(
            f"bend: a radius of {abs(radius) / most:.4g} um is not above the thickness, {thickness:.4g} um"
        )
    constrained = body.dim * ends.dofs + ends.axis
    size, turn = 1.0 / radius, 0.5 * ends.length / abs(radius)
    if finite:
        constrained = np.concatenate([constrained, body.dim * ends.dofs + body.dim - 1])
        apart = np.concatenate([ends.offset, np.zeros(len(ends.dofs))])[None]
        motion = EndMotion(
            constrained=constrained,
            path=_rigid_arc(ends, height, radius),
            free_modes=apart,
            size=size,
            length=ends.length,
            middle=middle,
            turn=turn,
        )
    else:
        values = size * (-ends.offset * height)
        motion = EndMotion(
            constrained=constrained,
            path=lambda f: f * values,
            free_modes=ends.offset[None],
            size=size,
            length=ends.length,
            middle=middle,
            turn=turn,
        )
    return _with_rigid_constraints(body, motion)


def _rigid_arc(ends: Ends, height: Floats, radius: float) -> Callable[[float], Floats]:
    """Return the path of faces that turn rigidly onto an arc: displacements along the axis, then upwards, um."""
    side = np.sign(ends.offset)

    def path(factor: float) -> Floats:
        half = 0.5 * factor * ends.length / radius
        reach = 0.5 * ends.length * np.sinc(half / np.pi)  # distance of the arc's end from the middle
        rise = 0.5 * ends.length * half * 0.5 * np.sinc(0.5 * half / np.pi) ** 2
        along_axis = side * (reach - 0.5 * ends.length) - side * np.sin(half) * height
        return np.concatenate([along_axis, rise + (np.cos(half) - 1.0) * height])

    return path


def twist(body: Body, axis: str, angle: Callable[[float], float], finite: bool) -> EndMotion:
    """Turn the end faces rigidly in their plane by -+ half an angle; warping and distance are free (Saint-Venant).

    angle: distance between the ends, um -> angle, rad.
    """
    ends = find_ends(body, axis)
    b, c = (ends.axis + 1) % 3, (ends.axis + 2) % 3
    arm, whole = ends.points - ends.centre, angle(ends.length)
    half = np.sign(ends.offset) * 0.5 * whole
    constrained = np.concatenate([3 * ends.dofs + b, 3 * ends.dofs + c])

    def path(factor: float) -> Floats:
        turned = factor * half
        cos, sin = (np.cos(turned) - 1.0, np.sin(turned)) if finite else (np.zeros_like(turned), turned)
        return np.concatenate([cos * arm[:, b] - sin * arm[:, c], sin * arm[:, b] + cos * arm[:, c]])

    motion = EndMotion(
        constrained=constrained,
        path=path,
        free_modes=_none(constrained),
        size=whole / ends.length,
        length=ends.length,
        turn=0.5 * abs(whole),
    )
    return _with_rigid_constraints(body, motion)


def three_point(body: Body, deflection: float, span: float) -> EndMotion:
    """Support two lines of the lower face, `span` apart along x, and push the middle line of the upper face down.

    deflection, span: um.

    Raises:
        MicrofemError: the span is not between 0 and the length.
    """
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
    constrained = np.concatenate([*(d * line + up for line in supports), d * pushed + up])
    values = np.zeros(len(constrained))
    values[len(constrained) - len(pushed) :] = -deflection
    return _with_rigid_constraints(
        body,
        EndMotion(constrained=constrained, path=lambda f: f * values, free_modes=_none(constrained), size=deflection),
    )


def _line(body: Body, dofs: Ints, x: float) -> Ints:
    """Return the degrees of freedom of a face on the line nearest to x."""
    at = body.space.locations[dofs, 0]
    nearest = at[np.abs(at - x).argmin()]
    return dofs[np.abs(at - nearest) <= 1e-9 * max(abs(nearest), float(np.ptp(at)))]


def press(body: Body, region: str, side: str | None, fixed: str, pressure: float) -> EndMotion:
    """Load a region's free surface, or its part in the face `side`, by a pressure (MPa); clamp the face `fixed`."""
    facets, cells = pressed_facets(body, region, side, fixed)
    push = traction_load(body.space, facets, -pressure * outward_normals(body.space.mesh, facets, cells))
    return clamp(body, fixed, pressure, push, Pressed(facets, cells, pressure))


def clamp(
    body: Body,
    face: str | None,
    size: float = 1.0,
    push: Floats | None = None,
    pressed: Pressed | None = None,
) -> EndMotion:
    """Clamp a face; without a face, apply rigid-body constraints only."""
    constrained = body.unknowns(face_dofs(body, face)) if face else np.zeros((0, body.dim), dtype=np.int64)
    faces = dict(zip(axes(body.space.mesh), constrained.T, strict=True)) if face else {}
    constrained = constrained.ravel()
    still = np.zeros(len(constrained))
    free_modes = _none(constrained)
    motion = EndMotion(
        constrained=constrained,
        path=lambda _: still,
        free_modes=free_modes,
        size=size,
        faces=faces,
        push=push,
        pressed=pressed,
    )
    return _with_rigid_constraints(body, motion)


def _none(constrained: Ints) -> Floats:
    """Return an empty array of free modes."""
    return np.zeros((0, len(constrained)))


def _with_rigid_constraints(body: Body, motion: EndMotion) -> EndMotion:
    """Return the motion with constraints of the remaining rigid-body modes."""
    rigid = find_rigid_constraints(body, motion.constrained)
    still = np.zeros(len(rigid))
    return replace(
        motion,
        constrained=np.concatenate([motion.constrained, rigid]),
        nrigid=len(rigid),
        free_modes=np.hstack([motion.free_modes, np.zeros((len(motion.free_modes), len(rigid)))]),
        path=lambda factor: np.concatenate([motion.path(factor), still]),
    )
