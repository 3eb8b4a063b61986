"""Studies and results in a notebook: load, run, tables, pictures, progress."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import microfem
from microfem.api.html import html
from microfem.base.progress import tell
from microfem.base.shown import ShownInNotebook, in_notebook
from support.studies import write_study

STUDY = """\
name: flat
designs:
  near: {family: stacked, params: {length: 1 mm, width: 1 mm, gap: 50 um}}
  far: {family: stacked, params: {length: 1 mm, width: 1 mm, gap: 100 um}}
accuracy: 5 %
cases:
  field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
metrics: {resistance: resistance(field), underused: "area_fraction_below(field, below=0.5)"}
views: [{case: field, field: potential}]
"""
SPACE = "space: {near: {gap: {low: 50 um, high: 200 um}}}\nobjectives: {resistance: minimise}\nbudget: {trials: 3}\n"
CASE = {"physics": "conduction", "dimension": "section", "terminals": {"anode": "0 V", "cathode": "1 V"}}


class Seen(HTMLParser):
    """The text and the pictures of a piece of HTML; tags must close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words, self.pictures = "", 0
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.pictures += 1
            assert str(dict(attrs)["src"]).startswith("data:image/")
        elif tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data + " "


def shown(record: Any) -> Seen:
    return Seen(record._repr_html_())


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> microfem.Results:
    """Return the results of the study, which no test changes."""
    folder = tmp_path_factory.mktemp("notebook")
    return microfem.load(write_study(folder, STUDY)).run(folder / "out")


# what is shown


def test_a_layout_is_drawn_with_its_materials() -> None:
    seen = shown(microfem.interdigital(finger_pairs=1, materials={"electrolyte": "znso4_2m"}))
    assert seen.pictures == 1
    assert "electrolyte: znso4_2m" in seen.words
    assert "gap 300 µm" in seen.words


def test_a_study_shows_designs_cases_and_targets(tmp_path: Path) -> None:
    study = microfem.load(write_study(tmp_path, STUDY), "designs.near.params.gap=60um")
    words = shown(study).words
    assert re.search(r"near\s+stacked\s+1 mm²\s+60 µm", words)
    assert "case field: conduction, section" in words
    assert "metric resistance: resistance of field, to 5 %" in words


def test_a_solved_layout_shows_values_with_errors() -> None:
    solved = microfem.solve_case(microfem.stacked(length="1 mm"), CASE, ["resistance", "footprint"], accuracy=0.05)
    assert re.search(r"resistance\s+[\d.]+ Ω m", shown(solved).words)
    assert "ended within the accuracy" in shown(solved).words


def test_results_show_numbers_with_errors_and_pictures(results: microfem.Results) -> None:
    seen = shown(results)
    assert seen.pictures == 1
    exact = 50e-6 / (microfem.stacked().material("electrolyte").value("conductivity") * 1e-3)
    assert re.search(rf"resistance \(per unit depth\)\s+{exact:.6f}\d* Ω m in \[[\d., ]+\] ★", seen.words)
    assert seen.words.count("★") == 1
    assert shown(results.summary).pictures == 0
    saved = shown(results.case("near", "field"))
    assert saved.pictures == 1
    assert re.search(r"potential\s+0 V\s+1 V", saved.words)


def test_a_record_without_a_form_is_plain_text() -> None:
    assert html(ShownInNotebook()).startswith("<pre>&lt;microfem.base.shown.ShownInNotebook object")


# load and run


def test_a_study_is_run_once(results: microfem.Results) -> None:
    before = (results.folder / "summary.json").stat().st_mtime_ns
    again = microfem.load(results.folder / "study.yaml").run(results.folder)
    assert again.summary == results.summary == microfem.open_results(results.folder).summary
    assert (results.folder / "summary.json").stat().st_mtime_ns == before
    assert list(again.to_dataframe()["gap"]) == [50.0, 100.0]


def test_bad_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(microfem.InputError, match="'50' has no unit"):
        microfem.load(write_study(tmp_path, STUDY.replace("50 um", "50")))
    with pytest.raises(microfem.MicrofemError, match="states no space"):
        microfem.load(write_study(tmp_path, STUDY)).sweep(tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["sweep", "optimise"])
def test_trials_are_a_table(tmp_path: Path, how: str) -> None:
    """Plates without a margin: R = gap / (sigma length) per depth, so the narrowest gap is best."""
    study = microfem.load(write_study(tmp_path, STUDY + SPACE))
    found = study.sweep(tmp_path / "out", "grid", 3) if how == "sweep" else study.optimise(tmp_path / "out")
    table = found.to_dataframe()
    sigma = microfem.stacked().material("electrolyte").value("conductivity")
    assert list(table["resistance"]) == pytest.approx([gap * 1e-6 / (sigma * 1e-3) for gap in table["gap"]], rel=1e-5)
    assert table.attrs["units"] == {"gap": "um", **dict.fromkeys(["resistance", "resistance_error"], "ohm m"),
                                    **dict.fromkeys(["underused", "underused_error"], "1")}  # fmt: skip
    best = found.best("near")[0]
    assert best.chosen["gap"] == table["gap"].min() == found.layout(best).gap
    assert "3 trials, 3 valid" in shown(found).words
    assert best.name in shown(found).words


# progress


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have this process pass for a notebook; return what it shows, drawing by drawing."""
    drawn: list[str] = []
    handle = SimpleNamespace(update=drawn.append)
    display = ModuleType("IPython.display")
    display.HTML, display.display = str, lambda text, display_id: (drawn.append(text), handle)[1]  # type: ignore[attr-defined]
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return drawn


def test_progress_is_shown_in_a_notebook_alone(notebook: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from microfem.api import board

    monkeypatch.setattr(board, "OFTEN", 0.0)
    assert in_notebook()
    with board.progress_in_notebook(2):
        tell("solving <1>", design="near")
        tell("ok", design="near", ended=True)
    texts = [Seen(one).words for one in notebook]
    assert "near: solving <1>" in texts[1]
    assert "1 of 2" in texts[2]
    assert "near" not in texts[2]
    assert "2 of 2" in texts[-1]
    monkeypatch.delitem(sys.modules, "IPython")
    with board.progress_in_notebook(1):
        tell("solving", design="far")
    assert len(notebook) == len(texts)
