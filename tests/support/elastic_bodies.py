"""Hand-made linear elastic bodies for problems with closed forms. Units: um, MPa, uN."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import shapely

from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.space import Space, jacobians, shape_gradients
from microfem.layout import Layout, Region, Sheet
from microfem.mesh import Mesh
from support.cells import grid, with_faces
from support.materials import elastic, matter


def body_mesh(points, cells, dimension="3d", owner=None, laws=None, sheets=None, films=(), roles=None):
    """Return a Mesh of regions r0, r1, ... with laws (E, nu); films: Sheet records, sheets: their facets."""
    owner = np.zeros(len(cells), dtype=np.int64) if owner is None else owner
    names = tuple(f"r{i}" for i in range(owner.max() + 1))
    box = shapely.box(0, 0, 1, 1)
    regions = tuple(Region(name=n, role=(roles or {}).get(n, "substrate"), footprint=box, z=(0.0, 1.0)) for n in names)
    laws = laws or {n: (1.0, 0.3) for n in names}
    materials = {n: elastic(*law) if law else matter() for n, law in laws.items()}
    layout = Layout(
        family="test",
        params={},
        regions=regions,
        terminals={},
        feature=1.0,
        gap=1.0,
        plane=0.5,
        sheets=tuple(films),
        materials=materials,
    )
    return with_faces(
        Mesh(
            points=points,
            cells=cells,
            region_of_cell=owner,
            regions=names,
            dimension=dimension,
            layout=layout,
            sheets=sheets or {},
            faces={},
            flat=points,
        )
    )


def layered(mesh_points, cells, heights):
    """Return the layer of each cell from interfaces along the last axis."""
    return np.searchsorted(heights, mesh_points[cells, -1].mean(axis=1))


def body_of(mesh, order=2, young=1.0, poisson=0.3, plane="strain"):
    """Return all of a mesh as one body of one law."""
    cells = np.arange(len(mesh.cells))
    ones = np.ones(len(cells))
    return Body(
        space=Space(mesh, order),
        cells=cells,
        young=young * ones,
        poisson=poisson * ones,
        eigenstrain=0.0 * ones,
        plane=plane,
    )


def boundary_dofs(space):
    """Return the degrees of freedom on the boundary."""
    facets, _, outside = space.mesh.facets
    return np.unique(space.dofs(facets[outside < 0]))


def stress_at(body, u, point):
    """Return the stress (3, 3) at a vertex, the mean over the cells that share it."""
    mesh = body.space.mesh
    vertex = np.argmin(np.linalg.norm(mesh.points - point, axis=1))
    own, local = np.nonzero(mesh.cells == vertex)
    corners = tuple(map(tuple, np.vstack([np.zeros(mesh.dim), np.eye(mesh.dim)]).tolist()))
    d = shape_gradients(mesh.dim, body.space.order, corners)[local]
    inverse, _ = jacobians(mesh.points, mesh.cells[own])
    grad = np.einsum("nak,nai,nkj->nij", d, u.reshape(-1, mesh.dim)[body.space.cell_dofs[own]], inverse)
    e = 0.5 * (grad + np.swapaxes(grad, 1, 2)).mean(axis=0)
    full = np.zeros((3, 3))
    full[: mesh.dim, : mesh.dim] = e
    young, nu = body.young[own[0]], body.poisson[own[0]]
    if mesh.dim == 2 and body.plane == "stress":
        full[2, 2] = -nu / (1 - nu) * np.trace(e)
    return young / (1 + nu) * (full + nu / (1 - 2 * nu) * np.trace(full) * np.eye(3))


def strip(layers, laws, length=40.0, across=8, each=2, dimension="section", depth=None, **more):
    """Return a layered strip from z = 0 up; layers: thicknesses."""
    heights = np.concatenate([[0.0], np.cumsum(layers)])
    z = np.unique(np.concatenate([np.linspace(a, b, each + 1) for a, b in pairwise(heights)]))
    ticks = [np.linspace(-length / 2, length / 2, across + 1)]
    ticks += [np.linspace(-depth / 2, depth / 2, 3)] if depth else []
    points, cells = grid(*ticks, z)
    owner = layered(points, cells, heights[1:-1])
    return body_mesh(points, cells, "3d" if depth else dimension, owner,
                  {f"r{i}": law for i, law in enumerate(laws)}, **more)  # fmt: skip


def composite(layers, moduli):
    """Return EA, neutral height ES/EA and EI about it of a layered beam of unit width (facts of any beam theory)."""
    top = np.cumsum(layers)
    middle = top - 0.5 * np.array(layers)
    ea, es = moduli @ np.array(layers), moduli @ (np.array(layers) * middle)
    zn = es / ea
    return ea, zn, float(moduli @ (np.array(layers) ** 3 / 12 + np.array(layers) * (middle - zn) ** 2))


LAYERS, STIFF, NU = (3.0, 0.5, 1.0), np.array([1000.0, 50000.0, 10.0]), 0.3


def filmed(depth=None):
    """Return a strip with a thin stiff film on top."""
    mesh = strip((4.0,), [(1000.0, NU)], across=40 if not depth else 8, depth=depth)
    film = Sheet(name="film", role="anode_collector", footprint=shapely.box(0, 0, 1, 1), z=4.0, thickness=0.01)
    layout = replace(mesh.layout, sheets=(film,), materials={**mesh.layout.materials, "film": elastic(2e5, NU)})
    return replace(mesh, sheets={"film": mesh.faces["zmax"]}, layout=layout)


def rectangle_constant(a, b, terms=60):
    """Return J of a rectangle a >= b: Timoshenko and Goodier, Theory of Elasticity, art. 109 (series in tanh)."""
    odd = np.arange(1, 2 * terms, 2)
    return a * b**3 / 3 * (1 - 192 / np.pi**5 * b / a * (np.tanh(odd * np.pi * a / (2 * b)) / odd**5).sum())
