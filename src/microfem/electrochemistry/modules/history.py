"""From the steps of a module's path to numbers against time: those of the module, and those of each cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.electrochemistry.history import balances_of, history_of
from microfem.electrochemistry.kept import Moment
from microfem.electrochemistry.path import Followed
from microfem.electrochemistry.records import LOSSES, CellHistory, ModuleBalances, ModuleHistory
from microfem.fem.cell.module import ModuleState

if TYPE_CHECKING:
    from microfem.electrochemistry.modules.model import ModuleModel

Floats = NDArray[np.float64]

LITTLE = 1e-3  # V, of a large current: what imbalances of energy and voltage are relative to at least


def paths_of(model: ModuleModel, path: Followed) -> dict[str, Followed]:
    """Return the path of each cell."""
    cells = [model.equations.state(step.y).cells for step in path.steps]
    return {
        name: Followed(
            steps=[Moment(t=step.t, line=step.line, y=y[number]) for step, y in zip(path.steps, cells, strict=True)]
        )
        for number, name in enumerate(model.names)
    }


def module_history(model: ModuleModel, path: Followed) -> ModuleHistory:
    """Return the numbers of each step."""
    network = model.equations.network
    states = [model.equations.state(step.y) for step in path.steps]
    cells = {name: history_of(model.cell, one) for name, one in paths_of(model, path).items()}
    shares = dict(zip(model.names, network.shares.tolist(), strict=True))
    first = next(iter(cells.values()))

    def summed(values: Callable[[CellHistory], Floats]) -> Floats:
        return np.asarray(sum(shares[name] * values(one) for name, one in cells.items()))

    def extreme(find: Callable[[Sequence[Floats]], Floats], of: Callable[[CellHistory], Floats]) -> Floats:
        return find([of(one) for one in cells.values()])

    def largest(of: str) -> dict[str, Floats]:
        return {
            electrode: np.max([getattr(one, of)[electrode] for one in cells.values()], axis=0)
            for electrode in getattr(first, of)
        }

    charges = np.column_stack([summed(lambda one: one.charges[:, :-1]), [state.charge for state in states]])
    return ModuleHistory(
        time=first.time,
        line=first.line,
        voltage=np.array([state.voltage for state in states]),
        current=np.array([state.current for state in states]),
        losses={name: summed(lambda one, name=name: one.losses[name]) for name in LOSSES},  # type: ignore[misc]
        stored=summed(lambda one: one.stored),
        filling={
            electrode: summed(lambda one, electrode=electrode: one.filling[electrode]) / sum(shares.values())  # type: ignore[misc]
            for electrode in first.filling
        },
        least_salt=extreme(lambda every: np.min(every, axis=0), lambda one: one.least_salt),
        charges=charges,
        plating=extreme(lambda every: np.max(every, axis=0), lambda one: one.plating),
        deposit=largest("deposit"),
        stripped=largest("stripped"),
        mean_deposit=largest("mean_deposit"),
        evenness={},
        cells=cells,
        shares=shares,
        columns=dict(zip(model.names, model.columns, strict=True)),
        collectors=np.array([network.lost(state.network, state.currents) for state in states]),
    )


def module_balances(model: ModuleModel, path: Followed, history: ModuleHistory) -> ModuleBalances:
    """Return the worst imbalances of all cells, of Kirchhoff's laws and of the energy of the module."""
    found = [balances_of(model.cell, one, history.cells[name]) for name, one in paths_of(model, path).items()]
    worst = {name: max(getattr(one, name) for one in found) for name in ("charge", "salt", "host")}
    lost = [*history.losses.values(), history.collectors]
    power = sum(lost) + history.voltage * history.current - history.stored
    turned = history.integral(sum(np.abs(one) for one in lost) + np.abs(history.stored))
    little = LITTLE * model.large_current * float(np.ptp(history.time))
    states = [model.equations.state(step.y) for step in path.steps]
    return ModuleBalances(
        **worst,
        energy=abs(history.integral(np.asarray(power))) / max(turned, little, 1e-300),
        kirchhoff=max(kirchhoff(model, state) for state in states),
    )


def kirchhoff(model: ModuleModel, state: ModuleState) -> float:
    """Return how far currents at points and voltages around meshes are off, relative to the largest of them."""
    network = model.equations.network
    currents = np.abs(network.shares * state.currents)
    scale = max(float(currents.max()), abs(state.current), 1e-9 * model.large_current)
    drops = state.voltages - network.behind_tabs * state.currents - network.drops(state.network)
    along = network.own[network.points :] @ state.network
    off = max(float(np.abs(drops).max()), float(np.abs(along).max(initial=0.0)))
    volts = max(float(np.abs(state.voltages).max()), LITTLE)  # a short circuit leaves none
    return max(network.leaving(state.network, state.currents) / scale, off / volts)
