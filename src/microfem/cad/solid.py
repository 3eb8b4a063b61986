"""Solids for 3D printing and CAD, in mm: the space of regions, as STL from the mesh and as STEP from prisms."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from microfem.base.errors import MicrofemError
from microfem.layout import Flat, Layout
from microfem.layout.owned import slabs
from microfem.layout.rings import trace

MM = 1e-3  # mm per um


def write_stl(path: Path, layout: Layout, roles: list[str], level: int) -> tuple[list[Path], float]:
    """Write the surface of each role's regions, in any placement, to a file of its own.

    The surfaces are those of the mesh of a level: they are closed, and neighbours share all their triangles.

    Returns:
        The files, named PATH-ROLE.stl if there are several, and the largest distance of their chords from arcs, um.
    """
    import meshio

    from microfem.mesh import build_mesh
    from microfem.mesh.curves import sagitta

    mesh = build_mesh(layout, "3d", level)
    paths = []
    for role in roles:
        facets, cells = mesh.boundary(*(region.name for region in layout.with_role(role)))
        corners, middle = mesh.points[facets], mesh.points[mesh.cells[cells]].mean(axis=1)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        inward = ((corners[:, 0] - middle) * normal).sum(axis=1) < 0.0
        facets[inward] = facets[inward][:, ::-1]
        used, triangles = np.unique(facets, return_inverse=True)
        paths.append(path if len(roles) == 1 else path.with_name(f"{path.stem}-{role}.stl"))
        surface = meshio.Mesh(points=MM * mesh.points[used], cells=[("triangle", triangles.reshape(-1, 3))])
        meshio.write(paths[-1], surface, file_format="stl", binary=True)
    return paths, sagitta(mesh)


def write_step(path: Path, layout: Layout, roles: list[str]) -> list[dict[str, object]]:
    """Write the prisms of a flat layout's regions as STEP with exact arcs.

    Returns:
        The region, role and heights of each body, in order.

    Raises:
        MicrofemError: the layout has a placement.
    """
    from microfem.mesh import solids

    if layout.placement != Flat():
        placed = type(layout.placement).__name__
        raise MicrofemError(f"STEP holds prisms, and this layout is on a surface ({placed}); write it as .stl")
    circles = layout.drawn_circles
    bodies: list[solids.Body] = []
    descriptions: list[dict[str, object]] = []
    for region, outline, z in slabs(layout.regions):
        if region.role not in roles:
            continue
        for shape in trace(outline, circles):
            bodies.append(([(MM * ring.points, ring.bulges) for ring in shape], (MM * z[0], MM * z[1])))
            descriptions.append({"region": region.name, "role": region.role, "z_um": list(z)})
    solids.write_step(path, bodies)
    return descriptions
