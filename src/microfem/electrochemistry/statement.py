"""What a study states of a cell, for its equations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from microfem.electrochemistry.electrodes import ElectrodeModel, Start
from microfem.electrochemistry.protocol import ProtocolLine


@dataclass(frozen=True, kw_only=True)
class CellStatement:
    """A cell as it is stated.

    start: electrode -> its state; moving: whether the concentration
    of the salt changes; temperature, K; order: of the elements; tolerance: of the time steps.
    """

    electrodes: Mapping[str, ElectrodeModel]
    start: Mapping[str, Start]
    protocol: Sequence[ProtocolLine]
    moving: bool
    temperature: float
    order: int
    tolerance: float

    @property
    def steady(self) -> bool:
        """Whether a steady state is sought."""
        return self.protocol[0].verb == "steady"
