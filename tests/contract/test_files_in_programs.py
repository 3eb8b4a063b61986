"""Fabrication files in the programs that they are for: KLayout, ezdxf's audit, a browser (STEP: test_cad_solids)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from microfem.cad import Order, write_layout
from microfem.cad.write import order_pattern
from microfem.families import build_layout
from microfem.report.browser import find_browser
from support.cad_files import GRID, TOLERANCE

COMB = build_layout("interdigital", {"finger_pairs": 2, "tab_length": 800.0})
RING = build_layout("circular", {})
ORDERS = {
    "device": (COMB, Order()),
    "array": (RING, Order(repeat=(3, 2))),
    "module": (COMB, Order(repeat=(2, 2), joined=True)),
    "laser": (COMB, Order(roles=("anode", "cathode"), kerf=40.0, marks=200.0, label="{name} gap {gap} um")),
    "mask": (RING, Order(roles=("cathode",), inverted=True, marks=200.0)),
    "centreline": (COMB, Order(centreline=True, repeat=(2, 1))),
}


@pytest.mark.parametrize("key", ORDERS)
@pytest.mark.parametrize("ending", [".gds", ".oas"])
def test_klayout_opens_gdsii_and_oasis(key: str, ending: str, tmp_path: Path) -> None:
    """Every layer has the area of the pattern, in the unit of the file; lines are paths."""
    db = pytest.importorskip("klayout.db", reason="KLayout is missing: pip install '.[dev]'")
    layout, order = ORDERS[key]
    write_layout(tmp_path / f"a{ending}", layout, "comb", order)
    opened = db.Layout()
    opened.read(str(tmp_path / f"a{ending}"))
    assert opened.dbu == pytest.approx(GRID)
    [top] = opened.top_cells()
    pattern = order_pattern(layout, "comb", order)
    devices = len(pattern.grid.places())
    for layer in pattern.layers():
        index = opened.find_layer(layer.number, layer.datatype)
        count = devices if layer in pattern.device else 1
        region = db.Region(top.begin_shapes_rec(index))
        found = region.merged().area() * GRID**2
        assert found == pytest.approx(count * layer.outline(TOLERANCE).area, rel=1e-5)
        paths = [one.shape() for one in top.begin_shapes_rec(index).each() if one.shape().is_path()]
        assert len(paths) == count * len(layer.lines)


def test_klayout_takes_names_and_colours_of_layers(tmp_path: Path) -> None:
    lay = pytest.importorskip("klayout.lay", reason="KLayout is missing: pip install '.[dev]'")
    order = Order(marks=200.0)
    write_layout(tmp_path / "a.gds", COMB, "comb", order)
    write_layout(tmp_path / "a.lyp", COMB, "comb", order)
    view = lay.LayoutView()
    view.load_layout(str(tmp_path / "a.gds"))
    view.load_layer_props(str(tmp_path / "a.lyp"))
    found = {one.name: (one.source_layer, one.source_datatype) for one in view.each_layer()}
    layers = order_pattern(COMB, "comb", order).layers()
    assert found == {one.name: (one.number, one.datatype) for one in layers}


@pytest.mark.parametrize("key", ORDERS)
def test_the_audit_of_ezdxf_finds_no_error(key: str, tmp_path: Path) -> None:
    ezdxf = pytest.importorskip("ezdxf")
    layout, order = ORDERS[key]
    write_layout(tmp_path / "a.dxf", layout, "comb", order)
    audit = ezdxf.readfile(tmp_path / "a.dxf").audit()
    assert (audit.errors, audit.fixes) == ([], [])


@pytest.fixture(scope="module")
def page() -> Any:
    """Return an empty page of a browser."""
    sync = pytest.importorskip("playwright.sync_api", reason="Playwright is missing: pip install '.[dev]'")
    chromium = find_browser()
    if not chromium:
        pytest.skip("Chromium is missing: apt-get install chromium")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        yield browser.new_page()
        browser.close()


@pytest.mark.slow
@pytest.mark.parametrize("key", ORDERS)
def test_a_browser_draws_svg_to_scale(key: str, page: Any, tmp_path: Path) -> None:
    """The drawn layers have the extent of the pattern in mm, where a pixel of CSS is 1/96 inch."""
    layout, order = ORDERS[key]
    write_layout(tmp_path / "a.svg", layout, "comb", order)
    page.goto((tmp_path / "a.svg").as_uri())
    x0, y0, x1, y1 = order_pattern(layout, "comb", order).box()
    box = page.evaluate(
        """() => {
            const all = [...document.querySelectorAll("svg > g")].map(one => one.getBoundingClientRect());
            return [Math.min(...all.map(one => one.left)), Math.min(...all.map(one => one.top)),
                    Math.max(...all.map(one => one.right)), Math.max(...all.map(one => one.bottom))];
        }"""
    )
    pixel = 25400.0 / 96.0  # um
    line = 0.005 * max(x1 - x0, y1 - y0) + pixel  # half of a stroke
    assert pixel * (box[2] - box[0]) == pytest.approx(x1 - x0, abs=line)
    assert pixel * (box[3] - box[1]) == pytest.approx(y1 - y0, abs=line)
    assert page.evaluate("document.querySelector('parsererror') === null")
