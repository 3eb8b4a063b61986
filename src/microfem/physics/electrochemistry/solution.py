"""The solution of a cell: its fields, and the history of everything that has one value at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microfem.electrochemistry.records import Balances, CellHistory, Done
from microfem.physics.frame import Floats, Solution


@dataclass(frozen=True, kw_only=True)
class CellSolution(Solution):
    """A cell that followed its protocol.

    history: at each step; coarser: with ten times the tolerance, for the error of time; done: each line; capacity: of
    the limiting electrode, uA s, in 2D A s/m, infinite without a host; area: footprint, um2 x 1e-6, in 2D um x 1e-6;
    limits: dimensionless numbers and lengths that tell what limits the cell, see limits.py; unknowns: of a steady
    state, from which the states of layouts close by follow, None of a path in time.
    """

    history: CellHistory
    coarser: CellHistory | None
    done: Sequence[Done]
    capacity: float
    area: float
    balances: Balances
    limits: Mapping[str, float]
    unknowns: Floats | None = None
    traced: bool = True
