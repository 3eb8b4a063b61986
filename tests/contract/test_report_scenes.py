"""Scenes of a report: that they hold the data, turn in a browser without a network, and stay small."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.render import embed
from microfem.render.embed import GRID, pack
from microfem.render.scene import prepare, sharp_edges
from microfem.render.sheet import SheetRow, make_row
from microfem.report import scenes, write_report
from microfem.report.browser import find_browser
from microfem.report.runs import gather
from microfem.study.file_schema import ViewModel
from support.closed_form_results import unpacked
from support.commands import Command
from support.pages import NO_BROWSER, asked
from support.studies import results_of, write_study

STUDY = """\
name: solid
designs:
  near: {family: interdigital, params: {finger_pairs: 1, finger_length: 800 um, gap: 200 um}}
  far: {family: interdigital, params: {finger_pairs: 1, finger_length: 800 um, gap: 300 um}}
limits: {unknowns: 1000}
cases:
  flat: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
  field: {physics: conduction, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
views:
  - {case: flat, field: potential}
  - {case: field, field: potential}
"""
VIEW = ViewModel(case="field", field="potential", plane="3d")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run with a case in 3D, which no test changes."""
    return results_of(tmp_path_factory.mktemp("scenes"), STUDY)


@pytest.fixture(scope="module")
def page(run: Path) -> Path:
    """Return its report."""
    write_report([run], run.parent / "page.html")
    return run.parent / "page.html"


@pytest.fixture(scope="module")
def row(run: Path) -> SheetRow:
    """Return what is shown in 3D."""
    return make_row(VIEW, run, ["near", "far"])


def test_a_scene_holds_shape_values_and_colours(row: SheetRow) -> None:
    surface = prepare(row.stored[0], VIEW, row.scale)
    points, (full, bare, lines), colours = unpacked(pack(surface, row.scale))
    known = surface.known
    assert not known.all()  # the substrate has no potential
    own = surface.corners.reshape(-1, 3)
    half = 0.5 * np.ptp(own, axis=0).max()
    middle = 0.5 * (own.min(axis=0) + own.max(axis=0))
    assert len(points) < len(own)  # points that are alike are there once
    for corners, mine in ((full, known), (bare, ~known)):
        assert points[corners, :3] * half + middle == pytest.approx(
            surface.corners[mine].reshape(-1, 3), abs=half / GRID
        )
    assert points[full, 3] == pytest.approx(surface.shares[known].ravel(), abs=1.0 / GRID)
    assert points[lines, :3].reshape(-1, 2, 3) * half + middle == pytest.approx(
        surface.lines[:, [0, -1]], abs=half / GRID
    )
    assert colours[255] / 255.0 == pytest.approx(row.scale.mappable().cmap(1.0), abs=0.003)


def test_edges_are_those_of_a_cube_whichever_way_its_triangles_face() -> None:
    """Twelve of length one; faces inside that are there twice, as cuts leave them, add none."""
    import pyvista as pv

    cube = pv.Cube().triangulate().clean()
    faces = np.array(cube.regular_faces)
    faces[::2] = faces[::2, ::-1]
    inner = [[0, 2, 6], [6, 2, 0]]
    for made in (cube, pv.PolyData.from_regular_faces(cube.points, np.vstack([faces, inner]))):
        ids = np.asarray(made.regular_faces)
        corners = np.asarray(made.points, dtype=float)[ids]
        which, side = sharp_edges(ids, corners)
        ends = np.stack([corners[which, side], corners[which, (side + 1) % 3]])
        assert np.linalg.norm(ends[1] - ends[0], axis=1) == pytest.approx(np.ones(12))


def test_the_page_runs_its_own_script_alone(page: Path) -> None:
    text = page.read_text()
    assert asked(text) == ["script"]
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script is not None
    assert f'script-src {scenes.allowed(script[1])}">' in text
    assert asked((page.parent / "out/index.html").read_text()) == []


def test_what_is_too_large_is_left_out_and_named(run: Path, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pack
    sizes = iter([3_000_000, 0])
    monkeypatch.setattr(embed, "pack", lambda *data: whole(*data) + "A" * next(sizes))
    text = unescape(scenes.scenes(gather([run])))
    assert len(text) < 3_000_000
    assert "Omitted, above the limit of 3 MB: near; microfem view shows them." in text
    assert re.findall(r"<canvas [^>]*>.*?<figcaption>(.*?),", text) == ["far"]
    assert "Left out" not in page.read_text()


def test_results_without_anything_solid_have_no_scene(run: Path, tmp_path: Path, microfem: Command) -> None:
    study = write_study(tmp_path, re.sub(r"  field: .*\n|  - {case: field.*\n", "", STUDY))
    assert microfem("run", study, "-o", tmp_path / "run").status == 0
    assert microfem("report", tmp_path / "run", "-o", tmp_path / "page.html").status == 0
    assert "<canvas" not in (tmp_path / "page.html").read_text()
    assert asked((tmp_path / "page.html").read_text()) == []


# in a browser


@contextmanager
def opened(page: Path, script: bool = True) -> Iterator[Any]:
    """Open a page in a browser that may load nothing but it; its console is in `said`."""
    if not find_browser():
        pytest.skip(NO_BROWSER)
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
    options = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync",
               "--disable-component-update", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]  # fmt: skip
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_browser(), args=options)
        shown = browser.new_context(offline=True, java_script_enabled=script).new_page()
        shown.said = []
        shown.on("console", lambda message: shown.said.append(message.text))
        shown.on("pageerror", lambda error: shown.said.append(str(error)))
        shown.route("**", lambda route: route.continue_() if route.request.url == page.as_uri() else route.abort())
        shown.goto(page.as_uri())
        yield shown
        browser.close()


@pytest.mark.slow
def test_a_scene_turns_when_it_is_dragged_and_has_the_colours_of_its_values(page: Path, row: SheetRow) -> None:
    """Seen from above, light falls straight on the top, so that its colours are those of the potential there."""
    with opened(page) as shown:
        canvas = shown.locator("canvas").first
        canvas.wait_for(state="visible")
        assert shown.locator(".scene img").first.is_hidden()
        before = pixels(canvas)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]
        shown.mouse.move(x, y)
        shown.mouse.down()
        shown.mouse.move(x + 60.0, y + 20.0, steps=5)
        shown.mouse.up()
        turned = pixels(canvas)
        assert changed(before, turned) > 0.05
        for _ in range(10):
            canvas.press("ArrowUp")
        top = pixels(canvas)
        assert changed(turned, top) > 0.05
        canvas.dblclick()
        assert changed(before, pixels(canvas)) == 0.0
        assert shown.said == []
    values = np.linspace(row.scale.low, row.scale.high, 1000)
    colours = row.scale.mappable().to_rgba(values, bytes=True)[:, :3].astype(int)
    height, width = top.shape[:2]
    for k in (-60, -20, 20, 60):
        found = top[height // 2 - 70, width // 2 + k]  # not where a quarter is cut away
        assert np.abs(colours - found).max(axis=1).min() <= 3


@pytest.mark.slow
def test_a_scene_in_a_browser_has_the_colours_of_its_values(page: Path, row: SheetRow) -> None:
    """Two hundred points of the top, as scene.js sees it first: colour to value, against the value there."""
    packed = re.search(r"data-scene='([^']*)'", page.read_text())
    assert packed is not None
    points, (full, _, _), _ = unpacked(packed[1])
    corners = points[full.reshape(-1, 3)]
    top = corners[(corners[:, :, 2] > points[:, 2].max() - 1e-3).all(axis=1)]
    random = np.random.default_rng(2)
    weights = random.dirichlet((2.0, 2.0, 2.0), 200)
    area = np.linalg.norm(np.cross(top[:, 1, :3] - top[:, 0, :3], top[:, 2, :3] - top[:, 0, :3]), axis=1)
    chosen = np.einsum("nk,nkd->nd", weights, top[random.choice(len(top), 200, p=area / area.sum())])
    with opened(page) as shown:
        canvas = shown.locator("canvas").first
        canvas.wait_for(state="visible")
        image = pixels(canvas)
    height, width = image.shape[:2]
    x, y, z = chosen[:, :3].T / np.linalg.norm(points[:, :3], axis=1).max()
    right, up = (y - x) / 2**0.5, (2.0 * z - x - y) / 6**0.5  # from the corner at +x, +y, +z
    columns = np.floor(0.5 * (width + right * height)).astype(int)
    rows = np.floor(0.5 * height * (1.0 - up)).astype(int)
    bar = row.scale.mappable().cmap(np.linspace(0.0, 1.0, 2001))[:, :3] * 255.0
    apart = np.abs(image[rows, columns][:, None] - bar[None]).max(axis=2)
    off = np.where(apart.min(axis=1) < 5.0, np.abs(apart.argmin(axis=1) / 2000.0 - chosen[:, 3]), 1.0)
    assert np.median(off) < 0.003
    assert (off < 0.01).mean() > 0.95  # the others lie below a line


def pixels(canvas: Any) -> Any:
    """Return what a scene shows once it has been drawn again, (height, width, 3)."""
    from PIL import Image

    canvas.page.wait_for_timeout(100)
    data = canvas.evaluate("one => one.toDataURL()").partition(",")[2]
    found = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=int)
    assert len(np.unique(found.reshape(-1, 3), axis=0)) > 50  # a scene and no blank
    return found


def changed(one: Any, other: Any) -> float:
    """Return the share of points that differ between two pictures."""
    return float((np.abs(one - other).max(axis=2) > 30).mean())


@pytest.mark.slow
@pytest.mark.parametrize("refused", ["no scripts at all", "a script that the policy does not know"])
def test_where_no_script_runs_the_picture_stays(page: Path, tmp_path: Path, refused: str) -> None:
    other = tmp_path / "page.html"
    other.write_text(page.read_text().replace('"use strict"', '"use  strict"'))
    with opened(other, script=refused != "no scripts at all") as shown:
        shown.wait_for_timeout(500)
        assert shown.locator("canvas").first.is_hidden()
        assert shown.locator(".scene img").first.is_visible()
        assert all("Content Security Policy" in one for one in shown.said)
