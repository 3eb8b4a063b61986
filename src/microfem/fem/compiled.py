"""Loops compiled by numba if it is installed, cached on disk, and run on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

try:
    from numba import njit
except ImportError:
    njit = None

HAS_NUMBA = njit is not None
LEAST_ROWS = 20_000  # of a loop per thread


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function at its first call; without numba it stays Python, fast enough for tests only."""
    return function if njit is None else njit(cache=True, nogil=True)(function)


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
