"""Meshes that the command line writes: other programs open them and know their regions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import meshio
import numpy as np
import pytest

from microfem.mesh import build_mesh
from microfem.study.design import load_geometry
from support.commands import Command

GEOMETRY = "family: interdigital\nparams: {finger_pairs: 1, finger_length: 500 um}\n"


@pytest.mark.parametrize("ending", [".msh", ".vtu", ".xdmf", ".inp", ".bdf"])
@pytest.mark.parametrize("dimension", ["3d", "section"])
def test_meshes_are_read_by_meshio_with_their_regions(
    tmp_path: Path, microfem: Command, dimension: str, ending: str
) -> None:
    if ending == ".xdmf":
        pytest.importorskip("h5py", reason="meshio reads XDMF with h5py: pip install '.[dev]'")
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    out = tmp_path / f"sub/comb{ending}"
    ended = microfem("mesh", tmp_path / "comb.yaml", "--dimension", dimension, "--level", -1, "-o", out)
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.endswith(f"{out}\n")
    wanted = build_mesh(load_geometry(tmp_path / "comb.yaml").layout(), dimension, -1)
    if ending == ".inp":  # meshio knows plane stress only; the sizes of an element are the same
        out.write_text(out.read_text().replace("CPE3", "CPS3"))
    found = meshio.read(out)
    cells = found.cells_dict["tetra" if dimension == "3d" else "triangle"]
    counts = {name: len(wanted.cells_of(name)) for name in wanted.regions}
    assert len(cells) == len(wanted.cells)
    assert np.ptp(found.points, axis=0)[: wanted.dim] == pytest.approx(np.ptp(wanted.points, axis=0))
    corners = found.points[cells][:, :, : wanted.dim]
    sizes = np.abs(np.linalg.det(corners[:, 1:] - corners[:, :1])) / (6.0 if dimension == "3d" else 2.0)
    assert sizes.sum() == pytest.approx(wanted.volumes.sum(), rel=1e-6)  # .bdf has eleven digits
    assert region_counts(found, wanted.regions) == counts
    for name, count in counts.items():
        assert f"{name:20s} {count:9,d} cells" in ended.out


def test_gmsh_itself_opens_a_mesh_and_knows_its_regions(tmp_path: Path, microfem: Command) -> None:
    import gmsh

    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    assert microfem("mesh", tmp_path / "comb.yaml", "--level", -1, "-o", tmp_path / "comb.msh").status == 0
    gmsh.initialize(interruptible=False)
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.open(str(tmp_path / "comb.msh"))
        names = [gmsh.model.getPhysicalName(*group) for group in gmsh.model.getPhysicalGroups(3)]
    finally:
        gmsh.finalize()
    assert names == load_geometry(tmp_path / "comb.yaml").layout().names()


def test_vtk_itself_opens_a_mesh(tmp_path: Path, microfem: Command) -> None:
    pyvista = pytest.importorskip("pyvista")
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    assert microfem("mesh", tmp_path / "comb.yaml", "--level", -1, "-o", tmp_path / "comb.vtu").status == 0
    wanted = build_mesh(load_geometry(tmp_path / "comb.yaml").layout(), "3d", -1)
    found = pyvista.read(tmp_path / "comb.vtu")
    assert found.volume == pytest.approx(wanted.volumes.sum())
    assert (found.cell_data["region"] == wanted.region_of_cell + 1).all()


def test_a_nastran_file_names_its_properties(tmp_path: Path, microfem: Command) -> None:
    """COMSOL and others tell regions apart by the property of a cell; the names are comments."""
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    for dimension, entry in (("3d", "PSOLID"), ("section", "PSHELL")):
        out = tmp_path / "comb.bdf"
        microfem("mesh", tmp_path / "comb.yaml", "--dimension", dimension, "--level", -1, "-o", out)
        told = re.findall(rf"^\$ (\w+)\n{entry}  (\d+) +(\d+) *$", out.read_text(), re.MULTILINE)
        assert out.read_text().splitlines()[1:3] == ["CEND", "BEGIN BULK"]  # readers of whole decks ask for both
        names = build_mesh(load_geometry(tmp_path / "comb.yaml").layout(), dimension, -1).regions
        assert told == [(name, str(k), str(k)) for k, name in enumerate(names, 1)]


def region_counts(found: Any, regions: list[str]) -> dict[str, int]:
    """Return how many cells of a mesh file each region has: by set, by named physical group, or by number."""
    if found.cell_sets and "gmsh:physical" not in found.cell_data:
        return {name: sum(len(part) for part in parts) for name, parts in found.cell_sets.items()}
    if "gmsh:physical" in found.cell_data:
        tags = np.concatenate(found.cell_data["gmsh:physical"])
        return {name: int((tags == tag).sum()) for name, (tag, _) in found.field_data.items()}
    tags = np.concatenate(found.cell_data["nastran:ref" if "nastran:ref" in found.cell_data else "region"])
    return {name: int((tags == number).sum()) for number, name in enumerate(regions, 1)}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "comb.stl"], "'.stl' is no mesh format; use .msh, .vtu, .bdf, .inp, .xdmf"),
        (["--dimension", "4d"], "interdigital has no '4d' view; it has 3d, section, plan"),
        (["-o", "comb.yaml/comb.msh"], "cannot write comb.yaml/comb.msh: "),
        (["--level", "99"], "--level"),
    ],
)
def test_meshes_that_cannot_be_made(
    tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, options: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "comb.yaml").write_text(GEOMETRY)
    ended = microfem("mesh", "comb.yaml", *(["--dimension", "plan"] if "4d" not in options else []), *options)
    assert ended.status == 2
    assert told in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["comb.yaml"]
