"""From a layout to simplices: arrangement, plan mesh, extrusion, placement. gmsh lives here and nowhere else."""

from microfem.mesh.build import build_mesh
from microfem.mesh.record import Mesh

__all__ = ["Mesh", "build_mesh"]
