"""The electrodes of a wound multilayer along their winding: what each of equal parts of its length does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.electrochemistry.records import AlongWinding
from microfem.fem.cell.equations import ELECTRODES

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.fem.cell.sites import Passing, Reaction
    from microfem.fem.cell.unknowns import Unknowns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PARTS = 60  # of the length of a winding
MM = 1e-3  # um in mm


@dataclass(frozen=True, kw_only=True)
class Winding:
    """The sites of an electrode, sorted into parts of its winding.

    numbers: of its reactions; part: of each site of each reaction, (nsites,); at: mean position in each part, mm.
    """

    numbers: Sequence[int]
    part: Sequence[Ints]
    weight: Sequence[Floats]
    at: Floats

    def mean(self, values: Sequence[Floats]) -> Floats:
        """Return the mean (nparts,) of values at the sites of each reaction, by their areas."""
        return _mean(self.part, self.weight, values)


def _mean(part: Sequence[Ints], weight: Sequence[Floats], values: Sequence[Floats]) -> Floats:
    parts, weights, every = np.concatenate(part), np.concatenate(weight), np.concatenate(values)
    return np.asarray(np.bincount(parts, weights * every) / np.bincount(parts, weights))


def windings_of(model: CellModel) -> dict[str, Winding]:
    """Return the windings of both electrodes, none of a layout that is not wound."""
    layout, equations = model.space.mesh.layout, model.equations
    if layout.spiral is None:
        return {}
    found, flat = dict[str, Winding](), model.flat
    for electrode in ELECTRODES:
        numbers = [k for k, one in enumerate(equations.reactions) if one.electrode == electrode and not one.leak]
        if not numbers:
            continue
        along, weight = list[Floats](), list[Floats]()
        for k in numbers:
            sites = equations.reactions[k].sites
            places = np.einsum("nm,nmd->nd", sites.weight, flat[sites.liquid])
            along.append(MM * layout.spiral.along(model.regions[k], places[:, :2]))
            weight.append(sites.area)
        every = np.concatenate(along)
        ends = np.linspace(every.min(), every.max(), PARTS + 1)
        part = [np.clip(np.searchsorted(ends, one, side="right") - 1, 0, PARTS - 1) for one in along]
        kept = np.unique(np.concatenate(part))
        part = [np.searchsorted(kept, one) for one in part]
        at = _mean(part, weight, along)
        found[electrode] = Winding(numbers=numbers, part=part, weight=weight, at=at)
    return found


def along_winding(
    model: CellModel, winding: Winding, states: Sequence[Unknowns], passing: Sequence[Sequence[Passing]]
) -> AlongWinding:
    """Return what an electrode does along its winding at each state."""
    reactions = [model.equations.reactions[k] for k in winding.numbers]
    hosts = [one.host for one in reactions]
    current, overpotential, filling = list[Floats](), list[Floats](), list[Floats]()
    for state, passed in zip(states, passing, strict=True):
        mine = [passed[k].current for k in winding.numbers]
        modes = [state.modes[k] for k in winding.numbers]
        current.append(winding.mean(mine))
        of = zip(reactions, modes, mine, strict=True)
        overpotential.append(winding.mean([_overpotential(one, state, z, j) for one, z, j in of]))
        if all(hosts):
            filling.append(winding.mean([one.store.mean(z) for one, z in zip(reactions, modes, strict=True)]))
    return AlongWinding(
        at=winding.at,
        current=np.array(current),
        overpotential=np.array(overpotential),
        filling=np.array(filling).reshape(-1, len(winding.at)),
    )


def _overpotential(one: Reaction, state: Unknowns, modes: Floats, current: Floats) -> Floats:
    drop = one.sites.drop(state.ionic, state.electronic)
    return one.kinetics.overpotential(drop - one.potential.value(one.store.surface(modes)), current)
