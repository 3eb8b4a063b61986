"""Plots for papers: what stands in them, their widths and formats, and how the command ends."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from microfem.base.errors import MicrofemError
from microfem.render.end_labels import spread
from microfem.render.plot import draw_against, draw_metrics, draw_run, varied
from microfem.results.summary import Summary, to_json
from microfem.study.plots import PlotModel
from support.commands import Command
from support.records import curve, line, metric, with_case, with_design
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
def summary(run: Path) -> Summary:
    return summary_of(run)


def test_designs_that_differ_in_one_number_are_plotted_against_it(summary: Summary) -> None:
    assert varied(summary.designs) == ("gap", "um")
    axis = draw_metrics(summary, ["resistance"], 90.0).axes[0]
    assert axis.get_xlabel() == "gap g (µm)"
    values = [summary.designs[name].metrics["resistance"].value for name in ("near", "mid", "wide")]
    assert axis.lines[0].get_xdata() == pytest.approx([100.0, 200.0, 300.0])
    assert axis.lines[0].get_ydata() == pytest.approx(values)


def test_designs_that_differ_in_more_have_a_place_each(summary: Summary) -> None:
    other = with_design(summary, "mid", params={**summary.designs["mid"].params, "finger_pairs": 2})
    assert varied(other.designs) is None
    axis = draw_metrics(other, ["resistance"], 90.0).axes[0]
    assert [one.get_text() for one in axis.get_xticklabels()] == ["wide", "near", "mid"]
    assert axis.lines[0].get_linestyle() == "None"


def test_designs_of_unlike_materials_are_no_series(summary: Summary) -> None:
    materials = summary.designs["mid"].materials
    gold = {**materials, "anode": replace(materials["anode"], name="gold")}
    assert varied(with_design(summary, "mid", materials=gold).designs) is None
    assert varied({"alone": summary.designs["near"]}) is None


def test_histories_are_plotted_against_what_the_load_states(summary: Summary) -> None:
    axis = draw_against(summary, "path", ["axial_force"], 90.0).axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("strain ε", "axial force F (µN)")
    states = summary.designs["near"].cases["pulled"].states[1:]  # the first is at rest, before the path
    assert len(states) > 1
    drawn = axis.containers[1].lines[0]
    assert drawn.get_xdata() == pytest.approx([one.numbers["strain"][0] for one in states])
    assert drawn.get_ydata() == pytest.approx([one.numbers["axial_force"][0] for one in states])


def test_errors_are_plotted_against_cells(summary: Summary) -> None:
    axis = draw_against(summary, "mesh", ["resistance"], 90.0).axes[0]
    assert (axis.get_xscale(), axis.get_yscale(), axis.get_ylabel()) == ("log", "log", "error (%)")
    near = summary.designs["near"]
    [meshes] = near.cases["field"].curves["mesh"].lines
    assert (meshes.name, meshes.y[-1]) == ("resistance", near.metrics["resistance"].value)
    drawn = next(one for one in axis.lines if one.get_label() == "near")
    assert drawn.get_xdata() == pytest.approx(meshes.x)
    assert drawn.get_ydata() == pytest.approx(
        [100.0 * error / meshes.y[-1] for error in meshes.error if error is not None]
    )
    wanted = next(one for one in axis.lines if one.get_label() == "target accuracy")
    assert wanted.get_ydata() == pytest.approx([20.0, 20.0])


def test_values_without_errors_stand_hollow_at_their_distance_from_the_last(summary: Summary) -> None:
    look = vars(summary.designs["near"].cases["field"].curves["mesh"].look)
    told = curve(line("resistance", (10.0, 3.0, None), (90.0, 2.0, 0.1)), **look)
    exact = curve(line("resistance", (10.0, 3.0, 1e-12)), **look)
    for name in ("near", "mid", "wide"):
        summary = with_case(summary, name, "field", curves={"mesh": told if name == "near" else exact})
    full, hollow = draw_against(summary, "mesh", ["resistance"], 90.0).axes[0].lines[:2]
    assert [*full.get_xydata().ravel(), *hollow.get_xydata().ravel()] == pytest.approx([90.0, 5.0, 10.0, 50.0])
    assert hollow.get_markerfacecolor() == "white"
    summary = with_case(summary, "near", "field", curves={"mesh": exact})
    with pytest.raises(MicrofemError, match="a curve of resistance against 'mesh'; there are pulled: force"):
        draw_against(summary, "mesh", ["resistance"], 90.0)
    for name in ("near", "mid", "wide"):
        summary = with_case(summary, name, "pulled", curves={})
    with pytest.raises(MicrofemError, match=r"a curve of anything that is not exact against 'mesh'$"):
        draw_against(summary, "mesh", [], 90.0)


def test_the_current_along_fingers_is_kept_and_plotted(run: Path, summary: Summary) -> None:
    figure = draw_against(summary, "finger", ["cathode"], 90.0)
    assert len(figure.axes) == 1
    assert figure.axes[0].get_xlabel() == "distance from the busbar (µm)"
    for bars, (name, one) in zip(figure.axes[0].containers, summary.designs.items(), strict=True):
        assert bars.get_label() == name
        lines = {line.name: line for line in one.cases["flat"].curves["finger"].lines}
        assert set(lines) == {"anode", "cathode"}
        assert bars.lines[0].get_xydata() == pytest.approx(np.array([lines["cathode"].x, lines["cathode"].y]).T)
        assert "finger" not in one.cases["field"].curves
    rows = list(csv.reader((run / "designs/mid/flat.finger.csv").open()))
    assert rows[0] == ["series", "distance from the busbar [um]", "value", "error", "unit"]
    told = summary.designs["mid"].cases["flat"].curves["finger"].lines
    assert [[row[0], float(row[1]), float(row[2])] for row in rows[1:]] == [
        [one.name, x, y] for one in told for x, y in zip(one.x, one.y, strict=True)
    ]


def test_designs_without_fingers_are_named_as_the_reason(summary: Summary) -> None:
    assert "finger" not in summary.designs["mid"].cases["pulled"].curves
    for name in summary.designs:
        summary = with_case(summary, name, "flat", curves={})
    with pytest.raises(MicrofemError, match=r"nothing against 'finger'; known: parameter, mesh, path, gap$"):
        draw_run(summary, PlotModel(against="finger"))


def test_designs_of_a_run_are_plotted_against_two_parameters(summary: Summary) -> None:
    """The designs are given other numbers: two gaps with one and with two pairs of fingers."""
    pairs = {"wide": (300.0, 1, 3.0), "near": (100.0, 1, 1.0), "mid": (300.0, 2, 1.5)}
    for name, (gap, count, value) in pairs.items():
        params = {**summary.designs[name].params, "gap": gap, "finger_pairs": count}
        metrics = {"resistance": metric(value, "ohm m", 0.1)}
        summary = with_design(summary, name, params=params, metrics=metrics)
    axis = draw_run(summary, PlotModel(metrics=("resistance",), against="gap", by="finger_pairs")).axes[0]
    joined = {one.get_color(): one for one in axis.lines if one.get_linestyle() == "-" and len(one.get_xdata()) == 2}
    [line] = joined.values()
    assert line.get_xydata() == pytest.approx(np.array([[100.0, 1.0], [300.0, 3.0]]))
    named = [one.get_label() for one in axis.lines if not one.get_label().startswith("_")]
    assert named == ["finger pairs 1", "finger pairs 2"]
    with pytest.raises(MicrofemError, match="no free parameter 'anode_width'"):
        draw_run(summary, PlotModel(metrics=("resistance",), against="gap", by="anode_width"))


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
            "no case has a curve of peak against 'path'; there are pulled: ",
        ),
        (
            ["RUN", "--against", "mesh", "peak"],
            "no case has a curve of peak against 'mesh'; there are field: resistance; pulled: force",
        ),
        (
            ["RUN", "--against", "mesh", "forse"],
            "no case has a curve of forse against 'mesh'; there are field: resistance; pulled: force",
        ),
        (
            ["RUN", "--against", "finger", "gate"],
            "no case has a curve of gate against 'finger'; there are flat: anode, cathode",
        ),
        (["RUN", "--against", "fingers"], "these results have nothing against 'fingers'; did you mean 'finger'?"),
        (["RUN", "force", "--format", "gif"], "format: no format 'gif' of plots; use pdf, svg, png"),
        (
            ["RUN", "force", "--width", "wide"],
            "width: expected a quantity such as '1 mm', got 'wide', or single or double",
        ),
        (["RUN", "force", "--font", "5"], "font: expected a size of letters in points, from 6 to 24"),
        (["RUN", "force", "-o", "."], "'.' is not the name of a file"),
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
    told = to_json(summary_of(run))
    del told["designs"]["near"]["metrics"]["resistance"]["unit"], told["designs"]["near"]["metrics"]["force"]["error"]
    (tmp_path / "broken/summary.json").write_text(json.dumps(told))
    ended = microfem("plot", tmp_path / "broken", "force", "-o", tmp_path / "plot")
    assert (ended.status, ended.out) == (2, "")
    assert "damaged or of another version; run the study again" in ended.err


def test_plots_have_letters_of_6_pt_and_curves_named_at_their_ends(
    run: Path, summary: Summary, tmp_path: Path, microfem: Command
) -> None:
    options = ("--against", "path", "--width", "85mm", "--font", 6.5, "--format", "svg")
    ended = microfem("plot", run, "axial_force", *options, "-o", tmp_path / "p")
    assert (ended.status, ended.err) == (0, "")
    text = (tmp_path / "p.svg").read_text()
    size = re.search(r'<svg [^>]*width="([\d.]+)pt"', text)
    assert size is not None
    assert float(size[1]) == pytest.approx(85.0 / MM * POINTS, rel=1e-4)
    letters = {float(one) for one in re.findall(r"font(?:-size)?: ([\d.]+)px", text)}
    assert min(letters) == 6.0
    assert max(letters) == 6.5
    figure = draw_against(summary, "path", ["axial_force"], 90.0)
    axis = figure.axes[0]
    names = {one.get_text(): one for one in axis.texts}
    assert (set(names), figure.legends) == ({"wide", "near", "mid"}, [])
    for bars in axis.containers:
        assert names[bars.get_label()].xy == pytest.approx(bars.lines[0].get_xydata()[-1])
        assert names[bars.get_label()].get_color() == bars.lines[0].get_color()


def test_names_at_ends_keep_apart_and_give_way_to_a_legend_without_room(summary: Summary) -> None:
    assert spread([0.0, 1.0, 30.0], 10.0) == pytest.approx([-4.5, 5.5, 30.0])
    assert spread([0.0, 20.0, 40.0], 10.0) == pytest.approx([0.0, 20.0, 40.0])
    assert np.diff(spread([0.0, 1.0, 9.0, 9.5], 10.0)).min() >= 10.0 - 1e-9
    path = vars(summary.designs["near"].cases["pulled"].curves["path"].look)
    short = curve(line("axial_force", (0.0, 0.0, None), (0.2, 1.0, None)), **path)
    early = with_case(summary, "near", "pulled", curves={"path": short})
    long = with_case(early, "mid", "pulled", curves={
        "path": curve(line("axial_force", (0.0, 0.0, None), (1.0, 2.0, None)), **path)})  # fmt: skip
    figure = draw_against(long, "path", ["axial_force"], 90.0)
    assert (len(figure.axes[0].texts), len(figure.legends)) == (0, 1)
