"""Plots for papers: what stands in them, their widths and formats, and how the command ends."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.render.plot import draw_along, draw_errors, draw_fingers, draw_metrics, varied
from support.commands import Command
from support.studies import results_of, summary_of

STUDY = """\
name: small
designs:
  wide: {family: interdigital, params: {finger_pairs: 1, gap: 300 um}}
  near: {family: interdigital, params: {finger_pairs: 1, gap: 100 um}}
  mid: {family: interdigital, params: {finger_pairs: 1, gap: 200 um}}
accuracy: 20 %
cases:
  field: {physics: conduction, dimension: section, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
  flat: {physics: conduction, dimension: plan, order: 1, terminals: {anode: 0 V, cathode: 1 V}}
  pulled: {physics: hyperelasticity, dimension: plan, order: 1, load: {stretch: {strain: 10 %, axis: x}}}
metrics: {resistance: resistance(field), peak: current_max_over_mean(field), force: axial_force(pulled)}
"""
POINTS, MM = 72.0, 25.4  # of an inch


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of the study, which no test changes."""
    return results_of(tmp_path_factory.mktemp("plots"), STUDY)


@pytest.fixture
def summary(run: Path) -> dict[str, Any]:
    return summary_of(run)


def test_designs_that_differ_in_one_number_are_plotted_against_it(summary: dict[str, Any]) -> None:
    assert varied(summary["designs"]) == ("gap", "um")
    axis = draw_metrics(summary, ["resistance"], 90.0).axes[0]
    assert axis.get_xlabel() == "gap (µm)"
    values = [summary["designs"][name]["metrics"]["resistance"]["value"] for name in ("near", "mid", "wide")]
    assert axis.lines[0].get_xdata() == pytest.approx([100.0, 200.0, 300.0])
    assert axis.lines[0].get_ydata() == pytest.approx(values)


def test_designs_that_differ_in_more_have_a_place_each(summary: dict[str, Any]) -> None:
    summary["designs"]["mid"]["params"]["finger_pairs"] = 2
    assert varied(summary["designs"]) is None
    axis = draw_metrics(summary, ["resistance"], 90.0).axes[0]
    assert [one.get_text() for one in axis.get_xticklabels()] == ["wide", "near", "mid"]
    assert axis.lines[0].get_linestyle() == "None"


def test_designs_of_unlike_materials_are_no_series(summary: dict[str, Any]) -> None:
    summary["designs"]["mid"]["materials"]["anode"]["name"] = "gold"
    assert varied(summary["designs"]) is None
    assert varied({"alone": summary["designs"]["near"]}) is None


def test_histories_are_plotted_against_what_the_load_states(summary: dict[str, Any]) -> None:
    axis = draw_along(summary, ["axial_force"], 90.0).axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("strain", "axial force (µN)")
    rows = summary["designs"]["near"]["cases"]["pulled"]["history"]
    line = axis.containers[1].lines[0]
    assert line.get_xdata() == pytest.approx([row["numbers"]["strain"][0] for row in rows])
    assert line.get_ydata() == pytest.approx([row["numbers"]["axial_force"][0] for row in rows])


def test_errors_are_plotted_against_cells(summary: dict[str, Any]) -> None:
    axis = draw_errors(summary, ["resistance"], 90.0).axes[0]
    assert (axis.get_xscale(), axis.get_yscale(), axis.get_ylabel()) == ("log", "log", "error (%)")
    meshes = summary["designs"]["near"]["meshes"]["resistance"]
    line = next(one for one in axis.lines if one.get_label() == "near")
    assert line.get_xdata() == pytest.approx([one["cells"] for one in meshes])
    assert line.get_ydata() == pytest.approx([100.0 * one["error"] / one["value"] for one in meshes])
    wanted = next(one for one in axis.lines if one.get_label() == "accuracy asked for")
    assert wanted.get_ydata() == pytest.approx([20.0, 20.0])


def test_values_without_errors_stand_hollow_at_their_distance_from_the_last(summary: dict[str, Any]) -> None:
    told = [{"cells": 10, "value": 3.0, "error": None}, {"cells": 90, "value": 2.0, "error": 0.1}]
    exact = [{"cells": 10, "value": 3.0, "error": 1e-12}]
    summary["designs"]["near"]["meshes"]["resistance"] = told
    for name in ("mid", "wide"):
        summary["designs"][name]["meshes"]["resistance"] = exact
    full, hollow = draw_errors(summary, ["resistance"], 90.0).axes[0].lines[:2]
    assert [*full.get_xydata().ravel(), *hollow.get_xydata().ravel()] == pytest.approx([90.0, 5.0, 10.0, 50.0])
    assert hollow.get_markerfacecolor() == "white"
    summary["designs"]["near"]["meshes"]["resistance"] = exact
    with pytest.raises(MicrofemError, match="no mesh tells an error of resistance"):
        draw_errors(summary, ["resistance"], 90.0)


def test_the_current_along_fingers_is_kept_and_plotted(run: Path, summary: dict[str, Any]) -> None:
    figure = draw_fingers(summary, ["cathode"], 90.0)
    assert len(figure.axes) == 1
    assert figure.axes[0].get_xlabel() == "distance from the busbar (µm)"
    for line, (name, one) in zip(figure.axes[0].lines, summary["designs"].items(), strict=False):
        assert line.get_label() == name
        assert line.get_xydata() == pytest.approx(np.array(one["cases"]["flat"]["fingers"]["cathode"]))
        assert one["cases"]["field"]["fingers"] == {}
    rows = list(csv.reader((run / "designs/mid/flat.fingers.csv").open()))
    assert rows[0] == ["electrode", "distance [um]", "share"]
    told = summary["designs"]["mid"]["cases"]["flat"]["fingers"]
    assert [[row[0], float(row[1]), float(row[2])] for row in rows[1:]] == [[k, *row] for k in told for row in told[k]]


def test_designs_without_fingers_are_named_as_the_reason(summary: dict[str, Any]) -> None:
    for one in summary["designs"].values():
        one["cases"]["flat"]["fingers"] = {}
    with pytest.raises(MicrofemError, match="no case of conduction in 3d or plan has an electrode with fingers"):
        draw_fingers(summary, [], 90.0)


@pytest.mark.parametrize(("width", "millimetres"), [("single", 90.0), ("double", 190.0)])
def test_plots_are_as_wide_as_columns(
    run: Path, tmp_path: Path, microfem: Command, width: str, millimetres: float
) -> None:
    out = tmp_path / "sub/plot"
    ended = microfem("plot", run, "resistance", "force", "-o", out, "--width", width, "--format", "pdf, svg,png")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.split() == [f"{out}.{kind}" for kind in ("pdf", "svg", "png")]
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", Path(f"{out}.pdf").read_bytes())
    size = re.search(r'<svg [^>]*width="([\d.]+)pt"', Path(f"{out}.svg").read_text())
    assert box is not None
    assert size is not None
    assert [float(box[1]), float(size[1])] == pytest.approx([millimetres / MM * POINTS] * 2, rel=1e-4)
    assert Path(f"{out}.png").read_bytes().startswith(b"\x89PNG")


def test_equal_plots_are_equal_files(run: Path, tmp_path: Path, microfem: Command) -> None:
    for name in ("a", "b"):
        assert microfem("plot", run, "resistance", "-o", tmp_path / name, "--format", "svg,pdf").status == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere"], "nowhere holds no results"),
        (["RUN", "resistanc"], "no metric 'resistanc' in these results; did you mean 'resistance'?"),
        (["RUN", "peak"], "no design has a value of 'peak'; see why with: microfem compare"),
        (
            ["RUN", "--against", "path", "peak"],
            "no case has a history of peak along its load; there are pulled: strain_energy, ",
        ),
        (
            ["RUN", "--against", "mesh", "peak"],
            "no mesh tells an error of peak: it is exact, refused or has no estimate",
        ),
        (["RUN", "--against", "mesh", "forse"], "no metric 'forse' in these results; did you mean 'force'?"),
        (
            ["RUN", "--against", "finger", "gate"],
            "has gate with fingers, as interdigital designs have; there are flat: ",
        ),
        (["RUN", "--against", "fingers"], "nothing is plotted against 'fingers'; did you mean 'finger'?"),
        (["RUN", "force", "--format", "gif"], "is no format of plots; use pdf, svg, png"),
        (["RUN", "force", "--width", "wide"], "no width 'wide'; one column is single or double"),
        (["RUN", "force", "-o", "."], "'.' is no file to write a plot into"),
        (["RUN", "force", "-o", "file/plot"], "cannot write file/plot.pdf: "),
    ],
)
def test_plots_that_cannot_be_made(
    run: Path, tmp_path: Path, microfem: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    ended = microfem("plot", *(one.replace("RUN", str(run)) for one in arguments))
    assert (ended.status, ended.out) == (2, "")
    assert told in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_results_that_are_broken_are_refused(run: Path, tmp_path: Path, microfem: Command) -> None:
    shutil.copytree(run, tmp_path / "broken")
    told = summary_of(run)
    del told["designs"]["near"]["metrics"]["resistance"]["unit"], told["designs"]["near"]["metrics"]["force"]["error"]
    (tmp_path / "broken/summary.json").write_text(json.dumps(told))
    ended = microfem("plot", tmp_path / "broken", "force", "-o", tmp_path / "plot")
    assert (ended.status, ended.out) == (2, "")
    assert "cannot be read (KeyError: 'error'); run the study again" in ended.err
