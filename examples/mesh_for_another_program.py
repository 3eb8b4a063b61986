"""A mesh for another program: write it with named regions, and read it as that program would.

You learn how to mesh without a solve, which formats there are (see the page on other programs), and how regions keep
their names in them.
"""

import meshio
import numpy as np

import microfem

layout = microfem.stacked(length="400 um", width="300 um", gap="50 um", collector_thickness="0 um")
mesh = microfem.build_mesh(layout, "3d")
print(f"{len(mesh.points)} points, {len(mesh.cells)} tetrahedra, regions: {', '.join(mesh.regions)}")
microfem.write_mesh("cell.msh", mesh)  # gmsh, FEniCS, MOOSE
microfem.write_mesh("cell.inp", mesh)  # CalculiX, Abaqus

read = meshio.read("cell.msh")
corners = read.points[read.cells_dict["tetra"]]
volumes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / 6.0
numbers = read.cell_data_dict["gmsh:physical"]["tetra"]
for name, (number, _) in read.field_data.items():
    print(f"{name} = {volumes[numbers == number].sum():.8g} um3")
