"""What the viewer takes from a scene: the plane through electrodes, lines, tables, links, pictures and films."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.render.colours import Scale
from microfem.render.viewer.cameras import camera_of
from microfem.render.viewer.clip import plane_through_electrodes
from microfem.render.viewer.lines import line_table, point_of
from microfem.render.viewer.link import linked, query_of
from microfem.render.viewer.overlays import isolines, streams
from microfem.render.viewer.pictures import frames, places_of_film, png, saved
from microfem.render.viewer.pieces import piece, plain
from microfem.render.viewer.scene import draw
from microfem.render.viewer.shown import THROUGH, Place, Shown
from microfem.render.viewer.state import OpenRun, chosen, open_run, vector_field
from support.closed_form_results import bent_strips, curved, curved_field, sheet_grid, write_case, write_summary
from support.plotters import small_plotter

pv = pytest.importorskip("pyvista")
SIZE = (800.0, 400.0, 200.0)  # um
LOADS = (0.0, 0.5, 1.0)


def write_layers(folder: Path, axis: int, walls: tuple[float, float]) -> None:
    """Write a block of anode, electrolyte and cathode beside each other along an axis, with flux along x."""
    grid = pv.ImageData(dimensions=(17, 9, 9), spacing=(50.0, 50.0, 25.0)).to_tetrahedra(5)
    grid.clear_data()
    centres = np.asarray(grid.cell_centers().points)
    grid.point_data["potential"] = np.asarray(grid.points, dtype=float)[:, 0] / SIZE[0]
    grid.cell_data["flux"] = np.tile([2.0, 0.0, 0.0], (grid.n_cells, 1))
    grid.cell_data["region"] = np.digitize(centres[:, axis], walls).astype(np.int32)
    roles = {"anode": "anode", "gel": "electrolyte", "cathode": "cathode"}
    write_case(folder, "field", pv.UnstructuredGrid(grid), roles, "3d", "conduction")


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    """Return a run of a stack along z and of a comb along x."""
    folder = tmp_path_factory.mktemp("layers")
    write_layers(folder / "designs/stack", 2, (50.0, 150.0))
    write_layers(folder / "designs/comb", 0, (200.0, 600.0))
    write_summary(folder)
    return open_run(folder)


@pytest.fixture(scope="module")
def strips(tmp_path_factory: pytest.TempPathFactory) -> OpenRun:
    return open_run(bent_strips(tmp_path_factory.mktemp("strips"), {"loose": 8000.0, "tight": 2000.0}, LOADS))


plotter = pytest.fixture(small_plotter, name="plotter")


def test_a_scene_opens_on_a_plane_that_cuts_both_electrodes(layers: OpenRun) -> None:
    shown = chosen(layers, ("stack", "comb"), "field")
    assert shown.normal == THROUGH
    comb, stack = (plane_through_electrodes(layers.read(name, "field")) for name in ("comb", "stack"))
    assert comb is not None
    assert stack is not None
    assert (comb.axis, stack.axis) == (2, 1)  # a plane in the middle of the stack's height would cut the gel alone
    assert piece(layers, "comb", shown).surface.bounds[5] == pytest.approx(comb.at)
    assert piece(layers, "stack", shown).surface.bounds[2] == pytest.approx(stack.at)


def test_isolines_lie_at_equal_parts_of_the_range(layers: OpenRun) -> None:
    scale = Scale(low=0.0, high=1.0, least=0.0, most=1.0, log=False, colours="viridis")
    found = isolines(piece(layers, "comb", chosen(layers, ("comb",), "field")), scale)
    assert np.unique(np.asarray(found.points)[:, 0].round(6)) == pytest.approx(np.arange(80.0, 800.0, 80.0))


def test_flux_lines_follow_the_flux_on_the_plane(layers: OpenRun) -> None:
    shown = chosen(layers, ("comb",), "field")
    case = layers.read("comb", "field")
    assert vector_field(case, shown.quantity) == "flux"
    lines = streams(case, plain("comb", shown))
    ways = [np.asarray(lines.get_cell(k).points) for k in range(lines.n_cells)]
    assert len(ways) > 5
    assert all(np.ptp(way[:, 1]) < 1e-6 for way in ways)
    assert all((np.diff(way[:, 0]) > 0.0).all() for way in ways)
    assert streams(case, plain("comb", replace(shown, normal=""))).n_cells == 0  # no plane, no lines


def by_hand(grid: Any, values: Any, points: Any) -> Any:
    """Interpolate linearly in the tetrahedron around each point, found among all of them."""
    cells = np.asarray(grid.cells_dict[10])
    corners = np.asarray(grid.points, dtype=float)[cells]
    matrix = np.concatenate([corners.swapaxes(1, 2), np.ones((len(cells), 1, 4))], axis=1)
    found = []
    for point in points:
        shares = np.linalg.solve(matrix, np.broadcast_to(np.append(point, 1.0)[:, None], (len(cells), 4, 1)))[..., 0]
        best = shares.min(axis=1).argmax()
        found.append(shares[best] @ values[cells[best]])
    return np.array(found)


def test_table_of_a_line_has_the_stored_field(layers: OpenRun) -> None:
    """Compare with an interpolation of our own in the file as VTK reads it."""
    shown = replace(chosen(layers, ("stack", "comb"), "field"), line=((-80.0, 30.0, 20.0), (720.0, 310.0, 180.0)))
    head, *rows = csv.reader(io.StringIO(line_table(layers, shown)))
    assert head == ["distance (um)", "x (um)", "y (um)", "z (um)", "stack: potential (V)", "comb: potential (V)"]
    places = np.array([row[:4] for row in rows], dtype=float)
    inside = places[:, 1] > 0.0
    assert places[:, 0] == pytest.approx(np.linalg.norm(places[:, 1:] - [-80.0, 30.0, 20.0], axis=1), abs=1e-4)
    assert {tuple(row[4:]) for row in np.array(rows)[places[:, 1] < -1e-6]} == {("", "")}
    grid = pv.read(str(layers.folder / "designs/comb/field.vtkhdf"))
    expected = by_hand(grid, np.asarray(grid.point_data["potential"]), places[inside][::20, 1:])
    assert np.array([row[5] for row in np.array(rows)[inside][::20]], dtype=float) == pytest.approx(expected, abs=1e-7)


def test_table_of_a_line_keeps_quadratic_fields(tmp_path: Path) -> None:
    curved_field(tmp_path / "designs/one", "field", SIZE, (4, 2, 2))
    write_summary(tmp_path)
    run = open_run(tmp_path)
    line = ((-390.0, -150.0, -90.0), (380.0, 140.0, 70.0))
    shown = replace(chosen(run, ("one",), "field"), quantity="potential", line=line)
    table = np.array([row for row in csv.reader(io.StringIO(line_table(run, shown)))][1:], dtype=float)
    assert table[:, 4] == pytest.approx(curved(table[:, 1:4], SIZE), abs=1e-6)
    assert np.abs(table[:, 4] - np.interp(table[:, 0], table[[0, -1], 0], table[[0, -1], 4])).max() > 0.1  # a control


@pytest.mark.parametrize("text", ["1, 2", "a, b, c", "1, 2, nan", ""])
def test_ends_that_are_no_points_are_refused(text: str) -> None:
    with pytest.raises(MicrofemError, match=r"is not a point; give x, y, z"):
        point_of(text)


def test_a_link_restores_the_scene(strips: OpenRun, plotter: Any) -> None:
    shown = Shown(designs=("tight",), case="bent", quantity="displacement:2", factor=0.35, state=Place(1, 0.5),
                  mesh=True, isolines=True, log=True, shared=False, outlines=False, normal="x", place=0.3,
                  hidden=frozenset({"anode"}), among=("loose", "tight"),
                  line=((0.0, 1.5, 2.0), (3.0, 4.0, 5.0)))  # fmt: skip
    draw(plotter, strips, replace(shown, log=False), "front")
    query = query_of(shown, camera_of(plotter))
    assert linked(strips, query).shown == linked(strips, f"http://127.0.0.1:8650/index.html?{query}").shown == shown
    assert linked(strips, query).camera == pytest.approx(camera_of(plotter), rel=1e-6)
    assert linked(strips, "").shown == chosen(strips, ("loose", "tight"), "bent")


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("design=../../etc/passwd", "no design '../../etc/passwd'"),
        ("design=tight&case=bend", "no case 'bend'.*did you mean 'bent'"),
        ("field=strains", "no field 'strains'"),
        ("cut=w", "no cut 'w'"),
        ("hide=air", "no region 'air'"),
        ("factor=1e9", "'1e9' in the link is not a number from 0 to 2"),
        ("place=nan", "'nan' in the link is not a number"),
        ("state=7,1", "state 7; this case has 3 states"),
        ("camera=1,2", "'1,2' in the link is not 10 numbers"),
        ("colour=red", "a link has no 'colour'"),
    ],
)
def test_a_link_of_something_else_is_refused(strips: OpenRun, query: str, told: str) -> None:
    with pytest.raises(MicrofemError, match=told):
        linked(strips, query)


def test_colours_to_the_extremes(tmp_path: Path, plotter: Any) -> None:
    grid = sheet_grid(400.0, 60.0, section=True)
    values = np.ones(grid.n_points)
    values[0] = 50.0  # one corner
    grid.point_data["energy_density"] = values
    grid.cell_data["region"] = np.zeros(grid.n_cells, dtype=np.int32)
    write_case(tmp_path / "designs/one", "field", grid, {"gel": "electrolyte"}, "section", "conduction")
    write_summary(tmp_path)
    run = open_run(tmp_path)
    shown = chosen(run, ("one",), "field")
    [clipped], [whole] = (draw(plotter, run, replace(shown, extremes=extremes)) for extremes in (False, True))
    assert clipped.scale.high < 5.0
    assert (whole.scale.low, whole.scale.high, whole.scale.beyond) == (1.0, 50.0, "neither")


def test_pictures_of_figures_are_larger_and_alike(strips: OpenRun, plotter: Any) -> None:
    from PIL import Image

    shown = chosen(strips, ("loose", "tight"), "bent")
    draw(plotter, strips, shown, "front")
    small = plotter.screenshot(None, return_img=True).astype(float)
    large = Image.open(io.BytesIO(png(plotter, strips, shown, 3)))
    assert large.size == (900, 720)
    assert large.getpixel((2, 2)) == (255, 255, 255)
    again = np.asarray(large.resize((300, 240), Image.Resampling.BOX)).astype(float)
    likeness = [float(np.corrcoef(image.ravel(), small.ravel())[0, 1]) for image in (again, again[::-1])]
    assert likeness[0] > 0.9  # letters, lines and margins have grown alike
    assert likeness[1] < 0.5  # a control


def test_a_film_has_a_picture_of_each_state(strips: OpenRun, plotter: Any) -> None:
    from PIL import Image

    shown = chosen(strips, ("tight",), "bent")
    draw(plotter, strips, shown, "front")
    film = Image.open(io.BytesIO(saved(list(frames(plotter, strips, shown, LOADS)), "gif", speed=5.0)))
    assert (film.n_frames, film.info["duration"], film.info["loop"]) == (3, 200, 0)
    pictures = []
    for k in range(3):
        film.seek(k)
        pictures.append(np.asarray(film.convert("RGB")).astype(int))
    assert all(np.abs(a - b).max() > 60 for a, b in pairwise(pictures))
    assert places_of_film(np.arange(1000.0))[0] == Place(0, 0.0)
    assert (len(places_of_film(np.arange(1000.0))), places_of_film(np.arange(1000.0))[-1]) == (200, None)
