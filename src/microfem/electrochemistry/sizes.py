"""Sizes of a cell to which its numbers refer: its footprint, the thickness of its electrodes, their pores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.electrochemistry.materials import number
from microfem.fem.cell.constants import SITE
from microfem.fem.cell.equations import ELECTRODES
from microfem.fem.space import jacobians
from microfem.layout import Region

if TYPE_CHECKING:
    from microfem.electrochemistry.strained import Strained
    from microfem.mesh import Mesh

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Pores:
    """A porous electrode: its volume, um3, in 2D um2; the factor of transport in its pores; S/m of its solid."""

    volume: float
    passage: float
    conductivity: float


def pores_of(strained: Strained, region: str, kelvin: float) -> Pores:
    """Return what limits the current in the pores of an electrode, from one of its regions."""
    mesh = strained.mesh
    material, role = mesh.layout.material(region), mesh.layout.part(region).role
    cells = mesh.cells_of(*(name for name in mesh.regions if mesh.layout.part(name).role == role))
    porosity = strained.porosity(cells, np.full(len(cells), material.value("porosity")))
    passage = porosity ** number(material, "bruggeman", 1.5)
    return Pores(
        volume=float(strained.volumes[cells].sum()),
        passage=float(np.average(passage, weights=strained.volumes[cells])),
        conductivity=material.warmed(kelvin).value("conductivity"),
    )


def thickness_of(strained: Strained, region: str, facets: Ints, beside: Ints) -> float:
    """Return the thickness of a metal as it is strained, um: its height, of a wound layer its volume over its surface.

    It is infinite in the plan of all others, which does not show it.

    facets: of its surface in the electrolyte; beside: the cell of each.
    """
    mesh, cells = strained.mesh, strained.mesh.cells_of(region)
    part = mesh.layout.part(region)
    assert isinstance(part, Region)
    height = np.inf if mesh.dimension == "plan" else part.z[1] - part.z[0]
    if mesh.layout.spiral is not None:
        height = float(strained.designed.volumes[cells].sum() / jacobians(strained.designed.points, facets)[1].sum())
    return height * strained.thinning(facets, beside, cells)


def footprint(mesh: Mesh) -> float:
    """Return the area that currents per area refer to, um2 x 1e-6, in 2D um x 1e-6.

    mesh: before any load. In a section it is the width from the first to the last edge of an electrode; in a plan the
    footprint over the height of the taller electrode.
    """
    layout = mesh.layout
    if mesh.dimension == "section":
        electrodes = [name for name in mesh.regions if layout.part(name).role in ELECTRODES]
        x = mesh.points[mesh.cells[mesh.cells_of(*electrodes)], 0]
        return SITE * float(x.max() - x.min())
    if mesh.dimension == "plan":
        height = max(region.z[1] - region.z[0] for region in layout.with_role(*ELECTRODES))
        return SITE * layout.footprint_area() / height
    return SITE * layout.footprint_area()
