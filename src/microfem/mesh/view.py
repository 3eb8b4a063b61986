"""The arranged outlines of one view of a layout, the edge lengths of its mesh, and the expected number of cells.

Nothing here meshes, so that too large a mesh is refused before meshing, and a study is checked quickly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from shapely import MultiLineString

from microfem.layout import Layout, Outline
from microfem.layout.mirrors import one_side
from microfem.layout.section import section_outlines
from microfem.layout.surroundings import for_view
from microfem.mesh.arrangement import Arrangement, Prism, arrange
from microfem.mesh.extrude import Steps, graded_heights
from microfem.mesh.lines import BULK, Sizes, expected_triangles
from microfem.mesh.record import UPRIGHT
from microfem.mesh.spiral import count_spiral

SLAB_INTERVALS = 16  # of the coarsest mesh along z, in a layout of a single slab
COARSEST = 2.0  # edges per smallest feature in the coarsest mesh
BESIDE = 2.5  # edge length beside lines relative to that on them, before edges grow with the distance
NODES_PER_CELL = {2: 2.1, 3: 1.5}  # of P2 meshes, by their dimension
FLATTER = 2.0  # ratio of the plan's edges to the first intervals along z: further layers of cells cost little


@dataclass(frozen=True)
class View:
    """Faces of one view of a layout, the prisms that own them, and films, which are lines in a section."""

    faces: Arrangement
    prisms: tuple[Prism, ...]
    films: tuple[tuple[str, MultiLineString], ...] = ()


def sizes_at(layout: Layout, level: int) -> Sizes:
    """Return the edge lengths at a level of refinement: each level halves them, far from all lines from level 0 on."""
    edge = layout.feature / COARSEST / 2.0**level
    return Sizes(edge, BESIDE * edge, BULK / 2.0 ** (level + 1))


def arranged(layout: Layout, dimension: str) -> View:
    """Return the arranged outlines of a view, see `build_mesh`; not for the plan of a wound multilayer.

    Raises:
        LayoutError: a section meets no electrode.
        MeshError: the sum of the faces' areas differs from the area of the outlines.
    """
    every = tuple(_shown(layout, [Prism(r.name, r.footprint, r.z, r.priority) for r in layout.regions]))
    if dimension == "3d":
        films_there, heights = list(films_of(layout).values()), [sheet.z for sheet in layout.sheets]
        return View(arrange(every, films_there, heights, layout.feature, layout.drawn_circles), every)
    outlines = [sheet.footprint for sheet in layout.sheets]
    if dimension == "layers":
        return View(arrange(every, outlines, [], _smallest(layout, every), layout.drawn_circles), every)
    films: list[tuple[str, MultiLineString]] = []
    if dimension == "plan":
        at_plane = [Prism(name, outline, (0.0, 1.0), priority) for name, outline, priority in layout.at_plane()]
        prisms = tuple(_shown(layout, at_plane))
    else:
        regions, films = section_outlines(layout, half=dimension == "axisymmetric")
        prisms = tuple(Prism(name, outline, (0.0, 1.0), priority) for name, outline, priority in regions)
    circles = () if dimension in UPRIGHT else layout.drawn_circles
    return View(arrange(prisms, [], [], _smallest(layout, prisms), circles), prisms, tuple(films))


def _shown(layout: Layout, prisms: Iterable[Prism]) -> Iterator[Prism]:
    """Yield the parts of prisms that lie on one side of mirror planes."""
    for prism in prisms:
        if (outline := one_side(layout, prism.outline)) is not None:
            yield replace(prism, outline=outline)


def films_of(layout: Layout) -> dict[str, Outline]:
    """Return the outline of each film on one side of mirror planes."""
    shown = {sheet.name: one_side(layout, sheet.footprint) for sheet in layout.sheets}
    return {name: outline for name, outline in shown.items() if outline is not None}


def _smallest(layout: Layout, prisms: tuple[Prism, ...]) -> float:
    """Return the smallest extent that the snapping grid must resolve, um."""
    thin = [min(p.outline.bounds[2] - p.outline.bounds[0], p.outline.bounds[3] - p.outline.bounds[1]) for p in prisms]
    return min([layout.feature, *thin])


def heights_of(layout: Layout, breaks: NDArray[np.float64], level: int) -> NDArray[np.float64]:
    """Return the heights of an extrusion, um.

    A single slab has the same cross-section at all heights, so its intervals follow its length; a placement that curves
    the z axis limits them in any case.
    """
    sizes = sizes_at(layout, level)
    edge, far = sizes.edge / FLATTER, 2.0 * sizes.far
    reach = sizes.reach
    if len(breaks) == 2:
        far = max(far, float(np.ptp(breaks)) / SLAB_INTERVALS / 2.0**level)
        edge, reach = max(edge, 0.25 * far), np.inf
    longest = layout.placement.longest_step / 2.0 ** max(level, 0)
    far = min(far, longest)
    return graded_heights(breaks, Steps(min(edge, far), far, reach, longest), (_plain(layout, 0), _plain(layout, 1)))


def _plain(layout: Layout, end: int) -> bool:
    """Tell whether one region alone ends at the lowest height of a layout, end = 0, or at the highest, end = 1."""
    sign = 2 * end - 1
    last = max(sign * region.z[end] for region in layout.regions)
    ends = [sign * region.z[end] for region in layout.regions] + [sign * sheet.z for sheet in layout.sheets]
    return ends.count(last) == 1


def expected_cells(layout: Layout, dimension: str, level: int) -> float:
    """Return the number of cells that `build_mesh` will make, within a factor of two.

    Raises:
        MicrofemError: see `arranged`.
    """
    if dimension == "strip":
        return expected_cells(layout.unrolled(), "plan", level)
    if layout.spiral is not None and dimension not in UPRIGHT:
        wound, breaks = count_spiral(layout.spiral, level), np.array(layout.regions[0].z)
        return 3.0 * wound * (len(heights_of(layout, breaks, level)) - 1) if dimension == "3d" else wound
    layout = for_view(layout, dimension)
    faces = arranged(layout, dimension).faces
    triangles = expected_triangles(faces.faces, sizes_at(layout, level))
    if dimension != "3d":
        return float(triangles.sum())
    heights = heights_of(layout, faces.heights, level)
    slab = np.searchsorted(faces.heights, 0.5 * (heights[1:] + heights[:-1])) - 1
    return 3.0 * float(triangles @ (faces.owner >= 0)[:, slab].sum(axis=1))
