"""The free memory, the number of unknowns that fit into it, and limits that a shell or a cluster sets."""

from __future__ import annotations

import os
from pathlib import Path

from microfem.base.errors import MicrofemError

BYTES_PER_UNKNOWN = 900.0  # at the peak of a solve, including its error estimates
SHARE = 0.5  # usable share of the free memory: before meshing, sizes are known within a factor of two
UNKNOWN = 4e9  # assumed free bytes on a system that does not report them

LEAST_ADDRESS_SPACE = 2e9  # bytes: below it libraries that mesh, solve and draw end the process, or never end


def require_address_space() -> None:
    """Refuse to begin under a limit that libraries would meet in the middle of a run.

    Raises:
        MicrofemError: the limit of the address space (ulimit -v) is too low.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < LEAST_ADDRESS_SPACE:
        least = f"{LEAST_ADDRESS_SPACE / 1024:.0f}"
        raise MicrofemError(f"the limit of memory, ulimit -v {limit // 1024}, is too low; raise it to {least} or more")


def free_bytes() -> float:
    """Return the memory available to programs, bytes: MemAvailable of Linux, else the free pages."""
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        return 1024.0 * float(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        pass
    try:
        return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return UNKNOWN


def most_unknowns(free: float | None = None) -> float:
    """Return the largest number of unknowns of a mesh; free: free memory, bytes, None for that of the system."""
    return SHARE * (free_bytes() if free is None else free) / BYTES_PER_UNKNOWN
