"""Where the fields of a cell are wrong: what guides the refinement of its mesh.

Each field is judged by its own recovered gradient. The potentials of ions and of electrons count by the power that they
lose. The salt counts by itself: the tail of its diffusion lies where the ionic potential is nearly a straight line, and
decides the concentration at an electrode.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.fem.error_estimates.form import energy_error, potential_form, with_coefficient
from microfem.fem.error_estimates.recovery import at_nodes, gradient_error
from microfem.fem.space import Space, gradients

if TYPE_CHECKING:
    from microfem.electrochemistry.kept import Moment
    from microfem.electrochemistry.model import CellModel
    from microfem.fem.cell.electrolyte import Transport

Floats = NDArray[np.float64]

STEPS = 8  # of a path that are judged
EVEN = 1e-6  # of the initial concentration: differences below it are no gradient, but round-off


@dataclass(frozen=True, kw_only=True)
class _Errors:
    """Squared errors in energy, as an Indicator has them, and the energy of the field itself."""

    of_cell: Floats
    anisotropy: Floats
    energy: float


@dataclass(frozen=True, kw_only=True)
class FlowingField:
    """A field whose gradient drives a flow, in several states.

    values: (nstates, ndofs); coefficients: (nstates, ncells), 0 where the field does not exist; films: name ->
    coefficient times thickness of their facets.
    """

    values: Sequence[Floats]
    coefficients: Sequence[Floats]
    films: Mapping[str, Floats] = field(default_factory=dict)

    def errors(self, space: Space) -> list[_Errors]:
        """Return the errors in each state, recovered among cells with one law; nothing where no flow is possible."""
        if not self.coefficients[0].any():
            return []
        first = potential_form(space, self.coefficients[0], self.films)
        found = list[_Errors]()
        for values, coefficient in zip(self.values, self.coefficients, strict=True):
            form = with_coefficient(first, coefficient, self.films)
            own = gradients(space, values[:, None], first.simplices)
            whole = np.einsum("aq,nqmd->namd", at_nodes(space.mesh.dim), own)
            of_cell, anisotropy = energy_error(form, gradient_error(first.patches, own))
            energy = float(form.products(whole, whole).sum())
            found.append(_Errors(of_cell=of_cell, anisotropy=anisotropy, energy=energy))
        return found


@dataclass(frozen=True, kw_only=True)
class CellFields:
    """The unknowns of salt, ions and electrons in one state, those less the terminal's; flow: of the electrolyte."""

    salt: Floats
    ionic: Floats
    electronic: Floats
    flow: Transport


def error_of_path(model: CellModel, steps: Sequence[Moment]) -> tuple[Floats, Floats]:
    """Return the distribution of the error over a path, see `error_of_fields`.

    The states are even among the steps, which are dense where the fields change, and the end is one of them.
    """
    first = min(1, len(steps) - 1)
    chosen = np.unique(np.linspace(first, len(steps) - 1, STEPS).round().astype(int))
    return error_of_fields(model, [_fields(model, steps[number]) for number in chosen])


def _fields(model: CellModel, step: Moment) -> CellFields:
    state, liquid = model.equations.state(step.y), model.equations.electrolyte
    salt = state.salt - liquid.salt.initial
    return CellFields(
        salt=salt if np.ptp(salt) > EVEN * liquid.salt.initial else np.zeros_like(salt),
        ionic=state.ionic,
        electronic=state.inside,
        flow=liquid.flow(state.salt, state.ionic),
    )


def error_of_fields(model: CellModel, states: Sequence[CellFields]) -> tuple[Floats, Floats]:
    """Return squared errors of cells (ncells,) and their anisotropy (npoints, dim, dim), as an Indicator has them.

    It is the sum of two shares, over all states: the errors of both potentials in the power that they lose, and that of
    the salt in the square of its gradient, weighted by its diffusivity.
    """
    space, wiring = model.space, model.wiring
    ions = FlowingField(
        values=[_wet(model, one.ionic) for one in states],
        coefficients=[_wet_cells(model, one.flow.kappa) for one in states],
    )
    salt = FlowingField(
        values=[_wet(model, one.salt) for one in states],
        coefficients=[_wet_cells(model, one.flow.diffusion) for one in states],
    )
    electrons = FlowingField(
        values=[np.nan_to_num(wiring.everywhere(one.electronic)) for one in states],
        coefficients=[wiring.conductivity] * len(states),
        films=wiring.films,
    )
    shares = [[*ions.errors(space), *electrons.errors(space)], salt.errors(space)]
    weighted = [(one, 1.0 / max(sum(each.energy for each in share), 1e-300)) for share in shares for one in share]
    return (
        np.sum([weight * one.of_cell for one, weight in weighted], axis=0),
        np.sum([weight * one.anisotropy for one, weight in weighted], axis=0),
    )


def _wet(model: CellModel, values: Floats) -> Floats:
    """Return values at the nodes of the electrolyte as values at all nodes, 0 elsewhere."""
    everywhere = np.zeros(model.space.ndofs)
    everywhere[model.wet] = values
    return everywhere


def _wet_cells(model: CellModel, property_: Floats) -> Floats:
    """Return a property of the electrolyte at its quadrature points as the coefficient of all cells."""
    coefficient = np.zeros(len(model.space.mesh.cells))
    coefficient[model.wet_cells] = model.equations.electrolyte.passage * property_.mean(axis=1)
    return coefficient
