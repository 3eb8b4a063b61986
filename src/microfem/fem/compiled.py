"""Loops compiled by numba if it is installed, cached on disk if that is possible, and run on several threads."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

try:
    from numba import config, njit
    from numba.core.caching import FunctionCache
except ImportError:
    config, njit, FunctionCache = None, None, object

HAS_NUMBA = njit is not None
LEAST_ROWS = 20_000  # of a loop per thread


class _Cache(FunctionCache):  # type: ignore[misc]
    """A cache of compiled code that never ends a calculation: a full disk or a damaged file costs time only."""

    def load_overload(self, *call: Any) -> Any:
        try:
            return super().load_overload(*call)
        except Exception:  # a damaged file raises many kinds of errors
            with suppress(OSError):
                self.flush()
            return None

    def save_overload(self, *call: Any) -> None:
        with suppress(OSError):
            super().save_overload(*call)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function at its first call; without numba it stays Python, fast enough for tests only."""
    if njit is None:
        return function
    return _cached(njit(nogil=True)(function), function)


def quick(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function whose sums may be taken in any order: they run in vector registers; not for values like nan.

    The order is the compiler's, the same in each run.
    """
    return function if njit is None else _cached(njit(nogil=True, fastmath=True)(function), function)


def _cached(loop: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a compiled loop that keeps its code on disk, where that is possible."""
    with suppress(RuntimeError, OSError):  # without any writable folder each process compiles anew
        loop._cache = _cache_of(function)
    return loop


def _cache_of(function: Callable[..., Any]) -> _Cache:
    """Return the cache of a function: beside its file, in the user's home, or in a folder of temporary files."""
    if not config.CACHE_DIR and os.path.expanduser("~") == "~":  # numba would make a folder of that name here
        config.CACHE_DIR = str(private_folder())
    try:
        return _Cache(function)
    except RuntimeError:  # a read-only installation, and no home that can be written
        config.CACHE_DIR = str(private_folder())
        return _Cache(function)


def private_folder() -> Path:
    """Return this user's folder for compiled code among the temporary files.

    Raises:
        OSError: it cannot be made, or others could put code into it.
    """
    folder = Path(tempfile.gettempdir()) / f"microfem-{os.getuid()}"
    folder.mkdir(mode=stat.S_IRWXU, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise PermissionError(f"{folder} is not private to this user")
    return folder


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), "microfem")


def threads() -> int:
    """Return the number of threads of a loop: as many as MKL uses, at most four."""
    setting = os.environ.get("MKL_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS") or ""
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(int(setting) if setting.isdigit() else here, here, 4))


def in_chunks(loop: Callable[..., Any], count: int, *args: Any) -> None:
    """Call loop(low, high, *args) for parts of range(count) in parallel; the parts write different data."""
    parts = min(threads(), count // LEAST_ROWS + 1)
    if parts == 1:
        loop(0, count, *args)
        return
    ends = [count * k // parts for k in range(parts + 1)]
    list(_pool().map(lambda k: loop(ends[k], ends[k + 1], *args), range(parts)))


def at_once(loop: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> None:
    """Call a loop with each tuple of arguments in parallel; the calls write different data."""
    if len(calls) == 1 or threads() == 1:
        for call in calls:
            loop(*call)
        return
    list(_pool().map(lambda call: loop(*call), calls))
