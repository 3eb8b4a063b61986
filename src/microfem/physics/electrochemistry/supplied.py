"""Cases whose protocol may charge from sources and discharge into loads: cells and modules."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Entry
from pydantic import model_validator

from microfem.base.registry import did_you_mean
from microfem.electrochemistry.device_entries import LoadEntry, SourceEntry
from microfem.electrochemistry.protocol import Protocol, ProtocolLine, with_devices
from microfem.electrochemistry.requirements import check_profiles, pieces_of
from microfem.physics.frame import TransientCase

StepTolerance = Annotated[float, Entry(ge=1e-9, le=1e-3)]  # with fewer steps, no second path tells their error
SMOOTH_PATH = 8.0  # linear solves that take as long as the time steps of a path without jumps
MANY_PIECES = 200  # of profiles, from which a study that is checked tells them


class SuppliedCase(TransientCase):
    """A protocol, and the sources and loads that its lines name.

    sources: name -> curve of current against voltage, as of solar cells; loads: name -> power, current or resistance.
    """

    sources: dict[str, SourceEntry] = Entry(default_factory=dict)
    loads: dict[str, LoadEntry] = Entry(default_factory=dict)
    protocol: Protocol

    @property
    def lines(self) -> tuple[ProtocolLine, ...]:
        """The lines of the protocol with their sources and loads."""
        sources = {name: one.named(name) for name, one in self.sources.items()}
        return with_devices(self.protocol, sources, {name: one.named(name) for name, one in self.loads.items()})

    @property
    def solves(self) -> float:
        """About how many linear solves the case takes on one mesh.

        A smooth path for each line, and a fifth of one for each piece of a profile, with its first small steps.
        """
        return SMOOTH_PATH * (len(self.lines) + 0.2 * pieces_of(self.lines))

    @property
    def why_long(self) -> str:
        """Why the case takes long whatever its mesh: its profiles jump often; "" if they do not."""
        pieces = pieces_of(self.lines)
        if pieces < MANY_PIECES:
            return ""
        cells = f" of {self.copies} cells" if self.copies > 1 else ""
        return (
            f"the profiles of its sources and loads have {pieces:,} pieces, and each begins with some twenty small "
            f"time steps{cells}; fewer cycles or a mean load take less"
        )

    @model_validator(mode="after")
    def check_devices(self) -> SuppliedCase:
        """Refuse lines with sources or loads that are not stated, or that end before the line, or jump too often.

        Raises:
            ValueError: with the line.
        """
        for line in self.protocol:
            for kind, name, known in (("source", line.source, self.sources), ("load", line.load, self.loads)):
                if name and name not in known:
                    hint = did_you_mean(name, known) or f"; state {kind}s: {{{name}: ...}}"
                    raise ValueError(f"protocol: '{line.text}': no {kind} '{name}'{hint}")
        check_profiles(self.lines)
        return self
