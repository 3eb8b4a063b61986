"""Regions that carry no load follow those that do: displacements are carried into them so that cells stay well shaped.

They follow as an elastic body far softer than all others would, held where it touches them and free elsewhere:

    div sigma(u) = 0,   E of a cell = 1 / its volume,

so that small cells deform less than large ones. A body, and not a harmonic field, because its zero energies are rigid
motions: a layer on a bent sheet turns with it, where harmonic components would shear it flat. Rotations are small in
linear elasticity, so the path is followed in small parts, each from the geometry of the one before.
"""

from __future__ import annotations

import math

import numpy as np

from microfem.errors import SolveError
from microfem.fem.small.elastic import lame, moduli
from microfem.fem.solvers.assembly import vector_stiffness
from microfem.fem.solvers.pattern import find_pieces
from microfem.fem.solvers.solve import solve_given
from microfem.fem.space import Floats, Ints, Space, gradients
from microfem.mesh import Mesh

POISSON = 0.4  # nearly keeps volume, as gels do, and does not lock
LARGEST = 0.15  # change of the gradient of the solid's displacement in one part of a step
MOST_PARTS = 20  # of a step


def extended(mesh: Mesh, displacements: Floats, soft: Ints) -> Floats:
    """Return displacements (nsteps, npoints, dim) in which the points of soft regions follow all others.

    soft: numbers of the cells that carry no load. Parts of them that touch nothing solid stay where they are.

    Raises:
        SolveError: the body they are taken for cannot be solved.
    """
    solid = np.setdiff1d(np.arange(len(mesh.cells)), soft)
    held = np.zeros(len(mesh.points), dtype=bool)
    held[mesh.cells[solid]] = True
    piece = find_pieces([mesh.cells[soft]], len(mesh.points))
    given = np.intersect1d(np.flatnonzero(held), mesh.cells[soft])
    cells = mesh.cells[soft][np.isin(piece[mesh.cells[soft][:, 0]], piece[given])]
    free = np.setdiff1d(cells, given)
    found = np.where(held[:, None], displacements, 0.0)
    if not len(free):
        return found
    now = np.zeros_like(mesh.points)
    for step, wanted in enumerate(found):
        change = np.where(held[:, None], wanted - now, 0.0)
        slope = gradients(Space(mesh, 1), change, mesh.cells[solid])
        parts = math.ceil(min(max(float(np.abs(slope).max(initial=0.0)) / LARGEST, 1.0), MOST_PARTS))
        for _ in range(parts):
            now = now + _followed(mesh.moved(mesh.points + now), change / parts, cells, given, free)
        found[step] = now
    return found


def _followed(mesh: Mesh, change: Floats, cells: Ints, given: Ints, free: Ints) -> Floats:
    """Return a small change (npoints, dim) of displacement with that of the points in `free`."""
    space = Space(mesh, 1)
    corners = mesh.points[cells]
    volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
    if not volume.all():
        raise SolveError("a soft region is crushed to nothing; give it a modulus")
    law = lame(volume.max() / volume, np.full(len(cells), POISSON), mesh.dim, "strain")
    form = vector_stiffness(space, cells, moduli(*law, np.eye(mesh.dim)[None]))
    unknowns = [(mesh.dim * dofs[:, None] + np.arange(mesh.dim)).ravel() for dofs in (given, free)]
    u = solve_given(form, unknowns[0], change[given].reshape(1, -1), unknowns[1]).u[0].reshape(-1, mesh.dim)
    return np.where(np.isin(np.arange(len(u)), free)[:, None], u, change)
