"""From the steps of a path to numbers against time: voltages, losses, fillings, balances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.electrochemistry.records import LOSSES, Balances, CellHistory
from microfem.electrochemistry.winding import along_winding, windings_of
from microfem.fem.cell.conserved import Conserved
from microfem.fem.cell.equations import ELECTRODES, SIGN, CellEquations
from microfem.fem.cell.sites import Passing, Reaction
from microfem.fem.cell.unknowns import Unknowns

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.electrochemistry.path import Followed

Floats = NDArray[np.float64]

LAST_DIGITS = (
    4.0 * np.finfo(float).eps
)  # relative, of potentials, of the salt, and of what hosts and double layers hold
LITTLE = 1e-3  # of a large current at 1 V: the power below which the balance of energy is relative to it, as at rest


def history_of(model: CellModel, path: Followed) -> CellHistory:
    """Return the numbers of each step."""
    equations = model.equations
    states = [equations.state(step.y) for step in path.steps]
    reacting = dict.fromkeys(one.electrode for one in equations.reactions if not one.leak)
    passing = [equations.passing(state) for state in states]
    powers = [_powers(equations, state, passed) for state, passed in zip(states, passing, strict=True)]
    return CellHistory(
        time=np.array([step.t for step in path.steps]),
        line=np.array([step.line for step in path.steps]),
        voltage=np.array([state.voltage for state in states]),
        current=np.array([state.current for state in states]),
        losses={name: np.array([losses[name] for losses, _ in powers]) for name in LOSSES},
        stored=np.array([stored for _, stored in powers]),
        filling={name: np.array([filling_of(model, name, state) for state in states]) for name in _hosts(equations)},
        least_salt=np.array([state.salt.min() for state in states]),
        charges=np.array([state.charges for state in states]),
        plating=np.array([_plating(equations, passed) for passed in passing]),
        deposit={name: np.array([_grown(equations, name, one, 1.0) for one in states]) for name in metals(equations)},
        stripped={name: np.array([_grown(equations, name, one, -1.0) for one in states]) for name in metals(equations)},
        mean_deposit={
            name: np.array([_mean_grown(equations, name, one) for one in states]) for name in metals(equations)
        },
        evenness={name: np.array([_evenness(equations, name, one) for one in passing]) for name in reacting},
        along={name: along_winding(model, one, states, passing) for name, one in windings_of(model).items()},
    )


def metals(equations: CellEquations) -> list[str]:
    """Return the metal electrodes whose deposit has a thickness."""
    return [name for name in ELECTRODES if any(_grows(one) and one.electrode == name for one in equations.reactions)]


def _grows(one: Reaction) -> bool:
    return not one.host and one.store.supply > 0.0


def _grown(equations: CellEquations, electrode: str, state: Unknowns, sign: float) -> float:
    """Return the largest thickness that has grown (sign 1) or dissolved (-1) on an electrode, um."""
    of = zip(equations.reactions, state.modes, strict=True)
    grown = [sign * one.store.mean(modes) for one, modes in of if one.electrode == electrode and _grows(one)]
    return max(float(one.max()) for one in grown)


def _mean_grown(equations: CellEquations, electrode: str, state: Unknowns) -> float:
    """Return the mean thickness that has grown on an electrode, um."""
    of = zip(equations.reactions, state.modes, strict=True)
    grown = [(one.sites.area, one.store.mean(modes)) for one, modes in of if one.electrode == electrode and _grows(one)]
    areas, thickness = (np.concatenate(column) for column in zip(*grown, strict=True))
    return float(np.average(thickness, weights=areas))


def _evenness(equations: CellEquations, electrode: str, passing: Sequence[Passing]) -> float:
    """Return the mean over the largest current density of the reactions of an electrode."""
    of = zip(equations.reactions, passing, strict=True)
    found = [(one.sites.area, passed.current) for one, passed in of if one.electrode == electrode and not one.leak]
    areas, current = (np.concatenate(column) for column in zip(*found, strict=True))
    mean = float(np.average(current, weights=areas))
    largest = float((np.sign(mean) * current).max())
    return abs(mean) / largest if largest > 0.0 else 0.0


def _plating(equations: CellEquations, passing: Sequence[Passing]) -> float:
    """Return the largest current density with which a metal grows, A/m2."""
    of = zip(equations.reactions, passing, strict=True)
    return max((float((-passed.current).max()) for one, passed in of if not (one.host or one.leak)), default=0.0)


def _hosts(equations: CellEquations) -> list[str]:
    return [name for name in ELECTRODES if any(one.host and one.electrode == name for one in equations.reactions)]


def filling_of(model: CellModel, electrode: str, state: Unknowns) -> float:
    """Return the filling of an electrode: that of its hosts, weighted by their capacity."""
    total = filled = 0.0
    for one, modes, capacity in zip(model.equations.reactions, state.modes, model.capacity, strict=True):
        if one.host and one.electrode == electrode:
            total += capacity
            filled += capacity * float(np.average(one.store.mean(modes), weights=one.sites.area))
    return filled / total


def _powers(equations: CellEquations, state: Unknowns, passing: Sequence[Passing]) -> tuple[dict[str, float], float]:
    """Return the power of each loss and the power that comes from what is stored, uW, in 2D W/m.

    V I = stored - losses: the product of the equations with the potentials, term by term.
    """
    liquid = equations.electrolyte
    flow = liquid.flow(state.salt, state.ionic)
    losses = dict.fromkeys(LOSSES, 0.0)
    losses["electrolyte_ohmic"], losses["concentration"] = liquid.losses(flow)
    for part in equations.conductors:
        local = state.inside[part.nodes]
        losses["electronic_ohmic"] += float(np.einsum("na,nab,nb->", local, part.elements, local))
    stored = 0.0
    for one, passed, modes in zip(equations.reactions, passing, state.modes, strict=True):
        current, drop = one.sites.strength * passed.current, one.sites.drop(state.ionic, state.electronic)
        surface, mean = (one.potential.value(value) for value in (one.store.surface(modes), one.store.mean(modes)))
        behind = one.kinetics.film * passed.current
        losses["leakage" if one.leak else f"{one.electrode}_kinetics"] += float(current @ (drop - surface - behind))
        losses["film"] += float(current @ behind)
        losses["particles"] += float(current @ (surface - mean)) if one.host else 0.0
        stored -= float(current @ (mean if one.host else surface))
    if equations.layers:
        still = equations.state(np.zeros(equations.size))
        _, ions, _ = equations.unbalanced(state, still, passing)  # what the double layers feed to the ions
        at, first = np.unique(np.concatenate([one.sites.liquid[:, 0] for one in equations.layers]), return_index=True)
        drops = np.concatenate([one.sites.drop(state.ionic, state.electronic) for one in equations.layers])
        stored -= float(ions[at] @ drops[first])
    return losses, stored


def balances_of(model: CellModel, path: Followed, history: CellHistory) -> Balances:
    """Return the worst imbalances along the path, relative to what has passed."""
    equations = model.equations
    if len(path.steps) == 1:
        return _balances_of_one(model, path, history)
    conserved = Conserved(equations=equations, start=equations.state(path.steps[0].y))
    round_off = LAST_DIGITS * sum(float(np.sum(one)) for one in _held(equations, conserved.start))
    scale = max(float(np.abs(history.charges).max()), round_off)
    worst = {"charge": 0.0, "salt": 0.0, "host": 0.0}
    for step in path.steps:
        missing = conserved.missing(step.y)
        now = 0.0 if equations.layers else _charge(equations, equations.state(step.y))
        salt, hosts, layers = _held(equations, equations.state(step.y))
        passed = (max(abs(one) for one in missing.electrodes.values()) - LAST_DIGITS * layers) / scale
        worst["charge"] = max(worst["charge"], now, passed)
        worst["salt"] = max(worst["salt"], (abs(missing.salt) - LAST_DIGITS * salt) / scale)
        worst["host"] = max(
            worst["host"], float((np.abs(missing.hosts) - LAST_DIGITS * hosts).max(initial=0.0)) / scale
        )
    power = sum(history.losses.values()) + history.voltage * history.current - history.stored
    lost = history.integral(sum(np.abs(one) for one in history.losses.values()) + np.abs(history.stored))
    little = LITTLE * model.large_current * float(np.ptp(history.time))
    return Balances(**worst, energy=abs(history.integral(power)) / max(lost, little, 1e-300))


def _held(equations: CellEquations, state: Unknowns) -> tuple[float, Floats, float]:
    """Return what the electrolyte, each host and all double layers hold, as charges."""
    liquid = equations.electrolyte
    hosts = [
        float(one.sites.strength @ modes[:, 0]) / (one.store.weight[0] * one.store.supply) if one.host else 0.0
        for one, modes in zip(equations.reactions, state.modes, strict=True)
    ]
    layers = sum(
        float(one.sites.strength @ np.abs(stored)) for one, stored in zip(equations.layers, state.stored, strict=True)
    )
    return liquid.salt.charge * float(liquid.volume @ state.salt), np.array(hosts), layers


def _balances_of_one(model: CellModel, path: Followed, history: CellHistory) -> Balances:
    """Return the imbalances of a single state, such as a steady one: of currents, of the salt since rest, of powers."""
    equations = model.equations
    state, liquid = equations.state(path.steps[0].y), equations.electrolyte
    salt = abs(float(liquid.volume @ state.salt) / (liquid.salt.initial * float(liquid.volume.sum())) - 1.0)
    lost = sum(float(one[0]) for one in history.losses.values())
    power = abs(lost + float((history.voltage * history.current - history.stored)[0]))
    turned = lost + abs(float(history.stored[0]))
    little = LITTLE * model.large_current
    charge = 0.0 if equations.layers else _charge(equations, state)  # layers take what reactions do not
    return Balances(charge=charge, salt=salt, host=0.0, energy=power / max(turned, little, 1e-300))


def _charge(equations: CellEquations, state: Unknowns) -> float:
    """Return the difference between the current of each electrode's reactions and that of its terminal, relative.

    It is above what the last digits of the potentials do to the currents, which is much where kinetics are fast.
    """
    missing = {name: -SIGN[name] * state.current for name in ELECTRODES}
    digits = LAST_DIGITS * max(float(np.abs(state.ionic).max()), float(np.abs(state.electronic).max()))
    noise = dict.fromkeys(ELECTRODES, 0.0)
    for one, passed in zip(equations.reactions, equations.passing(state), strict=True):
        missing[one.electrode] += float(one.sites.strength @ passed.current)
        noise[one.electrode] += digits * float(one.sites.strength @ passed.by_drop)
    worst = max(abs(missing[name]) - noise[name] for name in ELECTRODES)
    return max(float(worst), 0.0) / abs(state.current) if abs(state.current) > 0.0 else 0.0
