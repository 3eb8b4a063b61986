"""Where the points of a mesh are along a load path, and what that does to the cells of a 2D mesh."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Deformed:
    """A load path as a mesh has it, the undeformed state first.

    loads: (nsteps,) factors of the load, the first 0; points: (nsteps, npoints, dim), um;
    out_of_plane_stretch: (nsteps, ncells), 1 in 3D; step: the one at which the mesh's points are.
    """

    loads: Floats
    points: Floats
    out_of_plane_stretch: Floats
    step: int

    def bisected(self, parent: Ints, ends: Ints) -> Deformed:
        """Return the path of a mesh with new points in the middle between `ends`, cells in those named `parent`."""
        middle = 0.5 * (self.points[:, ends[:, 0]] + self.points[:, ends[:, 1]])
        return replace(
            self,
            points=np.concatenate([self.points, middle], axis=1),
            out_of_plane_stretch=self.out_of_plane_stretch[:, parent],
        )
