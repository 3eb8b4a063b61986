"""Commands start without importing what they do not use: seconds on a cold disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.studies import write_study

STUDY = """\
name: comb
designs:
  comb: {family: interdigital}
cases:
  field: {physics: conduction, terminals: {anode: 0 V, cathode: 1 V}}
metrics:
  resistance: resistance(field)
views:
  - {case: field, field: potential}
"""
NUMERICAL = {"numpy", "shapely", "pydantic", "yaml"}
HEAVY = {
    "scipy",
    "skfem",
    "gmsh",
    "pyvista",
    "vtkmodules",
    "matplotlib",
    "meshio",
    "h5py",
    "pypardiso",
    "trame",
    "aiohttp",
    "optuna",
    "dask",
    "distributed",
    "SALib",
    "pyarrow",
}
PROBE = """
import sys
from microfem.cli.main import main
sys.argv = ["microfem", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *sorted(sys.modules))
"""


def loaded(*arguments: str) -> set[str]:
    """Run a command in a fresh interpreter and return the top-level modules that it has imported."""
    run = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return {name.split(".")[0] for name in run.stdout.splitlines()[-1].split()[1:]}


def test_help_needs_no_numbers() -> None:
    assert loaded("--help") & (NUMERICAL | HEAVY) == set()


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path, STUDY)


def test_check_needs_no_solver(study: Path) -> None:
    found = loaded("check", str(study))
    assert found & HEAVY == set()
    assert found >= NUMERICAL  # the guard would see the rest as well


@pytest.mark.parametrize(
    "command", [("list", "families"), ("show", "metric", "resistance"), ("new", "stacked"), ("schema",)]
)
def test_catalogue_needs_no_solver(command: tuple[str, ...]) -> None:
    assert loaded(*command) & HEAVY == set()
