"""Contacts between parts of a layout: interfaces that resist a current, or insulate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Contact:
    """All faces that two parts share; other faces are perfect contacts.

    between: two names, each of a region, of a film or of a role; resistance: ohm m2; insulating: if nothing passes.
    """

    between: tuple[str, str]
    resistance: float = 0.0
    insulating: bool = False

    @property
    def label(self) -> str:
        """Both names, for messages."""
        return f"'{self.between[0]}' and '{self.between[1]}'"


def left_out(contacts: Sequence[Contact], of: str) -> Iterator[str]:
    """Yield why contacts forbid a case; of: what leaves them out, as text."""
    for contact in contacts:
        yield (
            f"{of} leaves out the contact between {contact.label}; restrict the case to designs without contacts, "
            "or state a conduction case"
        )
