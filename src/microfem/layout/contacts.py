"""Contacts between parts of a layout: interfaces that resist a current, or insulate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Contact:
    """All faces that two parts share; other faces are perfect contacts.

    between: two names, each of a region, of a film or of a role; resistance: ohm m2, infinite if nothing passes.
    """

    between: tuple[str, str]
    resistance: float = math.inf

    @property
    def label(self) -> str:
        """Both names, for messages."""
        return f"'{self.between[0]}' and '{self.between[1]}'"
