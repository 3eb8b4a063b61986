"""A case that fails leaves the pictures and the numbers of the others, and is called failed, not refused."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest

from microfem.base.series import Series
from microfem.metrics.curve import CURVES, SolvedCase
from microfem.render.viewer.state import open_run
from microfem.report import write_report
from microfem.results.comparison import number, print_summary
from microfem.results.summary import DesignResult
from support.studies import results_of, summary_of

STUDY = """name: half
designs: {one: {family: interdigital, params: {finger_pairs: 1}, materials: {anode: wet, cathode: wet,
  electrolyte: wet, substrate: wet}}}
materials: {wet: {conductivity: {value: 1, unit: S/m, source: made for a test}}}
cases:
  field: {physics: conduction, dimension: section, terminals: {anode: 0 V, cathode: 1 V}}
  pull: {physics: elasticity, dimension: section, load: {stretch: {strain: 1 %}}}
metrics: {resistance: resistance(field), strain: max_strain(pull), peak: current_max_over_mean(field)}
views:
  - {case: field, field: potential}
  - {case: pull, field: displacement}
"""


PULL = "  pull: {physics: elasticity, dimension: section, load: {stretch: {strain: 1 %}}}\n"
PULLED = "  - {case: pull, field: displacement}\n"


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return results_of(tmp_path_factory.mktemp("half"), STUDY)


@pytest.fixture
def one(done: Path) -> DesignResult:
    return summary_of(done).designs["one"]


def test_a_failed_case_is_not_a_refused_metric(done: Path, one: DesignResult) -> None:
    assert one.status == "failed"
    assert list(one.failures) == ["pull"]
    assert one.message == f"case pull: {one.failures['pull']}"
    assert [number(one.metrics[name]) for name in ("strain", "peak")] == ["failed", "refused"]
    assert one.metrics["strain"].refused == ""
    assert one.metrics["strain"].failed == "its case pull failed"
    rows = {row["metric"]: row for row in csv.DictReader((done / "metrics.csv").open())}
    assert (rows["strain"]["refused"], rows["strain"]["failed"]) == ("", "its case pull failed")
    assert (rows["peak"]["failed"], rows["peak"]["refused"] != "") == ("", True)


def test_tables_say_which_is_which(done: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(summary_of(done))
    lines = {line.split()[1]: line for line in capsys.readouterr().out.splitlines() if line.startswith("│")}
    assert "failed" in lines["strain"]
    assert "refused" in lines["peak"]
    write_report([done], tmp_path / "report.html")
    for page in (done / "index.html", tmp_path / "report.html"):
        text = page.read_text()
        assert text.count("<i>failed</i>") == 1
        assert text.count("<i>refused</i>") == 1


def test_pictures_and_fields_of_the_other_case_are_there(done: Path, one: DesignResult) -> None:
    assert [path.name for path in (done / "pictures").glob("*-field-*.png")] == ["01-field-potential.png"]
    assert (one.metrics["resistance"].value or 0.0) > 0.0
    assert open_run(done).designs == ("one",)
    undrawn = summary_of(done).undrawn
    assert [line.startswith("no picture of displacement of pull") for line in undrawn] == [True]


def test_a_curve_that_fails_leaves_the_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: SolvedCase) -> list[Series]:
        return [Series(name="u", unit="V", x_name="x", x_unit="um", x=(1.0,), y=(math.nan,), error=(None,))]

    kept = CURVES.get("mesh")
    monkeypatch.setitem(CURVES._things, "mesh", replace(kept, function=broken))
    text = STUDY.replace("strain: max_strain(pull), ", "").replace(PULL, "").replace(PULLED, "")
    result = summary_of(results_of(tmp_path, text)).designs["one"]
    assert (result.status, result.metrics["resistance"].failed) == ("ok", "")
    assert "mesh" not in result.cases["field"].curves
    assert [note for note in result.warnings if "curve" in note] == [
        "field: no curve 'mesh': series 'u' has the value nan at x = 1; leave it out"
    ]
