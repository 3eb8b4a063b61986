"""Meshes in CalculiX: it reads the elements, sets and surfaces of a written mesh, and finds closed forms with them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from microfem.export import write_mesh
from microfem.families import build_layout
from microfem.mesh import Mesh, build_mesh
from support.documentation import DOCS, blocks
from support.solving import solve_conduction, value

pytestmark = pytest.mark.skipif(not shutil.which("ccx"), reason="CalculiX is missing: apt-get install calculix-ccx")

PRINTED = 2e-6  # CalculiX prints seven digits
PRESSURE, YOUNG, POISSON = 7.0, 2100.0, 0.3  # MPa
BLOCK = """\
*INCLUDE, INPUT=comb.inp
*MATERIAL, NAME=one
*ELASTIC
{young}, {poisson}
{sections}
*STEP
*STATIC
*BOUNDARY
xmin, 1, 1
{held}
*DSLOAD
xmax, P, {pressure}
*NODE PRINT, NSET=xmax
U
*END STEP
"""


def comb(dimension: str, level: int = 0) -> Mesh:
    return build_mesh(build_layout("interdigital", {"finger_pairs": 1, "finger_length": 500.0}), dimension, level)


def calculate(folder: Path, deck: str) -> str:
    """Return what CalculiX prints for a deck beside the mesh."""
    (folder / "deck.inp").write_text(deck)
    ended = subprocess.run(["ccx", "deck"], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert "*ERROR" not in ended.stdout
    return (folder / "deck.dat").read_text()


def test_the_example_of_the_documentation_has_microfems_conductance(tmp_path: Path) -> None:
    """Linear elements on the same mesh: two programs, one discrete problem."""
    [deck] = [one for one in blocks(DOCS / "interop.md", "text") if one.startswith("*INCLUDE")]
    mesh = build_mesh(build_layout("interdigital", {}), "section", 2)
    write_mesh(tmp_path / "comb.inp", mesh)
    heat = float(calculate(tmp_path, deck).split()[-1])
    assert heat == pytest.approx(value(solve_conduction(mesh, 1), "conductance"), rel=PRINTED)
    assert f"{heat:.3f}" in (DOCS / "interop.md").read_text(encoding="utf-8")


def test_a_sandwich_has_the_conductance_of_a_bar(tmp_path: Path) -> None:
    """G = conductivity times area over distance, in uA at 1 V."""
    layout = build_layout("stacked", {"length": 1000.0, "width": 800.0, "gap": 200.0})
    write_mesh(tmp_path / "comb.inp", build_mesh(layout, "3d", -1))
    [deck] = [one for one in blocks(DOCS / "interop.md", "text") if one.startswith("*INCLUDE")]
    others = [name for name in layout.names() if name not in ("anode", "cathode", "electrolyte", "substrate")]
    more = "".join(f"*SOLID SECTION, ELSET={name}, MATERIAL=insulator\n" for name in others)
    assert float(calculate(tmp_path, deck.replace("*STEP", f"{more}*STEP")).split()[-1]) == pytest.approx(
        1.5 * 1000.0 * 800.0 / 200.0, rel=PRINTED
    )


@pytest.mark.parametrize(
    ("dimension", "held", "factor"),
    [
        ("3d", "ymin, 2, 2\nzmin, 3, 3", 1.0),
        ("plan", "ymin, 2, 2", 1.0),
        ("section", "zmin, 2, 2", 1.0 - POISSON**2),
    ],
)
def test_a_block_under_pressure_has_the_strain_of_hooke(
    dimension: str, held: str, factor: float, tmp_path: Path
) -> None:
    """Uniaxial stress in 3D and in a plan (plane stress); a section is in plane strain: (1 - nu2) p / E."""
    mesh = comb(dimension)
    write_mesh(tmp_path / "comb.inp", mesh)
    sections = "\n".join(f"*SOLID SECTION, ELSET={name}, MATERIAL=one" for name in mesh.regions)
    told = calculate(tmp_path, BLOCK.format(young=YOUNG, poisson=POISSON, sections=sections, held=held,
                                            pressure=PRESSURE))  # fmt: skip
    moved = [float(line.split()[1]) for line in told.splitlines() if re.match(r" +\d+ +\S+ +\S+ +\S+$", line)]
    assert len(moved) >= 2
    low, high = mesh.points[:, 0].min(), mesh.points[:, 0].max()
    assert moved == pytest.approx([-factor * PRESSURE / YOUNG * (high - low)] * len(moved), rel=1e-5)


def test_cells_and_numbers_are_those_of_the_mesh(tmp_path: Path) -> None:
    """CalculiX takes 20 characters of a number, and 16 numbers in a line of a set."""
    mesh = comb("3d", -1)
    write_mesh(tmp_path / "comb.inp", mesh)
    lines = [line for line in (tmp_path / "comb.inp").read_text().splitlines() if not line.startswith("*")]
    words = [line.split(", ") for line in lines]
    assert max(len(word) for line in words for word in line) <= 20
    assert max(map(len, words)) <= 16
