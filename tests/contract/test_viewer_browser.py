"""The viewer in a real browser: pictures with colours, controls that change them, and nobody without the token."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.render.viewer import guard
from support.browsing import (
    FOOT,
    PICTURE,
    WAIT,
    browsing,
    changed,
    choose,
    coloured,
    differ,
    ends_of_map,
    pixels,
    settled,
    slide,
    viewing,
)
from support.closed_form_results import bent_strips
from support.commands import command_line

RADII = {"loose": 8000.0, "mid": 4000.0, "tight": 2000.0}  # um
LOADS = (0.0, 0.5, 1.0)
HALF = 30.0  # um of the strips' thickness


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of strips bent to different radii, in closed form, that differ in one parameter."""
    return bent_strips(tmp_path_factory.mktemp("view"), RADII, LOADS)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with viewing(folder) as place:
        yield place


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Any]:
    with browsing(address) as opened:
        yield opened


def probe(page: Any, x: float = 0.5, y: float = 0.5) -> tuple[str, str, float, float, float]:
    """Click at a place of the panels and return design, field, value and the place at rest along x and z."""
    page.evaluate("document.querySelector('#probe').innerText = ''")
    box = page.locator(PICTURE).bounding_box()
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * (box["height"] - FOOT))
    page.wait_for_function("document.querySelector('#probe').innerText.includes(' at (')")
    found = re.fullmatch(r"(\w+), \w+: (.+?) ([-+.\de]+)(?: \S+)? at \((\S+), 0, (\S+)\) µm",
                         page.inner_text("#probe"))  # fmt: skip
    assert found, page.inner_text("#probe")
    return found[1], found[2], float(found[3]), float(found[4]), float(found[5])


def refused(url: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_requests_without_the_token_are_refused(address: str) -> None:
    base, token = address.split("/?token=")
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", address)
    assert refused(f"{base}/") == refused(f"{base}/index.html") == refused(f"{base}/?token={wrong}") == 403
    assert refused(f"{base}/ws", **upgrade) == 403
    assert refused(f"{base}/index.html", Cookie=f"microfem-{base.rpartition(':')[2]}={wrong}") == 403
    assert refused(f"{base}/index.html", Cookie=f"microfem-{base.rpartition(':')[2]}={token}") == 200
    assert refused(address, Host="example.org") == 403
    assert refused(address, Origin="http://127.0.0.1:1") == 403


def test_first_picture_and_another_field(page: Any, address: str) -> None:
    first, name = pixels(page), settled(page)
    assert coloured(first) > 0.02
    assert ends_of_map(first, "cividis") == [True, True]
    choose(page, "field", "strain (%)")
    field = changed(page, name)
    assert differ(first, field) > 0.01
    assert ends_of_map(field, "RdBu_r") == [True, True]
    design, label, value, _, z = probe(page)
    assert (design, label) == ("mid", "strain")
    assert value == pytest.approx(100.0 * z / RADII["mid"], abs=0.1 * HALF / RADII["mid"])
    base = address.split("/?")[0]
    own = (base, base.replace("http", "ws"), "blob:", "data:", "file:")
    assert [url for url in page.asked if not url.startswith(own)] == []
    assert [text for text in page.told if "Content Security Policy" in text] == []
    assert "token" not in page.url


@pytest.mark.slow
def test_deformation_and_load_sliders(page: Any) -> None:
    choose(page, "field", "displacement, z (µm)")
    bent, name = pixels(page), settled(page)
    slide(page, "factor", "ArrowLeft", 20)
    flat = changed(page, name)
    assert page.input_value(".number-factor input") == "0.00"
    assert differ(bent, flat) > 0.01
    design, label, value, x, z = probe(page, 0.5, 0.5)
    assert (design, label) == ("mid", "displacement, z")
    assert abs(z) < HALF
    assert value == pytest.approx(-0.5 * x**2 / RADII["mid"], abs=0.02)
    name = settled(page)
    slide(page, "factor", "End")
    twice = changed(page, name)
    assert page.input_value(".number-factor input") == "2.00"
    assert differ(flat, twice) > 0.01
    name = settled(page)
    slide(page, "step", "ArrowLeft")
    assert differ(twice, changed(page, name)) > 0.01
    assert page.inner_text(".control-step") == "load 0.5"
    name = settled(page)
    slide(page, "step", "ArrowRight")
    changed(page, name)


@pytest.mark.slow
def test_sweep_slider_goes_through_designs_in_order(page: Any) -> None:
    assert page.inner_text(".control-sweep") == "through 3 designs"
    choose(page, "field", "strain (%)")
    settled(page)
    told, seen, name = ["gap 200 µm", "gap 400 µm"], [pixels(page)], settled(page)
    for one, text in zip(("mid", "loose"), told, strict=True):
        slide(page, "sweep", "ArrowRight")
        seen.append(changed(page, name))
        name = settled(page)
        assert page.inner_text(".control-sweep") == text
        assert page.locator(".control-designs .v-chip").all_inner_texts() == [one]
        assert probe(page)[0] == one
        assert differ(*seen[-2:]) > 0.01
    name = settled(page)  # a click may have sent the picture once more
    slide(page, "sweep", "Home")
    assert coloured(changed(page, name)) > 0.02
    assert page.inner_text(".control-sweep") == "gap 100 µm"


@pytest.mark.slow
def test_designs_beside_each_other_and_a_saved_picture(page: Any) -> None:
    slide(page, "sweep", "End")  # whatever was shown before
    slide(page, "sweep", "Home")
    page.wait_for_function("document.querySelector('.control-designs').innerText.includes('tight')")
    name = settled(page)
    for one in ("loose", "mid"):
        choose(page, "designs", one)
        settled(page)
    both = changed(page, name)
    assert sorted(page.locator(".control-designs .v-chip").all_inner_texts()) == sorted(RADII)
    assert page.inner_text(".control-sweep") == "through 3 designs"
    page.click(".control-times >> text=1x")
    with page.expect_download() as saved:
        page.click("text=save PNG")
    from PIL import Image

    with Image.open(saved.value.path()) as image:
        kept = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(np.subtract(kept.shape, both.shape)).max() <= 1  # the page gives it a part of a pixel
    high, wide = np.minimum(kept.shape, both.shape)[:2]
    assert differ(kept[:high, :wide], both[:high, :wide]) < 0.02


@pytest.mark.slow
def test_a_second_tab_shows_the_same_and_harms_nothing(page: Any, address: str) -> None:
    second = page.context.browser.new_context(viewport={"width": 800, "height": 600}).new_page()
    second.set_default_timeout(WAIT)
    second.goto(address)
    second.wait_for_selector(PICTURE)
    settled(second)
    name = settled(page)
    choose(second, "field", "displacement, x (µm)")
    changed(page, name)
    assert page.inner_text(".control-field") == second.inner_text(".control-field")
    name = settled(page)
    page.mouse.move(20, 20)
    page.mouse.move(900, 400)  # the picture takes the size of the tab where the mouse is
    changed(page, name)
    seen = page.eval_on_selector(PICTURE, "one => one.naturalWidth / one.naturalHeight * one.height / one.width")
    assert seen == pytest.approx(1.0, abs=0.01)
    second.close()
    name = settled(page)
    choose(page, "field", "strain (%)")
    assert coloured(changed(page, name)) > 0.02


@pytest.mark.slow
def test_results_that_break_and_go_while_they_are_shown(page: Any, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "run")
    with subprocess.Popen(command_line("view", str(tmp_path / "run"), "--no-browser", "--design", "tight"), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as viewer:  # fmt: skip
        assert viewer.stdout is not None
        tab = page.context.new_page()
        tab.goto(viewer.stdout.readline().strip())
        tab.wait_for_selector(PICTURE)
        settled(tab)
        (tmp_path / "run/designs/mid/bent.vtkhdf").write_bytes(b"broken")
        choose(tab, "designs", "mid")
        tab.wait_for_function("document.querySelector('#probe').innerText.includes('is damaged; run the study again')")
        shutil.rmtree(tmp_path / "run")
        choose(tab, "designs", "loose")
        tab.wait_for_function("document.querySelector('#probe').innerText.includes('replaced or removed')")
        assert tab.locator(".control-designs .v-chip").all_inner_texts() == ["tight"]
        name = settled(tab)
        slide(tab, "factor", "Home")
        assert coloured(changed(tab, name)) > 0.02  # what was read is still there
        viewer.send_signal(signal.SIGINT)
        assert viewer.communicate(timeout=30)[1].strip() == "stopped"
        tab.wait_for_selector("text=Connection closed")
        tab.close()
    assert viewer.returncode == 0


def test_port_that_is_taken_gives_way_to_another() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind((guard.HOST, 0))
        taken.listen()
        assert guard.free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_without_trame_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from microfem.render.viewer import server

    monkeypatch.setitem(sys.modules, "trame.app", None)
    monkeypatch.setattr(server, "open_run", lambda folder: folder)
    monkeypatch.setattr(server, "first", lambda *_: None)
    with pytest.raises(MicrofemError, match=r"pip install 'microfem\[view\]'"):
        server.serve(tmp_path)
