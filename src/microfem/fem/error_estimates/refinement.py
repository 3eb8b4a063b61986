"""Adaptive refinement: bulk marking, and anisotropic bisection by the error."""

from __future__ import annotations

import math

import numpy as np

from microfem.base.errors import MeshError
from microfem.fem.space import Floats
from microfem.mesh import Mesh
from microfem.mesh.bisect import bisect
from microfem.mesh.curves import rounded
from microfem.mesh.exact import exact_shape

BULK = 0.3  # share of the error in the marked cells (W. Doerfler, SIAM J. Numer. Anal. 33 (1996) 1106)
CHORDS = 8  # most halvings of chords beside slim cells
LEFT = 0.25  # assumed share of a cell's squared error in each half: 1/2 in sum, as at an edge singularity
FLATTEST = 3e-3  # isotropic part of the metric: cells up to 1 : 18


def refined(mesh: Mesh, of_cell: Floats, anisotropy: Floats, growth: float) -> Mesh:
    """Return a mesh with about `growth` times as many cells, smaller where the error is large.

    of_cell: (ncells,) squared error of each cell; anisotropy: (npoints, dim, dim) anisotropy metric, see energy_error.
    Cells are bisected in rounds; each half is assumed to have a fixed share of its parent's error.

    Raises:
        MeshError: a curve or a placement inverts a cell.
    """
    trace = np.trace(anisotropy, axis1=1, axis2=2)
    metric = anisotropy / np.where(trace > 0.0, trace, 1.0)[:, None, None] + FLATTEST * np.eye(mesh.dim)
    error, wanted, each = of_cell, growth * len(mesh.cells), 1.0
    while len(mesh.cells) < wanted and error.max(initial=0.0) > 0.0:
        marked = bulk(error, BULK)[: math.ceil((wanted - len(mesh.cells)) / each)]
        done = bisect(mesh, marked, metric)
        each = (len(done.mesh.cells) - len(mesh.cells)) / len(marked)  # neighbours of a marked cell are bisected too
        pieces = np.bincount(done.parent)[done.parent]
        error = error[done.parent] * np.where(pieces > 1, 2.0 * LEFT / pieces, 1.0)
        metric = np.vstack([metric, 0.5 * (metric[done.ends[:, 0]] + metric[done.ends[:, 1]])])
        mesh = done.mesh
    mesh = _along_curves(rounded(mesh))
    if (mesh.signed_volumes <= 0.0).any():  # bounds of results need cells that are not inverted
        raise MeshError("a cell was inverted by the refinement")
    return mesh


def _along_curves(mesh: Mesh) -> Mesh:
    """Return the mesh with chords short enough for the slim cells beside them.

    Refinement makes cells slim across an edge, where the distance of a chord from its curve can exceed their height.
    Half a chord has a quarter of that distance.
    """
    for _ in range(CHORDS):
        marked = exact_shape(mesh).overbent()
        if not len(marked):
            break
        mesh = rounded(bisect(mesh, marked).mesh)
    return mesh


def bulk(of_cell: Floats, share: float) -> np.ndarray:
    """Return the fewest cells with a share of the error, the largest error first."""
    order = np.argsort(-of_cell)
    return order[: int(np.searchsorted(np.cumsum(of_cell[order]), share * of_cell.sum())) + 1]
