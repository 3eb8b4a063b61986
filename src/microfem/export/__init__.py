"""Meshes for other programs."""

from microfem.export.mesh_file import known_suffix, write_mesh

__all__ = ["known_suffix", "write_mesh"]
