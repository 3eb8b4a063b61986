"""Positions of the points of a mesh along a load path, and out-of-plane stretches of its cells."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Deformed:
    """A load path of a mesh, with the undeformed state as its first step.

    loads: (nsteps,) load factors, the first 0; points: (nsteps, npoints, dim), um;
    out_of_plane_stretch: (nsteps, ncells), 1 in 3D; step: the step of the mesh's points.
    """

    loads: Floats
    points: Floats
    out_of_plane_stretch: Floats
    step: int

    def bisected(self, parent: Ints, ends: Ints) -> Deformed:
        """Return the path of a bisected mesh: new points between `ends` (nnew, 2), cells in `parent` (ncells,)."""
        middle = 0.5 * (self.points[:, ends[:, 0]] + self.points[:, ends[:, 1]])
        return replace(
            self,
            points=np.concatenate([self.points, middle], axis=1),
            out_of_plane_stretch=self.out_of_plane_stretch[:, parent],
        )
