"""The free memory, and the number of unknowns that fit into it."""

from __future__ import annotations

import os
from pathlib import Path

BYTES_PER_UNKNOWN = 900.0  # at the peak of a solve, including its error estimates
SHARE = 0.5  # usable share of the free memory: before meshing, sizes are known within a factor of two
UNKNOWN = 4e9  # assumed free bytes on a system that does not report them


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
