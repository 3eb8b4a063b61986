"""Plots that a study states: checked, drawn by its run or by its search; folders of searches shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from microfem.api.searched import Searched
from microfem.base.errors import InputError, MicrofemError
from microfem.optimise.search import search_layouts
from microfem.render.viewer.state import first, open_run, sweep
from microfem.results.merging import merge
from microfem.results.opened import design_folder, open_results
from microfem.results.searches import open_search, run_again
from microfem.run.study import run_study
from support.commands import Command
from support.searching import STUDY, bowl, here
from support.studies import study_of

ROLES = "anode", "cathode"
PLOTS = """\
plots:
  - {metrics: resistance, name: bars}
  - {metrics: [resistance], against: mesh, cases: field, width: double}
  - {metrics: voltage, against: mesh, name: none}
  - {metrics: "resistance, capacity", against: gap}
  - {metrics: resistance, against: "gap, anode_width", name: map}
  - {against: trial}
"""


@pytest.fixture(scope="module")
def sought(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a search of four solved designs, and one that is outside of the rules of its technique."""
    folder = tmp_path_factory.mktemp("sought")
    study = study_of(folder, STUDY + PLOTS, "budget.trials=4", "sampler=sobol", "seed=3", "accuracy=20%")
    search_layouts(study, folder / "out", here)
    return folder / "out"


@pytest.mark.parametrize(
    ("plot", "message"),
    [("{metrics: resistnce}", "plots.0.metrics: no metric 'resistnce'; did you mean 'resistance'?"),
     ("{against: meshh}", "plots.0.against: nothing can be plotted against 'meshh'; did you mean 'mesh'?"),
     ("{against: mesh, cases: feild}", "plots.0.cases: no case 'feild'; did you mean 'field'?"),
     ("{against: gap, by: width}", "plots.0.by: no parameter 'width'; did you mean"),
     ("{against: front}", "plots.0.against: a front needs two objectives"),
     ("{width: wide}", "plots.0.width: "),
     ("{metrics: 5}", "plots.0.metrics: expected names such as 'a,b', or a list, got 5"),
     ("{against: gap}, {against: gap}", "plots.1: another plot is called 'against-gap' too")],
)  # fmt: skip
def test_wrong_plots_are_refused_with_place_and_remedy(tmp_path: Path, plot: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        study_of(tmp_path, f"{STUDY}plots: [{plot}]\n")
    assert message in str(refused.value).replace("plots[", "plots.").replace("]", "")


def test_without_a_space_there_is_no_course_of_a_search(tmp_path: Path) -> None:
    text = STUDY[: STUDY.index("space:")]
    with pytest.raises(InputError, match="nothing can be plotted against 'trial': this study states no space"):
        study_of(tmp_path, f"{text}plots: [{{against: trial}}]\n")


@pytest.mark.slow
def test_a_run_draws_its_plots_and_tells_those_that_it_cannot_draw(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY + PLOTS, "accuracy=20%")
    summary = run_study(study, tmp_path / "out")
    drawn = sorted(one.name for one in (tmp_path / "out/pictures").glob("plot-*"))
    names = ["plot-bars", "plot-resistance-against-mesh"]
    assert drawn == [f"{name}.{kind}" for name in names for kind in ("pdf", "png")]
    assert set(drawn) <= {Path(one).name for one in summary.pictures}
    [told] = [one for one in summary.undrawn if one.startswith("plot")]
    assert told.startswith("plot none could not be drawn: no case has a curve of voltage against 'mesh'")
    stamp = (tmp_path / "out/designs/comb/result.json").stat().st_mtime_ns
    again = run_study(study_of(tmp_path, STUDY, "accuracy=20%"), tmp_path / "out")
    assert not [one for one in again.pictures if "plot-" in one]  # negative control: the study states none
    assert (tmp_path / "out/designs/comb/result.json").stat().st_mtime_ns == stamp  # and nothing was solved again


def test_a_search_draws_its_own_plots(sought: Path, microfem: Command) -> None:
    drawn = sorted(one.name for one in (sought / "pictures").iterdir())
    names = ["plot-against-trial", "plot-map", "plot-resistance-capacity-against-gap"]
    assert drawn == [f"{name}.{kind}" for name in names for kind in ("pdf", "png")]
    path = sought.parent / "report.html"
    assert microfem("report", sought, "-o", path).status == 0
    page = path.read_text()
    best = open_search(sought).shown("comb")[0].name
    assert all(text in page for text in ("resistance capacity against gap", "Best layouts", best, "4 trials: "))
    assert "http-equiv='refresh'" not in page


def test_the_viewer_shows_the_best_trial_first_and_all_by_a_slider(sought: Path) -> None:
    run, search = open_run(sought), open_search(sought)
    order = [one.name for one in search.best("comb")]
    values = {one.name: one.value("resistance") for one in search.trials}
    assert order == sorted(values, key=values.__getitem__)  # by resistance, as the study states
    assert run.designs == (*order, "plain")
    assert first(run).designs == (order[0],)
    assert [name for name, _ in sweep(run)] == [*order, "plain"]
    facts = run.readings(order[0], "field", None)
    assert facts[0].startswith("gap ")
    assert any(one.startswith("resistance ") for one in facts)
    potential = open_results(sought).case(order[1], "field").field("potential")
    assert (np.nanmin(potential), np.nanmax(potential)) == pytest.approx((0.0, 1.0), abs=1e-9)  # as the case states


@pytest.mark.slow
def test_a_trial_without_fields_names_the_command_that_runs_it_again(
    sought: Path, tmp_path: Path, microfem: Command
) -> None:
    search = open_search(sought)
    trial = search.best("comb")[-1]
    for file in design_folder(sought, trial.name).glob("field.vtkhdf"):
        file.rename(tmp_path / file.name)
    try:
        with pytest.raises(MicrofemError) as told:
            first(open_run(sought), trial.name)
    finally:
        (tmp_path / "field.vtkhdf").rename(design_folder(sought, trial.name) / "field.vtkhdf")
    command = run_again(search, trial, sought)
    assert str(told.value).endswith(command)
    words = command.replace("'", "").replace("results/", f"{tmp_path}/").split(" --set ")
    assert microfem(*words[0].split()[1:], *(part for one in words[1:] for part in ("--set", one)), "-q").status == 0
    summary = json.loads((tmp_path / trial.name / "summary.json").read_text())
    assert summary["designs"]["comb"]["metrics"]["resistance"]["value"] == trial.value("resistance")


def test_a_program_gets_the_layout_of_a_trial_with_what_follows_in_its_space(tmp_path: Path) -> None:
    """The cathode is as wide as the anode, which the space alone states."""
    found = search_layouts(study_of(tmp_path, STUDY, "budget.trials=2"), tmp_path / "out", here, evaluate=bowl)
    layout = Searched(tmp_path / "out", found).layout(found.trials[1])
    anode, cathode = (sum(one.footprint.area for one in layout.parts() if one.role == role) for role in ROLES)
    assert found.trials[1].chosen["anode_width"] != 300.0  # as the file states both
    assert anode == pytest.approx(cathode, rel=1e-12)


def test_searches_are_compared_with_each_other(sought: Path, tmp_path: Path, microfem: Command) -> None:
    study = study_of(tmp_path, STUDY, "budget.trials=3")
    found = search_layouts(study, tmp_path / "bowl", here, evaluate=bowl)
    merged = merge([sought, tmp_path / "bowl"])
    best = found.best("comb")
    assert [name for name in merged.designs if name.startswith("bowl/")] == [f"bowl/{one.name}" for one in best[:2]]
    assert merged.designs[f"bowl/{best[0].name}"].metrics["resistance"].value == best[0].value("resistance")
    told = microfem("compare", tmp_path / "bowl").out
    assert f"{best[0].name}: gap" in told
    assert "3 trials: 3 valid, 0 failed" in told
