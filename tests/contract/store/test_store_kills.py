"""Runs that are killed at random moments: the folder of results is always whole, and no finished design runs twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest
import pyvista as pv

from microfem.results.summary import read_summary
from support.commands import command_line
from support.runs import STUDY, finished

KILLS = int(os.environ.get("MICROFEM_KILLS", "10"))  # 100 take twenty minutes
PATIENCE = 120.0
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 * KILLS + 600)]
COARSE, FINE = "5 %", "2 %"
PARTS = ".csv", ".png", ".fields.json"  # files that are equal byte by byte between equal runs


def begin(study: Path, out: Path, accuracy: str) -> subprocess.Popen[bytes]:
    command = command_line("run", study, "-o", out, "--jobs", 2, "-q", "--set", f"accuracy={accuracy}")
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def parts(out: Path) -> dict[str, bytes]:
    """Return what does not depend on when a run ran: files, and the arrays of its fields, which HDF5 dates."""
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.name.endswith(PARTS)}
    fields = {path: pv.read(path) for path in out.rglob("*.vtkhdf")}
    arrays = {
        str(path.relative_to(out)): b"".join(grid[name].tobytes() for name in grid.array_names)
        for path, grid in fields.items()
    }
    return files | arrays


def test_kills_lose_nothing(tmp_path: Path) -> None:
    study, out, work, chance = tmp_path / "study.yaml", tmp_path / "out", tmp_path / ".out.work", random.Random(14)
    study.write_text(STUDY.replace("  - {case: result, field: energy_density, log: true}\n", ""))
    whole = {}
    for accuracy in (COARSE, FINE):
        started = time.monotonic()
        assert begin(study, tmp_path / accuracy, accuracy).wait(PATIENCE) == 0
        whole[accuracy], takes = parts(tmp_path / accuracy), time.monotonic() - started
    assert whole[COARSE] != whole[FINE]
    assert begin(study, out, COARSE).wait(PATIENCE) == 0
    there, wanted, kills, published = COARSE, FINE, 0, 0
    kept: dict[str, int] = {}
    while kills < KILLS:
        run = begin(study, out, wanted)
        try:
            run.wait(chance.uniform(0.0, 1.2 * takes))
        except subprocess.TimeoutExpired:
            kill = os.killpg if chance.random() < 0.5 else os.kill  # all processes, or the first alone
            kill(run.pid, signal.SIGKILL)
            run.wait()
            kills += 1
        found = parts(out)
        assert found in (whole[there], whole[wanted]), f"after {kills} kills the results are mixed"
        assert read_summary(out) is not None
        assert json.loads((out / "summary.json").read_text())
        now = finished(out if found == whole[wanted] else work)
        assert {name: now.get(name) for name in kept} == kept, f"after {kills} kills a finished design ran again"
        kept = now
        if found == whole[wanted]:
            there, wanted, kept, published = wanted, there, {}, published + 1
    assert published > 0
    print(f"{kills} kills, {published} times published in between")
    assert begin(study, out, wanted).wait(PATIENCE) == 0
    assert parts(out) == whole[wanted]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([COARSE, FINE, "out", "study.yaml"])
