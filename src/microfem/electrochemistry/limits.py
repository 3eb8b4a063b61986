"""What limits a cell: dimensionless numbers, and the sentence that a reader should see first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from microfem.base.units import format_quantity
from microfem.electrochemistry.records import LOSSES, OF_LAYOUT, Balances, CellHistory, Done
from microfem.fem.cell.constants import FARADAY, SITE
from microfem.fem.cell.equations import ELECTRODES
from microfem.materials.capacity import disagreement

if TYPE_CHECKING:
    from microfem.electrochemistry.model import CellModel
    from microfem.layout import Layout

Floats = NDArray[np.float64]

ENERGY_NOTED = 1e-8  # relative imbalance of energy that is told
CLOSED = 0.1  # share of the gap that a deposit closes, from which it is told
MOST_LINES = 6  # of a protocol that are told
DISAGREE = 0.02  # relative difference of two stated capacities that is told
TOLD = 0.005  # smallest share of the losses that the sentence names


def limits_of(layout: Layout, model: CellModel, y: Floats) -> dict[str, float]:
    """Return numbers of one state.

    wagner_{electrode}: kappa (d eta/d j) / gap; penetration_{electrode}, um: [a g (1/kappa + 1/sigma)]^(-1/2) of a
    porous electrode; limiting_share: mean current density of the anode over 2 z+ nu+ F D c0 / (gap (1 - t+));
    protrusion_{electrode}, 1/um: k coth(k d) / (1 + kappa R_ct k coth(k d)), k = pi / d, of a metal in a gap d; sand:
    tau j2, s A2/m4.
    """
    equations, gap = model.equations, layout.gap
    state, salt = equations.state(y), equations.electrolyte.salt
    start = np.array([salt.initial])
    kappa, diffusivity = float(salt.conductivity.value(start)[0]), float(salt.diffusivity.value(start)[0])
    limits: dict[str, float] = {}
    for one, passed in zip(equations.reactions, equations.passing(state), strict=True):
        if one.leak:
            continue
        slope = float(np.average(passed.by_drop, weights=one.sites.area))  # A/m2 per V
        limits.setdefault(f"wagner_{one.electrode}", kappa / (slope * gap * 1e-6))
        if one.electrode in model.porous:
            pores = model.porous[one.electrode]
            density = 1e6 * slope * model.area_of(one.electrode) / pores.volume  # S/m3
            resistance = 1.0 / (kappa * pores.passage) + 1.0 / pores.conductivity
            limits.setdefault(f"penetration_{one.electrode}", 1e6 / math.sqrt(density * resistance))
        elif not one.host:
            k = math.pi / gap
            rise = k / math.tanh(k * gap)
            limits.setdefault(f"protrusion_{one.electrode}", rise / (1.0 + kappa / slope * 1e6 * rise))
    most = 2.0 * salt.cation_charges * FARADAY * diffusivity * salt.initial / (gap * 1e-6)
    if salt.transference < 1.0:
        drawn = salt.cation_charges * FARADAY * salt.initial / (2.0 * (1.0 - salt.transference))
        limits["sand"] = math.pi * diffusivity * drawn**2
        area = SITE * model.area_of("anode")
        mean = abs(state.current) / area if area > 0.0 else 0.0
        limits["limiting_share"] = mean * (1.0 - salt.transference) / most
    return limits


def remarks_of(
    layout: Layout, model: CellModel, history: CellHistory, done: Sequence[Done], balances: Balances
) -> tuple[str, ...]:
    """Return what a reader should know first: what became of each line, what was odd."""
    remarks, capacity = [], model.whole_capacity
    if math.isfinite(capacity):
        per_area = format_quantity(0.1 * capacity / model.area / 3600.0, "mAh/cm2")
        remarks.append(f"1C empties the whole capacity, {per_area} of footprint, in an hour")
    remarks += [became(one) for one in told(done)]
    for electrode, grown in history.deposit.items():
        closed = float(grown.max()) / layout.gap
        if closed >= CLOSED:
            first = history.time[np.argmax(grown >= CLOSED * layout.gap)]
            remarks.append(
                f"the deposit on the {electrode} closes {100 * CLOSED:g} % of the gap from "
                f"{format_quantity(first, 's')} on, {100 * closed:.3g} % in the end; the geometry does not follow it"
            )
    for region in layout.with_role(*ELECTRODES):
        difference = disagreement(layout.material(region.name))
        if abs(difference) > DISAGREE:
            remarks.append(
                f"specific_capacity of '{layout.material(region.name).name}' differs by {100 * difference:.3g} % from "
                "its host sites, F max_concentration active_fraction, which count here"
            )
    if any(one.cations == 0.0 and not one.leak for one in model.equations.reactions):
        remarks.append("a reaction of another ion than the salt's: its pH and what precipitates are not modelled")
    if balances.energy > ENERGY_NOTED:
        remarks.append(unbalanced(balances.energy))
    return tuple(remarks)


def unbalanced(energy: float) -> str:
    """Return a remark on an imbalance of energy."""
    return f"the balance of energy is off by {energy:.2g}, relative; a smaller tolerance helps"


def told(done: Sequence[Done]) -> Sequence[Done]:
    """Return the lines of a protocol that a reader needs: all of a short one, else those that ended unexpectedly."""
    odd = [one for one in done if not one.reached]
    done = [one for one in done if not one.plain]
    return done if len(done) <= MOST_LINES else (odd or done[-1:])[-MOST_LINES:]


def became(one: Done) -> str:
    """Return what became of a line."""
    at = f" ended at {format_quantity(one.end, 's')}" if one.end > one.start else ""
    return f"'{one.text}'{at}: {one.why}"


def decides(history: CellHistory) -> str:
    """Return the sentence that tells what decides the losses; none at rest, where there is only round-off to share."""
    if not history.current.any():
        return ""
    lost = {name: history.total(history.losses[name]) for name in LOSSES}
    whole = sum(lost.values())
    if whole <= 0.0:
        return ""
    shares = {name: value / whole for name, value in lost.items()}
    layout = sum(shares[name] for name in OF_LAYOUT)
    order = sorted(LOSSES, key=lambda name: -shares[name])
    named = [f"{name.replace('_', ' ')} {100 * shares[name]:.3g} %" for name in order if shares[name] >= TOLD]
    return f"the layout decides {100 * layout:.3g} % of the losses here ({', '.join(named)})"
