"""What gmsh does to the process that it runs in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from microfem.families import build_layout
from microfem.mesh import build_mesh

WRITE = """
import os, threading
from microfem.families import build_layout
from microfem.mesh import build_mesh
mesher = threading.Thread(target=lambda: build_mesh(build_layout("interdigital", {}), "section", -1))
mesher.start(); mesher.join()
reader, writer = os.pipe()
os.close(reader)
try:
    os.write(writer, b"x")
except BrokenPipeError:
    print("told")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="pipes that break send signals on POSIX only")
def test_a_pipe_that_breaks_is_an_error_and_no_death_after_meshing_in_a_thread() -> None:
    ended = subprocess.run([sys.executable, "-c", WRITE], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout) == (0, "told\n")


def test_meshing_works_in_a_thread() -> None:
    meshes: list[int] = []
    thread = threading.Thread(
        target=lambda: meshes.append(len(build_mesh(build_layout("interdigital", {}), "section", -1).cells))
    )
    thread.start()
    thread.join()
    assert meshes == [len(build_mesh(build_layout("interdigital", {}), "section", -1).cells)]
