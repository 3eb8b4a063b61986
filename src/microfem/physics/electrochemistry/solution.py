"""The solution of a cell: its fields, and the history of everything that has one value at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from microfem.electrochemistry.records import Balances, CellHistory, Done
from microfem.physics.frame import Floats, Solution


@dataclass(frozen=True, kw_only=True)
class CellSolution(Solution):
    """A cell that followed its protocol.

    history: at each step; coarser: with ten times the tolerance, for the error of time; done: each line; capacity: of
    the limiting electrode, uA s, in 2D A s/m, infinite without a host; area: footprint, um2 x 1e-6, in 2D um x 1e-6;
    limits: dimensionless numbers and lengths that tell what limits the cell, see limits.py; decides: what decides its
    losses, in a sentence; unknowns: of a steady state, from which those of layouts close by follow, None in time.
    swept: text of a value of the sweep -> the cell that followed the protocol with it, empty without a sweep; unsolved:
    why it could not; all else is that of the last value.
    """

    history: CellHistory
    coarser: CellHistory | None
    done: Sequence[Done]
    capacity: float
    area: float
    balances: Balances
    limits: Mapping[str, float]
    decides: str
    unknowns: Floats | None = None
    traced: bool = True
    swept: Mapping[str, CellSolution] = field(default_factory=dict)
    unsolved: Mapping[str, str] = field(default_factory=dict)
