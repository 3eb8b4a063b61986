"""Meshes as input of CalculiX and Abaqus: linear elements with the sets that boundary conditions need.

CalculiX reads 20 characters of a number at most, and takes the plane elements of meshio's writer, R3D3, for rigid ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from microfem.mesh import Mesh
from microfem.mesh.record import facet_keys

Ints = NDArray[np.int64]

# Plane strain for the cut of a long device, plane stress for a plan; heat conduction is the same in both.
ELEMENTS = {"3d": "C3D4", "section": "CPE3", "plan": "CPS3"}
# Number of the facet opposite to each vertex (CalculiX User's Manual, *DLOAD).
FACETS = {2: np.array([2, 3, 1]), 3: np.array([3, 4, 2, 1])}
PER_LINE = 16  # most numbers in a line of a set
UNITS = """\
** {family}, {dimension}. Lengths are in um.
** With moduli in MPa, forces are in uN{depth}.
** With conductivities in S/m and temperatures as volts, heat flows are microamperes{depth}.
** Node sets: Nall, regions, films, terminals, end faces. Element sets: regions. Surfaces: end faces.
"""


def write_inp(path: Path, mesh: Mesh) -> None:
    """Write nodes, elements of each region, node sets and surfaces."""
    cells = np.where((mesh.signed_volumes < 0.0)[:, None], _mirrored(mesh.cells), mesh.cells)
    points = mesh.points if mesh.dim == 3 else np.column_stack([mesh.points, np.zeros(len(mesh.points))])
    depth = "" if mesh.dim == 3 else " per um of depth"
    with path.open("w", encoding="utf-8") as file:
        file.write(UNITS.format(family=mesh.layout.family, dimension=mesh.dimension, depth=depth))
        file.write("*NODE, NSET=Nall\n")
        np.savetxt(file, np.column_stack([np.arange(1, len(points) + 1), points]), "%d, %.12g, %.12g, %.12g")
        for name in mesh.regions:
            own = mesh.cells_of(name)
            file.write(f"*ELEMENT, TYPE={ELEMENTS[mesh.dimension]}, ELSET={name}\n")
            np.savetxt(file, np.column_stack([own, cells[own]]) + 1, "%d", delimiter=", ")
        for name, nodes in _node_sets(mesh):
            _write_set(file, name, nodes + 1)
        for name, facets in mesh.faces.items():
            file.write(f"*SURFACE, NAME={name}, TYPE=ELEMENT\n")
            np.savetxt(file, _sides(mesh, cells, facets), "%d, S%d")


def _mirrored(cells: Ints) -> Ints:
    return np.column_stack([cells[:, :-2], cells[:, -1], cells[:, -2]])


def _node_sets(mesh: Mesh) -> Iterator[tuple[str, Ints]]:
    """Yield the nodes of regions, films and terminals, and of end faces; a terminal includes the part of its name."""
    parts = {name: mesh.cells[mesh.cells_of(name)] for name in mesh.regions} | dict(mesh.sheets)
    terminals = {name: [one for one in owned if one in parts] for name, owned in mesh.layout.terminals.items()}
    for name in (*terminals, *(one for one in parts if one not in terminals)):
        owned = terminals.get(name, [name])
        if owned:
            yield name, np.unique(np.concatenate([parts[one].ravel() for one in owned]))
    for name, facets in mesh.faces.items():
        yield name, np.unique(facets)


def _write_set(file: TextIO, name: str, numbers: Ints) -> None:
    file.write(f"*NSET, NSET={name}\n")
    for start in range(0, len(numbers), PER_LINE):
        file.write(", ".join(map(str, numbers[start : start + PER_LINE].tolist())) + "\n")


def _sides(mesh: Mesh, cells: Ints, facets: Ints) -> Ints:
    """Return the number of a cell beside each facet, from 1, and of the facet in it."""
    vertices, beside, _ = mesh.facets
    keys = facet_keys(vertices, len(mesh.points))
    order = np.argsort(keys)
    found = order[np.searchsorted(keys, facet_keys(np.sort(facets, axis=1), len(mesh.points)), sorter=order)]
    cell = beside[found]
    opposite = ~(cells[cell][:, :, None] == vertices[found][:, None, :]).any(axis=2)
    return np.column_stack([cell + 1, FACETS[mesh.dim][opposite.argmax(axis=1)]])
