"""How long the viewer takes until its first picture in Chromium, and how many pictures a second come while it turns.

Run as `python benchmarks/viewer.py [FOLDER]`; without a folder of results it shows a block of a million tetrahedra.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from microfem.physics import Report
from microfem.report.browser import find_browser
from microfem.results.files import SUMMARY
from microfem.results.summary import CaseResult, DesignResult, Summary, write_record
from microfem.solve.ending import Ended, Reason

VOXELS = (80, 80, 32)  # of five tetrahedra each: 1,024,000
REPEATS = 3
WINDOW = {"width": 1280, "height": 720}
TURNING = 4.0  # s
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
PICTURE = ".mf-picture img"
COUNT = """selector => {
  window.pictures = new Set()
  const image = document.querySelector(selector), small = new OffscreenCanvas(64, 36).getContext('2d')
  image.addEventListener('load', () => {
    small.drawImage(image, 0, 0, 64, 36)
    window.pictures.add(small.getImageData(0, 0, 64, 36).data.join())
  })
}"""


def write_block(folder: Path) -> None:
    """Write results of a million tetrahedra: fingers in an electrolyte on a substrate, with a curved potential."""
    import pyvista as pv

    size = np.array(VOXELS)
    made = pv.ImageData(dimensions=size + 1, spacing=(25.0, 25.0, 12.5)).to_tetrahedra(5)
    grid = pv.UnstructuredGrid({10: np.asarray(made.cells_dict[10])}, np.asarray(made.points))
    x, _, z = np.asarray(grid.points, dtype=float).T
    grid.point_data["potential"] = 0.5 + 0.5 * np.sin(2.0 * np.pi * x / 500.0) * np.exp(-((z - 200.0) ** 2) / 2e4)
    across, _, height = np.asarray(grid.cell_centers().points).T
    finger, lying = (across // 250.0).astype(int), (height > 100.0) & (height < 150.0) & (across % 250.0 < 125.0)
    grid.cell_data["region"] = np.where(height < 100.0, 0, np.where(lying, 2 + finger % 2, 1)).astype(np.int32)
    place = folder / "designs" / "block"
    place.mkdir(parents=True)
    grid.save(str(place / "field.vtkhdf"))
    roles = {name: name for name in ("substrate", "electrolyte", "anode", "cathode")}
    fields = {"potential": {"label": "potential", "unit": "V", "moved": "displacement"}}
    about = {"fields": fields, "regions": roles, "dimension": "3d", "physics": "conduction", "gap": 125.0}
    about |= {"plane": 125.0, "z": {}, "drawn_where": "", "limits_known": []}
    (place / "field.fields.json").write_text(json.dumps(about))
    write_record(folder / SUMMARY, _summary())


def _summary() -> Summary:
    nothing = Report(ncells=0, ndofs=0, seconds=0.0, residual=0.0, balance_error=0.0)
    ended = Ended(Reason.ACCURATE)
    case = CaseResult(report=nothing, ended=ended, stopped="", totals={}, curves={}, states=(), files=())
    design = DesignResult(
        fingerprint="",
        family="interdigital",
        source="",
        params={},
        placement=None,
        materials={},
        status="ok",
        message="",
        seconds=0.0,
        cases={"field": case},
    )
    return Summary(study="a million cells", source="", versions={}, designs={"block": design}, expect=(), inputs=None)


@contextmanager
def viewing(folder: Path) -> Iterator[str]:
    """Start the viewer and yield its address."""
    command = [sys.executable, "-m", "microfem", "view", str(folder), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as viewer:
        assert viewer.stdout is not None
        try:
            yield viewer.stdout.readline().strip()
        finally:
            viewer.send_signal(signal.SIGINT)


def first_picture(browser: Any, folder: Path) -> tuple[float, float]:
    """Return the seconds from the start of the process to its address, and to the first picture in Chromium."""
    page = browser.new_context(viewport=WINDOW).new_page()
    started = time.perf_counter()
    with viewing(folder) as address:
        ready = time.perf_counter() - started
        page.goto(address)
        page.wait_for_selector(PICTURE, timeout=120_000)
        seen = time.perf_counter() - started
        page.close()
    return ready, seen


def turning(browser: Any, folder: Path) -> float:
    """Return how many different pictures a second arrive while the mouse turns the scene."""
    page = browser.new_context(viewport=WINDOW).new_page()
    with viewing(folder) as address:
        page.goto(address)
        page.wait_for_selector(PICTURE, timeout=120_000)
        page.wait_for_timeout(3000)
        page.evaluate(COUNT, PICTURE)
        box = page.locator(PICTURE).bounding_box()
        x, y = box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]
        page.mouse.move(x, y)
        page.mouse.down()
        started = time.perf_counter()
        while (past := time.perf_counter() - started) < TURNING:
            page.mouse.move(x + 60.0 * np.sin(2.0 * past), y + 30.0 * np.cos(2.0 * past))
            page.wait_for_timeout(15)
        page.mouse.up()
        count = int(page.evaluate("window.pictures.size"))
        page.close()
    return count / TURNING


def measure(folder: Path) -> dict[str, float]:
    """Return the median seconds of starts after the first, and the pictures a second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        starts = [first_picture(browser, folder) for _ in range(REPEATS + 1)][1:]
        turned = turning(browser, folder)
        browser.close()
    address, picture = (median(times) for times in zip(*starts, strict=True))
    return {"address (s)": address, "first picture (s)": picture, "pictures a second": turned}


def main() -> None:
    """Measure the stated folder, or a block of a million cells."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(made) / "block"
        if len(sys.argv) < 2:
            write_block(folder)
        for name, value in measure(folder).items():
            print(f"{name:20s} {value:.2f}")


if __name__ == "__main__":
    main()
