"""The viewer in a real browser: pictures with colours, controls that change them, and nobody without the token."""

from __future__ import annotations

import io
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

from microfem.errors import MicrofemError
from microfem.render import guard

STUDY = """\
name: strips
designs:
  narrow: {family: interdigital, params: {finger_pairs: 2, gap: 200 um}}
  wide: {family: interdigital, params: {finger_pairs: 2, gap: 400 um}}
accuracy: 20 %
cases:
  bent: {physics: elasticity, dimension: section, load: {bend: {radius: 5 mm, axis: y}}}
metrics:
  stiffness: bending_stiffness(bent)
views:
  - {case: bent, field: von_mises}
"""
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
PICTURE = ".v-main img"
WAIT = 60_000  # ms, on a machine that does other things as well


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "microfem.cli", *arguments]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a small study, view it, and stop with Ctrl-C."""
    pytest.importorskip("trame.app", reason="trame is missing: pip install 'microfem[view]'")
    folder = tmp_path_factory.mktemp("view")
    (folder / "study.yaml").write_text(STUDY)
    subprocess.run(command("run", str(folder / "study.yaml"), "-o", str(folder / "out"), "-q"), check=True)
    with subprocess.Popen(command("view", str(folder / "out"), "--no-browser"), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as viewer:  # fmt: skip
        assert viewer.stdout is not None
        yield viewer.stdout.readline().strip()
        viewer.send_signal(signal.SIGINT)
        _, told = viewer.communicate(timeout=30)
    assert (viewer.returncode, told.strip()) == (0, "stopped")


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: pip install playwright")
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("Chromium is missing: apt-get install chromium")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        opened = browser.new_page(viewport={"width": 1300, "height": 850})
        opened.set_default_timeout(WAIT)
        opened.asked = []
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.goto(address)
        opened.wait_for_selector(PICTURE)
        settled(opened)
        yield opened
        browser.close()


def settled(page: Any) -> str:
    """Wait until no new picture comes for a second, and return the last one's name."""
    before, now = "", page.get_attribute(PICTURE, "src")
    while before != now:
        page.wait_for_timeout(1000)
        before, now = now, page.get_attribute(PICTURE, "src")
    return now


def changed(page: Any, before: str) -> Any:
    """Wait for another picture and return its pixels (height, width, 3)."""
    page.wait_for_function(f"before => document.querySelector('{PICTURE}').src != before", arg=before)
    settled(page)
    return pixels(page)


def pixels(page: Any) -> Any:
    from PIL import Image

    shot = page.locator(PICTURE).screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def coloured(image: Any) -> float:
    """Return the share of pixels that are neither white nor grey nor black."""
    return float((np.ptp(image, axis=2) > 60).mean())


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


@pytest.mark.slow
def test_picture_has_colours_and_comes_from_here_alone(page: Any, address: str) -> None:
    assert coloured(pixels(page)) > 0.02
    base = address.split("/?")[0]
    assert [url for url in page.asked if not url.startswith((base, base.replace("http", "ws"), "blob:", "data:"))] == []


@pytest.mark.slow
def test_controls_change_the_picture(page: Any, tmp_path: Path) -> None:
    first, name = pixels(page), settled(page)
    page.click(".control-field")
    page.click(".v-list-item:has-text('von Mises')")
    field = changed(page, name)
    assert (np.abs(field - first) > 30).any(axis=2).mean() > 0.01
    name = settled(page)
    page.locator(".control-factor .v-slider-thumb").focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    flat = changed(page, name)
    assert page.inner_text(".control-factor") == "deformation 0.00"
    assert coloured(flat) > 0.02
    assert (np.abs(flat - field) > 30).any(axis=2).mean() > 0.01
    name = settled(page)
    page.click(".control-designs")
    page.click(".v-list-item:has-text('narrow')")
    page.keyboard.press("Escape")
    alone = changed(page, name)
    assert page.locator(".control-designs .v-chip").all_inner_texts() == ["wide"]
    assert coloured(alone) > 0.02
    box = page.locator(PICTURE).bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_function("document.querySelector('#probe').innerText.includes('von Mises')")
    assert re.fullmatch(r"wide, \w+: von Mises stress [\d.e+-]+ MPa at \(.*, 0, .*\) µm", page.inner_text("#probe"))
    with page.expect_download() as saved:
        page.click("text=save PNG")
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
    page.screenshot(path=str(tmp_path / "viewer.png"))


def test_port_that_is_taken_gives_way_to_another() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind((guard.HOST, 0))
        taken.listen()
        assert guard.free_port(taken.getsockname()[1]) != taken.getsockname()[1]


def test_without_trame_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from microfem.render import server

    monkeypatch.setitem(sys.modules, "trame.app", None)
    monkeypatch.setattr(server, "open_run", lambda folder: folder)
    monkeypatch.setattr(server, "first", lambda *_: None)
    with pytest.raises(MicrofemError, match=r"pip install 'microfem\[view\]'"):
        server.serve(tmp_path)
