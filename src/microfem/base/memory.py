"""How much memory is free, and how many unknowns fit into it."""

from __future__ import annotations

import os
from pathlib import Path

BYTES_PER_UNKNOWN = 900.0  # at the peak of a solve, errors included
SHARE = 0.5  # of the free memory: sizes are known before meshing within a factor of two
UNKNOWN = 4e9  # bytes that are taken to be free where the system does not tell


def free_bytes() -> float:
    """Return the memory that programs can still have, bytes: MemAvailable of Linux, else the pages that are free."""
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
    """Return how many unknowns a mesh may have in a share of the free memory, bytes; asked for if not stated."""
    return SHARE * (free_bytes() if free is None else free) / BYTES_PER_UNKNOWN
