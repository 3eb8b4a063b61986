"""felupe with PARDISO, which its pages advise: `mixed` of displacements, pressures and volumes, or `displacement`."""

from __future__ import annotations

from typing import Any

import felupe as fem
import numpy as np
from pypardiso import spsolve

from benchmarks.film import LENGTH, RATIO, SHEAR, STEPS, STRETCH, pressure_vertices, quadratic
from benchmarks.meshes import Arrays


class Engine:
    """A film in felupe: one solid body for each material, of the same unknowns."""

    def __init__(self, arrays: Arrays, variant: str) -> None:
        self.arrays, self.variant = arrays, variant
        self.points, self.tets = quadratic(arrays)
        self.vertices = pressure_vertices(arrays)
        self.dofs = 0

    def solve(self) -> tuple[float, int]:
        """Return the force and the iterations of all steps."""
        every = self._field(np.ones(len(self.tets), dtype=bool))
        bodies = [fem.SolidBody(self._law(mu), self._field(self.arrays.region == k)) for k, mu in enumerate(SHEAR)]
        bounds = {
            "low": fem.Boundary(every[0], fx=0.0),
            "side": fem.Boundary(every[0], fx=LENGTH, skip=(1, 0, 0)),
            "high": fem.Boundary(every[0], fx=LENGTH, skip=(0, 1, 1)),
        }
        held, free = fem.dof.partition(every, bounds)
        self.dofs, iterations = len(free), 0
        for k in range(STEPS):
            bounds["high"].update((STRETCH - 1.0) * LENGTH * (k + 1) / STEPS)
            values = fem.dof.apply(every, bounds, held)
            found = fem.newtonraphson(every, items=bodies, dof0=held, dof1=free, ext0=values, solver=spsolve, verbose=0)
            every.link(found.x)
            iterations += found.iterations
        return float(found.fun[bounds["high"].dof].sum()), iterations

    def _field(self, cells: Any) -> Any:
        """Return the unknowns of some cells, numbered as those of all."""
        region = fem.RegionQuadraticTetra(
            fem.Mesh(points=self.points, cells=self.tets[cells], region_of_cell="tetra10")
        )
        fields = [fem.Field(region, dim=3)]
        if self.variant == "mixed":
            mesh = fem.Mesh(
                points=np.zeros((self.vertices.max() + 1, 3)), cells=self.vertices[cells], region_of_cell="tetra"
            )
            fields += [fem.FieldDual(region, values=value, mesh=mesh) for value in (0.0, 1.0)]
        return fem.FieldContainer(fields)

    def _law(self, mu: float) -> Any:
        if self.variant == "displacement":
            return fem.NeoHooke(mu=mu, bulk=RATIO * mu)
        return fem.NearlyIncompressible(fem.NeoHooke(mu=mu), bulk=RATIO * mu)
