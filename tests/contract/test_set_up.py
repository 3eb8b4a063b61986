"""What set-up says where something is missing that Debian has: by name, without installing it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from support.repository import ROOT

[LIBRARIES] = [line.split('"')[1].split() for line in (ROOT / "set-up").read_text().splitlines()
               if line.startswith("libraries=")]  # fmt: skip


def set_up(folder: Path, **programs: str) -> subprocess.CompletedProcess[str]:
    """Run set-up where nothing is but programs, each a line of shell; Python is there and has all modules."""
    programs = {"python": "exit 0", "apt-get": f"echo called >{folder / 'installed'}", **programs}
    for place in (folder / "bin", folder / "venv" / "bin"):
        place.mkdir(parents=True)
        for name, line in programs.items():
            (place / name).write_text(f"#!/bin/sh\n{line}\n")
            (place / name).chmod(0o755)
    return subprocess.run(["/bin/sh", str(ROOT / "set-up"), str(folder / "venv")], capture_output=True, text=True,
                          env={"PATH": str(folder / "bin"), "PYTHON": "python"}, cwd=ROOT, check=False)  # fmt: skip


@pytest.mark.parametrize(
    ("programs", "packages"),
    [
        ({"chromium": "exit 0", "fc-list": "echo DejaVu Sans"}, ""),
        ({"google-chrome": "exit 0", "fc-list": "echo DejaVu Sans"}, ""),
        ({"fc-list": "echo DejaVu Sans"}, "chromium"),
        ({"chromium": "exit 0", "fc-list": "exit 0"}, "fonts-dejavu-core"),
        ({"fc-list": "exit 0"}, "chromium fonts-dejavu-core"),
    ],
)
def test_what_a_browser_needs_is_named_and_not_installed(
    tmp_path: Path, programs: dict[str, str], packages: str
) -> None:
    ended = set_up(tmp_path, **programs)
    assert (ended.returncode, ended.stdout) == (0, "")
    assert not (tmp_path / "installed").exists()
    if packages:
        assert f"not found: {packages};" in ended.stderr
        assert ended.stderr.endswith(f"install with: apt-get install {packages}\n")
    else:
        assert ended.stderr == ""


def test_a_library_that_is_missing_is_named_and_ends_it(tmp_path: Path) -> None:
    lacking = 'case "$2" in *gmsh*) echo "ImportError: libGLU.so.1: cannot open" >&2; exit 1;; esac'
    ended = set_up(tmp_path, python=lacking, tail="read line; echo $line")
    assert ended.returncode == 1
    assert "gmsh cannot be imported: ImportError: libGLU.so.1: cannot open" in ended.stderr
    assert ended.stderr.endswith(f"apt-get install {' '.join(LIBRARIES)}\n")
    assert "libglu1-mesa" in LIBRARIES


def test_the_container_has_the_libraries_that_set_up_names() -> None:
    installed = re.findall(r"[\w.+-]+", (ROOT / "packaging" / "Containerfile").read_text())
    assert set(LIBRARIES) <= set(installed)


def test_an_error_that_no_library_causes_names_none(tmp_path: Path) -> None:
    broken = 'case "$2" in *vtk*) echo "SyntaxError: invalid syntax" >&2; exit 1;; esac'
    ended = set_up(tmp_path, python=broken, tail="read line; echo $line")
    assert ended.returncode == 1
    assert ended.stderr == "set-up: vtkmodules.vtkRenderingOpenGL2 cannot be imported: SyntaxError: invalid syntax\n"


def test_packages_that_cannot_be_had_end_it_with_a_line(tmp_path: Path) -> None:
    ended = set_up(tmp_path, python='case "$2" in pip) echo "ERROR: no matching distribution" >&2; exit 1;; esac')
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("set-up: pip could not install what microfem needs")
