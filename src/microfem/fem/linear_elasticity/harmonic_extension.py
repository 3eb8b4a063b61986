"""Regions that carry no load follow those that do: displacements are carried into them so that cells stay well shaped.

They follow as an elastic body far softer than all others would, held where it touches them and free elsewhere:

    div sigma(u) = 0,   E of a cell = 1 / its volume,

so that small cells deform less than large ones. A body, and not a harmonic field, because its zero energies are rigid
motions: a layer on a bent sheet turns with it, where harmonic components would shear it flat. Rotations are small in
linear elasticity, so the path is followed in small parts, each from the geometry of the one before.

In the same way cells are untangled. A motion of order 2 is curved inside a cell, and its corners alone may be inside
out where it is not: at the corner of a stiff island in a soft layer, about which material turns by a right angle over
a distance that shrinks with the cells. Only walls between regions are geometry; points inside a region may be let go.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.linear_elasticity.bodies import lame, moduli
from microfem.fem.solvers.assembly import vector_stiffness
from microfem.fem.solvers.pattern import find_pieces
from microfem.fem.solvers.solve import solve_given
from microfem.fem.space import Floats, Ints, Space, gradients
from microfem.mesh import Mesh

POISSON = 0.4  # nearly keeps volume, as gels do, and does not lock
LARGEST_CHANGE = 0.15  # change of the gradient of the solid's displacement in one part of a step
MOST_PARTS = 20  # of a step
RINGS, MOST_TRIES = 2, 5  # rings of cells let go around those that are inside out, each time again as many, and times
NONE: Ints = np.zeros(0, dtype=np.int64)


def untangled(mesh: Mesh, displacements: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return displacements (nsteps, npoints, dim) that turn no cell inside out, and which cells (ncells,) were let go.

    Points on walls between regions, on films and outside stay where they are; those inside a region, around cells that
    are inside out at any step, follow. What that does not mend is returned as it is.

    Raises:
        SolveError: the body that cells are taken for cannot be solved.
    """
    followed, loose = displacements, np.zeros(len(mesh.cells), dtype=bool)
    bad = _inside_out(mesh, displacements)
    regions, walls = np.isin(mesh.region_of_cell, mesh.region_of_cell[bad]), _walls(mesh)
    for _ in range(MOST_TRIES):
        if not bad.any():
            break
        loose |= bad
        for _ in range(RINGS):
            loose = regions & np.isin(mesh.cells, mesh.cells[loose]).any(axis=1)
        followed = extended(mesh, displacements, np.flatnonzero(loose), walls)
        bad = _inside_out(mesh, followed)
    return followed, loose


def _inside_out(mesh: Mesh, displacements: Floats) -> NDArray[np.bool_]:
    """Tell which cells (ncells,) are inside out at any step."""
    way = np.sign(mesh.signed_volumes)
    return np.any([way * mesh.moved(mesh.points + one).signed_volumes <= 0.0 for one in displacements], axis=0)


def _walls(mesh: Mesh) -> Ints:
    """Return the points on walls between regions, outside and on films."""
    vertices, one, other = mesh.facets
    walls = vertices[(other < 0) | (mesh.region_of_cell[one] != mesh.region_of_cell[other])]
    return np.unique(np.concatenate([walls.ravel(), *(film.ravel() for film in mesh.sheets.values())]))


def extended(mesh: Mesh, displacements: Floats, soft: Ints, kept: Ints = NONE) -> Floats:
    """Return displacements (nsteps, npoints, dim) in which the points of soft regions follow all others.

    soft: numbers of the cells that carry no load. Parts of them that touch nothing solid stay where they are.
    kept: points that do not follow, though only such cells have them.

    Raises:
        SolveError: the body they are taken for cannot be solved.
    """
    solid = np.setdiff1d(np.arange(len(mesh.cells)), soft)
    held = np.zeros(len(mesh.points), dtype=bool)
    held[mesh.cells[solid]] = held[kept] = True
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
        parts = math.ceil(min(max(float(np.abs(slope).max(initial=0.0)) / LARGEST_CHANGE, 1.0), MOST_PARTS))
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
