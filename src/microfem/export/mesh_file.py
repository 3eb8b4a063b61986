"""Write a mesh as .msh, .vtu, .xdmf, .bdf or .inp, regions by name where the format has names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.export.calculix import write_inp
from microfem.export.xdmf import write_xdmf
from microfem.mesh import Mesh
from microfem.results.files import writing

FORMATS = {".msh": "gmsh22", ".vtu": "vtu", ".bdf": "nastran"}  # those of meshio
OWN = {".inp": write_inp, ".xdmf": write_xdmf}
BULK = "BEGIN BULK\n"  # begins the entries of a NASTRAN file, after CEND, which meshio omits


def write_mesh(path: str | Path, mesh: Mesh) -> None:
    """Write points in um and cells, in the format of the path's suffix.

    Regions are physical groups (gmsh), element sets (CalculiX, Abaqus), properties with their names as comments
    (NASTRAN) or numbers from 1 in the order of `mesh.regions` (VTU, XDMF).

    Raises:
        MicrofemError: the suffix is unknown.
        WriteError: the disk is full or the folder cannot be written; an earlier file is as it was.
    """
    path = Path(path)
    suffix = known_suffix(path)
    with writing(path) as partial:
        if suffix in OWN:
            OWN[suffix](partial, mesh)
        else:
            _write_by_meshio(partial, suffix, mesh)


def known_suffix(path: Path) -> str:
    """Return the suffix of a mesh file, in lower case.

    Raises:
        MicrofemError: it is the suffix of no format.
    """
    suffix = path.suffix.lower()
    if suffix not in (*FORMATS, *OWN):
        raise MicrofemError(f"'{path.suffix}' is no mesh format; use {', '.join((*FORMATS, *OWN))}")
    return suffix


def _write_by_meshio(path: Path, suffix: str, mesh: Mesh) -> None:
    import meshio

    kind = "tetra" if mesh.dim == 3 else "triangle"
    points = mesh.points if mesh.dim == 3 else np.column_stack([mesh.points, np.zeros(len(mesh.points))])
    tags = mesh.region_of_cell + 1
    mesh_data = meshio.Mesh(points=points, cells=[(kind, mesh.cells)])
    if suffix == ".msh":
        mesh_data.cell_data = {"gmsh:physical": [tags], "gmsh:geometrical": [tags]}
        mesh_data.field_data = {name: np.array([k + 1, mesh.dim]) for k, name in enumerate(mesh.regions)}
    elif suffix == ".bdf":
        mesh_data.cell_data = {"nastran:ref": [tags]}
        mesh_data.points = points.round(6)  # meshio refuses exponents of two digits
    else:
        mesh_data.cell_data = {"region": [tags]}
    meshio.write(path, mesh_data, file_format=FORMATS[suffix])
    if suffix == ".bdf":
        path.write_text(path.read_text().replace(BULK, f"CEND\n{BULK}{_properties(mesh)}", 1))


def _properties(mesh: Mesh) -> str:
    """Return the entries that meshio omits from a NASTRAN file: a property per region, with its name as a comment."""
    entry = "PSOLID" if mesh.dim == 3 else "PSHELL"
    return "".join(f"$ {name}\n{entry:<8s}{k:<8d}{k:<8d}\n" for k, name in enumerate(mesh.regions, 1))
