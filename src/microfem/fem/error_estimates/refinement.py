"""Refinement where a solution is wrong: bulk marking, and bisection that is finest across what is wrong."""

from __future__ import annotations

import math

import numpy as np

from microfem.base.errors import MeshError
from microfem.fem.space import Floats
from microfem.mesh import Mesh
from microfem.mesh.bisect import bisect
from microfem.mesh.curves import rounded
from microfem.mesh.exact import exact_shape

BULK = 0.3  # share of the error that the marked cells hold (W. Doerfler, SIAM J. Numer. Anal. 33 (1996) 1106)
CHORDS = 8  # times that chords are halved where cells are slim
LEFT = 0.25  # of a cell's error that each half is taken to have: 2^-1 in all, as at an edge singularity
FLATTEST = 3e-3  # squared ratio of the shortest to the longest length that count as equal: cells up to 1 : 18


def refined(mesh: Mesh, of_cell: Floats, anisotropy: Floats, growth: float) -> Mesh:
    """Return a mesh of about `growth` times as many cells, smaller where the error is.

    of_cell: (ncells,) squared error of each cell; anisotropy: (npoints, dim, dim) its outer product around each point.
    Cells are bisected in rounds, each half taken to keep a known part of its parent's error.

    Raises:
        MeshError: a curve or a placement folds a cell over.
    """
    trace = np.trace(anisotropy, axis1=1, axis2=2)
    metric = anisotropy / np.where(trace > 0.0, trace, 1.0)[:, None, None] + FLATTEST * np.eye(mesh.dim)
    error, wanted, each = of_cell, growth * len(mesh.cells), 1.0
    while len(mesh.cells) < wanted and error.max(initial=0.0) > 0.0:
        marked = bulk(error, BULK)[: math.ceil((wanted - len(mesh.cells)) / each)]
        done = bisect(mesh, marked, metric)
        each = (len(done.mesh.cells) - len(mesh.cells)) / len(marked)  # a marked cell takes neighbours along
        pieces = np.bincount(done.parent)[done.parent]
        error = error[done.parent] * np.where(pieces > 1, 2.0 * LEFT / pieces, 1.0)
        metric = np.vstack([metric, 0.5 * (metric[done.ends[:, 0]] + metric[done.ends[:, 1]])])
        mesh = done.mesh
    mesh = _along_curves(rounded(mesh))
    if (mesh.signed_volumes <= 0.0).any():  # no bound would hold
        raise MeshError("a cell was turned inside out")
    return mesh


def _along_curves(mesh: Mesh) -> Mesh:
    """Return the mesh with chords as short as slim cells beside them need.

    Errors make cells slim across an edge, and there the chord that a cell follows leaves it. Half a chord leaves its
    curve by a quarter.
    """
    for _ in range(CHORDS):
        marked = exact_shape(mesh).overbent()
        if not len(marked):
            break
        mesh = rounded(bisect(mesh, marked).mesh)
    return mesh


def bulk(of_cell: Floats, share: float) -> np.ndarray:
    """Return the fewest cells that hold that share of the error, the worst first."""
    order = np.argsort(-of_cell)
    return order[: int(np.searchsorted(np.cumsum(of_cell[order]), share * of_cell.sum())) + 1]
