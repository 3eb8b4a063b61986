"""What a study states of a module, for its equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microfem.electrochemistry.electrodes import Start
from microfem.electrochemistry.modules.arrangement import CellArrangement, OddCell
from microfem.electrochemistry.modules.sheets import CollectorSheet
from microfem.electrochemistry.protocol import ProtocolLine
from microfem.electrochemistry.statement import CellStatement


@dataclass(frozen=True, kw_only=True)
class ModuleStatement:
    """A module as it is stated.

    sheet: of its collectors, None where their resistances are stated; depth: length of its cells out of the plane, um,
    of no account in 3D; odd: cells that differ, by name; starts: their states at the start; protocol: of the module.
    """

    cell: CellStatement
    arrangement: CellArrangement
    sheet: CollectorSheet | None
    depth: float
    odd: Mapping[str, OddCell]
    starts: Mapping[str, Mapping[str, Start]]
    protocol: Sequence[ProtocolLine]
    tolerance: float
