"""felupe with PARDISO, which its pages advise: `mixed` of displacements, pressures and volumes, or `displacement`."""

from __future__ import annotations

from typing import Any

import felupe as fem
import numpy as np
from pypardiso import spsolve

from benchmarks.film import LENGTH, RATIO, SHEAR, STEPS, STRETCH, pressure_vertices, quadratic
from benchmarks.meshes import Arrays


class Engine:
    """A film in felupe: one solid body whose moduli are given for each cell."""

    def __init__(self, arrays: Arrays, variant: str) -> None:
        points, tets = quadratic(arrays)
        self.variant, self.region = variant, fem.RegionQuadraticTetra(fem.Mesh(points, tets, "tetra10"))
        self.shear, self.vertices = np.array(SHEAR)[arrays.region], pressure_vertices(arrays)
        self.dofs = 0

    def solve(self) -> tuple[float, int]:
        """Return the force and the iterations of all steps."""
        field, material = self._formulation()
        solid = fem.SolidBody(material, field)
        bounds = {
            "low": fem.Boundary(field[0], fx=0.0),
            "side": fem.Boundary(field[0], fx=LENGTH, skip=(1, 0, 0)),
            "high": fem.Boundary(field[0], fx=LENGTH, skip=(0, 1, 1)),
        }
        free_given = fem.dof.partition(field, bounds)
        self.dofs, iterations = len(free_given[1]), 0
        for k in range(STEPS):
            bounds["high"].update((STRETCH - 1.0) * LENGTH * (k + 1) / STEPS)
            values = fem.dof.apply(field, bounds, free_given[0])
            found = fem.newtonraphson(items=[solid], dof0=free_given[0], dof1=free_given[1], ext0=values,
                                      solver=spsolve, verbose=0)  # fmt: skip
            iterations += found.iterations
        return float(found.fun[bounds["high"].dof].sum()), iterations

    def _formulation(self) -> tuple[Any, Any]:
        displacement = fem.Field(self.region, dim=3)
        if self.variant == "displacement":
            return fem.FieldContainer([displacement]), fem.NeoHooke(mu=self.shear, bulk=RATIO * self.shear)
        mesh = fem.Mesh(np.zeros((self.vertices.max() + 1, 3)), self.vertices, "tetra")
        others = [fem.FieldDual(self.region, values=value, mesh=mesh) for value in (0.0, 1.0)]
        law = fem.NearlyIncompressible(fem.NeoHooke(mu=self.shear), bulk=RATIO * self.shear)
        return fem.FieldContainer([displacement, *others]), law
