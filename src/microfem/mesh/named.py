"""What names in a layout are in a mesh: cells of regions, facets of films and faces, edges of films."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from microfem.layout.faces import AXES, ENDS, NamedFace
from microfem.mesh.record import Floats, Ints, Mesh, facet_keys

ON_FACE = 1e-6  # relative to the smallest feature: distance within which a point lies on a face


def simplices_of(mesh: Mesh, name: str) -> Sequence[Ints]:
    """Return the vertices (n, k + 1) of what a region, a film or a face is in a mesh, nothing if the view misses it.

    A region is cells; a film, or the face of a region, facets; the edge of a film simplices of one dimension less.
    """
    if name in mesh.regions:
        return [mesh.cells[mesh.cells_of(name)]]
    if name in mesh.sheets:
        return [mesh.sheets[name]]
    face = mesh.layout.named_face(name)
    return [] if face is None else simplices_on(mesh, face)


def simplices_on(mesh: Mesh, face: NamedFace) -> Sequence[Ints]:
    """Return the simplices around parts that lie in the plane where the parts end, nothing if the view misses it."""
    return [one for one in _on_face(mesh, face) if len(one)]


def _on_face(mesh: Mesh, face: NamedFace) -> Sequence[Ints]:
    axes, near = AXES[mesh.dimension], ON_FACE * mesh.layout.feature + mesh.snapped
    if face.side in ENDS and mesh.layout.spiral is not None:
        ends = mesh.layout.spiral.end_of(face.parts[0], face.side)
        facets, _ = mesh.boundary(*face.parts)
        return [facets[(_distance(mesh.flat[facets, :2], ends) <= near).all(axis=1)]]
    if face.axis not in axes:
        return []
    if not face.parts:
        return [mesh.faces[face.side]]
    regions = tuple(part for part in face.parts if part in mesh.regions)
    around = [mesh.boundary(*regions)[0]] if regions else []
    films = [] if face.axis == "z" else [part for part in face.parts if part in mesh.sheets]
    around += [_rim(mesh.sheets[part], len(mesh.points)) for part in films]
    along = mesh.flat[:, axes.index(face.axis)]
    end = max if face.upper else min
    plane = end((end(along[one].flat) for one in around if len(one)), default=0.0)
    return [one[(np.abs(along[one] - plane) <= near).all(axis=1)] for one in around]


def _distance(points: Floats, ends: Floats) -> Floats:
    """Return the distance (...,) of points (..., 2) from the line between two ends (2, 2)."""
    along = ends[1] - ends[0]
    share = np.clip((points - ends[0]) @ along / (along @ along), 0.0, 1.0)
    return np.asarray(np.linalg.norm(points - ends[0] - share[..., None] * along, axis=-1))


def _rim(facets: Ints, npoints: int) -> Ints:
    """Return the sides (n, k) of simplices (m, k + 1), k = 1 or 2, that belong to one of them alone."""
    k = facets.shape[1] - 1
    sides = np.sort(np.vstack([np.delete(facets, b, axis=1) for b in range(k + 1)]), axis=1)
    _, first, count = np.unique(facet_keys(sides, npoints), return_index=True, return_counts=True)
    return sides[first[count == 1]]
