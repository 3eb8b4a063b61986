"""Metrics of a cell beside what it gives: its deposit, what limits it, its balances."""

from __future__ import annotations

from typing import Literal

import numpy as np

from microfem.base.errors import MetricRefused
from microfem.metrics.cell import ALSO_MODULES, cell_metric
from microfem.physics.electrochemistry.solution import CellSolution
from microfem.physics.frame import Floats

Electrode = Literal["anode", "cathode"]


@cell_metric("um", pointwise=True)
def deposit_max(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Largest thickness that has grown on a metal electrode at the end, um."""
    return float(_deposit(solution, electrode, "deposit_max")[-1])


@cell_metric("1", better="lower", pointwise=True)
def gap_closed(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Largest share of the gap that the deposit on a metal electrode closes at any time."""
    return float(_deposit(solution, electrode, "gap_closed").max()) / solution.mesh.layout.gap


def _deposit(solution: CellSolution, electrode: Electrode, name: str) -> Floats:
    if electrode not in solution.history.deposit:
        reason = f"the {electrode} is no metal whose material states its molar_volume"
        raise MetricRefused(name, reason, "an electrode of kind metal, with molar_volume, such as 9.16 cm3/mol of zinc")
    return solution.history.deposit[electrode]


@cell_metric("1", better="higher", pointwise=True)
def deposit_uniformity(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Mean over largest change of thickness on a metal electrode at the end; 1 is an even deposit or an even loss."""
    grown = _deposit(solution, electrode, "deposit_uniformity")[-1]
    mean, lost = solution.history.mean_deposit[electrode][-1], solution.history.stripped[electrode][-1]
    largest = grown if mean >= 0.0 else lost
    if largest <= 0.0:
        raise MetricRefused("deposit_uniformity", "nothing has grown or dissolved", "a protocol with a current")
    return float(abs(mean) / largest)


@cell_metric("1", better="higher", pointwise=True)
def reaction_uniformity(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Mean over largest current density of the reactions at the surface or in the pores of an electrode, at the end.

    1 is an even current; of a metal it is the uniformity of what grows.
    """
    history = solution.history
    if electrode not in history.evenness or history.evenness[electrode][-1] == 0.0:
        reason = f"no current passes the reactions of the {electrode} at the end"
        raise MetricRefused("reaction_uniformity", reason, "a protocol that ends with a current")
    return float(history.evenness[electrode][-1])


@cell_metric("1", better="higher", pointwise=True)
def sand_margin(solution: CellSolution) -> float:
    """Smallest ratio of Sand's time, at the largest local current density of plating, to the time since it began.

    tau = pi D (z+ nu+ F c0 / (2 j (1 - t+)))2; below 1 dendrites are to be expected. H. J. S. Sand, Phil. Mag. 1
    (1901) 45.
    """
    history, least = solution.history, np.inf
    for line in np.unique(history.line):
        at = history.line == line
        since, plating = history.time[at] - history.time[at][0], history.plating[at]
        grows = (since > 0.0) & (plating > 0.0)
        if grows.any():
            least = min(least, float((solution.limits["sand"] / plating[grows] ** 2 / since[grows]).min()))
    if not np.isfinite(least):
        raise MetricRefused("sand_margin", "no metal grows", "a protocol that plates a metal electrode")
    return least


@cell_metric("1", in_time=False)
def wagner_number(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Resistance of the kinetics over that of the electrolyte, kappa (d eta/dj) / gap, half-way; large is even."""
    return _limit(solution, f"wagner_{electrode}", "wagner_number")


@cell_metric("um", in_time=False)
def penetration_depth(solution: CellSolution, *, electrode: Electrode = "cathode") -> float:
    """Depth to which the reaction reaches into a porous electrode, [a g (1/kappa + 1/sigma)]^(-1/2), half-way."""
    return _limit(solution, f"penetration_{electrode}", "penetration_depth")


@cell_metric("1", in_time=False, better="lower")
def limiting_share(solution: CellSolution) -> float:
    """Mean current density of the anode over the limiting one across the gap, 2 z+ nu+ F D c0 / (gap (1 - t+))."""
    return _limit(solution, "limiting_share", "limiting_share")


@cell_metric("1/um", in_time=False, better="lower")
def protrusion_growth(solution: CellSolution, *, electrode: Electrode = "anode") -> float:
    """Growth of a protrusion, k coth(k d) / (1 + kappa R_ct k coth(k d)) with k = pi / d, d the gap."""
    return _limit(solution, f"protrusion_{electrode}", "protrusion_growth")


def _limit(solution: CellSolution, key: str, name: str) -> float:
    if key not in solution.limits:
        raise MetricRefused(name, "it has no meaning for these electrodes", "another electrode")
    return solution.limits[key]


@cell_metric("1", in_time=False, of_solve=True, on=ALSO_MODULES)
def charge_balance(solution: CellSolution) -> float:
    """Worst relative difference between the charges of the reactions and that of the terminals."""
    return solution.balances.charge


@cell_metric("1", in_time=False, of_solve=True, on=ALSO_MODULES)
def salt_balance(solution: CellSolution) -> float:
    """Salt that was lost, relative to the charge that has passed."""
    return solution.balances.salt


@cell_metric("1", in_time=False, of_solve=True, on=ALSO_MODULES)
def energy_balance(solution: CellSolution) -> float:
    """Energy given less what was stored, plus all losses, relative to the energy that was turned over."""
    return solution.balances.energy
