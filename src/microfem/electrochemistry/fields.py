"""The fields of a cell at one time, at the nodes of the space, and the cells in which they exist.

A metal's surface has no cells of its own. What lives on it, such as the thickness of its deposit, is told in the whole
metal: everywhere the value of the nearest point of the surface.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from microfem.fem.space import quadrature, shape_values

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.fem.cell.sites import Reaction
    from microfem.fem.cell.unknowns import Unknowns
    from microfem.fem.space import Space
    from microfem.mesh import Mesh

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OF_SITES = ("reaction_current", "overpotential", "filling_surface", "filling_mean", "deposit_thickness")


@dataclass(frozen=True, kw_only=True)
class CellField:
    """A field at the nodes of the space (ndofs,), NaN where it has none, and the cells (ncells,) in which it exists."""

    values: Floats
    inside: NDArray[np.bool_]


def fields_of(model: CellModel, state: Unknowns) -> dict[str, CellField]:
    """Return the fields at the nodes: V, mol/m3, A/m2, um."""
    space = model.space
    wet, solid = _mask(space, model.wet_cells), _mask(space, model.solid_cells)
    fields = {
        "electrolyte_potential": CellField(values=_at_nodes(space, model.wet, state.ionic), inside=wet),
        "salt_concentration": CellField(values=_at_nodes(space, model.wet, state.salt), inside=wet),
        "electrode_potential": CellField(values=model.wiring.everywhere(state.electronic), inside=solid),
    }
    nothing = CellField(values=np.full(space.ndofs, np.nan), inside=np.zeros_like(wet))
    fields |= dict.fromkeys(OF_SITES, nothing)
    reactions = model.equations.reactions
    for cells in {one.tobytes(): one for one in model.bodies}.values():
        here = [k for k, one in enumerate(model.bodies) if np.array_equal(one, cells) and not reactions[k].leak]
        values = [_of_reaction(model, reactions[k], state, state.modes[k]) for k in here]
        for name in {name for one in values for name in one}:
            known = [one[name] for one in values if name in one]
            whole = np.sum(known, axis=0) if name == "reaction_current" else known[-1]
            fields[name] = _with(fields[name], _spread(space, cells, whole), _mask(space, cells))
    return fields


def _with(field: CellField, values: Floats, inside: NDArray[np.bool_]) -> CellField:
    """Return a field with that of another region."""
    return CellField(values=np.where(np.isnan(values), field.values, values), inside=field.inside | inside)


def _mask(space: Space, cells: Ints) -> NDArray[np.bool_]:
    mask = np.zeros(len(space.mesh.cells), dtype=bool)
    mask[cells] = True
    return mask


def _at_nodes(space: Space, nodes: Ints, values: Floats) -> Floats:
    """Return values at all nodes of the space (ndofs,), NaN elsewhere."""
    whole = np.full(space.ndofs, np.nan)
    whole[nodes] = values
    return whole


def _spread(space: Space, cells: Ints, values: Floats) -> Floats:
    """Return nodal values (ndofs,), with those at the other nodes of the cells from the nearest node that has one."""
    nodes = np.unique(space.cell_dofs[cells])
    known = nodes[np.isfinite(values[nodes])]
    if len(known) == len(nodes):
        return values
    values, lacking = values.copy(), np.setdiff1d(nodes, known)
    values[lacking] = values[known[cKDTree(space.locations[known]).query(space.locations[lacking])[1]]]
    return values


def _of_reaction(model: CellModel, one: Reaction, state: Unknowns, modes: Floats) -> dict[str, Floats]:
    """Return what lives on the sites of a reaction, at the nodes of the space."""
    sites, number = one.sites.at_nodes()
    modes, nodes = modes[number], model.wet[sites.liquid[:, 0]]
    surface, drop = one.store.surface(modes), sites.drop(state.ionic, state.electronic)
    current = one.passing(sites.of_liquid(state.salt), drop, surface).current
    values = {
        "reaction_current": current,
        "overpotential": one.kinetics.overpotential(drop - one.potential.value(surface), current),
    }
    if one.host:
        values |= {"filling_surface": surface, "filling_mean": one.store.mean(modes)}
    elif one.store.supply > 0.0:
        values["deposit_thickness"] = one.store.mean(modes)
    return {name: _at_nodes(model.space, nodes, value) for name, value in values.items()}


def current_density(model: CellModel, state: Unknowns) -> Floats:
    """Return the current density of the ions (ncells, dim + 1, dim), A/m2.

    That of linear elements is constant in each cell; its mean around each node, within a region, is told instead, which
    is more accurate by an order.
    """
    liquid, mesh = model.equations.electrolyte, model.space.mesh
    flow = liquid.flow(state.salt, state.ionic)
    inside = -1e6 * liquid.passage[:, None, None] * flow.kappa[..., None] * flow.driving
    if model.space.order == 1:
        inside = _recovered(mesh, model.wet_cells, inside[:, 0])
    density = np.full((len(mesh.cells), model.dim + 1, model.dim), np.nan)
    density[model.wet_cells] = inside
    return density


def _recovered(mesh: Mesh, cells: Ints, values: Floats) -> Floats:
    """Return vectors of cells (n, dim) as linear fields in each region, at quadrature points (n, dim + 1, dim)."""
    region, sizes = mesh.region_of_cell[cells], mesh.volumes[cells]
    keys = mesh.cells[cells] * len(mesh.regions) + region[:, None]
    known, own = np.unique(keys, return_inverse=True)
    own = own.reshape(keys.shape)
    whole = np.bincount(own.ravel(), np.repeat(sizes, keys.shape[1]), len(known))
    sums = [np.bincount(own.ravel(), np.repeat(sizes * one, keys.shape[1]), len(known)) for one in values.T]
    nodal = np.stack(sums, axis=1) / whole[:, None]
    return np.asarray(np.einsum("qa,nad->nqd", shape_values(mesh.dim, 1, quadrature(mesh.dim)), nodal[own]))
