"""Where a long computation tells how far it is, without a hand-me-down through every call between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_say: ContextVar[Callable[[str], None]] = ContextVar("say", default=lambda _: None)


def tell(text: str) -> None:
    """Tell who listens; nobody does unless `listening`."""
    _say.get()(text)


@contextmanager
def listening(say: Callable[[str], None]) -> Iterator[None]:
    """Hear what is told within."""
    before = _say.set(say)
    try:
        yield
    finally:
        _say.reset(before)
