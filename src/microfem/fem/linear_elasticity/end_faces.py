"""Faces where an elastic body is constrained or loaded: end faces, named faces, outer surfaces of regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.fem.linear_elasticity.bodies import Body
from microfem.fem.space import Floats, Ints
from microfem.mesh import Mesh
from microfem.mesh.record import facet_keys

MOST_UNEVEN = 1e-6  # deviation of an end face from a plane, relative to the length


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The two end faces along an axis.

    dofs: (n,); points: (n, dim), um; offset: (n,) -+ half the length, um; centre: (dim,), um; length: um.
    """

    axis: int
    dofs: Ints
    points: Floats
    offset: Floats
    centre: Floats
    length: float


def axes(mesh: Mesh) -> str:
    """Return the names of a mesh's axes."""
    return {"3d": "xyz", "section": "xz", "plan": "xy"}[mesh.dimension]


def face_dofs(body: Body, face: str) -> Ints:
    """Return the body's degrees of freedom (n,) on an end face of the flat layout.

    Raises:
        MicrofemError: no solid part reaches the face.
    """
    mesh = body.space.mesh
    dofs = np.unique(body.space.dofs(mesh.faces[face])) if face in mesh.faces else np.zeros(0, dtype=np.int64)
    dofs = np.intersect1d(dofs, body.dofs)
    if not len(dofs):
        raise MicrofemError(
            f"nothing solid has a flat face at {face}: its outline is round, or nothing there has a Young's modulus"
        )
    return dofs


def find_ends(body: Body, axis: str) -> Ends:
    """Return the end faces along an axis.

    Raises:
        MicrofemError: no solid part reaches one of them, or the placement curves it.
    """
    index = axes(body.space.mesh).index(axis)
    both = [face_dofs(body, axis + end) for end in ("min", "max")]
    low, high = (body.space.locations[dofs] for dofs in both)
    bottom, top = float(low[:, index].mean()), float(high[:, index].mean())
    length = top - bottom
    off = max(float(np.ptp(low[:, index])), float(np.ptp(high[:, index])))
    if off > MOST_UNEVEN * abs(length):
        raise MicrofemError(
            f"the end faces along {axis} are not plane and parallel on this placement; "
            "load the flat layout, or another axis"
        )
    points = np.vstack([low, high])
    offset = np.repeat([-0.5 * length, 0.5 * length], [len(low), len(high)])
    centre = 0.5 * (points.min(axis=0) + points.max(axis=0))
    return Ends(axis=index, dofs=np.concatenate(both), points=points, offset=offset, centre=centre, length=length)


def pressed_facets(body: Body, region: str, side: str | None, fixed: str) -> tuple[Ints, Ints]:
    """Return the facets (n, dim) of a region's outer surface, or of its part in the face `side`, and their cells (n,).

    The outer surface borders the outside or cells that carry no load; the face `fixed` is not part of it.

    Raises:
        MicrofemError: the region has no such facets, or carries no load.
    """
    mesh = body.space.mesh
    solid = np.zeros(len(mesh.cells), dtype=bool)
    solid[body.cells] = True
    mine = mesh.cells_of(region)
    vertices, a, b = mesh.facets
    in_a, in_b = np.isin(a, mine), np.isin(b, mine)
    open_a, open_b = (b < 0) | ~solid[b], ~solid[a]
    outer, inner = in_a & open_a & solid[a], in_b & open_b & solid[b]
    facets, cells = np.vstack([vertices[outer], vertices[inner]]), np.concatenate([a[outer], b[inner]])
    keys = facet_keys(np.sort(facets, axis=1), len(mesh.points))
    selected = ~np.isin(keys, _face_keys(mesh, fixed))
    if side is not None:
        selected &= np.isin(keys, _face_keys(mesh, side))
    facets, cells = facets[selected], cells[selected]
    if not len(facets):
        where = f"in the face {side}" if side else "on its outside"
        raise MicrofemError(f"pressure: the region '{region}' has no free surface {where}, or carries no load")
    return facets, cells


def _face_keys(mesh: Mesh, face: str) -> Ints:
    return facet_keys(np.sort(mesh.faces[face], axis=1), len(mesh.points))
