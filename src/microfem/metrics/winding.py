"""Metrics of the cell in a wound multilayer: how unevenly its electrodes work along their winding."""

from __future__ import annotations

from typing import Literal

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.electrochemistry.records import AlongWinding
from microfem.metrics.cell import cell_metric
from microfem.physics.electrochemistry.solution import CellSolution
from microfem.physics.frame import Floats

Electrode = Literal["anode", "cathode"]
Along = Literal["filling", "overpotential", "current"]
When = Literal["start", "half", "end"]
UNITS: dict[str, str] = {"filling": "1", "overpotential": "mV", "current": "A/m2"}


@cell_metric("1", better="lower", unit_of={"of": UNITS})
def winding_spread(
    solution: CellSolution, *, of: Along = "filling", electrode: Electrode = "cathode", when: When = "end"
) -> float:
    """Largest less smallest value along the winding of an electrode, among 60 equal parts of its length.

    of: mean filling of its hosts, overpotential or current density of its reactions; when: at the start of the
    discharge, half-way through the time of the protocol, or at its end.
    """
    along = winding_of(solution, electrode, "winding_spread")
    values = values_of(along, of, "winding_spread")
    return float(np.ptp(row_at(solution, values, moment_of(solution, when))))


def winding_of(solution: CellSolution, electrode: str, name: str) -> AlongWinding:
    """Return what an electrode does along its winding.

    Raises:
        MetricRefused: it is not wound, or nothing reacts in it.
    """
    if electrode not in solution.history.along:
        reason = f"the {electrode} is no wound layer with a reaction"
        raise MetricRefused(name, reason, "reaction_uniformity(case), or a design of the family swiss_roll")
    return solution.history.along[electrode]


def values_of(along: AlongWinding, of: Along, name: str) -> Floats:
    """Return the values (nsteps, nparts) of one quantity, in its unit of UNITS.

    Raises:
        MetricRefused: the electrode has no filling.
    """
    values = {"filling": along.filling, "overpotential": 1e3 * along.overpotential, "current": along.current}[of]
    if not len(values):
        raise MetricRefused(name, "the electrode has no hosts to fill", "of=overpotential or of=current")
    return values


def moment_of(solution: CellSolution, when: When) -> float:
    """Return the time, s, of the first step with a current, of half of the protocol, or of its end."""
    history = solution.history
    first = float(history.time[np.argmax(history.current != 0.0)])
    return {"start": first, "half": 0.5 * float(history.time[-1]), "end": float(history.time[-1])}[when]


def row_at(solution: CellSolution, values: Floats, moment: float) -> Floats:
    """Return values (nsteps, nparts) at a time, s, (nparts,); of two steps at that time those of the later one."""
    time = solution.history.time
    after = min(int(np.searchsorted(time, moment, side="right")), len(time) - 1)
    before = max(after - 1, 0)
    if time[before] == moment or time[after] == time[before]:
        return np.asarray(values[before if time[before] == moment else after])
    share = (moment - time[before]) / (time[after] - time[before])
    return np.asarray((1.0 - share) * values[before] + share * values[after])
