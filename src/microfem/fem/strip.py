"""A free strip of layers that curls: equilibrium by finite elements from the roll of plane sections.

The strip lies along x, its layers stacked along y, in plane strain. Newton's method starts at full growth from the
circular arc of rollup.py, displacements and pressures; that is within the edge effects of the solution, where a path from
the flat strip would take hundreds of steps. Nothing keeps windings apart: they lie on top of each other, and the curl is
that of a strip that is free.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from microfem.errors import MicrofemError
from microfem.fem.newton import Linear, Path, follow
from microfem.fem.rollup import Ply, Roll, roll_up
from microfem.fem.scatter import Scatter, make_scatter
from microfem.fem.solid import Solid
from microfem.fem.space import Floats, Ints, Space

FLATTEST = 1e-9  # curvature times thickness below which a strip counts as flat


@dataclass
class FreeStrip:
    """The equilibrium of a solid without any force on it, three displacements held against rigid motions.

    start: (size,) where it begins; pins: three displacement unknowns.
    """

    solid: Solid
    start: Floats
    pins: Ints
    _sizes: Floats | None = None

    @property
    def given(self) -> Ints:
        """The pins."""
        return self.pins

    @cached_property
    def free(self) -> Ints:
        """Displacements and pressures of the cells but the pins."""
        d, used = self.solid.dim, np.unique(self.solid.space.cell_dofs[self.solid.cells])
        moved = (d * used[:, None] + np.arange(d)).ravel()
        return np.setdiff1d(np.concatenate([moved, np.arange(self.solid.displacements, self.solid.size)]), self.pins)

    @property
    def slides(self) -> Floats:
        """None."""
        return np.zeros((0, len(self.pins)))

    @cached_property
    def _scatter(self) -> Scatter:
        return make_scatter(self.solid.nodes, self.solid.numbers(self.free))

    def values(self, load: float) -> Floats:
        """Return where the pins are held."""
        return self.start[self.pins]

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return inner forces, None where a cell is inside out."""
        found = self.solid.forces(x, load)
        if found is None:
            return None
        self._sizes = found[1]
        return found[0]

    def error(self, x: Floats, forces: Floats, load: float) -> float:
        """Return what is left of forces relative to the cells' own, or of volumes relative to the whole."""
        split = self.solid.displacements
        assert self._sizes is not None
        own = float(np.linalg.norm(self._sizes[:split]))
        volume = float(np.abs(forces[split:]).sum() / self.solid.space.mesh.volumes.sum())
        return max(float(np.linalg.norm(forces[:split])) / max(own, 1e-300), volume)

    def place(self, forces: Floats) -> str:
        """Return the region where forces are largest."""
        mesh, d = self.solid.space.mesh, self.solid.dim
        dof = int(np.abs(forces[: self.solid.displacements]).argmax()) // d
        cell = self.solid.cells[(self.solid.space.cell_dofs[self.solid.cells] == dof).any(axis=1).argmax()]
        return mesh.regions[mesh.region_of_cell[cell]]

    def linearise(self, x: Floats, load: float, changes: Floats) -> Linear:
        """Return inner forces, the tangent times changes, its upper triangle."""
        blocks = self._scatter.zeros()
        forces, lifts = self.solid.linearise(x, load, self._scatter.slots, blocks, changes)
        return Linear(forces, lifts, self._scatter.upper(blocks))

    def commit(self, x: Floats, load: float) -> None:
        """Keep nothing: the strip is elastic."""


@dataclass(frozen=True)
class Rolled:
    """A strip in equilibrium: the roll of plane sections that it began with, unknowns, how Newton's method went."""

    section: Roll
    x: Floats
    path: Path


def roll_strip(solid: Solid, plies: Sequence[Ply], say: Callable[[str], None] = lambda _: None) -> Rolled:
    """Solve for the free shape of a strip whose layers, from the lowest y up, are `plies`.

    Raises:
        MicrofemError: the strip does not curl. SolveError: Newton's method does not converge.
    """
    section = roll_up(plies)
    if abs(section.curvature) * section.edges[-1] < FLATTEST:
        raise MicrofemError("the mismatch does not curl the strip; strain one layer more than the others")
    problem = FreeStrip(solid, _start(solid, section), _pins(solid.space))
    path = follow(problem, problem.start, [1.0], say)
    return Rolled(section, path.steps[-1].x, path)


def arc(section: Roll, flat: Floats) -> Floats:
    """Return where points (n, 2) of the flat strip, x from its middle and height from its own, are on the roll, um."""
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
        x[split + solid.corners[rows]] = section.stresses(k, at).mean(axis=-1)
    return x


def _middle(space: Space) -> Floats:
    points = space.mesh.points
    return np.asarray(0.5 * (points.min(axis=0) + points.max(axis=0)))


def _pins(space: Space) -> Ints:
    """Return the displacements of a point at the lower face in mid-length, and along x of the one above it."""
    points, middle = space.mesh.points, _middle(space)
    low, high = points[:, 1].min(), points[:, 1].max()
    small = 1e-6 * (high - low)
    lower = np.flatnonzero(points[:, 1] < low + small)
    foot = lower[np.abs(points[lower, 0] - middle[0]).argmin()]
    upper = np.flatnonzero(points[:, 1] > high - small)
    head = upper[np.abs(points[upper, 0] - points[foot, 0]).argmin()]
    return np.array(sorted([2 * foot, 2 * foot + 1, 2 * head]), dtype=np.int64)
