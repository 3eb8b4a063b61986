"""What a cell did, as records that metrics and curves read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOSSES = (
    "electrolyte_ohmic",
    "concentration",
    "electronic_ohmic",
    "anode_kinetics",
    "cathode_kinetics",
    "particles",
    "film",
    "leakage",
)
OF_LAYOUT = ("electrolyte_ohmic", "concentration", "electronic_ohmic")  # what outlines and thicknesses decide


@dataclass(frozen=True, kw_only=True)
class AlongWinding:
    """What a wound electrode does in each of equal parts of its length, at each step.

    at: (nparts,) mm from its inner end; current (n, nparts): of its reactions, A/m2, anodic positive; overpotential, V;
    filling: mean of its hosts, without rows where it has none.
    """

    at: Floats
    current: Floats
    overpotential: Floats
    filling: Floats


@dataclass(frozen=True, kw_only=True)
class CellHistory:
    """What a cell did, at each step (n,).

    line: number of the protocol's line; voltage, V; current, uA, in 2D A/m, positive on discharge; losses: name ->
    power, uW, in 2D W/m; stored: power that leaves the reactions and double layers; filling: electrode -> mean filling;
    least_salt: smallest concentration, mol/m3; charges (n, nreactions + 1): that each reaction has passed, anodic
    positive, then that of the terminals; plating: largest current density with which a metal grows, A/m2; deposit:
    metal electrode -> largest thickness that has grown, um; stripped: the largest that has dissolved; mean_deposit;
    evenness: electrode -> mean over largest current density of its reactions, 0 without a current; along: wound
    electrode -> what it does along its winding.
    """

    time: Floats
    line: Ints
    voltage: Floats
    current: Floats
    losses: Mapping[str, Floats]
    stored: Floats
    filling: Mapping[str, Floats]
    least_salt: Floats
    charges: Floats
    plating: Floats
    deposit: Mapping[str, Floats]
    stripped: Mapping[str, Floats]
    mean_deposit: Mapping[str, Floats]
    evenness: Mapping[str, Floats]
    along: Mapping[str, AlongWinding] = field(default_factory=dict)

    def ends(self) -> list[int]:
        """Return the numbers of the last step of each line."""
        return [*np.flatnonzero(np.diff(self.line)).tolist(), len(self.line) - 1]

    def total(self, values: Floats) -> float:
        """Return the integral over time; of a steady state, which has no time, the value itself. For ratios."""
        return self.integral(values) if len(self.time) > 1 else float(values[0])

    def integral(self, values: Floats, where: NDArray[np.bool_] | None = None) -> float:
        """Return the integral of a quantity over time, over the steps `where` alone.

        The same rule, linear in the values, for all quantities, so that shares of an integral add up to it: a cubic
        spline within each line, and between jumps of a profile, where a time is stored twice. One moment alone, as of a
        steady state or of a line that ended at its start, has none.
        """
        from scipy.interpolate import CubicSpline

        total, values = 0.0, np.where(where, values, 0.0) if where is not None else values
        begins = np.flatnonzero((np.diff(self.line) != 0) | (np.diff(self.time) <= 0.0)) + 1
        for t, y in zip(np.split(self.time, begins), np.split(values, begins), strict=True):
            if len(t) > 3:
                total += float(CubicSpline(t, y).integrate(t[0], t[-1]))
            elif len(t) > 1:
                total += float(np.trapezoid(y, t))
        return total


@dataclass(frozen=True, kw_only=True)
class Done:
    """What became of a line of the protocol: its text, when it began and ended, s, and why it ended.

    plain: a sweep that reached its end, of which a reader needs no word.
    """

    text: str
    start: float
    end: float
    why: str
    reached: bool = True
    plain: bool = False


@dataclass(frozen=True, kw_only=True)
class Balances:
    """Worst imbalance along the path, relative: charge at a time; salt and host sites since the start; energy."""

    charge: float
    salt: float
    host: float
    energy: float


@dataclass(frozen=True, kw_only=True)
class ModuleHistory(CellHistory):
    """What a module did, at each step (n,): sums and extremes over its cells, uA and uW.

    cells: name -> history of a cell, as its equations have it, per depth in 2D; shares: uA of a cell over the current
    of its equations; columns: of each cell, from 0; collectors: power lost in strips and tabs, uW.
    """

    cells: Mapping[str, CellHistory]
    shares: Mapping[str, float]
    columns: Mapping[str, int]
    collectors: Floats


@dataclass(frozen=True, kw_only=True)
class ModuleBalances(Balances):
    """Worst imbalances, relative: of the cells; kirchhoff: of currents at points and of voltages around meshes."""

    kirchhoff: float
