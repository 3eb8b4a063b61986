"""Equilibrium of a continuum at finite strain as the load controller wants it: what is given, what must vanish."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from microfem.fem.finite_strain.following_pressure import FollowingPressure
from microfem.fem.finite_strain.sheet import Membrane
from microfem.fem.finite_strain.solid import Solid
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.solvers.newton import Linear
from microfem.fem.solvers.scatter import Scatter, make_scatter
from microfem.fem.space import Floats, Ints

STEP = 1e-4  # of a load factor, over which motions are differenced
LEAST_STRAIN = 1e-4  # of a shear, whose forces count as at work where there are none: no load, or free growth


@dataclass
class Balance:
    """A continuum under an end motion: the Problem of newton.follow."""

    continuum: Solid | Membrane
    motion: EndMotion
    follower: FollowingPressure | None = None
    _sizes: Floats = field(init=False, repr=False)
    _least: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the free unknowns and where their couplings go."""
        continuum = self.continuum
        d, nodes = continuum.dim, continuum.nodes
        split = continuum.displacements
        used = np.zeros(continuum.size, dtype=bool)
        own = nodes[nodes < split // d]
        used[(d * np.unique(own)[:, None] + np.arange(d)).ravel()] = True
        used[split:] = True
        used[self.motion.given] = False
        self.free = np.flatnonzero(used)
        self._scatter: Scatter = make_scatter(nodes, continuum.numbers(self.free))
        self._sizes = np.zeros(continuum.size)
        self._volume = float(continuum.space.mesh.volumes[continuum.cells].sum())
        sheared = np.zeros(continuum.size)
        sheared[:split:d] = LEAST_STRAIN * continuum.space.locations[:, 1]
        self.forces(sheared, 0.0)
        self._least = float(np.linalg.norm(self._sizes[:split]))

    @property
    def given(self) -> Ints:
        """Unknowns with stated values."""
        return self.motion.given

    @property
    def slides(self) -> Floats:
        """Motions of what is given that are free."""
        return self.motion.free_modes

    def values(self, load: float) -> Floats:
        """Return the stated values at a load."""
        return self.motion.path(load)

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return inner less outer forces; None where a cell is inside out."""
        found = self.continuum.forces(x, load)
        if found is None:
            return None
        self._sizes = found[1]
        return found[0] if self.follower is None else found[0] - self.follower.forces(x, load)

    def error(self, x: Floats, forces: Floats, load: float) -> float:  # noqa: ARG002 - other problems need them
        """Return the larger of forces over those at work in cells, and of volumes off over the body's volume."""
        split = self.continuum.displacements
        work = max(float(np.linalg.norm(self._sizes[:split])), self._least)
        off = float(np.abs(forces[split:]).sum()) / self._volume
        return max(float(np.linalg.norm(forces[:split])) / work, off)

    def place(self, forces: Floats) -> str:
        """Return the name of the region where forces (n,) are largest."""
        mesh, d = self.continuum.space.mesh, self.continuum.dim
        size = np.abs(forces[: self.continuum.displacements]).reshape(-1, d).sum(axis=1)
        worst = size[self.continuum.space.cell_dofs[self.continuum.cells]].sum(axis=1).argmax()
        return mesh.regions[mesh.region_of_cell[self.continuum.cells[worst]]]

    def linearise(self, x: Floats, load: float, changes: Floats) -> Linear:
        """Return forces, tangent times changes, and the tangent between free unknowns."""
        blocks = self._scatter.zeros()
        forces, lifts = self.continuum.linearise(x, load, self._scatter.slots, blocks, changes)
        if self.follower is not None:
            forces = forces - self.follower.forces(x, load)
            self.follower.add_to(self._scatter, blocks, x, load, changes, lifts)
        return Linear(forces, lifts, self._scatter.upper(blocks))

    def commit(self, x: Floats, load: float) -> None:
        """Do nothing: elastic laws have no history."""

    def work_rate(self, forces: Floats, load: float) -> float:
        """Return the work of reactions, forces (n,) at a load, per unit of the load factor, uN um; in 2D uN."""
        rate = (self.motion.path(load + STEP) - self.motion.path(load - STEP)) / (2.0 * STEP)
        return float(forces[self.motion.given] @ rate)
