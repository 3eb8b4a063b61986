"""Runs of a small study in a process of their own, and what they leave on disk."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from support.commands import command_line

STUDY = """\
name: two
source: a test
designs:
  near: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  far: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
accuracy: 5 %
cases:
  result: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(result), peak: current_max_over_mean(result), size: footprint()}
views:
  - {case: result, field: potential}
  - {case: result, field: energy_density, log: true}
"""


def finished(out: Path) -> dict[str, int]:
    """Return when each design's result was written."""
    return {path.parent.name: path.stat().st_mtime_ns for path in out.glob("designs/*/result.json")}


def hidden(folder: Path) -> list[str]:
    """Return the names of hidden files in a folder."""
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


def wait_for(condition: Callable[[], bool], run: subprocess.Popen[str]) -> None:
    """Wait until a condition holds while a process runs, a minute at most."""
    limit = time.monotonic() + 60.0
    while not condition():
        assert run.poll() is None, run.communicate()[1]
        assert time.monotonic() < limit
        time.sleep(0.01)


def start(study: Path, out: Path, *options: str) -> subprocess.Popen[str]:
    """Begin a run in a process group of its own."""
    command = command_line("run", study, "-o", out, *options)
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
