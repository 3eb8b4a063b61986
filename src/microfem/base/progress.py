"""Where long work tells how far it is, without a hand-me-down through every call between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where long work is, and what it does there.

    design, case, mesh: where; the number of the mesh, from 1. doing: what, in words. unknowns: of the solve, about.
    left: seconds that the case may still take, where that can be told. ended: whether the design is done with.
    done: designs that were done with before. detail: what is for the log alone.
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
    """Tell who listens what is being done here; nobody does unless `listening`."""
    hear(replace(_at.get(), doing=doing, **more))


def hear(stage: Stage) -> None:
    """Pass on what was told elsewhere, in another process for example."""
    _hear.get()(stage)


@contextmanager
def within(**where: Any) -> Iterator[None]:
    """Say where all is that is told within: design, case, mesh."""
    before = _at.set(replace(_at.get(), **where))
    try:
        yield
    finally:
        _at.reset(before)


def listen(*hears: Hear) -> Token[Hear]:
    """Hear from now on what is told, beside those who listen already."""
    outer = _hear.get()

    def all_of_them(stage: Stage) -> None:
        for one in (outer, *hears):
            one(stage)

    return _hear.set(all_of_them)


@contextmanager
def listening(*hears: Hear) -> Iterator[None]:
    """Hear what is told within."""
    before = listen(*hears)
    try:
        yield
    finally:
        _hear.reset(before)
