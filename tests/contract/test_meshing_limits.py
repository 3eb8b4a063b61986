"""gmsh works in a child process: limits of time and memory end it, Ctrl-C too, and its failures name the case."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import shapely

from microfem.base.child import CallLimits
from microfem.base.errors import ChildError, MeshError
from microfem.families import build_layout
from microfem.mesh import build, build_mesh
from microfem.mesh.lines import Sizes
from microfem.mesh.plan import mesh_plan
from microfem.physics.potential.conduction import ConductionCase
from microfem.solve import refinement
from microfem.solve.ending import Reason
from microfem.solve.first_mesh import first_mesh
from microfem.solve.refinement import solve_layout
from microfem.study.records import Limits

SQUARE = shapely.box(0.0, 0.0, 1.0, 1.0)
FINE = Sizes(edge=1e-3, far=1e-3, bulk=1e-3)  # two million triangles in the square
CASE = ConductionCase.model_validate(
    {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}
)
STATED = """
import shapely
from microfem.mesh.lines import Sizes
from microfem.mesh.plan import mesh_plan
mesh_plan([shapely.box(0.0, 0.0, 1.0, 1.0)], Sizes(0.5, 0.5))
print("meshing", flush=True)
mesh_plan([shapely.box(0.0, 0.0, 1.0, 1.0)], Sizes(1e-3, 1e-3, 1e-3))
"""


@pytest.mark.slow
def test_this_process_never_loads_gmsh() -> None:
    program = (
        "import sys; from microfem.families import build_layout; from microfem.mesh import build_mesh; "
        "build_mesh(build_layout('drawn', {}), 'plan', -1); print('gmsh' in sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "False\n"


def test_a_limit_of_time_ends_the_first_mesh_and_names_itself() -> None:
    with pytest.raises(MeshError, match=r"more than limits\.time, 0\.0001 s, .*raise: .*; take a larger gap"):
        first_mesh(build_layout("interdigital", {"gap": 20.0}), CASE, Limits(seconds=1e-4))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not limit the address space")
def test_a_limit_of_memory_ends_gmsh() -> None:
    with pytest.raises(ChildError, match="more than 30 MB") as ended:
        mesh_plan([SQUARE], FINE, CallLimits(megabytes=30.0))
    assert ended.value.kind == "memory"
    assert len(mesh_plan([SQUARE], Sizes(0.5, 0.5)).triangles) > 2


@pytest.mark.parametrize(("kind", "named"), [("time", r"limits\.time, 9 s"), ("memory", r"limits\.memory, 900 MB")])
def test_the_message_names_the_limit(monkeypatch: pytest.MonkeyPatch, kind: str, named: str) -> None:
    def ended(*_: object) -> None:
        raise ChildError("it needs too much", kind)

    monkeypatch.setattr(build, "mesh_plan", ended)
    with pytest.raises(MeshError, match=named):
        first_mesh(build_layout("interdigital", {}), CASE, Limits(seconds=9.0, megabytes=900.0))


def test_a_crash_of_gmsh_names_the_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    def crashed(*_: object) -> None:
        raise ChildError("its process died with SIGSEGV", "crash")

    monkeypatch.setattr(build, "mesh_plan", crashed)
    with pytest.raises(MeshError, match=r"gmsh failed: its process died with SIGSEGV \(family drawn: "):
        build_mesh(build_layout("drawn", {}), "plan", -1)


def test_a_failure_of_gmsh_names_a_sliver(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(*_: object) -> None:
        raise MeshError("gmsh covered 0 of a face of 1 um2")

    monkeypatch.setattr(build, "mesh_plan", failed)
    sides = [shapely.box(-200.0, -500.0, -100.0, 0.0), shapely.box(-200.0, 0.001, -100.0, 500.0)]
    slit = {"anode": shapely.MultiPolygon(sides).wkt, "cathode": shapely.box(100.0, -500.0, 200.0, 500.0).wkt}
    with pytest.raises(MeshError, match=r"covered 0 of .*; a possible cause: two edges 0\.001 .m apart at \(.*'anode'"):
        build_mesh(build_layout("drawn", slit), "plan", -1, math.inf)


def test_the_limit_of_time_counts_meshing(monkeypatch: pytest.MonkeyPatch) -> None:
    layout = build_layout("interdigital", {})
    mesh = build_mesh(layout, "section", -1, math.inf)

    def slow(*_: object) -> object:
        time.sleep(0.2)
        return mesh

    monkeypatch.setattr(refinement, "first_mesh", slow)
    _, _, ended = solve_layout(layout, CASE, {}, {}, Limits(seconds=0.2))
    assert ended.reason is Reason.TIME


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_a_program_while_gmsh_works(tmp_path: Path) -> None:
    with (tmp_path / "told").open("w+") as told:
        program = subprocess.Popen([sys.executable, "-c", STATED], stdout=subprocess.PIPE, stderr=told, text=True)
        assert program.stdout is not None
        assert program.stdout.readline() == "meshing\n"
        time.sleep(1.0)
        assert program.poll() is None
        program.send_signal(signal.SIGINT)
        started = time.monotonic()
        program.wait(60.0)
        assert time.monotonic() - started < 1.0
        told.seek(0)
        assert told.read().rstrip().endswith("KeyboardInterrupt")
