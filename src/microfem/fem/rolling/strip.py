"""Roll-up of a free strip of layers: equilibrium by finite elements, from the roll of plane sections.

The strip lies along x, its layers stacked along y, in plane strain. Newton's method starts at full growth with the
displacements and pressures of the circular arc of rollup.py: a load path from the flat strip would take hundreds of
steps. The arc is exact except at the ends, where the stress of a layer is not balanced; since a moment at an end bends
the whole strip, the ends are relaxed first while the rest is constrained. There is no contact: windings overlap, and
the curl is that of a free strip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from microfem.base.errors import MicrofemError, SolveError
from microfem.fem.error_estimates.recovery import gradient_error, make_patches
from microfem.fem.finite_strain.bodies import eigenstrains
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.finite_strain.laws import law_of, neo_hooke
from microfem.fem.finite_strain.solid import PRESSURE, Solid
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.rolling.rollup import Ply, Roll, roll_up
from microfem.fem.solvers.newton import Equilibrium, follow
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.space import Floats, Ints, Space, shape_gradients
from microfem.mesh import Mesh

FLATTEST = 1e-9  # curvature times half the thickness below which a strip counts as flat
ENDS = 5.0  # length of each end that is relaxed first, in thicknesses
LONGER = 4.0  # growth of that length after a failure: soft layers between stiff ones have longer ends


def make_strip(mesh: Mesh, strains: Mapping[str, float]) -> tuple[Solid, list[Ply]]:
    """Return the solid of a flat strip and its layers from the lowest y up; strains: misfit strain by region or role.

    Layers are incompressible, with the plane-strain modulus of their material. Fg = diag(g, 1 / (g h), h), the last
    along the roll's axis, h = 1 + e and g = h^(nu + 1/2): natural stretch and stiffness are then those of rollup.py,
    and growth is isotropic along the strip if nu = 1/2.

    Raises:
        MicrofemError: a layer has no law, or no layer has a stated name.
    """
    layout, names = mesh.layout, mesh.regions
    strain = eigenstrains(layout, strains)
    plies, laws, growth = [], [], []
    for name in names:
        box, law = layout.part(name).footprint.bounds, law_of(layout.material(name))
        ply = Ply(box[3] - box[1], law.young, law.poisson, strain[name])
        axial = 1.0 + ply.strain
        along = ply.natural_stretch("strain") / axial**0.5
        plies.append((box[1], ply))
        laws.append(neo_hooke(0.25 * ply.modulus("strain")))
        growth.append([along - 1.0, 1.0 / (along * axial) - 1.0, axial - 1.0])
    region = np.asarray(mesh.region_of_cell, dtype=np.int64)  # one law each: pressures jump with the misfit strain too
    solid = Solid(
        space=Space(mesh, 2),
        cells=np.arange(len(mesh.cells)),
        law=region,
        laws=tuple(laws),
        eigenstrain=np.array(growth)[region],
    )
    return solid, [ply for _, ply in sorted(plies, key=lambda layer: layer[0])]


@dataclass(frozen=True)
class Rolled:
    """A strip in equilibrium: the initial roll of plane sections, x (n,), relative residual, all iterations."""

    section: Roll
    x: Floats
    residual: float
    iterations: int


def roll_strip(solid: Solid, plies: Sequence[Ply], settings: SolverSettings = SolverSettings()) -> Rolled:
    """Solve for the free shape of a strip whose layers, from the lowest y up, are `plies`.

    Raises:
        MicrofemError: the strip does not curl.
        SolveError: Newton's method does not converge.
    """
    section = roll_up(plies)
    if abs(section.curvature) * section.edges[-1] < FLATTEST:
        raise MicrofemError("the misfit strain does not curl the strip; strain one layer more than the others")
    mesh = solid.space.mesh
    ends = np.abs(mesh.points[mesh.cells, 0] - _middle(solid.space)[0]).max(axis=1)
    x, reach, iterations = _start(solid, section), ENDS * 2.0 * section.edges[-1], 0
    while True:
        free = np.flatnonzero(ends > 0.5 * float(np.ptp(mesh.points[:, 0])) - reach)
        if len(free) < len(mesh.cells):
            step = _relax_ends(solid, section, x, free, settings)
            x, iterations = step.x, iterations + step.iterations
        try:
            step = _relax(solid, x, settings)
        except SolveError:
            if len(free) == len(mesh.cells):
                raise
            reach *= LONGER
        else:
            return Rolled(section, step.x, step.residual, iterations + step.iterations)


def _at_once(settings: SolverSettings) -> SolverSettings:
    """Return settings with the whole load in one step: the start is a good guess at full load only."""
    return replace(settings, newton=replace(settings.newton, least_step=1.0))


def _relax(solid: Solid, x: Floats, settings: SolverSettings) -> Equilibrium:
    """Return the equilibrium of the whole strip near x."""
    rigid = _rigid_constraints(solid.space)
    balance = Balance(continuum=solid, motion=_between(rigid, x[rigid], x[rigid]))
    return follow(balance, x, [1.0], reach=_size(solid), settings=_at_once(settings)).steps[0]


def _relax_ends(solid: Solid, section: Roll, x: Floats, free: Ints, settings: SolverSettings) -> Equilibrium:
    """Return the equilibrium of the cells `free` at both ends, with all others constrained to x.

    If Newton's method does not converge from x, each end starts as a straight strip, tangent to the arc, and bends
    while the misfit strain grows from 0.
    """
    space, split, dofs = solid.space, solid.displacements, solid.space.cell_dofs
    part = replace(solid, cells=solid.cells[free], law=solid.law[free], eigenstrain=solid.eigenstrain[free])
    border = np.intersect1d(dofs[part.cells], dofs[np.setdiff1d(solid.cells, part.cells)])
    held = (solid.dim * border[:, None] + np.arange(solid.dim)).ravel()
    start = np.zeros(part.size)
    pressures, own = solid.fields[PRESSURE].unknowns[free], part.fields[PRESSURE].unknowns
    start[:split], start[own] = x[:split], x[pressures]
    size = _size(solid)
    try:
        balance = Balance(continuum=part, motion=_between(held, x[held], x[held]))
        path = follow(balance, start, [1.0], reach=size, settings=_at_once(settings))
    except SolveError:
        start = np.zeros(part.size)
        start[:split] = _straight(solid, section, float(np.abs(space.locations - _middle(space))[border, 0].max()))
        balance = Balance(continuum=part, motion=_between(held, start[held], x[held]))
        path = follow(balance, start, [1.0], first=0.25, reach=size, settings=settings)
    if path.stopped:
        raise SolveError(path.stopped)
    last, whole = path.steps[-1], x.copy()
    moved = (solid.dim * np.unique(dofs[part.cells])[:, None] + np.arange(solid.dim)).ravel()
    whole[moved], whole[pressures] = last.x[moved], last.x[own]
    return replace(last, x=whole, iterations=path.iterations)


def _straight(solid: Solid, section: Roll, reach: float) -> Floats:
    """Return displacements onto the arc's tangents at the distance `reach` from the middle, um."""
    flat = solid.space.locations - _middle(solid.space)
    placed = np.empty_like(flat)
    for side in (-1.0, 1.0):
        here, foot = side * flat[:, 0] >= 0.0, np.array([[side * reach, 0.0]])
        cosine, sine = np.cos(section.curvature * foot[0, 0]), np.sin(section.curvature * foot[0, 0])
        placed[here] = (flat[here] - foot) @ np.array([[cosine, -sine], [sine, cosine]]) + arc(section, foot)
    return np.asarray((placed - flat).ravel())


def _between(held: Ints, low: Floats, high: Floats) -> EndMotion:
    return EndMotion(constrained=held, path=lambda load: low + load * (high - low), free_modes=np.zeros((0, len(held))))


def arc(section: Roll, flat: Floats) -> Floats:
    """Return the positions (n, 2) on the roll of points (n, 2) of the flat strip, from its centre, um."""
    angle, radius = section.curvature * flat[:, 0], section.radius(flat[:, 1])
    return np.column_stack([radius * np.sin(angle), radius * np.cos(angle) - section.radius(0.0)])


def _start(solid: Solid, section: Roll) -> Floats:
    space, split = solid.space, solid.displacements
    points, middle = space.locations, _middle(space)
    x = np.zeros(solid.size)
    x[:split] = (arc(section, points - middle) - (points - middle)).ravel()
    heights = space.mesh.points[:, 1] - middle[1]
    for k in range(len(section.plies)):
        low, high = section.edges[k], section.edges[k + 1]
        centres = heights[space.mesh.cells[solid.cells]].mean(axis=1)
        rows = np.flatnonzero((centres > low) & (centres < high))
        at = np.clip(heights[space.mesh.cells[solid.cells[rows]]], low, high)
        x[solid.fields[PRESSURE].unknowns[rows]] = section.stresses(k, at).mean(axis=-1)
    return x


def _size(solid: Solid) -> float:
    """Return the length of the strip, um, the scale of round-off in its displacements."""
    return float(np.ptp(solid.space.mesh.points[:, 0]))


def _middle(space: Space) -> Floats:
    points = space.mesh.points
    return np.asarray(0.5 * (points.min(axis=0) + points.max(axis=0)))


def _rigid_constraints(space: Space) -> Ints:
    """Return the displacements of a point on the lower face at mid-length, and along x of the point above it."""
    points, middle = space.mesh.points, _middle(space)
    low, high = points[:, 1].min(), points[:, 1].max()
    small = 1e-6 * (high - low)
    lower = np.flatnonzero(points[:, 1] < low + small)
    foot = lower[np.abs(points[lower, 0] - middle[0]).argmin()]
    upper = np.flatnonzero(points[:, 1] > high - small)
    head = upper[np.abs(points[upper, 0] - points[foot, 0]).argmin()]
    return np.array(sorted([2 * foot, 2 * foot + 1, 2 * head]), dtype=np.int64)


@dataclass(frozen=True)
class StripFace:
    """The strip's lower or upper face, edge by edge along x.

    along: (n,) x of the middle of each edge, um; span: (n,) flat length, um; length: (n,) bent length, um; turn: (n,)
    angle to the x axis, rad, without jumps.
    """

    along: Floats
    span: Floats
    length: Floats
    turn: Floats


def face_of(space: Space, edges: Ints, u: Floats) -> StripFace:
    """Return the face with the edges (n, 2) under the displacement u (ndofs, 2), um."""
    x = space.mesh.points[edges, 0]
    edges = np.where((x[:, 0] < x[:, 1])[:, None], edges, edges[:, ::-1])
    edges = edges[np.argsort(x.mean(axis=1))]
    nodes = space.dofs(edges)
    bent = (space.locations + u)[nodes]
    at, weight = np.polynomial.legendre.leggauss(4)
    gradients = shape_gradients(1, 2, tuple((0.5 + 0.5 * x,) for x in at))[..., 0]
    tangents = np.einsum("qa,nai->nqi", gradients, bent)
    flat = space.mesh.points[edges, 0]
    chord = bent[:, 1] - bent[:, 0]
    return StripFace(
        flat.mean(axis=1),
        flat[:, 1] - flat[:, 0],
        0.5 * np.linalg.norm(tangents, axis=2) @ weight,
        np.unwrap(np.arctan2(chord[:, 1], chord[:, 0])),
    )


@dataclass(frozen=True)
class Curl:
    """The arc of the middle half of a strip.

    curvature: angle per flat length, 1/um, above 0 with the lower face inside; inner, outer: radii of the lower and the
    upper face, um, below 0 where the upper one is inside; windings: turns from one end to the other.
    """

    curvature: float
    inner: float
    outer: float
    windings: float

    @property
    def middle(self) -> float:
        """Radius of the middle line, um."""
        return 0.5 * (self.inner + self.outer)

    @property
    def thickness(self) -> float:
        """Thickness of the bent strip, um."""
        return self.outer - self.inner


def curl_of(space: Space, u: Floats) -> Curl:
    """Return the arc of a strip, away from its ends, under the displacement u (ndofs, 2), um."""
    lower, upper = (face_of(space, space.mesh.faces[name], u) for name in ("ymin", "ymax"))
    middle, length = _middle(space)[0], float(np.ptp(space.mesh.points[:, 0]))
    inside = np.abs(lower.along - middle) < 0.25 * length
    k = -float(np.polyfit(lower.along[inside], lower.turn[inside], 1)[0])

    def radius(face: StripFace) -> float:
        rows = np.abs(face.along - middle) < 0.25 * length
        return float(face.length[rows].sum() / face.span[rows].sum()) / k

    return Curl(k, radius(lower), radius(upper), abs(float(lower.turn[-1] - lower.turn[0])) / (2.0 * np.pi))


def strip_error(solid: Solid, x: Floats) -> tuple[Floats, Floats]:
    """Return the squared error in energy of each cell (ncells,), and the anisotropy metric (npoints, 2, 2).

    The error is the recovered minus the own deformation gradient, weighted by the shear modulus.
    """
    mesh = solid.space.mesh
    none = np.zeros(0, dtype=np.int64)
    region = mesh.region_of_cell[solid.cells]
    patches = make_patches(mesh.points, mesh.cells[solid.cells], region, none, 2)
    error = gradient_error(patches, np.ascontiguousarray(solid.gradients(x, 1.0)[..., :2, :2]))
    mu = np.array([law.shear for law in solid.laws])[solid.law]
    outer = np.einsum("n,naij,naik->njk", mu * mesh.volumes[solid.cells] / error.shape[1], error, error)
    of_cell, anisotropy = np.zeros(len(mesh.cells)), np.zeros((len(mesh.points), 2, 2))
    of_cell[solid.cells] = np.trace(outer, axis1=1, axis2=2)
    np.add.at(anisotropy, mesh.cells[solid.cells], outer[:, None])
    return of_cell, anisotropy
