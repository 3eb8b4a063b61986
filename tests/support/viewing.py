"""The viewer in Chromium: start both, wait for pictures, compare them, use controls."""

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

from microfem.report.browser import find_browser
from support.commands import command_line

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
PICTURE = ".mf-picture img"
FOOT = 88  # pixels below the panels
WAIT = 60_000  # ms, on a machine that does other things as well


@contextmanager
def viewing(folder: Path, *options: str) -> Iterator[str]:
    """View a run, yield the address, and stop with Ctrl-C."""
    pytest.importorskip("trame.app", reason="trame is missing: pip install 'microfem[view]'")
    with subprocess.Popen(command_line("view", str(folder), "--no-browser", *options), stdout=subprocess.PIPE,
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
