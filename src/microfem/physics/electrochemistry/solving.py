"""One cell on one mesh: its path with two tolerances, its history, its fields."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.errors import SolveError
from microfem.fem.cell.equations import State
from microfem.fem.error_estimates.form import energy_error, potential_form
from microfem.fem.space import Space
from microfem.physics.electrochemistry.history import balances_of, history_of
from microfem.physics.electrochemistry.limits import limits_of, remarks_of
from microfem.physics.electrochemistry.model import CellModel, model_of
from microfem.physics.electrochemistry.path import Follower, Path, started
from microfem.physics.electrochemistry.solution import CellSolution
from microfem.physics.electrochemistry.steady import frozen, steady_state
from microfem.physics.electrochemistry.stored import chosen
from microfem.physics.frame import Field, Indicator, Report, Step, Totals

if TYPE_CHECKING:
    from microfem.mesh import Mesh
    from microfem.physics.electrochemistry.cell import CellCase

Floats = NDArray[np.float64]

COARSER = 10.0  # times the tolerance, for the error of time
CONSERVED, ENERGY = 1e-10, 1e-6  # relative imbalances of charge, salt and hosts, and of energy, that fail a design


def solve_cell(mesh: Mesh, case: CellCase) -> CellSolution:
    """Follow the protocol of a case on a mesh.

    Raises:
        SolveError: a step could not be taken, or a balance does not hold.
        MicrofemError: a property is missing.
    """
    began = time.perf_counter()
    model = model_of(mesh, case)
    if case.steady:
        model = frozen(model)
    path = follow(model, case, case.tolerance)
    history = history_of(model, path)
    balances = balances_of(model, path, history)
    _refuse_unbalanced(balances)
    rough = None if case.steady else history_of(model, follow(model, case, COARSER * case.tolerance))
    ends = [k for k in range(len(path.steps)) if k + 1 == len(path.steps) or history.line[k + 1] != history.line[k]]
    kept = chosen(case.store, history.time.tolist(), ends)
    steps = tuple(_step(mesh, model, path, k) for k in kept)
    last, limits = steps[-1].fields(), limits_of(mesh.layout, model, path.steps[len(path.steps) // 2].y)
    return CellSolution(
        case=case,
        mesh=mesh,
        space=Space(mesh, case.order),
        fields=last,
        totals=steps[-1].totals,
        report=Report(
            ndofs=model.equations.size,
            ncells=len(mesh.cells),
            residual=balances.energy,
            balance_error=max(balances.charge, balances.salt, balances.host),
            seconds=time.perf_counter() - began,
        ),
        indicator=_indicator(mesh, case.order, model, path.steps[len(path.steps) // 2].y),
        steps=steps,
        history=history,
        coarser=rough,
        done=tuple(path.done),
        capacity=model.whole_capacity,
        area=model.area,
        balances=balances,
        limits=limits,
        remarks=remarks_of(mesh.layout, model, history, path.done, balances),
    )


def follow(model: CellModel, case: CellCase, tolerance: float) -> Path:
    """Follow the protocol with a tolerance."""
    fillings = {name: value for name, (unit, value) in case.start.items() if unit == "1"}
    voltages = {name: value for name, (unit, value) in case.start.items() if unit == "V"}
    start = started(model.equations, fillings, voltages)
    if case.steady:
        return steady_state(model, case.protocol[0], start)
    return Follower(model, tolerance).follow(case.protocol, start)


def _refuse_unbalanced(balances: object) -> None:
    """Refuse a path on which charge, salt, host sites or energy are lost.

    Raises:
        SolveError: with the imbalance.
    """
    for name, value in vars(balances).items():
        allowed = ENERGY if name == "energy" else CONSERVED
        if not value <= allowed:
            raise SolveError(f"the balance of {name} is off by {value:.2g}, more than {allowed:g}, relative")


def _step(mesh: Mesh, model: CellModel, path: Path, number: int) -> Step:
    step = path.steps[number]
    return Step(
        at=step.t,
        displacement=np.zeros_like(mesh.points),
        totals=_totals(mesh, model.equations.state(step.y)),
        out_of_plane_stretch=None,
        fields=lambda: fields_of(mesh, model, model.equations.state(step.y)),
    )


def _totals(mesh: Mesh, state: State) -> Totals:
    unit = "uA" if mesh.dim == 3 else "A/m"
    return {"voltage": (state.voltage, "V"), "current": (state.current, unit)}


def fields_of(mesh: Mesh, model: CellModel, state: State) -> Mapping[str, Field]:
    """Return the fields of one state."""
    from microfem.physics.electrochemistry.cell import FIELDS

    equations, nodes = model.equations, len(model.wiring.number["anode"])
    values = {name: np.full(nodes, np.nan) for name in FIELDS if name != "current_density"}
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
    fields = {name: Field(name, *FIELDS[name], "dofs", one) for name, one in values.items()}
    liquid = equations.electrolyte
    flow = liquid.flow(state.salt, state.ionic)
    density = np.full((len(mesh.cells), mesh.dim + 1, mesh.dim), np.nan)
    density[model.wet_cells] = -1e6 * (liquid.passage[:, None, None] * flow.kappa[..., None] * flow.driving)
    fields["current_density"] = Field("current_density", *FIELDS["current_density"], "quadrature", density)
    return {name: fields[name] for name in FIELDS}


def _indicator(mesh: Mesh, order: int, model: CellModel, y: Floats) -> Indicator:
    """Return the error in energy of the ionic potential at one time."""
    state, space = model.equations.state(y), Space(mesh, order)
    liquid = model.equations.electrolyte
    kappa = np.zeros(len(mesh.cells))
    kappa[model.wet_cells] = liquid.passage * liquid.flow(state.salt, state.ionic).kappa.mean(axis=1)
    potential = np.zeros(space.ndofs)
    potential[model.wet] = state.ionic
    form = potential_form(space, kappa, {})
    return Indicator(*energy_error(form, form.error(potential[:, None])))
