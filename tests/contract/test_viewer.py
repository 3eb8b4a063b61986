"""What the viewer shows: values, deformation, steps, clip, clicks and lines, read back from what it draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.render.viewer.cameras import DIRECTIONS, foot_of, new_plotter
from microfem.render.viewer.pieces import moved, piece
from microfem.render.viewer.readings import along_line, read_at
from microfem.render.viewer.scene import draw, read_click, scales
from microfem.render.viewer.shown import Place, Shown
from microfem.render.viewer.state import OpenRun, chosen, first, open_run, place_of, quantities, sweep
from microfem.results.summary import StoredState
from support import records
from support.closed_form_results import bent_strips, states, write_bent, write_case, write_summary
from support.studies import summary_of

pv = pytest.importorskip("pyvista")
LOADS = (0.0, 0.5, 1.0)
STRETCH = 0.2  # of x, at the end


def blocks(folder: Path, scale: float, loads: Sequence[float] = LOADS) -> None:
    """Write a block of two layers, stretched along x in steps; values are linear, so they are known anywhere.

    loads: shares of the stretch. The potential is that of the end times one more than the number of the state: at
    equal loads there are other values.
    """
    write_block(folder, "pull", scale, 1.0)
    for k, load in enumerate(loads):
        write_block(folder, f"pull.states/{k:03d}", scale * (k + 1) / len(loads), load)


def write_block(folder: Path, name: str, scale: float, load: float) -> None:
    """Write the block under a share of its stretch, its potential `scale` V per um."""
    grid = pv.ImageData(dimensions=(9, 5, 5), spacing=(100.0, 100.0, 50.0)).to_tetrahedra(5)
    grid.clear_data()
    rest, centres = np.asarray(grid.points, dtype=float), np.asarray(grid.cell_centers().points)
    moving = np.zeros_like(rest)
    moving[:, 0] = load * STRETCH * rest[:, 0]
    grid.point_data["potential"] = scale * rest[:, 0]
    grid.point_data["displacement"] = moving
    grid.cell_data["flux"] = np.column_stack([scale * centres[:, 0], 0 * centres[:, 0], -scale * centres[:, 2]])
    grid.cell_data["region"] = (centres[:, 2] > 100.0).astype(np.int32)
    roles = {"substrate": "substrate", "anode": "anode"}
    write_case(folder, name, pv.UnstructuredGrid(grid), roles, "3d", "hyperelasticity")


def write_blocks(folder: Path, scales: Mapping[str, float], loads: Sequence[float] = LOADS) -> OpenRun:
    """Write a run of blocks with load paths, and one design that failed; open it."""
    path = {"pull": records.case(states=states("pull", loads, strain=STRETCH))}
    designs = {"broken": records.design(status="failed")}
    for name, scale in scales.items():
        blocks(folder / "designs" / name, scale, loads)
        designs[name] = records.design(cases=path)
    return open_run(records.write_run(folder, records.summary(designs)))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    return write_blocks(tmp_path_factory.mktemp("run"), {"short": 1.0, "tall": 3.0})


@pytest.fixture
def plotter() -> Any:
    made = new_plotter((500, 400))
    yield made
    made.close()


@pytest.fixture
def shown(run: OpenRun) -> Shown:
    return replace(chosen(run, ("short", "tall"), "pull"), quantity="potential")


def bars(plotter: Any, k: int | None = None) -> list[tuple[float, float]]:
    """Return the ranges of the scalar bars of a panel, or of the foot of the window, read from VTK."""
    renderer = foot_of(plotter) if k is None else plotter.renderers[k]
    found = [prop for prop in renderer.GetViewProps() if prop.IsA("vtkScalarBarActor")]
    return [tuple(bar.GetLookupTable().GetRange()) for bar in found]


def ends(plotter: Any) -> list[float]:
    """Return how far what is drawn in the first panel reaches along x."""
    return [prop.GetBounds()[1] for prop in plotter.renderers[0].GetViewProps() if prop.IsA("vtkActor")]


def test_what_failed_is_not_offered(run: OpenRun) -> None:
    assert run.designs == ("short", "tall")
    assert first(run).designs == ("short", "tall")
    assert first(run, "tall").designs == ("tall",)
    with pytest.raises(MicrofemError, match=r"no result of design 'broken'.*short, tall"):
        first(run, "broken")
    with pytest.raises(MicrofemError, match=r"no case 'bend'.*pull"):
        first(run, case="bend")


def test_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(MicrofemError, match="holds no results; run a study into it"):
        open_run(tmp_path)


def test_quantities_have_units(run: OpenRun) -> None:
    found = quantities(run.read("short", "pull"))
    assert found["potential"] == "potential (V)"
    assert found["flux"] == "current density (A/m²)"
    assert found["flux:2"] == "current density, z (A/m²)"


@pytest.mark.parametrize(("quantity", "short", "tall"), [("potential", (0.0, 800.0), (0.0, 2400.0)),
                                                         ("displacement", (0.0, 160.0), (0.0, 160.0))])  # fmt: skip
def test_scalar_bars_end_where_the_data_end(
    run: OpenRun, plotter: Any, shown: Shown, quantity: str, short: Any, tall: Any
) -> None:
    own = replace(shown, quantity=quantity, shared=False)
    draw(plotter, run, own)
    if short == tall:
        assert (bars(plotter, 0), bars(plotter, 1), bars(plotter)) == ([], [], [pytest.approx(tall)])
    else:
        assert [bars(plotter, 0), bars(plotter, 1), bars(plotter)] == [
            [pytest.approx(short)],
            [pytest.approx(tall)],
            [],
        ]
    draw(plotter, run, replace(own, shared=True))
    assert (bars(plotter, 0), bars(plotter, 1), bars(plotter)) == ([], [], [pytest.approx(tall)])


def test_scalar_bar_of_cells_and_of_fewer_regions(run: OpenRun, plotter: Any, shown: Shown) -> None:
    flux = np.asarray(run.read("short", "pull").stored.grid.cell_data["flux"])
    top = np.asarray(run.read("short", "pull").stored.grid.cell_data["region"]) == 1
    one = replace(shown, designs=("short",), quantity="flux:2", normal="y", place=0.9)
    draw(plotter, run, one)
    assert bars(plotter) == [pytest.approx((flux[:, 2].min(), flux[:, 2].max()))]  # a clip leaves the range alone
    draw(plotter, run, replace(one, hidden=frozenset({"substrate"})))
    assert bars(plotter) == [pytest.approx((flux[top, 2].min(), flux[top, 2].max()))]


def test_logarithmic_bar_starts_at_the_smallest_positive_value(run: OpenRun, plotter: Any, shown: Shown) -> None:
    draw(plotter, run, replace(shown, log=True, shared=False))
    assert bars(plotter, 0) == [pytest.approx((100.0, 800.0))]  # x = 0 has no logarithm, the next nodes are at 100 um


@pytest.mark.parametrize("factor", [0.0, 0.5, 2.0])
def test_deformation_moves_points(run: OpenRun, plotter: Any, shown: Shown, factor: float) -> None:
    for _ in range(2):  # and drawing again does not move them again
        panels = draw(plotter, run, replace(shown, factor=factor))
    assert panels[0].actor.GetBounds()[1] == pytest.approx(800.0 * (1.0 + factor * STRETCH))
    assert run.read("short", "pull").stored.grid.bounds[1] == pytest.approx(800.0)


def test_ghost_stands_where_the_layout_was(run: OpenRun, plotter: Any, shown: Shown) -> None:
    draw(plotter, run, replace(shown, factor=2.0))
    assert any(one == pytest.approx(800.0) for one in ends(plotter))
    draw(plotter, run, replace(shown, factor=2.0, ghost=False, outlines=False))
    assert ends(plotter) == [pytest.approx(1120.0)]


def test_every_state_has_all_fields_and_its_own_shape(run: OpenRun, plotter: Any, shown: Shown) -> None:
    half = replace(shown, state=Place(1, 0.5))
    panels = draw(plotter, run, half)
    assert panels[0].actor.GetBounds()[1] == pytest.approx(880.0)
    assert bars(plotter) == [pytest.approx((0.0, 2.0 / 3.0 * 2400.0))]  # of both designs
    draw(plotter, run, replace(half, shared=False))
    assert bars(plotter, 0) == [pytest.approx((0.0, 2.0 / 3.0 * 800.0))]
    draw(plotter, run, replace(half, quantity="displacement"))
    assert bars(plotter) == [pytest.approx((0.0, 80.0))]
    assert run.readings("short", "pull", Place(1, 0.5)) == ("load 0.5", "strain 0.1")
    assert run.readings("short", "pull", None) == ("load 1", "strain 0.2")


def test_a_path_that_comes_back_shows_each_state_apart(tmp_path: Path, plotter: Any) -> None:
    """Up and down again: the states at one load have one shape, and values of their own."""
    loads = (0.0, 0.5, 1.0, 0.5, 0.0)
    run = write_blocks(tmp_path, {"one": 5.0}, loads)
    shown, end = replace(chosen(run, ("one",), "pull"), quantity="potential"), 800.0
    a, b = np.array([0.0, 200.0, 150.0]), np.array([800.0, 200.0, 150.0])
    for k, load in enumerate(loads):
        now, most = replace(shown, state=Place(k, load)), (k + 1) * end
        [panel] = draw(plotter, run, now)
        assert panel.actor.GetBounds()[1] == pytest.approx(end * (1.0 + load * STRETCH))
        assert bars(plotter) == [pytest.approx((0.0, most))]
        distance, found = along_line(run.read("one", "pull"), now, a, b)
        assert found[1:-1] == pytest.approx((k + 1) * distance[1:-1])
        centre = np.asarray(moved(panel.piece.surface, 1.0).cell_centers().points)[7]
        reading = read_at(run.read("one", "pull"), now, panel.piece, 7, centre)
        assert reading.value == pytest.approx((k + 1) * reading.place[0])
        assert reading.place[0] * (1.0 + load * STRETCH) == pytest.approx(centre[0])
        assert run.readings("one", "pull", now.state) == (f"load {load:.4g}", f"strain {load * STRETCH:.4g}")
    draw(plotter, run, shown)
    assert bars(plotter) == [pytest.approx((0.0, 5.0 * end))]


def test_a_design_with_another_path_shows_its_nearest_state(tmp_path: Path) -> None:
    designs = {}
    for name, loads in (("there", (0.0, 0.5, 1.0, 0.5, 0.0)), ("straight", (0.0, 0.2, 0.4, 1.0))):
        blocks(tmp_path / "designs" / name, 1.0, loads)
        designs[name] = records.design(cases={"pull": records.case(states=states("pull", loads))})
    run = open_run(records.write_run(tmp_path, records.summary(designs)))
    back = Place(3, 0.5)
    assert [run.read(name, "pull").number(back) for name in designs] == [3, 2]
    assert [run.read(name, "pull").number(None) for name in designs] == [-1, -1]


@pytest.mark.parametrize(("normal", "side", "place"), [("x", 0, 200.0), ("y", 2, 100.0), ("z", 5, 50.0)])
def test_clip_cuts_at_its_place(run: OpenRun, shown: Shown, normal: str, side: int, place: float) -> None:
    one = piece(run, "short", replace(shown, normal=normal, place=0.25))
    assert one.surface.bounds[side] == pytest.approx(place)
    assert piece(run, "short", replace(shown, normal=normal, place=1.0)).surface.n_cells > 0


def test_outlines_are_the_electrodes(run: OpenRun, shown: Shown) -> None:
    assert piece(run, "short", shown).outlines.bounds == pytest.approx((0, 800, 0, 400, 100, 200))


def test_click_reads_value_unit_region_and_place(run: OpenRun, plotter: Any, shown: Shown) -> None:
    one = replace(shown, designs=("tall",), factor=2.0)
    panels = draw(plotter, run, one, "top")
    plotter.render()
    found = read_click(plotter, run, one, panels, 250, 244)  # the middle above the foot: x = 560 as drawn, 400 at rest
    assert found is not None
    design, reading = found
    assert (design, reading.region) == ("tall", "anode")
    assert reading.place == pytest.approx((400.0, 200.0, 200.0), abs=5.0)
    assert reading.value == pytest.approx(3.0 * reading.place[0], rel=1e-6)
    assert reading.text.endswith(" V")
    assert read_click(plotter, run, one, panels, 2, 398) is None


def test_click_on_cells_reads_the_cell(run: OpenRun, shown: Shown) -> None:
    flux = replace(shown, quantity="flux", factor=1.0)
    one = piece(run, "short", flux)
    centre = np.asarray(moved(one.surface, 1.0).cell_centers().points)[7]
    reading = read_at(run.read("short", "pull"), flux, one, 7, centre)
    assert reading.value == one.surface.point_data["_value"][21]
    assert reading.text.endswith(" A/m²")


def test_line_is_the_field_at_rest(run: OpenRun, shown: Shown) -> None:
    a, b = np.array([-100.0, 200.0, 150.0]), np.array([700.0, 200.0, 150.0])
    distance, found = along_line(run.read("short", "pull"), shown, a, b)
    inside = distance > 101.0
    assert found[inside] == pytest.approx(distance[inside] - 100.0)
    assert np.isnan(found[distance < 99.0]).all()


def test_cameras_are_one(run: OpenRun, plotter: Any, shown: Shown) -> None:
    seen = set()
    for name in DIRECTIONS:
        draw(plotter, run, shown, name)
        assert len({id(renderer.GetActiveCamera()) for renderer in plotter.renderers[:2]}) == 1
        seen.add(plotter.renderers[1].camera.position)
        image = plotter.screenshot(None, return_img=True)
        assert (np.ptp(image.astype(int), axis=2) > 60).mean() > 0.03  # coloured pixels
    assert len(seen) == len(DIRECTIONS)


def test_bars_are_compared_with_a_wrong_range(run: OpenRun, shown: Shown) -> None:
    """Negative control: with own ranges the two designs must not agree."""
    pieces = [piece(run, name, shown) for name in shown.designs]
    low, high = scales(replace(shown, shared=False), pieces)
    assert low != high


# sweeps


RADII = {"loose": 8000.0, "tight": 2000.0, "mid": 4000.0}  # um


@pytest.fixture
def strips(tmp_path: Path) -> Path:
    """Return a folder of results of strips bent to radii, with load paths."""
    return bent_strips(tmp_path, RADII, LOADS)


@pytest.mark.parametrize("name", ["time", "rate", "current", "power"])
def test_a_state_of_a_swept_cell_is_named_by_its_value(name: str) -> None:
    number = (0.2, {"time": "s", "rate": "1", "current": "A/m2", "power": "W/m2"}[name])
    state = StoredState(at=0.2, numbers={name: number, "voltage": (0.9, "V")}, file="a.vtkhdf")
    assert place_of(state).startswith(f"{name} ")
    assert place_of(replace(state, numbers={"strain": (0.1, "1"), name: number})) == "load 0.2"


def test_sweep_is_in_the_order_of_its_parameter(strips: Path) -> None:
    assert sweep(open_run(strips)) == (("tight", "gap 100 µm"), ("mid", "gap 200 µm"), ("loose", "gap 400 µm"))
    write_summary(strips, {"loose": {"gap": 1.0, "margin": 1.0}, "mid": {"gap": 2.0}, "tight": {"gap": 3.0}})
    records.write_run(strips, records.with_design(summary_of(strips), "loose", family="stacked"))
    assert sweep(open_run(strips)) == ()


def test_colours_and_camera_stay_along_a_sweep(strips: Path, plotter: Any) -> None:
    run = open_run(strips)
    seen, largest = [], 100.0 * 30.0 / RADII["tight"]  # per cent
    for turn, name in zip(("front", "", ""), ("loose", "mid", "tight"), strict=True):
        shown = Shown(designs=(name,), case="bent", quantity="strain", among=tuple(RADII))
        draw(plotter, run, shown, turn)
        assert bars(plotter) == [pytest.approx((-largest, largest))]
        seen.append((*plotter.camera.position, plotter.camera.parallel_scale))
    assert seen[0] == seen[1] == seen[2]
    draw(plotter, run, shown, "front")  # whichever comes first, all have room
    assert (*plotter.camera.position, plotter.camera.parallel_scale) == pytest.approx(seen[0])
    draw(plotter, run, replace(shown, designs=("loose",), shared=False))
    assert bars(plotter) == [pytest.approx((-3000.0 / RADII["loose"], 3000.0 / RADII["loose"]))]


# results that change or are damaged while they are looked at


def test_results_written_anew_are_not_mixed_with_old_ones(strips: Path) -> None:
    run = open_run(strips)
    before = run.read("mid", "bent")
    told = (strips / "summary.json").read_text()
    (strips / "summary.json").unlink()
    (strips / "summary.json").write_text(told)
    assert run.read("mid", "bent") is before  # what was read stays
    with pytest.raises(MicrofemError, match="has been replaced or removed; restart the viewer"):
        run.read("tight", "bent")
    assert open_run(strips).read("tight", "bent").moves


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("bent.vtkhdf", r"bent\.vtkhdf is damaged; run the study again"),
        ("bent.fields.json", r"bent\.fields\.json is damaged; run the study again"),
        ("bent.states/001.vtkhdf", r"001\.vtkhdf is damaged; run the study again"),
        ("bent.states/001.fields.json", r"001\.fields\.json is damaged; run the study again"),
    ],
)
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_damaged_files_are_told_of(strips: Path, name: str, told: str, share: float, capfd: Any, caplog: Any) -> None:
    path = strips / "designs/mid" / name
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(MicrofemError, match=told):
        open_run(strips).read("mid", "bent").at(Place(1, 0.5))
    assert (*capfd.readouterr(), caplog.text) == ("", "", "")


def test_fields_that_are_told_of_and_not_there(strips: Path) -> None:
    path = strips / "designs/mid/bent.fields.json"
    path.write_text(path.read_text().replace('"strain"', '"stress"'))
    with pytest.raises(MicrofemError, match=r"bent\.vtkhdf is damaged"):
        open_run(strips).read("mid", "bent")


def test_a_state_of_another_mesh_is_refused(strips: Path) -> None:
    write_bent(strips / "designs/mid", "bent.states/001", 0.5 / RADII["mid"], columns=20)
    with pytest.raises(
        MicrofemError, match=r"001\.vtkhdf and the end of its path have different meshes; run the study again"
    ):
        open_run(strips).read("mid", "bent").at(Place(1, 0.5))


def test_pale_outlines_where_layers_are_thin(strips: Path, plotter: Any) -> None:
    run, shown = open_run(strips), Shown(designs=("mid",), case="bent", quantity="strain", ghost=False)
    strong = []
    for zoom in (1.0, 0.05):
        draw(plotter, run, shown, "front")
        plotter.camera.parallel_scale /= zoom
        draw(plotter, run, shown)
        lines = [one for one in plotter.renderers[0].actors.values() if one.GetProperty().GetColor() == (0, 0, 0)]
        strong.append(lines[0].GetProperty().GetOpacity())
    assert strong[0] == 1.0
    assert strong[1] < 0.5
