"""Pictures read back: the colour of a point, taken to a value through the bar, is the stored field's value there.

Fields are functions in closed form that P2 cells hold exactly and their corners alone do not, so that what is expected
shares nothing with what draws. The controls are the drawings that were: colours mixed between vertices, corners alone,
light that makes colours darker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.render import flat, scene, sheet
from microfem.render.colours import Scale
from microfem.render.embed import pack
from microfem.render.triangles import Triangles
from microfem.render.viewer import pieces as viewer_pieces
from microfem.render.viewer import scene as viewer_scene
from microfem.render.viewer.cameras import new_plotter
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import open_run
from microfem.study.file_schema import ViewModel
from support.closed_form_results import curved, curved_field, sloping, unpacked, write_summary

pv = pytest.importorskip("pyvista")
POINTS = 200
CLOSE = 0.01  # of the range
NEAR = 0.02  # of red, green and blue, that a colour may be off the bar
BOXES = {"plan": (400.0, 200.0, 0.0), "section": (400.0, 0.0, 200.0), "solid": (400.0, 300.0, 200.0)}
COUNTS = {"plan": (4, 2, 0), "section": (4, 0, 2), "solid": (4, 3, 2)}
FIELDS = {"potential": curved, "energy_density": sloping}
Patch = pytest.MonkeyPatch
Points = Any  # (n, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("colours")
    for case, size in BOXES.items():
        curved_field(made / "designs" / "box", case, size, COUNTS[case])
    write_summary(made)
    return made


def chosen(case: str, face: str = "") -> Points:
    """Return random places of a box, off its rim; face: the axis across whose upper side they lie, "" for inside."""
    size = np.array(BOXES[case])
    points = np.random.default_rng(7).uniform(-0.47, 0.47, (POINTS, 3)) * size
    if face:
        points[:, "xyz".index(face)] = 0.5 * size["xyz".index(face)]
    return points


def off(colours: Any, scale: Scale, points: Points, case: str, field: str) -> Any:
    """Return by how much of the range values read from colours (n, 3), 0 to 1, are off; 1 for one off the bar."""
    along = np.linspace(0.0, 1.0, 4001)
    bar = scale.mappable().cmap(along)[:, :3]
    apart = np.abs(colours[:, None, :] - bar[None]).max(axis=2)
    read = along[apart.argmin(axis=1)]
    wanted = scale.share(FIELDS[field](points, np.maximum(BOXES[case], 1.0)))
    return np.where(apart.min(axis=1) <= NEAR, np.abs(read - wanted), 1.0)


def row_of(folder: Path, case: str, field: str, plane: str) -> sheet.SheetRow:
    return sheet.make_row(ViewModel(case=case, field=field, plane=plane), folder, ["box"])


def sheet_colours(row: sheet.SheetRow, places: Any) -> tuple[Any, Any]:
    """Return the colours (n, 3) of a sheet's picture at places (n, 2) of its panel, um, and the middles of the pixels
    that were read."""  # fmt: skip
    from matplotlib import pyplot as plt

    figure = sheet.draw_figure([row])
    figure.canvas.draw()
    image = np.asarray(figure.canvas.buffer_rgba(), dtype=float)[..., :3] / 255.0
    axis = next(one for one in figure.axes if one.get_label() != "<colorbar>")
    pixels = np.floor(axis.transData.transform(places)).astype(int)
    middles = axis.transData.inverted().transform(pixels + 0.5)
    plt.close(figure)
    return image[len(image) - 1 - pixels[:, 1], pixels[:, 0]], middles


FLAT = [
    ("plan", "z=mid", (0, 1)),
    ("section", "z=mid", (0, 2)),
    ("solid", "z=0 um", (0, 1)),
    ("solid", "y=30 um", (0, 2)),
]


def flat_off(folder: Path, case: str, plane: str, axes: tuple[int, int], field: str) -> Any:
    row, points = row_of(folder, case, field, plane), chosen(case)
    if case == "solid":
        across = 3 - sum(axes)
        points[:, across] = float(plane.split("=")[1].split()[0])
    colours, points[:, axes] = sheet_colours(row, points[:, axes])
    return off(colours, row.scale, points, case, field)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("case", "plane", "axes"), FLAT)
def test_sheets_have_the_colours_of_the_field(
    folder: Path, case: str, plane: str, axes: tuple[int, int], field: str
) -> None:
    assert flat_off(folder, case, plane, axes, field).max() < CLOSE


def mixed(axis: Any, one: Any, scale: Scale, *_: Any) -> None:
    """Draw as before: matplotlib's own shading, which mixes red, green and blue between vertices."""
    corners = one.corners.reshape(-1, 2)
    cell, weights = np.repeat(one.triangles.cell, 3), one.triangles.weights.reshape(len(corners), -1)
    axis.tripcolor(*corners.T, np.arange(len(corners)).reshape(-1, 3), one.stored.shown(one.field, cell, weights),
                   shading="gouraud", cmap=scale.colours, norm=scale.norm(), rasterized=True)  # fmt: skip


def corners_alone(triangles: Triangles, *_: Any) -> Triangles:
    """Leave triangles as they are, so that only values at their corners count."""
    return triangles


def test_colours_that_are_mixed_are_seen(folder: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(sheet, "draw_cut", mixed)
    assert (flat_off(folder, "plan", "z=mid", (0, 1), "potential") > CLOSE).mean() > 0.3


# scenes: what a sheet shows of them, and what a page holds


def scene_off(folder: Path, field: str) -> Any:
    """Read a scene where it is seen from the upper right: all of its top that no cut takes away."""
    row, points = row_of(folder, "solid", field, "3d"), chosen("solid", "z")
    points = points[(points[:, 0] < -8.0) | (points[:, 1] < -8.0)]  # the near quarter is cut away
    across = np.array([(-1.0, -1.0), (1.0, -1.0), (0.0, 2.0)]) / np.sqrt([2.0, 6.0])
    ends = np.array(np.meshgrid(*[(-0.5 * w, 0.0, 0.5 * w) for w in BOXES["solid"]])).reshape(3, -1).T
    seen = ends[~(ends[:, :2] > 0.0).all(axis=1)] @ across
    middle = 0.5 * (seen.min(axis=0) + seen.max(axis=0))
    return off(sheet_colours(row, points @ across - middle)[0], row.scale, points, "solid", field)


@pytest.mark.parametrize("field", FIELDS)
def test_scenes_have_the_colours_of_the_field(folder: Path, field: str) -> None:
    assert scene_off(folder, field).max() < CLOSE


@pytest.mark.parametrize("spoil", ["light", "corners"])
def test_scenes_that_are_lit_or_coarse_are_seen(folder: Path, monkeypatch: Patch, spoil: str) -> None:
    add = pv.Plotter.add_mesh
    if spoil == "light":
        monkeypatch.setattr(pv.Plotter, "add_mesh", lambda *args, **look: add(*args, **{**look, "lighting": True}))
    else:
        monkeypatch.setattr(scene, "refined", corners_alone)
    assert (scene_off(folder, "potential") > CLOSE).mean() > 0.3


def page_off(folder: Path, field: str) -> Any:
    """Read what a page's script gets: values between corners are interpolated, then looked up in 256 colours."""
    row = row_of(folder, "solid", field, "3d")
    points, (full, _, _), colours = unpacked(pack(scene.prepare(row.stored[0], row.view, row.scale), row.scale))
    corners = points[full.reshape(-1, 3)]
    chosen_at = np.random.default_rng(5).choice(len(corners), POINTS)
    share = np.random.default_rng(6).dirichlet((1.0, 1.0, 1.0), POINTS)
    read = np.einsum("nk,nkd->nd", share, corners[chosen_at])
    rows = np.rint(255.0 * read[:, 3]).astype(int)
    return off(colours[rows, :3] / 255.0, row.scale, read[:, :3] * 200.0, "solid", field)


@pytest.mark.parametrize("field", FIELDS)
def test_pages_hold_the_colours_of_the_field(folder: Path, field: str) -> None:
    assert page_off(folder, field).max() < CLOSE


def test_pages_that_hold_corners_alone_are_seen(folder: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(scene, "refined", corners_alone)
    assert (page_off(folder, "potential") > CLOSE).mean() > 0.3


# the viewer


def viewer_off(folder: Path, case: str, field: str, turn: str, face: str) -> Any:
    from vtkmodules.vtkRenderingCore import vtkCoordinate

    plotter = new_plotter((800, 600))
    (panel,) = viewer_scene.draw(plotter, open_run(folder), Shown(designs=("box",), case=case, quantity=field), turn)
    image = plotter.screenshot(None, return_img=True) / 255.0
    points, place = chosen(case, face), vtkCoordinate()
    place.SetCoordinateSystemToWorld()
    pixels = []
    for point in points:
        place.SetValue(*point)
        pixels.append(place.GetComputedDoubleDisplayValue(plotter.renderers[0]))
    plotter.close()
    columns, rows = np.floor(np.array(pixels)).astype(int).T
    return off(image[len(image) - 1 - rows, columns], panel.scale, points, case, field)


SEEN = [("plan", "top", ""), ("section", "front", ""), ("solid", "top", "z"), ("solid", "iso", "z")]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("case", "turn", "face"), SEEN)
def test_the_viewer_has_the_colours_of_the_field(folder: Path, case: str, turn: str, face: str, field: str) -> None:
    assert viewer_off(folder, case, field, turn, face).max() < CLOSE


def lit(add: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **look: add(*args, **{**look, "lighting": True})


@pytest.mark.parametrize("spoil", ["light", "corners"])
def test_a_viewer_that_is_lit_or_coarse_is_seen(folder: Path, monkeypatch: Patch, spoil: str) -> None:
    viewer_pieces.make_piece.cache_clear()
    if spoil == "light":
        monkeypatch.setattr(pv.Plotter, "add_mesh", lit(pv.Plotter.add_mesh))
    else:
        monkeypatch.setattr(viewer_pieces, "refined", corners_alone)
    assert (viewer_off(folder, "solid", "potential", "iso", "z") > CLOSE).mean() > 0.3
    viewer_pieces.make_piece.cache_clear()


def test_grey_is_no_colour_of_a_bar(folder: Path) -> None:
    """What has no value must not look like one: the grey of unknown regions is off every map that there is."""
    row = row_of(folder, "plan", "potential", "z=mid")
    for colours in ("viridis", "inferno", "RdBu_r"):
        bar = replace(row.scale, colours=colours).mappable().cmap(np.linspace(0.0, 1.0, 400))[:, :3]
        assert np.abs(bar - flat.GREY).max(axis=1).min() > NEAR
