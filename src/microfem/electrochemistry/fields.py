"""The fields of a cell at one time, on the nodes of the space and at its quadrature points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.fem.cell.equations import Unknowns

Floats = NDArray[np.float64]

OF_SITES = ("reaction_current", "overpotential", "filling_surface", "filling_mean", "deposit_thickness")


def fields_at_nodes(model: CellModel, state: Unknowns) -> dict[str, Floats]:
    """Return the fields (ndofs,), NaN where they do not exist: V, mol/m3, A/m2, um."""
    equations, nodes = model.equations, len(model.wiring.number["anode"])
    values = {name: np.full(nodes, np.nan) for name in ("electrolyte_potential", "salt_concentration", *OF_SITES)}
    values["electrolyte_potential"][model.wet] = state.ionic
    values["salt_concentration"][model.wet] = state.salt
    values["electrode_potential"] = model.wiring.everywhere(state.electronic)
    for one, here in zip(equations.reactions, state.modes, strict=True):
        sites, number = one.sites.at_nodes()
        at, modes = model.wet[sites.liquid[:, 0]], here[number]
        surface, drop = one.store.surface(modes), sites.drop(state.ionic, state.electronic)
        passed, drop = one.passing(sites.of_liquid(state.salt), drop, surface), drop - one.potential.value(surface)
        values["reaction_current"][at] = np.nan_to_num(values["reaction_current"][at]) + passed.current
        values["overpotential"][at] = one.kinetics.overpotential(drop, passed.current)
        if one.host:
            values["filling_surface"][at], values["filling_mean"][at] = surface, one.store.mean(modes)
        elif one.store.supply > 0.0:
            values["deposit_thickness"][at] = one.store.mean(modes)
    return values


def current_density(model: CellModel, state: Unknowns, ncells: int) -> Floats:
    """Return the current density of the ions (ncells, dim + 1, dim) at quadrature points, A/m2."""
    liquid = model.equations.electrolyte
    flow = liquid.flow(state.salt, state.ionic)
    density = np.full((ncells, model.dim + 1, model.dim), np.nan)
    density[model.wet_cells] = -1e6 * liquid.passage[:, None, None] * flow.kappa[..., None] * flow.driving
    return density
