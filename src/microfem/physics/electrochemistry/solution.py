"""The solutions of a cell: the history of everything that has one value at a time, and its impedance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from microfem.base.spectrum import Spectrum
from microfem.electrochemistry.protocol import ProtocolLine
from microfem.electrochemistry.records import Balances, CellHistory, Done, ModuleHistory
from microfem.physics.frame import Floats, Solution

if TYPE_CHECKING:
    from microfem.electrochemistry.impedance import CellImpedance


@dataclass(frozen=True, kw_only=True)
class CellSolution(Solution):
    """A cell that followed its protocol.

    history: at each step; coarser: with ten times the tolerance, for the error of time; done: each line; capacity: of
    the limiting electrode, uA s, in 2D A s/m, infinite without a host; area: footprint, um2 x 1e-6, in 2D um x 1e-6;
    limits: dimensionless numbers and lengths that tell what limits the cell, see limits.py; decides: what decides its
    losses, in a sentence; protocol: its lines; unknowns: of a steady state, from which those of layouts close by
    follow, None in time.
    copies: cells of the size that the view shows, of a module in 2D times their depth, um.
    swept: text of a value of the sweep -> the cell that followed the protocol with it, empty without a sweep; unsolved:
    why it could not; all else is that of the last value.
    """

    protocol: Sequence[ProtocolLine]
    history: CellHistory
    coarser: CellHistory | None
    done: Sequence[Done]
    capacity: float
    area: float
    balances: Balances
    limits: Mapping[str, float]
    decides: str
    unknowns: Floats | None = None
    copies: float = 1.0
    traced: bool = True
    swept: Mapping[str, CellSolution] = field(default_factory=dict)
    unsolved: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ModuleSolution(CellSolution):
    """A module that followed its protocol: its numbers are those of the whole, uA and uW also in 2D.

    area: footprint of all its cells, um2 x 1e-6; drawn: name of the cell whose fields are shown.
    """

    history: ModuleHistory
    coarser: ModuleHistory | None
    drawn: str


@dataclass(frozen=True, kw_only=True)
class ImpedanceSolution(Solution):
    """The impedance of a cell.

    impedance: at any frequency; frequencies: those of the case; coarser: about the state that time steps with ten times
    the tolerance reach, None at rest.
    """

    impedance: CellImpedance
    frequencies: Sequence[float]
    coarser: CellImpedance | None
    traced: bool = True

    @cached_property
    def spectrum(self) -> Spectrum:
        """The impedance at the frequencies of the case."""
        return self.impedance.spectrum(self.frequencies)

    @cached_property
    def rougher(self) -> ImpedanceSolution:
        """The impedance about the state that time steps with ten times the tolerance reach."""
        assert self.coarser is not None
        return replace(self, impedance=self.coarser, coarser=None)

    def close(self) -> None:
        """Free the memory of the factors."""
        super().close()
        for one in (self.impedance, self.coarser):
            if one is not None:
                one.signal.close()
