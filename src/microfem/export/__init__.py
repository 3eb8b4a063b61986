"""Files for other programs: meshes through meshio."""

from microfem.export.mesh_file import write_mesh

__all__ = ["write_mesh"]
