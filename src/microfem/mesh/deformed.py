"""Meshes deformed by a load: positions of points at each step of its path, and stretches of cells and films.

Cells stay simplices, so F = dx/dX is constant in a cell and in all cells bisected from it. In 2D cells also have an
out-of-plane stretch.
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

INCOMPRESSIBLE = 0.5  # Poisson's ratio of films that state none


def deform(mesh: Mesh, loads: Floats, points: Floats, stretch: Floats) -> Mesh:
    """Return the mesh at the last step of a load path.

    loads: (nsteps,) load factors; points: (nsteps, npoints, dim), um; stretch: (nsteps, ncells) out of plane, 1 in 3D;
    all without the undeformed state.

    Raises:
        MeshError: a cell is inverted, with the step.
    """
    path = Deformed(
        np.concatenate([[0.0], loads]),
        np.concatenate([mesh.points[None], points]),
        np.concatenate([np.ones((1, len(mesh.cells))), stretch]),
        len(loads),
    )
    sign = np.sign(mesh.signed_volumes)
    for step, load in enumerate(loads, 1):
        volumes = sign * mesh.moved(points[step - 1]).signed_volumes
        inverted = np.flatnonzero((volumes <= 0.0) | (stretch[step - 1] <= 0.0))
        if len(inverted):
            name = mesh.regions[mesh.region_of_cell[inverted[0]]]
            raise MeshError(
                f"at step {step} (load {load:.4g}) {len(inverted)} cells are inverted, the first in "
                f"'{name}'; end the path earlier, or give soft regions a modulus"
            )
    return at_step(replace(mesh, deformed=path), len(loads))


def in_plane(mesh: Mesh) -> tuple[Mesh, Ints, Ints]:
    """Return the part of a plan of all layers at the height layout.plane, with its points and cells in that plan.

    The part is the view 'plan' of build_mesh, in which potentials are solved.
    """
    layout = mesh.layout
    there = [r.name for r in layout.regions if r.z[0] <= layout.plane < r.z[1] and r.name in mesh.regions]
    cells = mesh.cells_of(*there) if mesh.dimension == "plan" else np.arange(len(mesh.cells))
    points = np.unique(mesh.cells[cells])
    number = np.full(len(mesh.points), -1, dtype=np.int64)
    number[points] = np.arange(len(points))
    faces = {name: number[facets][(number[facets] >= 0).all(axis=1)] for name, facets in mesh.faces.items()}
    sheets = {name: number[facets] for name, facets in mesh.sheets.items()}
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
    """Return a deformed mesh at another step of its path; step 0 is the undeformed state."""
    assert mesh.deformed is not None
    return replace(mesh, points=mesh.deformed.points[step], deformed=replace(mesh.deformed, step=step))


def without_steps(mesh: Mesh) -> Mesh:
    """Return a deformed mesh at its last step, with the undeformed state as its only other step."""
    path, ends = mesh.deformed, [0, -1]
    assert path is not None
    return replace(mesh, deformed=Deformed(path.loads[ends], path.points[ends], path.out_of_plane_stretch[ends], 1))


def stretches(mesh: Mesh) -> Floats:
    """Return the principal stretches (ncells, 3), in 2D the out-of-plane stretch last; ones if undeformed."""
    path = mesh.deformed
    if path is None or path.step == 0:
        return np.ones((len(mesh.cells), 3))
    within = _principal(path.points[0], mesh.points, mesh.cells)
    return within if mesh.dim == 3 else np.column_stack([within, path.out_of_plane_stretch[path.step]])


def film_stretches(mesh: Mesh, name: str) -> Floats:
    """Return the principal stretches (nfacets, 3) of a film, the thickness stretch last; ones if undeformed.

    The thickness follows from the area in plane stress, in logarithmic strain:  t / t0 = (a / a0)^(-nu / (1 - nu)).
    """
    path, facets = mesh.deformed, mesh.sheets[name]
    if path is None or path.step == 0:
        return np.ones((len(facets), 3))
    within = _principal(path.points[0], mesh.points, facets)
    if mesh.dim == 2:
        within = np.column_stack([within, path.out_of_plane_stretch[path.step][_beside(mesh, facets)]])
    material = mesh.layout.material(name)
    poisson = material.value("poisson_ratio") if material.has("poisson_ratio") else INCOMPRESSIBLE
    return np.column_stack([within, within.prod(axis=1) ** (-poisson / (1.0 - poisson))])


def _principal(before: Floats, after: Floats, simplices: Ints) -> Floats:
    """Return the principal stretches (n, k) of simplices: singular values of the map from old to new sides."""
    old, new = (points[simplices[:, 1:]] - points[simplices[:, :1]] for points in (before, after))
    # rows are sides: G = old old^T; with G = L L^T the stretches are the singular values of L^-1 new
    lower = np.linalg.cholesky(old @ old.swapaxes(1, 2))
    return np.asarray(np.linalg.svd(np.linalg.solve(lower, new), compute_uv=False))


def _beside(mesh: Mesh, facets: Ints) -> Ints:
    """Return a cell beside each facet (n, dim)."""
    from microfem.mesh.record import facet_keys

    vertices, cell, _ = mesh.facets
    keys, own = (facet_keys(v, len(mesh.points)) for v in (vertices, np.sort(facets, axis=1)))
    order = np.argsort(keys)
    return np.asarray(cell[order[np.searchsorted(keys, own, sorter=order)]])
