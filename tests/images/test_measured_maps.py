"""Measured maps in pictures, the report and the viewer: colours at places where measured and computed strain are known.

A sheet is stretched by 20 %; its map shows 0.4 % more right of x = 0, and some points are lost.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from microfem.render.measured import map_figure
from microfem.render.style import styled
from microfem.render.viewer.maps import remarks_on
from microfem.render.viewer.scene import draw
from microfem.render.viewer.shown import Place, Shown
from microfem.render.viewer.state import OpenRun, first, open_run
from microfem.report import write_report
from microfem.results.measured_maps import MapPoints, read_points
from microfem.results.summary import open_summary
from microfem.results.surfaces import stored_path
from microfem.run.measured_maps import draw_maps
from support.closed_form_results import bent_strips
from support.commands import Command
from support.measured_sheets import HIGH, LOADS, LOST, OFF, RIGHT, STRETCH, VIEW, WIDE, write_sheet
from support.pages import asked
from support.plotters import small_plotter

pytest.importorskip("pyvista")
LEFT_PLACE, RIGHT_PLACE, RIM_PLACE = (-300.0, -200.0), (700.0, -200.0), (RIGHT, -300.0)  # um; the rim is a region's
SHADE = 3.0  # of 255, by which a colour may differ
GREY = 0.83 * 255.0
BLACK = 60.0  # of 255: the lines of an outline are darker
DPI = 300  # of a printed picture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sheet(tmp_path_factory.mktemp("sheet"))


@pytest.fixture(scope="module")
def points(folder: Path) -> MapPoints:
    return read_points(folder / "designs/sheet/pulled.seen_map.subset.csv")


@pytest.fixture(scope="module")
def figure(folder: Path, points: MapPoints) -> Iterator[Any]:
    from matplotlib import pyplot as plt

    one = open_summary(folder).designs["sheet"].cases["pulled"].maps[0]
    with styled():
        drawn = map_figure(one, points, stored_path(folder).surface.outline, "exx")
        drawn.set_dpi(DPI)
        drawn.canvas.draw()
        yield drawn
    plt.close(drawn)


def colour(figure: Any, panel: int, place: tuple[float, float]) -> Any:
    """Return the colour (3,) of a panel at a place of the design, 0 to 255; the darkest of nine pixels at a line."""
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(float)
    x, y = figure.axes[panel].transData.transform(place)
    row, column = int(pixels.shape[0] - y), int(x)
    around = pixels[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
    return around[around.sum(axis=1).argmin()]


def on_bar(figure: Any, bar: int, value: float) -> Any:
    """Return the colour (3,) that a bar gives a value, 0 to 255."""
    import matplotlib

    low, high = figure.axes[3 + bar].get_xlim()
    name = ("inferno", "RdBu_r")[bar]
    return 255.0 * np.array(matplotlib.colormaps[name](np.clip((value - low) / (high - low), 0.0, 1.0))[:3])


def test_the_points_are_read_as_they_were_written(points: MapPoints) -> None:
    """With the stretch that was computed, the one that was measured, and no number at lost points."""
    x, _ = points.points.T
    inside = points.used & (np.abs(x) > 300.0)
    assert points.computed["exx"][inside] == pytest.approx(STRETCH, abs=1e-9)
    assert points.measured["exx"][inside] == pytest.approx(np.where(x[inside] > 0.0, STRETCH + OFF, STRETCH), abs=1e-9)
    lost = (np.abs(points.points - LOST) < 80.0).all(axis=1)
    assert lost.sum() == 9
    assert np.isnan(points.measured["u"][lost]).all()
    assert not points.used[lost].any()


def test_colours_are_those_of_the_strains_on_one_range(figure: Any) -> None:
    """Computed and measured on one bar, their difference on another; a wrong value would have another colour."""
    for panel, place, percent in [
        (0, LEFT_PLACE, 100.0 * STRETCH), (0, RIGHT_PLACE, 100.0 * STRETCH),
        (1, LEFT_PLACE, 100.0 * STRETCH), (1, RIGHT_PLACE, 100.0 * (STRETCH + OFF)),
        (2, LEFT_PLACE, 0.0), (2, RIGHT_PLACE, 100.0 * OFF),
    ]:  # fmt: skip
        seen, wanted = colour(figure, panel, place), on_bar(figure, panel // 2, percent)
        assert np.abs(seen - wanted).max() < SHADE, (panel, place)
    assert np.abs(colour(figure, 0, RIGHT_PLACE) - colour(figure, 1, RIGHT_PLACE)).max() > 50.0


def test_lost_points_are_grey_and_the_outline_is_drawn_on_all(figure: Any) -> None:
    assert len(figure.axes) == 5
    for panel in range(3):
        assert np.abs(colour(figure, panel, LOST) - GREY).max() < SHADE
        assert colour(figure, panel, RIM_PLACE).max() < BLACK
        assert colour(figure, panel, (-0.5 * WIDE, 0.25 * HIGH)).max() < BLACK


def test_views_are_drawn_from_what_a_run_keeps(folder: Path, tmp_path: Path) -> None:
    """A picture of each view, and a reason where the run has no such map."""
    study: Any = SimpleNamespace(views=(VIEW, VIEW.model_copy(update={"level": "gauge"})))
    shutil.copytree(folder / "designs", tmp_path / "designs")
    drawn, failed = draw_maps(study, tmp_path, open_summary(folder).designs)
    assert drawn == ["pictures/sheet-seen_map-subset-exx.png"]
    assert (tmp_path / drawn[0]).stat().st_size > 10_000
    assert [text for text in failed if "no picture of seen_map beside pulled of sheet" in text] == failed != []


def test_maps_are_compared_on_the_command_line(folder: Path, tmp_path: Path, microfem: Command) -> None:
    """The difference is the known strain, in its region and as a whole; the picture is as wide as two columns."""
    from PIL import Image

    ended = microfem("dic", "compare", folder, folder.parent / "map.csv", "--register", "none", "-o", tmp_path)
    assert ended.status == 0, ended.err
    [told] = json.loads((tmp_path / "comparison.json").read_text())
    assert told["differences"]["exx"]["regions"]["right_half"]["bias"] == pytest.approx(OFF, abs=1e-7)
    assert told["differences"]["exx"]["regions"]["right_half"]["rms"] == pytest.approx(OFF, abs=1e-7)
    assert told["differences"]["eyy"]["rms"] < 1e-7
    assert told["differences"]["exx"]["share_within_noise"] is None
    picture = Image.open(tmp_path / f"{told['map']}-exx.png")
    assert picture.size[0] / picture.info["dpi"][0] == pytest.approx(190.0 / 25.4, rel=0.01)


def test_a_section_is_not_seen_by_a_camera(folder: Path, tmp_path: Path, microfem: Command) -> None:
    strips = bent_strips(tmp_path / "bent", {"strip": 4000.0}, LOADS)
    ended = microfem("dic", "compare", strips, folder.parent / "map.csv", "-o", tmp_path / "none")
    assert ended.status == 2
    assert "a camera does not see the section of a device" in ended.err
    assert "dimension: plan or 3d" in ended.err
    assert not (tmp_path / "none").exists()


def test_the_report_has_a_section_of_maps(folder: Path, tmp_path: Path) -> None:
    """Settings, registration, the known difference by region, the picture, and names as words."""
    write_report([folder], tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    section = page.partition("<h2>Measured maps</h2>")[2].partition("<h2>")[0]
    told = re.sub(r"<[^>]*>", " ", re.sub(r"src='[^']*'", "", section))
    for words in ("maps: map.csv", "subset 17 px, step 5 px, window 5 points, pixel 10 µm", "37 px, 370 µm; nominal",
                  "strain 0.2", "9 lost", "fitted: nothing", "through subsets and gauge"):  # fmt: skip
        assert words in told, words
    row = re.search(r"in right half(.*?)strain", told, re.DOTALL)
    assert row
    assert row[1].split()[1:] == ["+0.4", "0.4", "0.4", "–", "–"]
    assert "data:image/png;base64" in section
    assert re.findall(r"[a-z]+_[a-z]+", told) == []
    assert asked(page) == []


@pytest.fixture(scope="module")
def run(folder: Path) -> OpenRun:
    return open_run(folder)


plotter = pytest.fixture(small_plotter, name="plotter", scope="module")


@pytest.fixture
def layer(run: OpenRun) -> Shown:
    return replace(first(run), quantity="nominal_strain_x", factor=0.0, ghost=False, measured="seen_map")


def pixel(plotter: Any, run: OpenRun, shown: Shown, place: tuple[float, float]) -> Any:
    """Return the colour (3,) of the viewer's picture at a place of the drawing, 0 to 255."""
    draw(plotter, run, shown, "top")
    plotter.render()
    image = np.asarray(plotter.screenshot(None, return_img=True)).astype(float)
    renderer = plotter.renderers[0]
    renderer.SetWorldPoint(*place, 0.0, 1.0)
    renderer.WorldToDisplay()
    x, y, _ = renderer.GetDisplayPoint()
    return image[int(image.shape[0] - y), int(x), :3]


def test_a_map_lies_over_the_field_in_the_viewer(plotter: Any, run: OpenRun, layer: Shown) -> None:
    """Its strain on the field's range, lost points in grey, at deformed places; without it the field is seen."""
    bare = replace(layer, measured="")
    moved = replace(layer, factor=1.0)
    assert np.abs(pixel(plotter, run, layer, LOST) - GREY).max() < SHADE
    assert np.abs(pixel(plotter, run, moved, ((1.0 + STRETCH) * LOST[0], LOST[1])) - GREY).max() < SHADE
    assert np.abs(pixel(plotter, run, bare, LOST) - GREY).max() > SHADE
    assert np.abs(pixel(plotter, run, layer, RIGHT_PLACE) - pixel(plotter, run, bare, RIGHT_PLACE)).max() > 50.0
    assert np.abs(pixel(plotter, run, layer, LEFT_PLACE) - pixel(plotter, run, bare, LEFT_PLACE)).max() < SHADE


def test_a_map_is_drawn_at_its_load_and_over_its_field_alone(plotter: Any, run: OpenRun, layer: Shown) -> None:
    """And the viewer tells why it is not."""
    early, other = replace(layer, state=Place(0, LOADS[0])), replace(layer, quantity="potential")
    assert remarks_on(run, "sheet", layer) == ()
    assert "measured at a load of 0.2" in remarks_on(run, "sheet", early)[0]
    assert "not this field" in remarks_on(run, "sheet", other)[0]
    assert np.abs(pixel(plotter, run, early, LOST) - GREY).max() > SHADE
