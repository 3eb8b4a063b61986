"""A cell on a deformed geometry: what stays with the material, and what follows the geometry.

Host sites, pore walls, the charge that a volume stores, and the salt belong to the material: their amounts are those of
the geometry as designed. Ions and electrons flow on the deformed one, where surfaces react too. The solid of a porous
region keeps its volume, and its pores take the change. With J the ratio of volumes,

    eps = 1 - (1 - eps0) / J.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.space import jacobians

if TYPE_CHECKING:
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Strained:
    """A mesh, deformed or not; all volumes and areas of a 2D view are those of a unit of undeformed depth."""

    mesh: Mesh

    @cached_property
    def designed(self) -> Mesh:
        """The mesh before any load."""
        return self.mesh.designed

    @property
    def depth(self) -> Floats:
        """The out-of-plane stretch of each cell, (ncells,), 1 in 3D."""
        return self.mesh.out_of_plane_stretch

    @cached_property
    def volumes(self) -> Floats:
        """Volume of each cell on the deformed geometry, (ncells,), um3, in 2D um2."""
        return np.asarray(self.mesh.volumes * self.depth)

    def growth(self, cells: Ints) -> float:
        """Return the volume of cells over that before any load."""
        return float(self.volumes[cells].sum() / self.designed.volumes[cells].sum())

    def thinning(self, facets: Ints, beside: Ints, cells: Ints) -> float:
        """Return the thickness of cells over that before any load, from their volume and their surface.

        facets: of the surface; beside: the cell of each.
        """
        before, after = (jacobians(one.points, facets)[1] for one in (self.designed, self.mesh))
        return self.growth(cells) * float(before.sum() / (after @ self.depth[beside]))

    def porosity(self, cells: Ints, stated: Floats) -> Floats:
        """Return the porosity of cells (n,) from that stated, which is 1 in a region that is electrolyte alone.

        Raises:
            SolveError: the pores close.
        """
        if self.mesh.deformed is None:
            return stated
        solid = (1.0 - stated) * self.designed.volumes[cells] / self.volumes[cells]
        if (closed := np.flatnonzero((solid >= 1.0) & (stated < 1.0))).size:
            worst = closed[np.argmax(solid[closed])]
            left = self.volumes[cells[worst]] / self.designed.volumes[cells[worst]]
            raise SolveError(
                f"the pores of '{self.mesh.regions[self.mesh.region_of_cell[cells[worst]]]}' close: somewhere "
                f"{100.0 * left:.4g} % of its volume are left, less than the {100.0 * (1.0 - stated[worst]):.4g} % of "
                "its solid; end the load earlier, or state a larger Poisson's ratio"
            )
        return np.asarray(1.0 - solid)
