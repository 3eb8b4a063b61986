"""What a mesh will have is known before it is made: estimates, refusals with their cause, and `check` before `run`."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

from microfem.base import memory
from microfem.base.errors import InputError, LayoutError, MeshError
from microfem.cli.main import app
from microfem.families import FAMILIES, build_layout
from microfem.layout import Layout, Sheet
from microfem.mesh import build_mesh
from microfem.mesh.extrude import Steps, graded_heights
from microfem.mesh.lines import PER_AREA, Sizes, expected_triangles, lines_of
from microfem.mesh.plan import mesh_plan
from microfem.mesh.view import expected_cells, heights_of
from microfem.run.study import run_study
from microfem.solve.first_mesh import FIRST_LEVEL, foreseen
from microfem.study.reader import load_study
from microfem.study.records import Limits
from support.draws import draw
from support.studies import study_of, write_study

VIEWS = [(name, dimension) for name in FAMILIES.names() for dimension in FAMILIES.get(name).dimensions]
SLIT = """name: slit
designs:
  two:
    family: drawn
    params:
      anode: MULTIPOLYGON (((-100 0, -100 -500, -200 -500, -200 0, -100 0)), ((-100 500, -100 WIDTH, -200 WIDTH,
        -200 500, -100 500)))
      cathode: POLYGON ((100 -500, 200 -500, 200 500, 100 500, 100 -500))
limits: {unknowns: 100000}
cases:
  top: {physics: conduction, dimension: plan, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(top)}
"""
COMB = """name: comb
designs: {comb: {family: interdigital, params: {finger_pairs: PAIRS, margin: 0.5 mm}}}
cases:
  cut: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(cut)}
"""


def square(side: float) -> shapely.Polygon:
    return shapely.box(-0.5 * side, -0.5 * side, 0.5 * side, 0.5 * side)


def small_in(side: float) -> list[shapely.Polygon]:
    """Return the faces of a square of 1 um in the middle of a larger one."""
    return [square(1.0), square(side).difference(square(1.0))]


# Sizes


def test_a_thousand_times_wider_bath_costs_some_cells_more() -> None:
    """Edges of a fifth of the distance r: per tenfold width about the integral of 2.3 / (0.2 r)^2, 832."""
    sizes = Sizes(0.5, 1.25)
    counts = [len(mesh_plan(small_in(side), sizes).triangles) for side in (1e3, 1e4, 1e5)]
    decade = 2.0 * np.pi * np.log(10.0) * PER_AREA / 0.2**2
    assert (np.diff(counts) > 0.5 * decade).all()
    assert (np.diff(counts) < 2.0 * decade).all()
    for side, count in zip((1e3, 1e4, 1e5), counts, strict=True):
        assert 0.5 < expected_triangles(small_in(side), sizes).sum() / count < 2.0
    assert PER_AREA * 1e5**2 / sizes.far**2 > 1e10  # what one size far from all lines would ask for


def test_neighbours_of_a_wide_mesh_are_of_like_size_and_shape() -> None:
    plan = mesh_plan(small_in(1e4), Sizes(0.5, 1.25))
    corners = plan.points[plan.triangles]
    sides = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)
    assert (sides.max(axis=1) / sides.min(axis=1)).max() < 4.0
    distance = np.hypot(*corners.mean(axis=1).T)
    assert (sides.max(axis=1) < 0.5 + 0.7 * distance).all()


def test_cells_grow_along_z_too() -> None:
    steps = Steps(first=1.0, far=10.0, reach=25.0, longest=np.inf)
    heights = graded_heights(np.array([0.0, 1e6]), steps)
    assert len(heights) < 100
    assert len(graded_heights(np.array([0.0, 1e6]), Steps(1.0, 10.0, np.inf, np.inf))) > 50_000  # as it was
    step = np.diff(heights)
    assert max(step[1:] / step[:-1]) < 2.1
    assert np.ptp(np.diff(graded_heights(np.array([0.0, 1e4]), Steps(1.0, 10.0, 25.0, 20.0)))[20:-20]) < 1.0


def test_cells_grow_all_the_way_to_a_plain_wall() -> None:
    """A lid far above, or a floor far below, has cells of the bulk; one with a film on it, or a near one, does not."""
    steps = Steps(first=1.0, far=10.0, reach=25.0, longest=np.inf)
    heights = graded_heights(np.array([0.0, 1.0, 1e4]), steps, (False, True))
    step = np.diff(heights)[1:]
    assert (np.diff(step) > -1e-9).all()
    assert max(step[1:] / step[:-1]) < 2.1
    assert 0.5 < step[0] < 1.5
    assert heights[-1] == 1e4
    below = graded_heights(np.array([-1e4, -1.0, 0.0]), steps, (True, False))
    assert below == pytest.approx(-heights[::-1], rel=1e-12)
    near = np.array([0.0, 1.0, 20.0])
    assert (graded_heights(near, steps, (True, True)) == graded_heights(near, steps)).all()
    sizes = {"anode_width": 10.0, "gap": 10.0, "electrolyte_height": 3e4, "substrate_thickness": 0.0}
    comb = build_layout("interdigital", sizes)
    film = Sheet(name="guard", role="bridge", footprint=comb.part("electrolyte").footprint, z=3e4, thickness=0.0)
    counts = [len(heights_of(one, np.array([0.0, 30.0, 3e4]), -2)) for one in (comb, replace(comb, sheets=(film,)))]
    assert counts[0] < 0.7 * counts[1]


def test_long_walls_are_cut_once_for_both_faces() -> None:
    lines = lines_of([shapely.box(0.0, 0.0, 1e3, 500.0), shapely.box(0.0, 500.0, 1e3, 1e3)], Sizes(1.0, 2.5))
    count = np.bincount(np.abs([line for loops in lines.loops for ring in loops for line in ring]))[1:]
    middle = (lines.points[lines.ends][:, :, 1] == 500.0).all(axis=1)
    assert set(count[middle]) == {2}
    assert set(count[~middle]) == {1}
    assert lines.length.sum() == pytest.approx(5e3)
    assert len(lines.length) > 7


@pytest.mark.parametrize(("name", "dimension"), VIEWS)
def test_cells_are_counted_before_meshing_within_a_factor_of_two(name: str, dimension: str) -> None:
    layout = build_layout(name, {})
    level = FIRST_LEVEL[dimension]
    assert 0.5 < expected_cells(layout, dimension, level) / len(build_mesh(layout, dimension, level).cells) < 2.0


@pytest.mark.slow
def test_cells_of_random_layouts_are_counted_too() -> None:
    ratios = []
    for name, layout in drawn_layouts(60):
        for dimension in FAMILIES.get(name).dimensions:
            level = FIRST_LEVEL[dimension]
            expected = expected_cells(layout, dimension, level)
            if expected < 1e5:
                ratios.append(expected / len(build_mesh(layout, dimension, level).cells))
    assert len(ratios) > 80
    assert min(ratios) > 0.5
    assert max(ratios) < 2.0


def drawn_layouts(count: int) -> list[tuple[str, Layout]]:
    rng, found = random.Random(5), []
    while len(found) < count:
        name = rng.choice(FAMILIES.names())
        try:
            found.append((name, build_layout(name, draw(rng, name, 4.0))))
        except LayoutError:
            continue
    return found


# Limits


def test_a_mesh_is_refused_before_gmsh_starts_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("microfem.mesh.plan.in_child", lambda *_, **__: pytest.fail("gmsh was started"))
    layout = build_layout("interdigital", {"gap": 10.0, "margin": 5000.0, "finger_pairs": 30})
    with pytest.raises(MeshError, match=r"more than .*: gap 10 .m in a box of .* mm; .*larger gap.*fewer finger_pairs"):
        build_mesh(layout, "plan", 0, most=10_000)
    with pytest.raises(MeshError) as refused:
        build_mesh(layout, "section", 0, most=1_000)
    assert "two dimensions" not in str(refused.value)


def test_limits_follow_from_the_memory_and_a_study_moves_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "free_bytes", lambda: 1.8e9)
    assert memory.most_unknowns() == pytest.approx(1e6)
    assert (Limits().most, Limits().first) == (450_000, pytest.approx(1e6))
    assert Limits(20_000_000).first == pytest.approx(4e7)
    assert Limits(megabytes=900.0).first == pytest.approx(1e6)
    assert Limits(megabytes=90.0).first == pytest.approx(1e5)
    monkeypatch.setattr(memory, "free_bytes", lambda: 1.8e7)
    assert (Limits().most, Limits().first) == (10_000, pytest.approx(1e4))
    layout = build_layout("interdigital", {})
    with pytest.raises(MeshError, match="more than"):
        build_mesh(layout, "plan", 4)
    assert memory.free_bytes() > 0.0


def test_free_memory_is_told() -> None:
    assert 1e7 < memory.free_bytes() < 1e14


def test_a_study_may_ask_for_more_than_five_million(tmp_path: Path) -> None:
    """The schema refused that. A limit below a thousand stays an error."""
    path = write_study(tmp_path, COMB.replace("PAIRS", "2"))
    assert load_study(path, ["limits.unknowns=20000000"]).limits.unknowns == 20_000_000
    with pytest.raises(InputError, match="greater than or equal to 1000"):
        load_study(path, ["limits.unknowns=999"])


# What `check` says


def checked(path: Path, *changes: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["check", str(path), *(part for one in changes for part in ("--set", one))])
    return ended.exit_code, ended.output


def test_check_refuses_what_run_refuses(tmp_path: Path) -> None:
    path = write_study(tmp_path, COMB.replace("PAIRS", "60"))
    status, told = checked(path)
    assert status == 0
    assert told.endswith("\ncomb: 1 design x 1 case, 1 metric, 0 views, 0 expectations: no problem found\n")
    status, told = checked(path, "limits.unknowns=1000")
    assert (status, "1 case would be refused" in told, "fewer finger_pairs" in told) == (1, True, True)
    ran = run_study(load_study(path, ["limits.unknowns=1000"]), tmp_path / "out").designs["comb"]
    assert ran.failures["cut"] in told
    assert (ran.status, ran.metrics["resistance"].failed) == ("failed", "its case cut failed")


def test_check_names_the_place_of_a_slit(tmp_path: Path) -> None:
    """Two halves 1 nm apart: half a million triangles along a slit of 100 um. One of 20 um is no sliver."""
    status, told = checked(write_study(tmp_path, SLIT.replace("WIDTH", "0.001")))
    assert (status, "two edges 0.001 µm apart at (" in told, "of 'anode'" in told) == (1, True, True)
    at = told.split("apart at (")[1].split(")")[0].split(", ")
    assert -200.0 <= float(at[0]) <= -100.0
    assert float(at[1]) == pytest.approx(0.0005, abs=1e-4)
    assert checked(write_study(tmp_path, SLIT.replace("WIDTH", "20")))[0] == 0


def test_check_says_that_a_section_misses_the_electrodes(tmp_path: Path) -> None:
    """Electrodes above and below the cut, which the line y = 0 does not meet."""
    text = SLIT.replace("-100 0, -100 -500, -200 -500, -200 0, -100 0", "-100 -9, -100 -500, -200 -500, -200 -9, "
                        "-100 -9").replace("WIDTH", "9").replace("100 -500, 200 -500, 200 500, 100 500, 100 -500",
                        "100 9, 200 9, 200 500, 100 500, 100 9").replace("plan", "section")  # fmt: skip
    path = write_study(tmp_path, text)
    status, told = checked(path)
    assert (status, "the cut must meet an electrode" in told) == (1, True)
    assert run_study(load_study(path), tmp_path / "out").designs["two"].failures["top"] in told


def test_check_says_what_cannot_be_refined(tmp_path: Path) -> None:
    text = COMB.replace("PAIRS", "60")
    refused, coarse = foreseen(study_of(tmp_path, text, "limits.unknowns=10000"))
    assert refused == []
    assert [line.startswith("comb: case cut: the first mesh needs about") for line in coarse] == [True]
    few = text.replace("section,", "section, symmetry: auto,")  # a few of the 119 equal strips stand for all
    assert foreseen(study_of(tmp_path, few, "limits.unknowns=10000")) == ([], [])


@pytest.mark.slow
def test_small_fingers_in_a_wide_bath_run(tmp_path: Path) -> None:
    """Fingers of 10 um: a bath of 5 mm gives what one of 0.5 mm does; one size far away asked for 4e5 triangles."""
    text = COMB.replace("PAIRS, margin: 0.5 mm", "2, gap: 10 um, anode_width: 10 um, cathode_width: 10 um, "
                        "anode_thickness: 1 um, cathode_thickness: 1 um, margin: HIGH, electrolyte_height: HIGH, "
                        "finger_length: 200 um, busbar_width: 20 um")  # fmt: skip
    found = []
    for high in ("0.5 mm", "5 mm"):
        study = study_of(tmp_path, text.replace("HIGH", high), "accuracy=2%")
        ran = run_study(study, tmp_path / high.replace(" ", ""))
        found.append(ran.designs["comb"].metrics["resistance"])
    assert found[1].lower < found[0].upper
    assert found[0].lower < found[1].upper
    assert found[1].error < 0.02 * found[1].value
