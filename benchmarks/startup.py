"""How long microfem's commands take after their first use, Python's own start included."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

REPEATS = 5
STUDY = """\
name: comb
designs:
  comb: {family: interdigital}
cases:
  field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  resistance: resistance(field)
"""


def measure() -> dict[str, float]:
    """Return the median wall seconds of each command."""
    program = str(Path(sys.executable).parent / "microfem")
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study.yaml"
        study.write_text(STUDY, encoding="utf-8")
        seconds: dict[str, list[float]] = {"help": [], "check": [], "run": []}
        for repeat in range(REPEATS + 1):
            out = str(Path(folder) / f"out{repeat}")  # a result that is there would be kept and nothing be solved
            commands = {"help": ["--help"], "check": ["check", str(study)], "run": ["run", str(study), "-o", out]}
            for name, words in commands.items():
                started = time.perf_counter()
                subprocess.run([program, *words], check=True, capture_output=True)
                seconds[name].append(time.perf_counter() - started)
        return {name: round(median(each[1:]), 4) for name, each in seconds.items()}  # the first use fills caches
