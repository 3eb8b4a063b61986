"""The solution of a cell: its fields, and the history of everything that has one value at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microfem.electrochemistry.protocol import ProtocolLine
from microfem.electrochemistry.records import Balances, CellHistory, Done
from microfem.physics.frame import Solution


@dataclass(frozen=True, kw_only=True)
class CellSolution(Solution):
    """A cell that followed its protocol.

    protocol: its lines; history: at each step; coarser: with ten times the tolerance, for the error of time; done: each
    line; capacity: of the limiting electrode, uA s, in 2D A s/m, infinite without a host; area: footprint, um2 x 1e-6,
    in 2D um x 1e-6; limits: dimensionless numbers and lengths that tell what limits the cell, see limits.py.
    """

    protocol: Sequence[ProtocolLine]
    history: CellHistory
    coarser: CellHistory | None
    done: Sequence[Done]
    capacity: float
    area: float
    balances: Balances
    limits: Mapping[str, float]
    traced: bool = True
