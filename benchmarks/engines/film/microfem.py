"""microfem: displacements of P2, pressures of P1 that jump between materials; Newton's method with a parabola ahead."""

from __future__ import annotations

import numpy as np

from benchmarks.film import LENGTH, RATIO, SHEAR, STEPS, STRETCH
from benchmarks.meshes import Arrays
from microfem.fem.finite_strain.equilibrium import Balance
from microfem.fem.finite_strain.laws import neo_hooke
from microfem.fem.finite_strain.solid import Solid
from microfem.fem.linear_elasticity.end_motions import EndMotion
from microfem.fem.solvers.newton import follow
from microfem.fem.space import Space
from microfem.mesh import Mesh


class Engine:
    """A film in microfem."""

    def __init__(self, arrays: Arrays, variant: str) -> None:  # noqa: ARG002 - the only one is mixed
        self.arrays = arrays
        self.mesh = Mesh(
            points=arrays.points,
            cells=arrays.tets,
            region_of_cell=arrays.region,
            regions=("substrate", "film"),
            dimension="3d",
            layout=None,
            sheets={},
            faces={},
            flat=arrays.points,
        )
        self.dofs = 0

    def solve(self, stretch: float = STRETCH, steps: int = STEPS, kept: bool = False) -> tuple[float, int]:
        """Return the force and the iterations of all steps; kept: whether volumes are, exactly."""
        count = len(self.arrays.tets)
        laws = tuple(neo_hooke(mu, np.inf if kept else RATIO * mu) for mu in SHEAR)
        solid = Solid(
            space=Space(self.mesh, 2),
            cells=np.arange(count),
            law=self.arrays.region,
            laws=laws,
            eigenstrain=np.zeros((count, 3)),
        )
        x = solid.space.locations[:, 0]
        low, high = 3 * np.flatnonzero(x == 0.0), 3 * np.flatnonzero(x == LENGTH)
        given = np.concatenate([*(low + k for k in range(3)), high + 1, high + 2, high])
        moved = (stretch - 1.0) * LENGTH * np.isin(given, high)
        balance = Balance(
            continuum=solid,
            motion=EndMotion(constrained=given, path=lambda load: load * moved, free_modes=np.zeros((0, len(given)))),
        )
        self.dofs = len(balance.free)
        path = follow(balance, np.zeros(solid.size), [(k + 1) / steps for k in range(steps)])
        if path.stopped:
            raise RuntimeError(path.stopped)
        forces = balance.forces(path.steps[-1].x, 1.0)
        assert forces is not None
        return float(forces[high].sum()), path.iterations
