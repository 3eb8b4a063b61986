"""Structured triangles for a wound multilayer."""

from __future__ import annotations

from microfem.errors import MeshError
from microfem.layout import Layout
from microfem.mesh.arrange import Arrangement
from microfem.mesh.plan import PlanMesh, Sizes


def mesh_spiral(layout: Layout, sizes: Sizes, faces: Arrangement) -> tuple[PlanMesh, Arrangement]:
    """Mesh a spiral in (angle, layer)."""
    raise MeshError("not there yet")
