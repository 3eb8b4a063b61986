"""Commands of the command line: in a process of their own, and how they ended; the fixture `microfem` runs one here."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


def command_line(*arguments: object) -> list[str]:
    """Return the words that run microfem with these arguments as a process."""
    return [sys.executable, "-m", "microfem", *map(str, arguments)]
