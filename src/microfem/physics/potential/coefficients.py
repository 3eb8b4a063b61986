"""The coefficient of a potential in cells and films: properties of materials, numbers or tensors in their frames."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from microfem.physics.frame import Floats, Ints

if TYPE_CHECKING:
    from microfem.mesh import Mesh


def of_cells(mesh: Mesh, name: str, without: Collection[str] = ()) -> Floats:
    """Return a property of each cell, (ncells,), or (ncells, dim, dim) if that of any region differs along axes.

    without: regions in which it is 0.
    """
    stated = [0.0 if region in without else _at_rest(mesh, region, name) for region in mesh.regions]
    return _in_simplices(mesh, mesh.cells, stated, mesh.region_of_cell)


def of_film(mesh: Mesh, film: str, name: str) -> Floats:
    """Return a property of each facet of a film, (nfacets,) or (nfacets, dim, dim)."""
    facets = mesh.sheets[film]
    return _in_simplices(mesh, facets, [_at_rest(mesh, film, name)], np.zeros(len(facets), dtype=np.int64))


def _at_rest(mesh: Mesh, part: str, name: str) -> float | Floats:
    from microfem.layout.frames import axes_of

    stated = mesh.layout.material(part).along(name, axes_of(mesh.layout))
    return stated if isinstance(stated, float) else np.array(stated)


def _in_simplices(mesh: Mesh, simplices: Ints, stated: list[float | Floats], number: Ints) -> Floats:
    """Return what is stated for each simplex, by its number (n,); tensors in the axes of space that the view shows."""
    from microfem.mesh.frames import frames_of, shown

    if all(isinstance(one, float) for one in stated):
        return np.array(stated, dtype=float)[number]
    tensors = np.stack([one * np.eye(3) if isinstance(one, float) else one for one in stated])
    frames, seen = frames_of(mesh, simplices), shown(mesh)
    turned = frames @ tensors[number] @ frames.swapaxes(1, 2)
    return np.ascontiguousarray(turned[:, seen][..., seen])
