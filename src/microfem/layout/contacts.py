"""Contacts between parts of a layout: interfaces that resist a current, or insulate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class Named(Protocol):
    """A region or a film."""

    @property
    def name(self) -> str:
        """The name of the part."""

    @property
    def role(self) -> str:
        """What it is in the device."""


@dataclass(frozen=True, kw_only=True)
class PartContact:
    """All faces that two parts share; other faces are perfect contacts.

    between: two names, each of a region, of a film or of a role; resistance: ohm m2; insulating: if nothing passes.
    """

    between: tuple[str, str]
    resistance: float = 0.0
    insulating: bool = False

    def sides(self, parts: Iterable[Named]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the parts on both sides, among all parts of a layout."""
        first, second = self.between
        every = list(parts)
        return _called(first, every), _called(second, every)

    @property
    def label(self) -> str:
        """Both names, for messages."""
        return f"'{self.between[0]}' and '{self.between[1]}'"


def _called(name: str, parts: Iterable[Named]) -> tuple[str, ...]:
    return tuple(part.name for part in parts if name in (part.name, part.role))


def left_out(contacts: Sequence[PartContact], of: str) -> Iterator[str]:
    """Yield why contacts forbid a case; of: what leaves them out, as text."""
    for contact in contacts:
        yield (
            f"{of} leaves out the contact between {contact.label}; restrict the case to designs without contacts, "
            "or state a conduction case"
        )
