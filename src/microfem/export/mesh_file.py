"""Write a mesh as .msh, .vtu, .inp or .bdf, regions by name where the format has names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.mesh import Mesh

FORMATS = {".msh": "gmsh22", ".vtu": "vtu", ".inp": "abaqus", ".bdf": "nastran"}
BULK = "BEGIN BULK\n"  # begins the entries of a NASTRAN file


def write_mesh(path: Path, mesh: Mesh) -> None:
    """Write points in um and cells, in the format of the path's suffix.

    Regions are physical groups (gmsh), cell sets (Abaqus), properties with their names as comments (NASTRAN) or numbers
    from 1 in the order of `mesh.regions` (VTU).

    Raises:
        MicrofemError: the suffix is unknown, or the file cannot be written.
    """
    import meshio

    if path.suffix not in FORMATS:
        raise MicrofemError(f"'{path.suffix}' is no mesh format; use {', '.join(FORMATS)}")
    kind = "tetra" if mesh.dim == 3 else "triangle"
    points = mesh.points if mesh.dim == 3 else np.column_stack([mesh.points, np.zeros(len(mesh.points))])
    tags = mesh.region_of_cell + 1
    mesh_data = meshio.Mesh(points=points, cells=[(kind, mesh.cells)])
    if path.suffix == ".inp":
        mesh_data.cell_sets = {name: [mesh.cells_of(name)] for name in mesh.regions}
    elif path.suffix == ".msh":
        mesh_data.cell_data = {"gmsh:physical": [tags], "gmsh:geometrical": [tags]}
        mesh_data.field_data = {name: np.array([k + 1, mesh.dim]) for k, name in enumerate(mesh.regions)}
    elif path.suffix == ".bdf":
        mesh_data.cell_data = {"nastran:ref": [tags]}
        mesh_data.points = points.round(6)  # meshio refuses exponents of two digits
    else:
        mesh_data.cell_data = {"region": [tags]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        meshio.write(path, mesh_data, file_format=FORMATS[path.suffix])
        if path.suffix == ".bdf":
            path.write_text(path.read_text().replace(BULK, BULK + _properties(mesh), 1))
    except OSError as error:
        raise MicrofemError(f"cannot write {path}: {error.strerror}") from error


def _properties(mesh: Mesh) -> str:
    """Return the entries that meshio omits from a NASTRAN file: a property per region, with its name as a comment."""
    entry = "PSOLID" if mesh.dim == 3 else "PSHELL"
    return "".join(f"$ {name}\n{entry:<8s}{k:<8d}{k:<8d}\n" for k, name in enumerate(mesh.regions, 1))
