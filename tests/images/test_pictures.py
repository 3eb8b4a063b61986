"""Pictures beside those that were looked at and stored: same colours, lines and letters, to an eye.

The stored ones guard against change, nothing more; they are renewed with `python -m pytest tests/images --renew`, and
looked at before they are committed. What failed is left in build/images: as drawn, as stored, and where they differ.
Fields are in closed form and letters come with matplotlib and VTK, so that a picture depends on what draws it alone.

TOLERANCE is the share of tiles that may look different. Measured: all letters in another typeface 0.6 %, a vanished
line around a solid 3.2 %, a vanished ghost 11 %, a field shifted by 5 % of its range 34 % and more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.families import build_layout
from microfem.render import drawing, flat, layout, scene, sheet
from microfem.render.panel import Cut
from microfem.render.style import save, styled
from microfem.render.viewer.cameras import new_plotter
from microfem.render.viewer.scene import draw
from microfem.render.viewer.shown import Shown
from microfem.render.viewer.state import open_run
from microfem.study.file_schema import ViewModel
from support.closed_form_results import bent_strip, between_plates, between_rings, block, write_summary
from support.likeness import NOTICEABLE, TILE, difference, unlike

pv = pytest.importorskip("pyvista")
TOLERANCE = 0.015
STORED = Path(__file__).parent / "stored"
LEFT = Path(__file__).parents[2] / "build" / "images"
DESIGNS = ("near", "far")
VIEWS = {
    "sheet": ViewModel(case="field", field="potential"),
    "log": ViewModel(case="rings", field="energy_density", log=True),
    "deformed": ViewModel(case="bent", field="strain"),
    "scene": ViewModel(case="solid", field="potential", plane="3d"),
}
SHOWN = Shown(designs=DESIGNS, case="pulled", quantity="displacement", factor=2.0)
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def letters() -> Iterator[None]:
    """Write with the typeface that comes with matplotlib, without hinting, whatever is set up here."""
    import matplotlib
    from matplotlib.font_manager import findfont

    try:
        findfont("DejaVu Sans", fallback_to_default=False)
    except ValueError:
        pytest.skip("DejaVu Sans is missing: Debian's matplotlib needs apt-get install fonts-dejavu-core")
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, "backend": "agg", "text.hinting": "none"}):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    for name, scale in zip(DESIGNS, (1.0, 2.0), strict=True):
        place = made / "designs" / name
        between_plates(place, 100.0 * scale)
        between_rings(place, "rings", 1e4 / scale)
        bent_strip(place, 2000.0 * scale)
        block(place, "solid", 0.0)
        block(place, "pulled", 0.1 * scale)
    write_summary(made)
    return made


def row_of(folder: Path, name: str) -> sheet.SheetRow:
    return sheet.make_row(VIEWS[name], folder, DESIGNS)


def sheet_picture(row: sheet.SheetRow, folder: Path) -> Any:
    sheet.draw_rows([row], folder / "picture.png")
    return opened(folder / "picture.png", 2)


def viewer_picture(folder: Path, shown: Shown) -> Any:
    plotter = new_plotter((640, 300))
    draw(plotter, open_run(folder), shown, "iso")
    image = plotter.screenshot(None, return_img=True)
    plotter.close()
    return image


def layout_picture(folder: Path, gap: float = 100.0) -> Any:
    with styled():
        save(layout.draw_layout(build_layout("interdigital", {"gap": gap})), folder / "picture.png", "png")
    return opened(folder / "picture.png", 4)


def opened(path: Path, times: int = 1) -> Any:
    """Return the pixels (height, width, 3) of a file, so many times smaller."""
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").reduce(times))


def as_stored(name: str, image: Any, renew: bool) -> None:
    """Compare a picture with the stored one, or store it; leave what shows why they differ."""
    from PIL import Image

    path = STORED / f"{name}.png"
    if renew:
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path, optimize=True)
        return
    stored = opened(path)
    same = image.shape == stored.shape
    if same and unlike(image, stored) <= TOLERANCE:
        return
    LEFT.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(LEFT / f"{name}.png")
    Image.fromarray(stored).save(LEFT / f"{name}-stored.png")
    if same:
        tiles = np.where(difference(image, stored) > NOTICEABLE, 0, 255).astype(np.uint8)
        Image.fromarray(tiles.repeat(TILE, axis=0).repeat(TILE, axis=1)).save(LEFT / f"{name}-difference.png")
    told = f"{100 * unlike(image, stored):.2g} % of it differ" if same else f"{image.shape}, stored {stored.shape}"
    pytest.fail(f"{name}: {told}; look at {LEFT}, and if it is meant to be so: python -m pytest tests/images --renew")


# as stored


@pytest.mark.parametrize("name", VIEWS)
def test_sheets_look_as_stored(folder: Path, request: pytest.FixtureRequest, name: str) -> None:
    image = sheet_picture(row_of(folder, name), folder)
    assert image.std() > 10.0
    as_stored(name, image, request.config.getoption("--renew"))


def test_viewer_looks_as_stored(folder: Path, request: pytest.FixtureRequest) -> None:
    image = viewer_picture(folder, SHOWN)
    assert image.std() > 10.0
    as_stored("viewer", image, request.config.getoption("--renew"))


def test_layout_looks_as_stored(folder: Path, request: pytest.FixtureRequest) -> None:
    image = layout_picture(folder)
    assert image.std() > 10.0
    as_stored("layout", image, request.config.getoption("--renew"))


def test_stored_pictures_are_few_and_small() -> None:
    found = list(STORED.iterdir())
    assert {path.stem for path in found} == {*VIEWS, "viewer", "layout"}
    assert sum(path.stat().st_size for path in found) < 400_000


def test_a_picture_that_fails_leaves_what_shows_why(folder: Path, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr("test_pictures.LEFT", tmp_path / "left")
    image = opened(STORED / "sheet.png").copy()
    image[:80, :80] = 0
    with pytest.raises(pytest.fail.Exception, match=r"sheet: .* % of it differ; look at .*--renew"):
        as_stored("sheet", image, renew=False)
    assert sorted(path.name for path in (tmp_path / "left").iterdir()) == [
        "sheet-difference.png", "sheet-stored.png", "sheet.png"]  # fmt: skip
    dark = opened(tmp_path / "left/sheet-difference.png")[..., 0] == 0
    assert dark[:80, :80].mean() > 0.9
    assert not dark[80:, 80:].any()
    with pytest.raises(pytest.fail.Exception, match="stored"):
        as_stored("sheet", image[:-8], renew=False)


# controls: what must not pass


def other_colours(row: sheet.SheetRow, patch: Patch) -> sheet.SheetRow:
    return replace(row, scale=replace(row.scale, colours="plasma" if row.view.field == "potential" else "magma"))


def shifted_range(row: sheet.SheetRow, patch: Patch) -> sheet.SheetRow:
    low, high = row.scale.low, row.scale.high
    return replace(row, scale=replace(row.scale, low=low * 1.2 if row.scale.log else low + 0.05 * (high - low)))


def no_lines(row: sheet.SheetRow, patch: Patch) -> sheet.SheetRow:
    patch.setattr(flat, "_draw_lines", lambda *_: None)
    patch.setattr(scene, "line_mesh", lambda lines: pv.PolyData(lines[0, 0]))
    return row


def no_ghost(row: sheet.SheetRow, patch: Patch) -> sheet.SheetRow:
    return replace(row, cuts=tuple(one and replace(one, rest=None) for one in row.cuts))


def shifted_field(row: sheet.SheetRow, patch: Patch) -> sheet.SheetRow:
    by, values = 0.05 * (row.scale.high - row.scale.low), Cut.values
    patch.setattr(Cut, "values", lambda *where: values(*where) + by)
    return row


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        *(("sheet", spoil) for spoil in (other_colours, shifted_range, shifted_field, no_lines)),
        ("deformed", no_ghost),
        *(pytest.param(name, spoil, marks=pytest.mark.slow)
          for name in ("log", "deformed", "scene") for spoil in (other_colours, shifted_range, no_lines)),
    ],
)  # fmt: skip
def test_spoilt_sheets_do_not_pass(
    folder: Path, monkeypatch: Patch, name: str, spoil: Callable[[sheet.SheetRow, Patch], sheet.SheetRow]
) -> None:
    image = sheet_picture(spoil(row_of(folder, name), monkeypatch), folder)
    assert unlike(image, opened(STORED / f"{name}.png")) > 2.0 * TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize("change", [{"outlines": False}, {"ghost": False}, {"factor": 1.8}, {"shared": False},
                                    {"quantity": "displacement:0"}])  # fmt: skip
def test_another_viewer_does_not_pass(folder: Path, change: dict[str, Any]) -> None:
    image = viewer_picture(folder, replace(SHOWN, **change))
    assert unlike(image, opened(STORED / "viewer.png")) > TOLERANCE


@pytest.mark.slow
def test_another_layout_does_not_pass(folder: Path, monkeypatch: Patch) -> None:
    stored = opened(STORED / "layout.png")
    wider = layout_picture(folder, 120.0)
    monkeypatch.setattr(drawing, "_draw_length", lambda *_: None)
    assert wider.shape != stored.shape or unlike(wider, stored) > TOLERANCE
    assert unlike(layout_picture(folder), stored) > TOLERANCE


def test_another_typeface_passes(folder: Path, monkeypatch: Patch) -> None:
    import matplotlib

    monkeypatch.setitem(matplotlib.rcParams, "font.family", ["DejaVu Serif"])
    image = sheet_picture(row_of(folder, "sheet"), folder)
    assert 0.0 < unlike(image, opened(STORED / "sheet.png")) < 0.5 * TOLERANCE
