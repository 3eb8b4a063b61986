"""Runs that take turns, each in a process of its own and on one thread, for rows of medians."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.runners import ROOT, THREADS

PATIENCE = 60.0  # CPU seconds; a run that took longer is not repeated
LIMIT = 3600.0  # seconds after which a run is given up
MEASURES = ("cpu_s", "wall_s", "load_cpu_s", "peak_mb")
Row = dict[str, Any]
Words = tuple[str, ...]


def in_turn(module: str, every: Mapping[Words, Row], repeats: int) -> list[Row]:
    """Run `python -m MODULE child WORDS` for all words in turn, `repeats` times over; return one row for each."""
    runs: dict[Words, list[Row]] = {words: [] for words in every}
    for _ in range(repeats):
        for words, done in runs.items():
            if done and (done[0].get("failed") or done[0]["cpu_s"] > PATIENCE):
                continue
            done.append(_start(module, words))
            told = done[-1].get("failed") or "{cpu_s:8.2f} s CPU {wall_s:8.2f} s wall {value:.8g}".format(**done[-1])
            print(f"{' '.join(words):32} {told}", flush=True)
    return [row | _median(runs[words]) for words, row in every.items()]


def _median(rows: list[Row]) -> Row:
    if "failed" in rows[0]:
        return rows[0]
    middle = {key: round(median(row[key] for row in rows if "failed" not in row), 4) for key in MEASURES}
    return rows[0] | middle | {"repeats": len(rows)}


def _start(module: str, words: Words) -> Row:
    command = [sys.executable, "-m", module, "child", *words]
    environment = os.environ | dict.fromkeys(THREADS, "1")
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"given up after {LIMIT:.0f} s"}
    if done.returncode:
        return {"failed": (done.stderr.strip() or "it failed").splitlines()[-1]}
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))
