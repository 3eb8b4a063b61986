"""Extension of displacements into regions that carry no load, such that their cells keep a good shape.

These regions follow as a very soft elastic body, constrained where it touches the solid ones and free elsewhere:

    div sigma(u) = 0,   E of a cell = 1 / its volume,

so that small cells deform less than large ones. Components of a harmonic field would shear a layer on a bent sheet; an
elastic body follows rigid motions without energy, so that the layer turns with the sheet. Linear elasticity holds for
small rotations: the path is divided into small parts, each with the geometry of the one before.

The same extension repairs inverted cells. A motion of order 2 is curved inside a cell, and the cell of its corners may
be inverted where the motion is not: at the corner of a stiff island in a soft layer, about which material turns by a
right angle over a distance that shrinks with the cells. Only walls between regions are geometry; points inside a
region may move.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.linear_elasticity.bodies import lame, moduli
from microfem.fem.solvers.assembly import vector_stiffness
from microfem.fem.solvers.pattern import find_pieces
from microfem.fem.solvers.solve import solve_constrained
from microfem.fem.space import Floats, Ints, Space, gradients
from microfem.mesh import Mesh

POISSON = 0.4  # nearly incompressible, as gels are, without locking
LARGEST_CHANGE = 0.15  # of the solid's displacement gradient in one part of a step
MOST_PARTS = 20  # of a step
RINGS, MOST_TRIES = 2, 5  # rings of cells that are released around inverted ones in each attempt, and most attempts
NONE: Ints = np.zeros(0, dtype=np.int64)


def untangled(mesh: Mesh, displacements: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return displacements (nsteps, npoints, dim) that invert no cell, and which cells (ncells,) were released.

    Points on walls between regions, on films and on the outside keep their displacement; points inside a region, around
    cells that are inverted at any step, follow. Cells may remain inverted after the last attempt.

    Raises:
        SolveError: the solve of the soft body fails.
    """
    followed, loose = displacements, np.zeros(len(mesh.cells), dtype=bool)
    inverted = _inverted(mesh, displacements)
    regions, walls = np.isin(mesh.region_of_cell, mesh.region_of_cell[inverted]), _walls(mesh)
    for _ in range(MOST_TRIES):
        if not inverted.any():
            break
        loose |= inverted
        for _ in range(RINGS):
            loose = regions & np.isin(mesh.cells, mesh.cells[loose]).any(axis=1)
        followed = extended(mesh, displacements, np.flatnonzero(loose), walls)
        inverted = _inverted(mesh, followed)
    return followed, loose


def _inverted(mesh: Mesh, displacements: Floats) -> NDArray[np.bool_]:
    """Return which cells (ncells,) are inverted at any step."""
    sign = np.sign(mesh.signed_volumes)
    return np.any([sign * mesh.moved(mesh.points + u).signed_volumes <= 0.0 for u in displacements], axis=0)


def _walls(mesh: Mesh) -> Ints:
    """Return the points on walls between regions, on the outside and on films."""
    vertices, a, b = mesh.facets
    walls = vertices[(b < 0) | (mesh.region_of_cell[a] != mesh.region_of_cell[b])]
    return np.unique(np.concatenate([walls.ravel(), *(film.ravel() for film in mesh.sheets.values())]))


def extended(mesh: Mesh, displacements: Floats, soft: Ints, kept: Ints = NONE) -> Floats:
    """Return displacements (nsteps, npoints, dim) in which the points of soft cells follow all others.

    soft: numbers of the cells that carry no load; parts of them that touch no solid cell stay at rest;
    kept: points of soft cells that keep their displacement all the same.

    Raises:
        SolveError: the solve of the soft body fails.
    """
    solid = np.setdiff1d(np.arange(len(mesh.cells)), soft)
    held = np.zeros(len(mesh.points), dtype=bool)
    held[mesh.cells[solid]] = held[kept] = True
    piece = find_pieces([mesh.cells[soft]], len(mesh.points))
    constrained = np.intersect1d(np.flatnonzero(held), mesh.cells[soft])
    cells = mesh.cells[soft][np.isin(piece[mesh.cells[soft][:, 0]], piece[constrained])]
    free = np.setdiff1d(cells, constrained)
    extension = np.where(held[:, None], displacements, 0.0)
    if not len(free):
        return extension
    now = np.zeros_like(mesh.points)
    for step, prescribed in enumerate(extension):
        change = np.where(held[:, None], prescribed - now, 0.0)
        slope = gradients(Space(mesh, 1), change, mesh.cells[solid])
        parts = math.ceil(min(max(float(np.abs(slope).max(initial=0.0)) / LARGEST_CHANGE, 1.0), MOST_PARTS))
        for _ in range(parts):
            now = now + _followed(mesh.moved(mesh.points + now), change / parts, cells, constrained, free)
        extension[step] = now
    return extension


def _followed(mesh: Mesh, change: Floats, cells: Ints, constrained: Ints, free: Ints) -> Floats:
    """Return a small change (npoints, dim) of displacement, extended to the points in `free`."""
    space = Space(mesh, 1)
    corners = mesh.points[cells]
    volume = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1]))
    if not volume.all():
        raise SolveError("a cell of a soft region is crushed to zero volume; give the region a modulus")
    law = lame(volume.max() / volume, np.full(len(cells), POISSON), mesh.dim, "strain")
    form = vector_stiffness(space, cells, moduli(*law, np.eye(mesh.dim)[None]))
    unknowns = [(mesh.dim * dofs[:, None] + np.arange(mesh.dim)).ravel() for dofs in (constrained, free)]
    u = solve_constrained(form, unknowns[0], change[constrained].reshape(1, -1), unknowns[1]).u[0].reshape(-1, mesh.dim)
    return np.where(np.isin(np.arange(len(u)), free)[:, None], u, change)
