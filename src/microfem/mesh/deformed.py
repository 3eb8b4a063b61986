"""Meshes that a load has deformed: where their points are at each step of its path, and what that does to matter.

Points move, cells stay simplices and follow them linearly, so F = dx/dX is constant in a cell and in all cells that
are bisected from it. In 2D matter is stretched out of the plane too, by `across`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MeshError
from microfem.mesh.load_path import Deformed

if TYPE_CHECKING:
    from microfem.mesh.record import Mesh

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

KEEPS_VOLUME = 0.5  # Poisson's ratio of films that state none


def deform(mesh: Mesh, loads: Floats, points: Floats, across: Floats) -> Mesh:
    """Return the mesh at the last step of a path given without the undeformed state, see `Deformed`.

    Raises:
        MeshError: a cell is turned inside out, with the step.
    """
    path = Deformed(
        np.concatenate([[0.0], loads]),
        np.concatenate([mesh.points[None], points]),
        np.concatenate([np.ones((1, len(mesh.cells))), across]),
        len(loads),
    )
    way = np.sign(mesh.signed_volumes)
    for step, load in enumerate(loads, 1):
        lost = np.flatnonzero((way * mesh.moved(points[step - 1]).signed_volumes <= 0.0) | (across[step - 1] <= 0.0))
        if len(lost):
            name = mesh.regions[mesh.region_of_cell[lost[0]]]
            raise MeshError(
                f"at step {step} (load {load:.4g}) {len(lost)} cells are turned inside out, the first in "
                f"'{name}'; end the path before, or give soft regions a modulus"
            )
    return at_step(replace(mesh, deformed=path), len(loads))


def in_plane(mesh: Mesh) -> tuple[Mesh, Ints, Ints]:
    """Return a plan of all layers without what does not reach the plan's height, its points and its cells in that plan.

    What is left is the plan that potentials see, see build_mesh.
    """
    layout = mesh.layout
    there = [one.name for one in layout.regions if one.z[0] <= layout.plane < one.z[1] and one.name in mesh.regions]
    cells = mesh.cells_of(*there) if mesh.dimension == "plan" else np.arange(len(mesh.cells))
    points = np.unique(mesh.cells[cells])
    number = np.full(len(mesh.points), -1, dtype=np.int64)
    number[points] = np.arange(len(points))
    faces = {name: number[one][(number[one] >= 0).all(axis=1)] for name, one in mesh.faces.items()}
    sheets = {name: number[one] for name, one in mesh.sheets.items()}
    part = replace(
        mesh,
        points=mesh.points[points],
        flat=mesh.flat[points],
        cells=number[mesh.cells[cells]],
        region_of_cell=mesh.region_of_cell[cells],
        faces=faces,
        sheets=sheets,
    )
    return part, points, cells


def at_step(mesh: Mesh, step: int) -> Mesh:
    """Return a deformed mesh as it is at another step of its path; 0 is the undeformed state."""
    assert mesh.deformed is not None
    return replace(mesh, points=mesh.deformed.points[step], deformed=replace(mesh.deformed, step=step))


def without_steps(mesh: Mesh) -> Mesh:
    """Return a mesh at its last step that knows no others but the undeformed state."""
    path, ends = mesh.deformed, [0, -1]
    assert path is not None
    return replace(mesh, deformed=Deformed(path.loads[ends], path.points[ends], path.out_of_plane_stretch[ends], 1))


def stretches(mesh: Mesh) -> Floats:
    """Return the principal stretches (ncells, 3) of the cells, that out of the plane last; ones if undeformed."""
    path = mesh.deformed
    if path is None or path.step == 0:
        return np.ones((len(mesh.cells), 3))
    within = _principal(path.points[0], mesh.points, mesh.cells)
    return within if mesh.dim == 3 else np.column_stack([within, path.out_of_plane_stretch[path.step]])


def film_stretches(mesh: Mesh, name: str) -> Floats:
    """Return the principal stretches (nfacets, 3) of a film, that of its thickness last; ones if undeformed.

    The thickness follows the area at plane stress, in logarithmic strain:  t / t0 = (a / a0)^(-nu / (1 - nu)).
    """
    path, facets = mesh.deformed, mesh.sheets[name]
    if path is None or path.step == 0:
        return np.ones((len(facets), 3))
    within = _principal(path.points[0], mesh.points, facets)
    if mesh.dim == 2:
        within = np.column_stack([within, path.out_of_plane_stretch[path.step][_beside(mesh, facets)]])
    material = mesh.layout.material(name)
    poisson = material.value("poisson_ratio") if material.has("poisson_ratio") else KEEPS_VOLUME
    return np.column_stack([within, within.prod(axis=1) ** (-poisson / (1.0 - poisson))])


def _principal(before: Floats, after: Floats, simplices: Ints) -> Floats:
    """Return the principal stretches (n, k) of simplices: singular values of what takes their old sides to new ones."""
    old, new = (points[simplices[:, 1:]] - points[simplices[:, :1]] for points in (before, after))
    # rows are sides: G = old old^T; with G = L L^T the stretches are the singular values of L^-1 new
    lower = np.linalg.cholesky(old @ old.swapaxes(1, 2))
    return np.asarray(np.linalg.svd(np.linalg.solve(lower, new), compute_uv=False))


def _beside(mesh: Mesh, facets: Ints) -> Ints:
    """Return a cell beside each facet (n, dim)."""
    from microfem.mesh.record import facet_keys

    vertices, cell, _ = mesh.facets
    keys, wanted = (facet_keys(one, len(mesh.points)) for one in (vertices, np.sort(facets, axis=1)))
    order = np.argsort(keys)
    return np.asarray(cell[order[np.searchsorted(keys, wanted, sorter=order)]])
