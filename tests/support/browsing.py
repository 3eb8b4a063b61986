"""The viewer in a real browser: start it, open its page, choose from its controls, read its pictures."""

from __future__ import annotations

import io
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.render.viewer import guard
from microfem.report.browser import find_browser
from support.commands import command_line

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
PICTURE = ".mf-picture img"
FOOT = 88  # pixels of the picture below the panels
WAIT = 60_000  # ms, on a machine that does other things as well


@contextmanager
def viewing(folder: Path) -> Iterator[str]:
    """View a run and yield the address; stop with Ctrl-C."""
    pytest.importorskip("trame.app", reason="trame is missing: pip install 'microfem[view]'")
    with subprocess.Popen(command_line("view", str(folder), "--no-browser"), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as viewer:  # fmt: skip
        assert viewer.stdout is not None
        yield viewer.stdout.readline().strip()
        viewer.send_signal(signal.SIGINT)
        _, told = viewer.communicate(timeout=30)
    assert (viewer.returncode, told.strip()) == (0, "stopped")


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Chromium, or skip the test without it."""
    sync = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: pip install playwright")
    path = find_browser()
    if not path:
        pytest.skip("Chromium is missing: apt-get install chromium fonts-dejavu-core")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def browsing(address: str) -> Iterator[Any]:
    """Open the viewer's page as the command does, and wait for its first picture."""
    with chromium() as browser:
        opened = browser.new_context(viewport={"width": 1300, "height": 850}).new_page()
        opened.set_default_timeout(WAIT)
        opened.asked = []
        opened.on("request", lambda request: opened.asked.append(request.url))
        opened.told = []
        opened.on("console", lambda told: opened.told.append(told.text))
        with guard.redirecting(address) as file:
            opened.goto(file.as_uri())
            opened.wait_for_url("**/index.html*")
        opened.wait_for_selector(PICTURE)
        settled(opened)
        yield opened


def settled(page: Any) -> str:
    """Wait until no new picture comes for 0.7 s, and return the last one's name."""
    before, now = "", page.get_attribute(PICTURE, "src")
    while before != now:
        page.wait_for_timeout(700)
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


def ends_of_map(image: Any, colours: str) -> list[bool]:
    """Tell whether there are pixels in the first and in the last colour of the map, as at the ends of the range."""
    import matplotlib

    ends = np.array([matplotlib.colormaps[colours](end)[:3] for end in (0.0, 1.0)]) * 255.0
    return [bool((np.abs(image - end).max(axis=2) < 12).mean() > 2e-4) for end in ends]


def differ(one: Any, other: Any) -> float:
    """Return the share of pixels that changed."""
    return float((np.abs(one - other) > 30).any(axis=2).mean())


def choose(page: Any, control: str, text: str) -> None:
    """Choose from a list."""
    page.click(f".control-{control}")
    page.get_by_role("option", name=text, exact=True).click()
    page.keyboard.press("Escape")


def slide(page: Any, control: str, key: str, times: int = 1) -> None:
    """Move a slider by keys."""
    page.locator(f".control-{control} .v-slider-thumb").focus()
    for _ in range(times):
        page.keyboard.press(key)
