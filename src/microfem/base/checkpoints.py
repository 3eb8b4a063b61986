"""Where long work keeps what it has done so far, so that a killed run goes on from there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_FOLDER: ContextVar[Path | None] = ContextVar("checkpoints", default=None)


@contextmanager
def keeping(folder: Path | None) -> Iterator[None]:
    """Let all work inside keep its states in a folder, which need not exist; None for nowhere."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def checkpoint(key: str) -> Path | None:
    """Return the file of work that a key identifies, with all of its inputs; None where nothing is kept."""
    folder = _FOLDER.get()
    if folder is None:
        return None
    with contextlib.suppress(OSError):  # without it, a killed run begins anew
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{key}.npz"
    return None
