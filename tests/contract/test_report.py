"""The report of a run: that it needs nothing else, and that all that a reader must know is in it."""

from __future__ import annotations

import base64
import json
import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from microfem.families import build_layout
from microfem.materials import Property
from microfem.report.browser import find_browser
from microfem.results.comparison import number
from microfem.results.summary import to_json
from support.commands import Command
from support.pages import NO_BROWSER, asked
from support.records import with_case, with_design, write_run
from support.studies import summary_of, two_runs

STUDY = """\
name: small
source: "Nobody & Sons, <script>alert(1)</script>, 2024"
# How much does a wider gap
# cost? Two combs tell.
designs:
  near: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  same: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
  far: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}, materials: {electrolyte: gel}}
accuracy: 2 %
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
  pulled: {physics: hyperelasticity, dimension: plan, order: 1, load: {stretch: {strain: 10 %, axis: x}}}
metrics:
  resistance: resistance(field)
  peak: current_max_over_mean(field)
  force: axial_force(pulled)
materials: {gel: {conductivity: {value: 15, unit: mS/cm, source: "chosen here", grade: range}}}
views:
  - {case: field, field: potential}
expect:
  near: {resistance: {min: 0.001 ohm m, why: "it conducts <so so>"}}
"""
HEADS = ["Designs", "Answer", "What limits it", "Numbers in doubt", "Numbers that are missing",
         "Designs that are not alike", "Values of materials", "Details", "Numbers", "Metrics", "Differences and ties",
         "At each step of pulled", "Expectations", "Pictures", "Fields", "Along the load", "Method",
         "Parameters, interdigital", "Solves", "Convergence", "Sources", "Materials", "Provenance"]  # fmt: skip
CHAPTERS = ("Designs", "Answer", "What limits it", "Numbers", "Pictures", "Method", "Sources")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs of the study, which no test changes."""
    return two_runs(tmp_path_factory.mktemp("runs"), STUDY)


@pytest.fixture(scope="module")
def page(runs: Path) -> Path:
    """Return the report of the first run."""
    from microfem.report import write_report

    write_report([runs / "first"], runs / "page.html")
    return runs / "page.html"


def heads(page: Path) -> list[str]:
    """Return the chapters and sections of a page in their order."""
    return re.findall(r"<h[23]>(.*?)</h[23]>", page.read_text())


def spaced(text: str) -> str:
    """Return a text with spaces in place of underscores, as a page has names."""
    return text.replace("_", " ")


def plain(page: Path) -> str:
    """Return the text of a page without what only keeps words on a line."""
    return unescape(re.sub(r"</?span[^>]*>", "", page.read_text()))


# what is in it


def test_the_page_needs_nothing_else(page: Path) -> None:
    assert asked(page.read_text()) == []
    assert asked((page.parent / "first/index.html").read_text()) == []


def test_a_page_that_asks_for_something_is_seen() -> None:
    assert asked("<img src='https://example.org/a.png'><script>1</script>") == ["https://example.org/a.png", "script"]
    assert asked("<style>@import 'x.css'; p { background: url(x) }</style><a href='b.html'>") == [
        "b.html", "@import", "url(",
    ]  # fmt: skip


def test_pictures_are_in_the_page_as_they_were_drawn(page: Path) -> None:
    """Their colour bars are read back in tests/images/test_bars.py."""
    drawn = [base64.b64encode(path.read_bytes()).decode() for path in (page.parent / "first/pictures").glob("*.png")
             if path.name != "pulled-path.png"]  # fmt: skip
    assert len(drawn) == 1
    assert page.read_text().count(f"data:image/png;base64,{drawn[0]}'") == 1


def test_every_section_is_there_in_its_order(page: Path) -> None:
    assert heads(page) == HEADS


def test_numbers_sources_and_warnings_are_there(page: Path) -> None:
    text, told = plain(page), summary_of(page.parent / "first")
    assert "How much does a wider gap cost? Two combs tell." in text
    for one in told.designs.values():
        assert all(number(value) in text for value in one.metrics.values() if value.value is not None)
        assert all(spaced(value.refused) in text for value in one.metrics.values())
        assert any(value.refused for value in one.metrics.values())
        for material in one.materials.values():
            assert all(value.source in text for value in material.properties.values())
        assert all(f"{case.report.ncells:,}" in text for case in one.cases.values())
    assert all(value in text for value in [*told.inputs.designs.values(), *told.versions.values()])
    assert all(difference in text for difference in told.differs)
    assert "it conducts <so so>" in text
    assert re.search(r"values on which sources disagree: .*; gel \(conductivity\)</li>", text)


@pytest.mark.slow
def test_laws_that_are_used_beyond_their_materials_are_named(runs: Path, tmp_path: Path, microfem: Command) -> None:
    """The comb is pulled by 10 %: what breaks at 0.1 % is named, what breaks at 90 % is not."""
    shutil.copytree(runs / "first", tmp_path / "run")
    told = summary_of(tmp_path / "run")

    def warned(value: float, key: str = "fracture_strain", unit: str = "1") -> str:
        materials = told.designs["near"].materials
        weak = replace(materials["anode"], properties={key: Property(value=value, unit=unit, source="")})
        write_run(tmp_path / "run", with_design(told, "near", materials={**materials, "anode": weak}))
        assert microfem("report", tmp_path / "run", "-o", tmp_path / "page.html").status == 0
        return plain(tmp_path / "page.html")

    said = "near: pulled: 100 % of 'anode' is"
    assert f"{said} strained beyond the fracture strain of zinc, 0.001: its law is extrapolated there" in warned(0.001)
    assert said not in warned(0.9)
    assert f"{said} stressed beyond the yield stress of zinc, 0.01 MPa: its law" in warned(0.01, "yield_stress", "MPa")
    assert said not in warned(1e9, "yield_stress", "MPa")


def test_what_a_study_says_is_text_and_not_html(page: Path) -> None:
    for path in (page, page.parent / "first/index.html"):
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in path.read_text()
        assert "<script" not in path.read_text()


def test_equal_layouts_are_drawn_once(page: Path) -> None:
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page.read_text())
    assert [one for one in captions if "interdigital" in one] == ["near, same (interdigital)", "far (interdigital)"]


def test_ties_and_differences(page: Path) -> None:
    name = r"resistance <i>R</i> \(per unit depth\)"
    row = re.search(rf"<tr><td>{name}</td><td>([^<]*)</td><td>lower</td><td>(.*?)</td>", page.read_text())
    assert row is not None
    assert (unescape(row[1]), row[2]) == ("near ≈ same < far", "near, same")


# what results keep for it


def test_results_tell_what_each_mesh_gave(runs: Path) -> None:
    one = summary_of(runs / "first").designs["far"]
    meshes = {line.name: line for case in one.cases.values() for line in case.curves["mesh"].lines}
    assert set(meshes) == {"resistance", "force"}
    for name, line in meshes.items():
        assert list(line.x) == sorted(set(line.x))
        assert (line.y[-1], line.error[-1]) == (one.metrics[name].value, one.metrics[name].error)
    assert len(meshes["resistance"].x) > 1
    assert meshes["resistance"].x[-1] == one.cases["field"].report.ncells


def test_results_tell_what_designs_are_made_of(runs: Path) -> None:
    designs = summary_of(runs / "second").designs
    assert [one.params["gap"] for one in designs.values()] == [100.0, 200.0, 300.0]  # as --set left it
    layout = build_layout("interdigital", designs["near"].params)
    assert set(designs["near"].materials) == set(layout.names())
    assert designs["far"].materials["electrolyte"].name == "gel"


def test_results_without_those_give_a_page_without_them(runs: Path, tmp_path: Path, microfem: Command) -> None:
    shutil.copytree(runs / "first", tmp_path / "old")
    told = summary_of(tmp_path / "old")
    for name, one in told.designs.items():
        told = with_design(told, name, params={}, placement=None, materials={})
        for case, found in one.cases.items():
            told = with_case(told, name, case, curves={key: found.curves[key] for key in found.curves if key != "mesh"})
    write_run(tmp_path / "old", told)
    assert microfem("report", tmp_path / "old", "-o", tmp_path / "old.html").status == 0
    gone = (
        "Designs",
        "Numbers in doubt",
        "Values of materials",
        "Parameters, interdigital",
        "Convergence",
        "Materials",
    )
    assert heads(tmp_path / "old.html") == [one for one in HEADS if one not in gone]


# how the command ends


def test_report_writes_where_it_is_told(runs: Path, tmp_path: Path, microfem: Command,
                                        monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    ended = microfem("report", runs / "first")
    assert (ended.status, ended.out, ended.err) == (0, "first-report.html\n", "")
    assert (tmp_path / "first-report.html").is_file()
    assert microfem("report", runs / "first", "-o", "sub/mine.html").out == "sub/mine.html\n"
    assert (tmp_path / "sub/mine.html").read_text() == (tmp_path / "first-report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["report", "nowhere"], "nowhere holds no results; run a study into it with: microfem run STUDY -o "),
        (["report", "empty"], "empty holds no results"),
        (["report", "RUN", "-o", "mine.pdf"], "'mine.pdf' does not end in .html; a PDF is made beside it with --pdf"),
        (["report", "RUN", "-o", "file/mine.html"], "cannot write file/mine.html: "),
        (["report", "RUN", "-o", "RUN/mine.html"], "which the next run replaces; name a file elsewhere"),
        (["compare", "RUN", "nowhere", "--html", "mine.html"], "nowhere holds no results"),
        (["compare", "RUN", "--html", "mine.html", "--json"], "--html and --json do not go together"),
        (["report"], "Missing argument"),
    ],
)
def test_reports_that_cannot_be_made(
    runs: Path, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    ended = microfem(*(one.replace("RUN", str(runs / "first")) for one in arguments))
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file"]


def test_results_that_are_broken_are_refused(runs: Path, tmp_path: Path, microfem: Command) -> None:
    shutil.copytree(runs / "first", tmp_path / "broken")
    told = to_json(summary_of(tmp_path / "broken"))
    del told["designs"]["near"]["cases"]["field"]["report"]["ncells"]
    (tmp_path / "broken/summary.json").write_text(json.dumps(told))
    ended = microfem("report", tmp_path / "broken", "-o", tmp_path / "page.html")
    assert (ended.status, ended.out) == (2, "")
    assert "damaged or of another version; run the study again" in ended.err
    assert not (tmp_path / "page.html").exists()


def test_compare_writes_a_page_of_several_runs(runs: Path, tmp_path: Path, microfem: Command) -> None:
    path = tmp_path / "both.html"
    ended = microfem("compare", runs / "first", runs / "second", "--html", path)
    assert (ended.status, ended.out) == (0, f"{path}\n")
    text = path.read_text()
    assert asked(text) == []
    for name in ("first/near", "second/near", "second/far"):
        assert name in text
    assert text.count("How much does a wider gap cost?") == 2
    assert "second/near &lt; first/near ≈ first/same ≈ second/same &lt; first/far ≈ second/far" in text


def test_without_a_browser_the_page_is_there_and_the_pdf_is_refused(
    runs: Path, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = microfem("report", runs / "first", "-o", tmp_path / "page.html", "--pdf")
    assert ended.status == 2
    assert "no browser to print the PDF with (looked for chromium, " in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_browser_that_fails_is_told_of(
    runs: Path, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "bin/chromium"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'no room on the device' >&2\nexit 7\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:/bin:/usr/bin")
    ended = microfem("report", runs / "first", "-o", tmp_path / "page.html", "--pdf")
    assert ended.status == 2
    assert "(status 7): no room on the device" in ended.err


# in a browser


def test_a_browser_prints_the_page(runs: Path, tmp_path: Path, microfem: Command) -> None:
    if not find_browser():
        pytest.skip(NO_BROWSER)
    ended = microfem("report", runs / "first", "-o", tmp_path / "page.html", "--pdf")
    assert (ended.status, ended.out) == (0, f"{tmp_path / 'page.html'}\n{tmp_path / 'page.pdf'}\n")
    data = (tmp_path / "page.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) > 1


def seen(page: Path) -> dict[str, Any]:
    """Open a page in a browser that may load nothing but it; return what was asked for and what a reader sees."""
    if not find_browser():
        pytest.skip(NO_BROWSER)
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
    options = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
               "--disable-component-update", "--disable-sync"]  # fmt: skip
    asked_for: list[str] = []
    troubles: list[str] = []
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_browser(), args=options)
        shown = browser.new_context(offline=True).new_page()
        shown.on("request", lambda request: asked_for.append(request.url))
        shown.on("console", lambda message: troubles.append(message.text))
        shown.on("pageerror", lambda error: troubles.append(str(error)))
        shown.route("**", lambda route: route.continue_() if route.request.url == page.as_uri() else route.abort())
        shown.goto(page.as_uri())
        found = {
            "heads": shown.locator("h2").all_inner_texts(),
            "rows": shown.locator("table").evaluate_all("all => all.map(one => one.rows.length)"),
            "images": shown.locator("img").evaluate_all("all => all.map(one => one.complete ? one.naturalWidth : 0)"),
            "beyond": shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"),
            "cells": shown.locator("table").first.locator("td").all_inner_texts(),
        }
        browser.close()
    return {**found, "asked": [url for url in asked_for if not url.startswith("data:")], "troubles": troubles}


def test_a_browser_without_a_network_shows_all_and_asks_for_nothing(page: Path) -> None:
    found = seen(page)
    assert (found["asked"], found["troubles"]) == ([page.as_uri()], [])
    assert found["heads"] == [one for one in HEADS if one in CHAPTERS]
    assert len(found["rows"]) == 9  # two of them along the load
    assert all(rows > 1 for rows in found["rows"])
    assert len(found["images"]) == 6  # two layouts, the field, along the load, errors of two cases
    assert all(width > 100 for width in found["images"])
    assert found["beyond"] <= 0
    for one in summary_of(page.parent / "first").designs.values():
        assert any(cell.startswith(number(one.metrics["resistance"])) for cell in found["cells"])


def test_a_browser_sees_a_page_that_asks_for_something(page: Path, tmp_path: Path) -> None:
    """With the page's policy taken out, and then with it: the browser itself refuses."""
    text = page.read_text().replace("</h1>", "</h1><img src='http://127.0.0.1:9/far.png'>", 1)
    (tmp_path / "far.html").write_text(re.sub(r"<meta http-equiv[^>]*>", "", text))
    assert "http://127.0.0.1:9/far.png" in seen(tmp_path / "far.html")["asked"]
    (tmp_path / "guarded.html").write_text(text)
    assert any("Content Security Policy" in one for one in seen(tmp_path / "guarded.html")["troubles"])
