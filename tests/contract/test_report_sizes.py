"""A report on a telephone and on paper: nothing beyond the screen, no page that is half empty."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from microfem.families import build_layout
from microfem.report import write_report
from microfem.report.browser import find_browser, print_pdf
from support.browsing import FLAGS
from support.pages import NO_BROWSER
from support.records import case, curve, design, line, metric, summary, write_run

PHONE = {"width": 390, "height": 844}
PAPER = {"width": 688, "height": 1009}  # pixels of 1/96 inch on A4 between margins of 14 and 15 mm
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report with drawings, wide tables, curves of two kinds, and all that materials state."""
    folder = tmp_path_factory.mktemp("sizes")
    designs = {}
    for k, gap in enumerate((100.0, 200.0, 300.0, 400.0)):
        layout = build_layout("interdigital", {"finger_pairs": 2, "gap": gap})
        strains = [(0.05 * n, (1.0 + 0.05 * n) ** 2, 0.01) for n in range(12)]
        path = curve(line("ratio", *strains, x_name="strain"), title="Along the load")
        meshes = curve(line("ohms", (1e3, 1.1, 0.1), (1e4, 1.0, 0.01), x_name="cells"), title="Convergence",
                       shows="error", log=True, pictured=False)  # fmt: skip
        designs[f"comb_{k}"] = design(
            params={"finger_pairs": 2, "gap": gap},
            materials={part: layout.materials[part] for part in layout.names()},
            metrics={f"resistance_{n}": metric(10.0 + k, "ohm", 0.1) for n in range(6)},
            cases={"pulled": case(curves={"path": path, "mesh": meshes})},
        )
    calls = {f"resistance_{n}": "resistance" for n in range(6)}
    run = write_run(folder / "run", summary(designs, calls=calls, accuracy={"ohms": 0.02}))
    write_report([run], folder / "page.html")
    return folder / "page.html"


@contextmanager
def opened(page: Path, size: dict[str, int]) -> Iterator[Any]:
    """Open a page in a browser window of a size."""
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
    if not find_browser():
        pytest.skip(NO_BROWSER)
    with sync.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_browser(), args=FLAGS)
        shown = browser.new_context(viewport=size, offline=True).new_page()
        shown.goto(page.as_uri())
        yield shown
        browser.close()


def test_on_a_telephone_tables_scroll_in_their_boxes_and_pictures_fit(page: Path) -> None:
    with opened(page, PHONE) as shown:
        assert shown.evaluate(BEYOND) <= 0
        widths = shown.locator("img").evaluate_all("all => all.map(one => one.getBoundingClientRect().right)")
        assert len(widths) >= 6
        assert max(widths) <= PHONE["width"]
        boxes = shown.locator(".scroll").evaluate_all("all => all.map(one => [one.clientWidth, one.scrollWidth])")
        assert max(box for box, _ in boxes) <= PHONE["width"]
        assert max(content for _, content in boxes) > PHONE["width"]  # a table that is wider than the screen
        letters = shown.locator("td").evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
        assert min(letters) >= 12.0


def test_a_page_whose_tables_have_no_box_is_wider_than_a_telephone(page: Path, tmp_path: Path) -> None:
    """The negative control."""
    (tmp_path / "page.html").write_text(page.read_text().replace(".scroll { overflow-x: auto;", ".scroll {"))
    with opened(tmp_path / "page.html", PHONE) as shown:
        assert shown.evaluate(BEYOND) > 0


def test_pages_of_the_pdf_are_full(page: Path, tmp_path: Path) -> None:
    """The content laid out on one endless sheet takes most of the pages; the last may be empty but for a line."""
    with opened(page, PAPER) as shown:
        shown.emulate_media(media="print")
        height = shown.evaluate("document.body.scrollHeight")
    print_pdf(page, tmp_path / "page.pdf")
    pages = len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "page.pdf").read_bytes()))
    least = math.ceil(height / PAPER["height"])
    assert least >= 3
    assert least <= pages <= math.ceil(1.25 * height / PAPER["height"])


def test_pages_that_break_before_each_section_are_seen(page: Path, tmp_path: Path) -> None:
    """The negative control: a page for each section needs more pages than the content fills."""
    text = page.read_text().replace("h2 { margin-top: 6mm }", "h2, h3 { break-before: page }")
    (tmp_path / "page.html").write_text(text)
    print_pdf(tmp_path / "page.html", tmp_path / "page.pdf")
    print_pdf(page, tmp_path / "full.pdf")
    count = [len(re.findall(rb"/Type\s*/Page\b", (tmp_path / name).read_bytes())) for name in ("page.pdf", "full.pdf")]
    assert count[0] > 1.25 * count[1]
