"""Progress of long work, reported through a context variable instead of an argument of every function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The current stage of long work.

    design, case, mesh: the current ones; meshes count from 1. doing: the activity, in words. unknowns: approximate
    number in the solve. left: estimated seconds for the rest of the case, None if unknown. ended: True after the end of
    a design. done: number of designs completed before. detail: text for the log alone.
    """

    design: str = ""
    case: str = ""
    mesh: int = 0
    doing: str = ""
    unknowns: int = 0
    left: float | None = None
    ended: bool = False
    done: int = 0
    detail: str = ""

    def __str__(self) -> str:
        """Return one line: `comb: field: mesh 2: solving, about 12,300 unknowns`."""
        places = [self.design, self.case, f"mesh {self.mesh}" if self.mesh else "", self.doing]
        unknowns = f", about {self.unknowns:,} unknowns" if self.unknowns else ""
        return ": ".join(place for place in places if place) + unknowns


Hear = Callable[[Stage], None]

_hear: ContextVar[Hear] = ContextVar("hear", default=lambda _: None)
_at: ContextVar[Stage] = ContextVar("at", default=Stage())  # noqa: B039


def tell(doing: str, **more: Any) -> None:
    """Report an activity, with other fields of Stage, to all listeners."""
    hear(replace(_at.get(), doing=doing, **more))


def hear(stage: Stage) -> None:
    """Pass a stage to all listeners, for example one reported in another process."""
    _hear.get()(stage)


@contextmanager
def within(**where: Any) -> Iterator[None]:
    """Set fields of Stage, such as design, case and mesh, for all reports within the context."""
    before = _at.set(replace(_at.get(), **where))
    try:
        yield
    finally:
        _at.reset(before)


def listen(*hears: Hear) -> Token[Hear]:
    """Add listeners to the present ones; return the token that removes them."""
    outer = _hear.get()

    def all_of_them(stage: Stage) -> None:
        for listener in (outer, *hears):
            listener(stage)

    return _hear.set(all_of_them)


@contextmanager
def listening(*hears: Hear) -> Iterator[None]:
    """Add listeners within the context."""
    before = listen(*hears)
    try:
        yield
    finally:
        _hear.reset(before)


def duration(seconds: float) -> str:
    """Return seconds as text: `40 s`, `3 min`, `2.5 h`."""
    if seconds < 90.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"
