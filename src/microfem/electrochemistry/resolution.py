"""How deep an alternating current reaches into the pores of an electrode, and meshes that resolve it.

In pores with a double layer the potential decays over sqrt(1 / ((1 / kappa + 1 / sigma) omega a C)), with a C per
volume. R. de Levie, Electrochim. Acta 8 (1963) 751. Cells beside the surface of the electrode must be smaller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.electrochemistry.model import model_of
from microfem.fem.error_estimates.refinement import FLATTEST
from microfem.mesh.bisect import bisect

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.electrochemistry.statement import CellStatement
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ELEMENTS = 2.0  # in the depth, of the first mesh at least
QUARTER_TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


@dataclass(frozen=True, kw_only=True)
class Pore:
    """The pores of an electrode with a double layer; depth: that of the current at 1 Hz, um."""

    electrode: str
    depth: float

    def at(self, frequency: float) -> float:
        """Return the depth at a frequency, Hz, um."""
        return float(self.depth / np.sqrt(frequency))


def pores_with_layers(model: CellModel) -> list[Pore]:
    """Return the pores whose walls have a double layer."""
    equations, found = model.equations, list[Pore]()
    salt = equations.electrolyte.salt
    kappa = float(salt.conductivity.value(np.array([salt.initial]))[0])
    for electrode, pores in model.porous.items():
        stored = sum(
            float(one.sites.strength @ one.capacitance.value(np.zeros(len(one.sites.area))))
            for one in equations.layers
            if one.electrode == electrode
        )
        if stored > 0.0:
            resistivity = 1.0 / (kappa * pores.passage) + 1.0 / pores.conductivity
            depth = float(np.sqrt(pores.volume / (2.0 * np.pi * resistivity * stored)))
            found.append(Pore(electrode=electrode, depth=depth))
    return found


def fronts(mesh: Mesh, electrode: str) -> tuple[Ints, Ints, Floats]:
    """Return the facets between an electrode and its surroundings, its cells behind them, and their heights, um."""
    own = tuple(name for name in mesh.regions if mesh.layout.part(name).role == electrode)
    facets, cells = mesh.interface(own, tuple(name for name in mesh.regions if name not in own))
    sizes = np.linalg.norm(_normals(mesh.points, facets), axis=1) / (mesh.dim - 1)
    return facets, cells, mesh.dim * mesh.volumes[cells] / sizes


def _normals(points: Floats, facets: Ints) -> Floats:
    """Return normals of facets, as long as a line is, twice as long as a triangle is large."""
    edges = points[facets[:, 1:]] - points[facets[:, :1]]
    flat = facets.shape[1] == 2
    return np.asarray(edges[:, 0] @ QUARTER_TURN if flat else np.cross(edges[:, 0], edges[:, 1]))


def highest_resolved(mesh: Mesh, pore: Pore) -> float:
    """Return the highest frequency, Hz, at which the cells beside the surface of an electrode are small enough."""
    return float((pore.depth / (ELEMENTS * fronts(mesh, pore.electrode)[2].max())) ** 2)


def graded(mesh: Mesh, stated: CellStatement, frequency: float, most: float) -> Mesh:
    """Return the mesh with cells that resolve the depth at a frequency, Hz, as far as `most` cells allow."""
    for pore in pores_with_layers(model_of(mesh, stated)):
        wanted = pore.at(frequency) / ELEMENTS
        while len(mesh.cells) < most:
            facets, cells, heights = fronts(mesh, pore.electrode)
            marked = np.unique(cells[heights > wanted])
            if not len(marked):
                break
            mesh = bisect(mesh, marked, _across(mesh, facets)).mesh
    return mesh


def _across(mesh: Mesh, facets: Ints) -> Floats:
    """Return a metric (npoints, dim, dim) in which lengths at facets are those normal to them, Euclidean elsewhere."""
    normal = _normals(mesh.points, facets)
    normal = normal / np.linalg.norm(normal, axis=1)[:, None]
    metric = np.zeros((len(mesh.points), mesh.dim, mesh.dim))
    for corner in facets.T:
        np.add.at(metric, corner, np.einsum("ni,nj->nij", normal, normal))
    trace = np.trace(metric, axis1=1, axis2=2)[:, None, None]
    inside = np.broadcast_to(np.eye(mesh.dim), metric.shape)
    return np.where(trace > 0.0, metric / np.where(trace > 0.0, trace, 1.0) + FLATTEST * inside, inside)
