"""Equilibrium of a continuum at finite strain, as an EquilibriumProblem of fem/solvers/newton.py."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from microfem.fem.finite_strain.continuum import DISPLACEMENT
from microfem.fem.finite_strain.following_pressure import FollowingPressure
from microfem.fem.finite_strain.sheet import Membrane
from microfem.fem.finite_strain.solid import Solid
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.solvers.newton import Linear
from microfem.fem.solvers.scatter import Scatter, make_scatter
from microfem.fem.space import Floats, Ints

STEP = 1e-4  # of the load factor, for the central difference of a motion
LEAST_STRAIN = 1e-4  # shear strain whose forces are the least reference of a residual: without load or in free growth


@dataclass(kw_only=True)
class Balance:
    """A continuum under an end motion: the EquilibriumProblem of newton.follow."""

    continuum: Solid | Membrane
    motion: EndMotion
    follower: FollowingPressure | None = None
    _sizes: Floats = field(init=False, repr=False)
    _least: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Find the free degrees of freedom, the sparsity and the reference force."""
        continuum = self.continuum
        d, split = continuum.dim, continuum.displacements
        used = np.zeros(continuum.size, dtype=bool)
        used[continuum.fields[DISPLACEMENT].unknowns] = True
        used[split:] = True
        used[self.motion.constrained] = False
        self.free = np.flatnonzero(used)
        self._scatter: Scatter = make_scatter(continuum.fields.simplices(), continuum.fields.numbers(self.free))
        self._sizes = np.zeros(continuum.size)
        self._volume = float(continuum.space.mesh.volumes[continuum.cells].sum())
        sheared = np.zeros(continuum.size)
        sheared[:split:d] = LEAST_STRAIN * continuum.space.locations[:, 1]
        self.forces(sheared, 0.0)
        self._least = float(np.linalg.norm(self._sizes[:split]))

    @property
    def constrained(self) -> Ints:
        """Constrained degrees of freedom."""
        return self.motion.constrained

    @property
    def free_modes(self) -> Floats:
        """Free rigid-body modes of the ends."""
        return self.motion.free_modes

    def values(self, load: float) -> Floats:
        """Return the prescribed displacements at a load factor, um."""
        return self.motion.path(load)

    def forces(self, x: Floats, load: float) -> Floats | None:
        """Return internal minus external forces (n,), uN; None if a cell is inverted."""
        internal = self.continuum.forces(x, load)
        if internal is None:
            return None
        forces, self._sizes = internal
        return forces if self.follower is None else forces - self.follower.forces(x, load)

    def error(self, x: Floats, forces: Floats, load: float) -> float:  # noqa: ARG002 - other problems need them
        """Return the larger of the relative force residual and the volume error relative to the body's volume."""
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

    def linearise(self, x: Floats, load: float, increments: Floats) -> Linear:
        """Return forces, tangent times increments, and the tangent between free degrees of freedom."""
        blocks = self._scatter.zeros()
        forces, products = self.continuum.linearise(x, load, self._scatter.slots, blocks, increments)
        if self.follower is not None:
            forces = forces - self.follower.forces(x, load)
            self.follower.add_to(self._scatter, blocks, x, load, increments, products)
        return Linear(forces, products, self._scatter.upper(blocks))

    def commit(self, x: Floats, load: float) -> None:
        """Do nothing: elastic laws have no history."""

    def work_rate(self, forces: Floats, load: float) -> float:
        """Return the work rate of the reactions, forces (n,), by the load factor, uN um (2D: uN)."""
        rate = (self.motion.path(load + STEP) - self.motion.path(load - STEP)) / (2.0 * STEP)
        return float(forces[self.motion.constrained] @ rate)
