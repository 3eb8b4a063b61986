"""Hand-made bodies at large strain: their materials, meshes and loads, for problems with closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from cells import grid

from microfem.fem.solvers.settings import SolverSettings
from microfem.layout import Layout, Region
from microfem.materials import Material, Property
from microfem.materials.material import PROPERTIES
from microfem.mesh import Mesh
from microfem.physics.mechanics.hyperelasticity import HyperelasticityCase, solve

AXES = {"3d": "xyz", "section": "xz", "plan": "xy"}
FAR = 1e3  # half the width of outlines that hold every mesh of these tests


def matter(**stated):
    """Return a material with coefficients as they are named in a study, MPa and 1."""
    made = {key: Property(float(value), PROPERTIES[key], "made for a test") for key, value in stated.items()}
    return Material("made", "", made)


def faced(points, cells, dimension="3d", owner=None, laws=None, layers=()):
    """Return a Mesh of regions r0, r1, ... with its end faces named; laws: name -> Material.

    layers: (name, outline, z0, z1) of a plan, else every region lies everywhere between 0 and 1.
    """
    owner = np.zeros(len(cells), dtype=np.int64) if owner is None else owner
    names = tuple(f"r{i}" for i in range(owner.max() + 1))
    whole = shapely.box(-FAR, -FAR, FAR, FAR)
    layers = layers or [(name, whole, 0.0, 1.0) for name in names]
    regions = tuple(
        Region(name=name, role="substrate", footprint=outline, z=(low, high), priority=k)
        for k, (name, outline, low, high) in enumerate(layers)
    )
    materials = {region.name: (laws or {}).get(region.name, matter(neo_hooke_mu=1.0)) for region in regions}
    layout = Layout(
        family="made", params={}, regions=regions, terminals={}, feature=1.0, gap=1.0, plane=0.5, materials=materials
    )
    mesh = Mesh(
        points=points,
        cells=cells,
        region_of_cell=owner,
        regions=names,
        dimension=dimension,
        layout=layout,
        sheets={},
        faces={},
        flat=points,
    )
    facets, _, outside = mesh.facets
    facets, faces = facets[outside < 0], {}
    for k, axis in enumerate(AXES[dimension]):
        for end, value in (("min", points[:, k].min()), ("max", points[:, k].max())):
            faces[axis + end] = facets[(np.abs(points[facets, k] - value) < 1e-9).all(axis=1)]
    return replace(mesh, faces=faces)


def brick(dimension, *counts, size=None, **more):
    """Return a mesh of a brick with that many edges along each axis."""
    size = size or (1.0,) * len(counts)
    points, cells = grid(*(np.linspace(0.0, s, n + 1) for s, n in zip(size, counts, strict=True)))
    return faced(points, cells, dimension, **more)


def layered(dimension, heights, *ticks, laws):
    """Return a brick of layers along its last axis; heights: where one ends and the next begins."""
    points, cells = grid(*ticks)
    owner = np.searchsorted(heights, points[cells, -1].mean(axis=1))
    return faced(points, cells, dimension, owner, laws)


def shaken(mesh, size, seed=0):
    """Return the mesh with its inner points moved at random by at most `size`."""
    facets, _, outside = mesh.facets
    inner = np.ones(len(mesh.points), dtype=bool)
    inner[np.unique(facets[outside < 0])] = False
    points = mesh.points.copy()
    points[inner] += np.random.default_rng(seed).uniform(-size, size, (inner.sum(), mesh.dim))
    return replace(mesh, points=points, flat=points)


def case(dimension, load, **more):
    """Return a checked case."""
    return HyperelasticityCase.model_validate(
        {"physics": "hyperelasticity", "dimension": dimension, "load": load} | more
    )


def run(mesh, load, settings=SolverSettings(), **more):
    """Solve a case on a mesh."""
    return solve(mesh, case(mesh.dimension, load, **more), settings)


def total(solution, name):
    """Return a total of the last step."""
    return solution.totals[name][0]
