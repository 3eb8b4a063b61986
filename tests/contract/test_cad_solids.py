"""Solids for machines, read back: STL is closed and full, STEP has the volumes."""

from __future__ import annotations

import json
from pathlib import Path

import gmsh
import meshio
import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.cad import Order, write_layout
from microfem.families import build_layout
from microfem.layout import Cylinder, Flat, Layout
from microfem.layout.rings import Ring
from support.cad_files import ALL, NAMES, layout_of


def check_stl(layout: Layout, folder: Path) -> None:
    """Closed surfaces that turn outwards, and the volume of the regions' own space."""
    from support.sizes import region_sizes

    *files, _ = write_layout(folder / "one.stl", layout, "one", Order())
    roles = list(dict.fromkeys(region.role for region in layout.regions))
    assert len(files) == len(roles)
    sizes = region_sizes(layout, "3d")
    for role, path in zip(roles, files, strict=True):
        surface = meshio.read(path)
        corners = surface.points.astype(np.float64)[surface.cells_dict["triangle"]]
        _, number = np.unique(np.round(surface.points, 7), axis=0, return_inverse=True)
        tri = number[surface.cells_dict["triangle"]]
        edges = np.vstack([tri[:, [0, 1]], tri[:, [1, 2]], tri[:, [2, 0]]])
        forth, back = ({}, {})
        for a, b in edges.tolist():
            forth[a, b] = forth.get((a, b), 0) + 1
            back[b, a] = back.get((b, a), 0) + 1
        assert forth == back
        volume = np.linalg.det(corners).sum() / 6.0
        wanted = 1e-9 * sum(sizes[one.name][1] for one in layout.regions if one.role == role)
        assert volume == pytest.approx(wanted, rel=2e-3)


@pytest.mark.parametrize("name", ["interdigital", "fiber"])
def test_stl_is_closed_and_full(name: str, tmp_path: Path) -> None:
    check_stl(build_layout(name, {}), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_stl_of_every_family_is_closed_and_full(name: str, tmp_path: Path) -> None:
    check_stl(build_layout(name, {}), tmp_path)


def test_stl_follows_the_surface(tmp_path: Path) -> None:
    layout = build_layout("interdigital", {"finger_pairs": 1}).placed(Cylinder(3000.0))
    write_layout(tmp_path / "one.stl", layout, "one", Order(roles=("substrate",)))
    points = 1e3 * meshio.read(tmp_path / "one.stl").points
    radius = np.hypot(points[:, 0], points[:, 2] + 3000.0)
    assert (radius.min(), radius.max()) == (pytest.approx(2900.0, rel=1e-6), pytest.approx(3000.0, rel=1e-6))
    with pytest.raises(MicrofemError, match=r"STEP holds prisms, and this layout is on a surface \(Cylinder\)"):
        write_layout(tmp_path / "one.step", layout, "one", Order())


def check_step(layout: Layout, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As many bodies as told, each of the volume of its outline, in a file in mm."""
    from microfem.layout.owned import slabs
    from microfem.layout.rings import trace

    path, beside = write_layout(folder / "one.step", layout, "one", Order())
    assert capfd.readouterr().out == ""
    told = json.loads(beside.read_text())["bodies"]
    circles = layout.drawn_circles
    prisms = [(region, shape, z) for region, outline, z in slabs(layout.regions) for shape in trace(outline, circles)]
    assert [one["region"] for one in told] == [region.name for region, _, _ in prisms]
    assert "SI_UNIT(.MILLI.,.METRE.)" in path.read_text()
    gmsh.initialize()
    try:
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.model.occ.importShapes(str(path))
        masses = [gmsh.model.occ.getMass(3, tag) for _, tag in gmsh.model.occ.getEntities(3)]
    finally:
        gmsh.finalize()
    capfd.readouterr()
    wanted = [1e-9 * sum(abs(area(ring)) * (1 if k == 0 else -1) for k, ring in enumerate(shape)) * (z[1] - z[0])
              for _, shape, z in prisms]  # fmt: skip
    assert sorted(masses) == pytest.approx(sorted(wanted), rel=1e-6)


def area(ring: Ring) -> float:
    """Return the area inside a line of straight pieces and arcs, um2: its corners' and that of circular segments."""
    ends = np.roll(ring.points, -1, axis=0)
    corners = 0.5 * (ring.points[:, 0] * ends[:, 1] - ring.points[:, 1] * ends[:, 0]).sum()
    sweep = 4.0 * np.arctan(ring.bulges)
    radius = np.hypot(*(ends - ring.points).T) / np.where(sweep == 0.0, 1.0, 2.0 * np.sin(0.5 * np.abs(sweep)))
    return float(corners + (0.5 * radius**2 * (sweep - np.sin(sweep))).sum())


QUICK = ("circular", "curved bridges", "two strands")


@pytest.mark.parametrize("key", [key if key in QUICK else pytest.param(key, marks=pytest.mark.slow) for key in ALL])
def test_step_read_back_has_the_volumes(key: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    layout = layout_of(key)
    if layout.placement == Flat():
        check_step(layout, tmp_path, capfd)
    else:
        with pytest.raises(MicrofemError, match="STEP holds prisms"):
            write_layout(tmp_path / "one.step", layout, "one", Order())
