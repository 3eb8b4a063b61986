"""Free-standing bridges between rigid islands: ribbons as rods that stretch, bend, twist and buckle out of plane.

Each bridge is a geometrically exact rod, clamped to the islands at both ends (see fem/rods/rod.py); its material is
linear elastic. Islands are rigid, and the model leaves out the substrate and the cover. A stretch is that of the whole
device: a bridge that spans the part L of the pitch P lengthens by strain x P, an island does not. In the view `3d` the
equilibrium is the stable one: where the flat ribbon is unstable, it buckles out of its plane to a lower energy. In the
view `plan` it stays flat. J. C. Simo, Comput. Methods Appl. Mech. Eng. 49 (1985) 55.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Entry
from pydantic import model_validator

from microfem.base.errors import MicrofemError
from microfem.fem.solvers.settings import SolverSettings
from microfem.layout import Flat
from microfem.physics.frame import Field, Floats, Report, Solution, Step, physics
from microfem.physics.mechanics.load_actions import LoadedCase
from microfem.physics.mechanics.loads import Bend, OneLoad, OneOf, Stretch, Twist

if TYPE_CHECKING:
    from microfem.fem.rods.bridge import Bridge, BridgeOutcome, Pose
    from microfem.fem.space import Space
    from microfem.layout.ribbon import Ribbon
    from microfem.mesh import Mesh

ELEMENTS, PER_PIECE = 200, 8  # elements of a rod, or of each arc and leg if more; half as many give the error
EARLY = 1.5  # exponent of evenly spaced load factors: early steps are shorter, since bridges buckle there
UNDER_AND_OVER = ("substrate", "encapsulation")


class BridgeLoad(OneOf):
    """The loads of bridges between islands."""

    stretch: Stretch | None = None
    bend: Bend | None = None
    twist: Twist | None = None


class BridgesCase(LoadedCase):
    """One load on the islands; steps: number of load steps.

    order: of the mesh that shows the rods; results do not depend on it.
    """

    physics: Literal["bridges"]
    order: Literal[1, 2] = 1
    load: BridgeLoad
    steps: int = Entry(40, ge=4, le=400)

    @model_validator(mode="after")
    def _possible(self) -> BridgesCase:
        load = self.load.chosen
        if self.dimension == "section":
            raise ValueError("bridges are solved in dimension: 3d, and flat in dimension: plan")
        if self.dimension == "plan" and not isinstance(load, Stretch):
            raise ValueError("bend and twist take bridges out of their plane; use dimension: 3d")
        if isinstance(load, Stretch) and load.clamped:
            raise ValueError("clamped: islands are rigid and clamp the bridges anyway; leave it out")
        if load.axis != ("y" if isinstance(load, Bend) else "x"):  # type: ignore[attr-defined]
            raise ValueError("bridges run along x: state stretch and twist along x, and bend about y")
        return self


FIELDS = {
    "displacement": ("displacement", "um"),
    "strain": ("nominal strain along the ribbon", "1"),
    "surface_strain": ("largest principal strain at the surface there", "1"),
}


@dataclass(frozen=True, kw_only=True)
class BridgesSolution(Solution):
    """The outcomes with all elements and with half as many, and the load."""

    fine: BridgeOutcome
    coarse: BridgeOutcome
    load: OneLoad


@physics("bridges", BridgesCase, FIELDS, BridgesSolution, drawn_where="displacement")
def solve(mesh: Mesh, case: BridgesCase, settings: SolverSettings = SolverSettings()) -> BridgesSolution:
    """Find the equilibria of the bridges' rods while the islands move; the mesh serves for pictures alone."""
    from microfem.fem.finite_strain.bodies import moduli_of
    from microfem.fem.rods.bridge import follow_bridge, make_bridge
    from microfem.fem.space import Space

    started = time.perf_counter()
    ribbon = _ribbon(mesh)
    load = case.load.chosen
    pose = _pose(ribbon, load)
    young, poisson = moduli_of(mesh.layout.material(ribbon.regions[0]))
    load_factors = list((np.arange(1, case.steps + 1) / case.steps) ** EARLY)
    flat, planar = isinstance(load, Stretch), case.dimension == "plan"
    count = max(ELEMENTS, PER_PIECE * len(ribbon.pieces))
    bridges = [make_bridge(ribbon, young, poisson, elements) for elements in (count, count // 2)]
    fine, coarse = (follow_bridge(bridge, pose, load_factors, flat, planar, settings) for bridge in bridges)
    walk, space = fine.stable, Space(mesh, case.order)
    shown = _Shown(mesh, space, ribbon, walk.bridge)
    moved = [shown.displacement(equilibrium.x, pose(equilibrium.load)) for equilibrium in walk.path.steps]
    steps = tuple(
        Step(
            at=equilibrium.load,
            displacement=np.nan_to_num(u),
            totals=_totals(mesh, fine, k),
            out_of_plane_stretch=None,
            fields=partial(_fields, shown, equilibrium.x, u),
        )
        for k, (equilibrium, u) in enumerate(zip(walk.path.steps, moved, strict=True))
    )
    last, fields = walk.path.steps[-1], steps[-1].fields()
    seconds = time.perf_counter() - started
    report = Report(
        ndofs=len(walk.bridge.rod.rest),
        ncells=len(walk.bridge.rod.lengths),
        residual=last.residual,
        balance_error=last.residual,
        seconds=seconds,
    )
    return BridgesSolution(
        case=case,
        mesh=mesh,
        space=space,
        fields=fields,
        totals=steps[-1].totals,
        report=report,
        steps=steps,
        stopped=walk.path.stopped,
        fine=fine,
        coarse=coarse,
        load=load,
    )


def _fields(shown: _Shown, x: Floats, moved: Floats) -> dict[str, Field]:
    """Return the fields of a bridge; x: degrees of freedom of its rod; moved: displacement of the mesh."""
    fields = {"displacement": Field("displacement", *FIELDS["displacement"], "dofs", moved)}
    for name, values in zip(("strain", "surface_strain"), shown.strains(x), strict=True):
        fields[name] = Field(name, *FIELDS[name], "quadrature", values)
    return fields


def _ribbon(mesh: Mesh) -> Ribbon:
    """Return the layout's ribbon; refuse a layout that has no free bridges of one material."""
    layout = mesh.layout
    if layout.ribbon is None:
        raise MicrofemError(
            "bridges: this layout has no bridges between islands; use the family island_bridge with two columns or more"
        )
    if layout.placement != Flat():
        raise MicrofemError("bridges: the islands must be flat; leave out the placement")
    names = {layout.material(name).name for name in layout.ribbon.regions}
    if len(names) > 1:
        raise MicrofemError(f"bridges: all bridges must be of one material, not of {', '.join(sorted(names))}")
    return layout.ribbon


def _pose(ribbon: Ribbon, load: OneLoad) -> Pose:
    """Return a function: load factor -> position and rotation of a bridge's far end relative to its near end.

    The centres of islands keep the pitch as arc length: along x in a twist, on an arc of the radius in a bend.
    """
    from microfem.fem.rods.rod import turned

    span, pitch = ribbon.span, ribbon.pitch
    beside = 0.5 * (pitch - span)  # from an island's centre to its edge
    if isinstance(load, Stretch):
        if span + load.strain * pitch <= 0.0:
            least = -span / pitch
            raise MicrofemError(f"stretch: at {load.strain:.4g} the islands meet; it must be above {least:.4g}")
        return lambda t: (np.array([span + t * load.strain * pitch, 0.0, 0.0]), turned(0.0, (1.0, 0.0, 0.0)))
    if isinstance(load, Twist):
        angle = load.over(pitch) if load.angle is None else load.angle / len(ribbon.regions)
        return lambda t: (np.array([span, 0.0, 0.0]), turned(t * angle, (1.0, 0.0, 0.0)))
    assert isinstance(load, Bend)
    if abs(load.radius) < pitch / math.pi:
        raise MicrofemError(
            f"bend: a radius of {abs(load.radius):.4g} um turns neighbouring islands by more than half "
            f"a turn; it must be above {pitch / math.pi:.4g} um"
        )

    def bent(t: float) -> tuple[Floats, Floats]:
        angle = t * pitch / load.radius
        along, up = pitch * np.sinc(angle / np.pi), pitch * np.sinc(0.5 * angle / np.pi) * np.sin(0.5 * angle)
        place = [along - beside * (1.0 + np.cos(angle)), 0.0, up - beside * np.sin(angle)]
        return np.array(place), turned(-angle, (0.0, 1.0, 0.0))

    return bent


def _totals(mesh: Mesh, outcome: BridgeOutcome, step: int) -> dict[str, tuple[float, str]]:
    """Return the force and moment on the far island, strain and height of the bridge; in a plan per um of thickness."""
    walk = outcome.stable
    depth = walk.bridge.ribbon.thickness if mesh.dim == 2 else 1.0
    per = "/um" if mesh.dim == 2 else ""
    totals = {"max_strain": (float(walk.largest[step]), "1"), "out_of_plane": (float(walk.heights[step]), "um")}
    for name, values, unit in (("force", walk.forces[step], "uN"), ("moment", walk.moments[step], "uN um")):
        totals |= {
            f"{name}.{axis}": (float(component) / depth, unit + per)
            for axis, component in zip("xyz", values, strict=True)
        }
    if outcome.buckling is not None:
        totals["buckling_load"] = (outcome.buckling[0], "1")
    return totals


@dataclass(frozen=True)
class _Shown:
    """The mesh of a device, moved with its rods: islands follow the rods' ends, bridges their centre lines."""

    mesh: Mesh
    space: Space
    ribbon: Ribbon
    bridge: Bridge

    def displacement(self, x: Floats, end: tuple[Floats, Floats]) -> Floats:
        """Return the displacement (ndofs, dim) of islands and bridges, NaN elsewhere; the first island stays."""
        rest = _spatial(self.space.locations, self.ribbon.z)
        moved = np.full(rest.shape, np.nan)
        for block, dofs in enumerate(self._islands):
            moved[dofs] = self._carried(rest[dofs] - self._start(block), block, end)
        for block, (dofs, s, y, row_offset) in enumerate(self._bridges):
            moved[dofs] = self._carried(
                self.bridge.move(x, s, y, rest[dofs, 2] - self.ribbon.z) + row_offset, block, end
            )
        return (moved - rest)[:, : self.mesh.dim]

    def _start(self, block: int) -> Floats:
        """Return the starting point of the bridge behind an island of the first row, also for the last island."""
        x, y = self.ribbon.starts[0][0]
        return np.array([x + block * self.ribbon.pitch, y, self.ribbon.z])

    def _carried(self, points: Floats, block: int, end: tuple[Floats, Floats]) -> Floats:
        """Move points, stated relative to the start of a bridge, with the island in front of that bridge."""
        from microfem.fem.rods.rod import rotation

        (place, turn), ahead = end, np.array([self.ribbon.pitch - self.ribbon.span, 0.0, 0.0])
        for _ in range(block):
            points = (points + ahead) @ rotation(turn).T + place
        return points + self._start(0)

    def strains(self, x: Floats) -> Floats:
        """Return the strain along the ribbon and the largest at its surface (2, ncells, nq).

        It is 0 in islands and NaN outside bridges and islands.
        """
        from microfem.fem.space import quadrature

        mesh, inner = self.mesh, np.array(quadrature(self.mesh.dim))
        weights = np.column_stack([1.0 - inner.sum(axis=1), inner])
        points = np.einsum("qv,nvd->nqd", weights, mesh.points[mesh.cells])
        strains = np.full((2, *points.shape[:2]), np.nan)
        strains[:, self._firm] = 0.0
        for block, name in enumerate(self.ribbon.regions):
            cells = mesh.cells_of(name)
            at = _spatial(points[cells].reshape(-1, mesh.dim), self.ribbon.z)
            s, y, _ = self._find(at, block)
            both = self.bridge.strain_at(x, s, y, at[:, 2] - self.ribbon.z), self.bridge.surface_strain_at(x, s)
            strains[:, cells] = np.reshape(both, (2, len(cells), -1))
        return strains

    def _find(self, points: Floats, block: int) -> tuple[Floats, Floats, Floats]:
        """Return the arc length and offset (n,) of points in their ribbons, and the offset of their rows (n, 3)."""
        s, y, row_offset = np.full(len(points), np.nan), np.full(len(points), np.nan), np.zeros((len(points), 3))
        for x0, y0 in self.ribbon.starts[block]:
            length, offset = self.ribbon.find(points[:, :2] - [x0, y0])
            new = ~np.isnan(length)
            s[new], y[new], row_offset[new, 1] = length[new], offset[new], y0 - self.ribbon.starts[block][0][1]
        if np.isnan(s).any():
            raise MicrofemError(
                f"bridges: {int(np.isnan(s).sum())} points of {self.ribbon.regions[block]} are not on its ribbon"
            )
        return s, y, row_offset

    @cached_property
    def _bridges(self) -> list[tuple[NDArray[np.int64], Floats, Floats, Floats]]:
        """The degrees of freedom of each region of bridges, and their coordinates on the ribbons."""
        where, bridges = _spatial(self.space.locations, self.ribbon.z), []
        for block, name in enumerate(self.ribbon.regions):
            dofs = np.unique(self.space.cell_dofs[self.mesh.cells_of(name)])
            bridges.append((dofs, *self._find(where[dofs], block)))
        return bridges

    @cached_property
    def _firm(self) -> NDArray[np.int64]:
        """The cells of islands."""
        roles = [self.mesh.layout.part(name).role for name in self.mesh.regions]
        excluded = [
            name in self.ribbon.regions or role in UNDER_AND_OVER
            for name, role in zip(self.mesh.regions, roles, strict=True)
        ]
        return np.flatnonzero(~np.array(excluded)[self.mesh.region_of_cell])

    @cached_property
    def _islands(self) -> list[NDArray[np.int64]]:
        """The degrees of freedom of each column of islands."""
        cells = self._firm
        centres = self.mesh.points[self.mesh.cells[cells]].mean(axis=1)[:, 0]
        column = np.searchsorted([block[0][0] for block in self.ribbon.starts], centres)
        return [np.unique(self.space.cell_dofs[cells[column == k]]) for k in range(len(self.ribbon.starts) + 1)]


def _spatial(points: Floats, height: float) -> Floats:
    """Return points in 3D; points of a plan get a height."""
    return points if points.shape[1] == 3 else np.column_stack([points, np.full(len(points), height)])
