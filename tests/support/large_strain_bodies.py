"""Hand-made bodies at large strain, and cases on them, for problems with closed forms. Units: um, MPa, uN."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely

from microfem.layout import Layout, Region
from microfem.mesh import Mesh
from support.cells import grid, with_faces
from support.materials import matter
from support.solving import read_case

FAR = 1e3  # half the width of outlines that hold every mesh of these tests


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
    return with_faces(
        Mesh(
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
    )


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
    return read_case({"physics": "hyperelasticity", "dimension": dimension, "load": load, **more})
