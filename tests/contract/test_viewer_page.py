"""The viewer's page in Chromium at three sizes: nothing overlaps or is cut, and controls do what they say."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.browsing import FOOT, PICTURE, WAIT, changed, chromium, differ, pixels, settled, viewing
from support.closed_form_results import bent_strips

RADII = {"loose": 8000.0, "tight": 2000.0}  # um
LOADS = (0.0, 0.25, 0.5, 0.75, 1.0)
SIZES = ((390, 844), (1280, 720), (1920, 1080))
CONTROLS = [f".control-{name}" for name in ("designs", "case", "field", "normal", "regions", "log", "mesh")]
PARTS = (".mf-head", ".mf-picture", ".mf-play", "#probe")  # one above the other
INKED = 40  # of 255: a pixel as dark as this belongs to the drawing


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """View strips bent to different radii, in closed form."""
    with viewing(bent_strips(tmp_path_factory.mktemp("page"), RADII, LOADS)) as place:
        yield place


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


def opened(browser: Any, address: str, size: tuple[int, int], query: str = "") -> Any:
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}).new_page()
    page.set_default_timeout(WAIT)
    page.goto(f"{address}&{query}" if query else address)
    page.wait_for_selector(PICTURE)
    page.wait_for_timeout(600)  # the page tells its size after a while
    settled(page)
    return page


def boxes(page: Any, *selectors: str) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of what is seen of elements."""
    found = [box for one in selectors for each in page.locator(one).all() if (box := each.bounding_box())]
    return [(box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]) for box in found]


def overlap(one: Any, other: Any) -> bool:
    return all(min(one[k + 2], other[k + 2]) - max(one[k], other[k]) > 1.0 for k in (0, 1))


def cut(page: Any, box: tuple[float, float, float, float]) -> bool:
    """Tell whether a part of a box lies outside the page."""
    size = page.viewport_size
    return min(box[0], box[1]) < -1.0 or box[2] > size["width"] + 1.0 or box[3] > size["height"] + 1.0


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_nothing_overlaps_or_is_cut(browser: Any, address: str, size: tuple[int, int]) -> None:
    page = opened(browser, address, size)
    parts = boxes(page, *PARTS)
    assert len(parts) == len(PARTS)
    assert [pair for pair in combinations(parts, 2) if overlap(*pair)] == []
    assert [one for one in parts if cut(page, one)] == []
    image = pixels(page)[: -FOOT - 4].min(axis=2)  # the panels
    rim = np.concatenate([image[:, :3].ravel(), image[:, -3:].ravel(), image[-3:].ravel()])
    assert rim.min() > 255 - INKED, "no device is cut by the edge of a panel"
    if size[0] < 800:
        assert not page.locator(".mf-panel").is_visible()
        page.click(".mf-head label")
    controls = boxes(page, *CONTROLS)
    assert len(controls) == len(CONTROLS)
    assert [pair for pair in combinations(controls, 2) if overlap(*pair)] == []
    assert [one for one in controls if one[0] < 0.0 or one[2] > size[0]] == []
    assert page.eval_on_selector(".mf-panel", "panel => panel.scrollWidth <= panel.clientWidth")
    page.context.close()


@pytest.mark.slow
def test_keys_change_the_picture_and_say_what_they_do(browser: Any, address: str) -> None:
    page = opened(browser, address, (1280, 720))
    for key, share in (("f", 0.01), ("m", 0.001), ("i", 0.0005)):
        before, name = pixels(page), settled(page)
        page.keyboard.press(key)
        assert differ(before, changed(page, name)) > share, key
    page.keyboard.press("?")
    page.wait_for_selector(".mf-help")
    assert "next clip plane" in page.inner_text(".mf-help")
    page.keyboard.press("Escape")
    page.wait_for_selector(".mf-help", state="hidden")
    page.context.close()


@pytest.mark.slow
def test_play_goes_through_the_states_and_a_link_restores_one(browser: Any, address: str) -> None:
    page = opened(browser, address, (1280, 720), "design=tight&field=strain&state=1,0.25&mesh=1&factor=0.5")
    assert page.inner_text(".control-step").startswith("load 0.25")
    assert page.inner_text(".control-field").startswith("strain (%)")
    assert page.input_value(".number-factor input") == "0.50"
    shown, name = pixels(page), settled(page)
    page.click(".control-play")
    page.wait_for_function("document.querySelector('.control-step').innerText.startsWith('load 0.75')")
    page.click(".control-play")
    assert differ(shown, changed(page, name)) > 0.01
    page.wait_for_function("!window.location.search.includes('state=1%2C0.25')")
    query = "design=tight&field=strain&state=1%2C0.25&mesh=1&factor=0.5"
    again = opened(browser, address, (1280, 720), query)
    assert differ(shown, pixels(again)) < 0.002
    page.context.close()
    again.context.close()


@pytest.mark.slow
def test_a_line_gives_a_curve_and_a_table(browser: Any, address: str) -> None:
    """Strain of pure bending is z/R: the table is compared with that, per cent."""
    page = opened(browser, address, (1280, 720), "design=loose&design=tight&field=strain")
    page.click("text=two clicks: line")
    for name, text in (("start", "-150, 0, -25"), ("stop", "150, 0, 25")):
        page.fill(f".control-{name} input", text)
        page.press(f".control-{name} input", "Tab")
    page.wait_for_selector(".mf-curve img")
    with page.expect_download() as saved:
        page.click("text=CSV")
    head, *rows = csv.reader(io.StringIO(Path(saved.value.path()).read_text()))
    assert head[4:] == ["loose: strain (%)", "tight: strain (%)"]
    table = np.array(rows, dtype=float)
    for column, radius in enumerate(RADII.values(), start=4):
        assert table[:, column] == pytest.approx(100.0 * table[:, 3] / radius, abs=1e-5)
    page.fill(".control-start input", "here")
    page.press(".control-start input", "Tab")
    page.wait_for_function("document.querySelector('#probe').innerText.includes('is not a point')")
    page.context.close()
