"""Write a mesh as .msh, .vtu, .inp or whatever meshio knows, regions by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microfem.errors import MicrofemError
from microfem.mesh import Mesh

FORMATS = {".msh": "gmsh22", ".vtu": "vtu", ".inp": "abaqus"}


def write_mesh(path: Path, mesh: Mesh) -> None:
    """Write points in um and cells; regions are cell sets (Abaqus), physical groups (gmsh) or cell data (VTU).

    Raises:
        MicrofemError: the ending is not known, or the file cannot be written.
    """
    import meshio

    if path.suffix not in FORMATS:
        raise MicrofemError(f"'{path.suffix}' is no mesh format; use {', '.join(FORMATS)}")
    kind = "tetra" if mesh.dim == 3 else "triangle"
    points = mesh.points if mesh.dim == 3 else np.column_stack([mesh.points, np.zeros(len(mesh.points))])
    tags = mesh.region_of_cell + 1
    one = meshio.Mesh(points, [(kind, mesh.cells)])
    if path.suffix == ".inp":
        one.cell_sets = {name: [mesh.cells_of(name)] for name in mesh.regions}
    elif path.suffix == ".msh":
        one.cell_data = {"gmsh:physical": [tags], "gmsh:geometrical": [tags]}
        one.field_data = {name: np.array([k + 1, mesh.dim]) for k, name in enumerate(mesh.regions)}
    else:
        one.cell_data = {"region": [tags]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        meshio.write(path, one, file_format=FORMATS[path.suffix])
    except OSError as error:
        raise MicrofemError(f"cannot write {path}: {error.strerror}") from error
