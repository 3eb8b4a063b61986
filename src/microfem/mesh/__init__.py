"""From a layout to simplices: arrangement, plan mesh, extrusion, placement. No other package uses gmsh."""

from microfem.mesh.build import build_mesh
from microfem.mesh.record import Mesh

__all__ = ["Mesh", "build_mesh"]
