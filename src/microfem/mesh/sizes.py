"""The size of each region and film in a mesh, compared with that in the layout."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import MeshError
from microfem.layout import Region
from microfem.layout.owned import slabs
from microfem.mesh.arrangement import Prism
from microfem.mesh.record import Mesh

LARGEST_DIFFERENCE = 1e-3  # relative: effect of the snapping grid and of corners of arcs dropped beside a junction


def owned_sizes(prisms: Sequence[Prism]) -> dict[str, float]:
    """Return the volume that each prism owns, name -> um3, 0 if others cover it."""
    sizes = dict.fromkeys((prism.name for prism in prisms), 0.0)
    for region, outline, (low, high) in slabs(
        [Region(name=p.name, role="", footprint=p.outline, z=p.z, priority=p.priority) for p in prisms]
    ):
        sizes[region.name] += outline.area * (high - low)
    return sizes


def sizes_of(mesh: Mesh) -> dict[str, float]:
    """Return the volume (um3; 2D: area, um2) of regions and the area (2D: length, um) of films, before placement."""
    volumes = np.bincount(mesh.region_of_cell, np.abs(mesh.moved(mesh.flat).signed_volumes), len(mesh.regions))
    films = {name: float(_facet_sizes(mesh.flat[facets]).sum()) for name, facets in mesh.sheets.items()}
    return dict(zip(mesh.regions, volumes.tolist(), strict=True)) | films


def _facet_sizes(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of facets (n, dim, dim): the root of the Gram determinant of their sides."""
    sides = corners[:, 1:] - corners[:, :1]
    return np.sqrt(np.linalg.det(sides @ sides.transpose(0, 2, 1))) / math.factorial(sides.shape[1])


def check_sizes(mesh: Mesh, expected: Mapping[str, float]) -> None:
    """Compare the size of every region and film with `expected`, its size in the layout.

    Raises:
        MeshError: a size differs by more than a thousandth, or a cell has no volume.
    """
    meshed = sizes_of(mesh)
    if not (mesh.volumes > 0.0).all():
        raise MeshError("a cell without volume")
    for name, size in expected.items():
        if mesh.dimension == "3d" and meshed.get(name, 0.0) == 0.0:
            raise MeshError(f"no cells in region '{name}'; it is covered by others or thinner than the snapping grid")
        if abs(meshed.get(name, 0.0) - size) > LARGEST_DIFFERENCE * size:
            unit = {3: "um3", 2: "um2"}[mesh.dim] if name in mesh.regions else {3: "um2", 2: "um"}[mesh.dim]
            raise MeshError(
                f"'{name}' has {meshed.get(name, 0.0):.6g} of its {size:.6g} {unit} in the mesh: no line of the mesh "
                "follows its outline"
            )
