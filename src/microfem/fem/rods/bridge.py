"""A free ribbon between two rigid blocks that move: its rod model, planar and buckled paths, strains and forces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microfem.fem.rods.buckling import find_buckling, follow_stable
from microfem.fem.rods.cross_section import rectangle
from microfem.fem.rods.rod import NODE, Rod, fibre_lengths, fibres, generalised, measure, rotation
from microfem.fem.rods.rod_problem import RodProblem
from microfem.fem.solvers.newton import Equilibrium, Path, follow
from microfem.fem.solvers.settings import SolverSettings
from microfem.fem.space import Floats, Ints
from microfem.layout.ribbon import Ribbon

LEAST_ELEMENTS = 4  # per piece of the centre line
OUT_OF_PLANE = (2, 4, 5)  # unknowns of a node that vanish in a planar path: height, rotations about x and y

Pose = Callable[[float], tuple[Floats, Floats]]  # load factor -> position (3,), um, and quaternion (4,) of the far end


@dataclass(frozen=True)
class Bridge:
    """A ribbon as a rod; s: (n,) arc length of the nodes, um; piece: (n - 1,) of the centre line, by element."""

    ribbon: Ribbon
    rod: Rod
    s: Floats
    piece: Ints

    def problem(self, pose: Pose, plane: bool) -> RodProblem:
        """Return the problem with a clamped near end and the far end at `pose`, in 3D or, if `plane`, in its plane."""
        n, rest = len(self.s), self.rod.rest
        ends = np.concatenate([np.arange(NODE), np.arange(NODE * (n - 1), NODE * n)])
        flat = NODE * np.arange(1, n - 1)[:, None] + np.array(OUT_OF_PLANE)
        constrained = np.sort(np.concatenate([ends, flat.ravel()])) if plane else ends

        def motion(load: float) -> Floats:
            x = rest.copy()
            place, turn = pose(load)
            x[-NODE:] = *(place / self.rod.scale), *turn
            return x[constrained]

        return RodProblem(self.rod, constrained, motion)

    @cached_property
    def _ends(self) -> list[slice]:
        """Elements of each piece."""
        starts = np.flatnonzero(np.diff(self.piece, prepend=-1))
        return [slice(a, b) for a, b in zip(starts, [*starts[1:], len(self.piece)], strict=True)]

    def changes(self, x: Floats) -> tuple[Floats, Floats]:
        """Return g - g0 (n - 1, 2, 4) and the change of twist (n - 1, 2) at both ends of each element.

        The values in the middle of elements are extrapolated to their ends, within a piece of the centre line.
        """
        strains = measure(self.rod, x).strains
        middle = np.column_stack(
            [generalised(strains) - generalised(self.rod.rest_strains), strains[:, 3] - self.rod.rest_strains[:, 3]]
        )
        slope = np.zeros_like(middle)
        for part in self._ends:
            slope[part] = 0.5 * np.gradient(middle[part], axis=0, edge_order=2)
        both = np.stack([middle - slope, middle + slope], axis=1)
        return both[..., :4], both[..., 4]

    def surface_strains(self, x: Floats) -> Floats:
        """Return the largest principal nominal strain on the surface at both ends of each element, (n - 1, 2).

        From the strain e along the ribbon, -nu e normal to it and the shear gamma of the twist:
        (1 - nu) e / 2 + sqrt(((1 + nu) e / 2)2 + (gamma / 2)2).
        """
        section = self.rod.section
        changes, twist = self.changes(x)
        along = changes @ fibres(section.surface).T / fibre_lengths(self.rod, section.surface)[:, None]
        shear, nu = twist[..., None] * section.shears, section.poisson
        principal = 0.5 * (1.0 - nu) * along + np.hypot(0.5 * (1.0 + nu) * along, 0.5 * shear)
        return np.asarray(principal.max(axis=2))

    def strain_at(self, x: Floats, s: Floats, y: Floats, z: Floats) -> Floats:
        """Return the nominal strain along the ribbon at arc lengths s and section coordinates y, z, all (n,), um."""
        element, part = self._where(s)
        changes = self.changes(x)[0][element]
        g = changes[:, 0] + (changes[:, 1] - changes[:, 0]) * part[:, None]
        rest = self.rod.rest_strains[element]
        return np.asarray(
            (g[:, 0] + g[:, 1] * y + g[:, 2] * z + g[:, 3] * (y**2 + z**2)) / (1.0 - rest[:, 5] * y + rest[:, 4] * z)
        )

    def surface_strain_at(self, x: Floats, s: Floats) -> Floats:
        """Return the largest principal strain on the surface at arc lengths s (n,), um."""
        (element, part), values = self._where(s), self.surface_strains(x)
        return np.asarray(values[element, 0] + (values[element, 1] - values[element, 0]) * part)

    def _where(self, s: Floats) -> tuple[Ints, Floats]:
        """Return the element (n,) of arc lengths s, and the fraction of it before them (n,)."""
        element = np.clip(np.searchsorted(self.s, s, side="right") - 1, 0, len(self.piece) - 1)
        return element, (s - self.s[element]) / self.rod.lengths[element]

    def move(self, x: Floats, s: Floats, y: Floats, z: Floats) -> Floats:
        """Return the positions (n, 3) of points with the arc lengths s and section coordinates y, z, um."""
        at = x.reshape(-1, NODE)
        place = np.column_stack([np.interp(s, self.s, at[:, k] * self.rod.scale) for k in range(3)])
        frame = rotation(np.column_stack([np.interp(s, self.s, at[:, k]) for k in range(3, NODE)]))
        return np.asarray(place + frame[:, :, 1] * y[:, None] + frame[:, :, 2] * z[:, None])


def make_bridge(ribbon: Ribbon, young: float, poisson: float, count: int) -> Bridge:
    """Return a ribbon as a rod of about `count` elements, half of them distributed by length and half by angle."""
    turning = sum(abs(length * curvature) for length, curvature in ribbon.pieces) or np.inf
    shares = [0.5 * length * (1.0 / ribbon.length + abs(curvature) / turning) for length, curvature in ribbon.pieces]
    counts = [max(LEAST_ELEMENTS, round(count * share / sum(shares))) for share in shares]
    starts = np.concatenate([[0.0], np.cumsum([length for length, _ in ribbon.pieces])])
    parts = [a + (b - a) * np.arange(n) / n for a, b, n in zip(starts, starts[1:], counts, strict=False)]
    s = np.concatenate([*parts, starts[-1:]])
    places, headings = ribbon.at(s)
    turns = np.column_stack([np.cos(0.5 * headings), 0.0 * s, 0.0 * s, np.sin(0.5 * headings)])
    section = rectangle(ribbon.width, ribbon.thickness, young, poisson)
    rod = Rod(np.column_stack([places, 0.0 * s]), turns, np.diff(s), section)
    return Bridge(ribbon, rod, s, np.repeat(np.arange(len(counts)), counts))


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Results along a path of a bridge, one row per step.

    loads: (m,) load factors; strains: (m, n - 1, 2) largest principal strain on the surface at both ends of each
    element; heights: (m,) largest distance from the plane of the ends, um; forces, moments: (m, 3) on the far end, uN
    and uN um.
    """

    bridge: Bridge
    path: Path
    loads: Floats
    strains: Floats
    heights: Floats
    forces: Floats
    moments: Floats

    @property
    def largest(self) -> Floats:
        """Largest strain of each step (m,)."""
        return np.asarray(self.strains.max(axis=(1, 2)))


def _walked(bridge: Bridge, problem: RodProblem, path: Path) -> Walk:
    strains = np.array([bridge.surface_strains(step.x) for step in path.steps])
    ends = [_reaction(bridge.rod, problem, step) for step in path.steps]
    heights = np.array([np.abs(step.x.reshape(-1, NODE)[:, 2]).max() * bridge.rod.scale for step in path.steps])
    return Walk(
        bridge=bridge,
        path=path,
        loads=np.array([step.load for step in path.steps]),
        strains=strains,
        heights=heights,
        forces=np.array([force for force, _ in ends]),
        moments=np.array([moment for _, moment in ends]),
    )


def _reaction(rod: Rod, problem: RodProblem, step: Equilibrium) -> tuple[Floats, Floats]:
    """Return force (3,), uN, and moment (3,), uN um, on the far end; a small rotation phi changes q by phi q / 2."""
    forces = problem.forces(step.x, step.load)
    assert forces is not None
    w, v = step.x[-NODE + 3], step.x[-3:]
    moment = 0.5 * (w * forces[-3:] - forces[-4] * v - np.cross(forces[-3:], v))
    return forces[-NODE : -NODE + 3] / rod.scale, moment


@dataclass(frozen=True)
class BridgeOutcome:
    """Paths of a bridge.

    plane: planar path, None if the load leaves the plane; stable: path of stable equilibria; buckling: load factor and
    mode (n, 7) of the bifurcation, None without one.
    """

    plane: Walk | None
    stable: Walk
    buckling: tuple[float, Floats] | None


def walk_bridge(
    bridge: Bridge,
    pose: Pose,
    load_factors: Sequence[float],
    flat: bool,
    planar: bool,
    settings: SolverSettings = SolverSettings(),
) -> BridgeOutcome:
    """Move the far end of a bridge to each of `load_factors`.

    flat: the load keeps the bridge in its plane; planar: follow the planar path only.

    Raises:
        SolveError: the first step does not converge.
    """
    free = bridge.problem(pose, plane=False)
    if not flat:
        path = follow_stable(free, bridge.rod.rest, load_factors, settings)
        return BridgeOutcome(None, _walked(bridge, free, path), None)
    inside = bridge.problem(pose, plane=True)
    path = follow(inside, bridge.rod.rest, load_factors, settings=settings)
    plane = _walked(bridge, inside, path)
    if planar:
        return BridgeOutcome(plane, plane, None)
    buckling = find_buckling(inside, bridge.rod.rest, path, free, settings)
    if buckling is None:
        return BridgeOutcome(plane, _walked(bridge, free, path), None)
    stable = _walked(bridge, free, follow_stable(free, bridge.rod.rest, load_factors, settings))
    return BridgeOutcome(plane, stable, (buckling[0], buckling[1].reshape(-1, NODE)))
