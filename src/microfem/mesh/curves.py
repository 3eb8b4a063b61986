"""Where a new point between two others belongs: on the curve, if their edge stands for a piece of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from microfem.mesh.record import Mesh


def midpoints(mesh: Mesh, ends: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the flat midpoints (n, dim) of edges given by their ends (n, 2)."""
    return np.asarray(0.5 * (mesh.flat[ends[:, 0]] + mesh.flat[ends[:, 1]]))
