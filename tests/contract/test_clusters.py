"""Workers that others start: a scheduler by hand, and Slurm, of which there is a stand-in that starts jobs at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.commands import command_line
from support.searching import STUDY, told_of
from support.studies import write_study

pytestmark = pytest.mark.slow
PATIENCE = 300.0
SBATCH = """\
#!/bin/sh
cp "$1" "$JOBS/job.sh"
setsid sh "$JOBS/job.sh" > "$JOBS/job.log" 2>&1 &
echo "Submitted batch job $!"
"""
SCANCEL = "#!/bin/sh\nkill -- -$1 2>/dev/null || kill $1\n"


@contextmanager
def running(*command: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30.0)


def search(folder: Path, *options: str, **env: str) -> dict[str, object]:
    study = write_study(folder, STUDY.replace("{trials: 12}", "{trials: 4}"))
    command = command_line("optimise", study, "-o", folder / "out", *options)
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE,
                           env={**os.environ, **env})  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return told_of(folder / "out")["designs"]["comb"]  # type: ignore[no-any-return]


def test_a_scheduler_by_hand_gives_workers(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    told = tmp_path / "scheduler.json"
    here = ("--host", "127.0.0.1", "--scheduler-file", str(told))
    with running("distributed.cli.dask_scheduler", *here, "--port", "0", "--no-dashboard"):
        until = time.monotonic() + PATIENCE
        while not told.exists() or not told.read_text().strip():
            assert time.monotonic() < until
            time.sleep(0.1)
        address = json.loads(told.read_text())["address"]
        assert address.startswith("tcp://127.0.0.1:")
        with running("distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard",
                     "--local-directory", str(tmp_path)):  # fmt: skip
            found = search(tmp_path, "--scheduler", address)
    assert (found["trials"], found["failed"]) == (4, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="its jobs are shell scripts")
def test_jobs_of_slurm_work_and_are_cancelled(tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    found = search(tmp_path, "--jobs", "2", "--slurm", "cpus=2,memory=4GB,time=1:00:00,queue=short",
                   PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}", JOBS=str(tmp_path))  # fmt: skip
    assert (found["trials"], found["failed"]) == (4, 0)
    job = (tmp_path / "job.sh").read_text()
    for line in ("-p short", "--cpus-per-task=2", "--mem=4G", "-t 1:00:00"):
        assert f"#SBATCH {line}\n" in job
    assert "--nthreads 1" in job
    assert "--worker-class microfem.optimise.private.private_worker --no-dashboard" in job
    assert "export OMP_NUM_THREADS=1\n" in job
    keys = [one.name for one in (tmp_path / "out").iterdir() if one.name.startswith(".dask")]
    assert keys == []  # no keys are left behind


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path) -> None:
    command = command_line("optimise", write_study(tmp_path, STUDY), "-o", "out", "--scheduler", "tcp://127.0.0.1:9")
    ended = subprocess.run(command, capture_output=True, text=True, check=False,
                           cwd=tmp_path, timeout=PATIENCE)  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("error: no Dask scheduler answers at tcp://127.0.0.1:9: ")
    assert "Traceback" not in ended.stderr
