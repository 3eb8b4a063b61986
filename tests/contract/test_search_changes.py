"""Searches that are stopped, given more budget, or cut short by time: what they then tell must be the same or more."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from microfem.base.errors import InputError, LayoutError, MetricRefused, MicrofemError
from microfem.materials import load_material
from microfem.metrics import METRICS
from microfem.optimise import search as searches
from microfem.optimise.folder import geometry
from microfem.optimise.following import Follower, Point
from microfem.optimise.gradient import _Kept, descend
from microfem.optimise.indices import base_points, write_indices
from microfem.optimise.results import SearchResult
from microfem.optimise.screen import remarks, search_screened
from microfem.optimise.search import search_layouts
from microfem.optimise.space import Chosen
from microfem.results.trials import Trial, TrialOutcome
from microfem.study.design import Design, load_geometry
from microfem.study.records import Range, SearchSpace, Study
from support.records import metric
from support.searching import STUDY, Here, bowl, here
from support.studies import study_of

FLAT = """\
name: flat
designs:
  comb: {family: interdigital, params: {finger_pairs: 1, gap: 100 um}}
  posts: {family: interdigital, params: {finger_pairs: 1, gap: 100 um}}
metrics: {size: footprint(), capacity: areal_capacity()}
space: {comb: {gap: {low: 50 um, high: 400 um}}, posts: {gap: {low: 50 um, high: 400 um}}}
objectives: {capacity: maximise}
screen: {metrics: {capacity: size}, confirm: 4}
budget: {trials: 4}
"""


class Late(Here):
    """Workers of which the last to begin is the first to end."""

    def ended(self) -> list[tuple[str, Any]]:
        return [self.results.pop()] if self.results else []


@pytest.mark.slow
def test_indices_of_a_search_that_was_stopped_are_those_of_one_that_was_not(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY)
    assert study.search is not None
    points = {"comb": base_points(study.search.spaces["comb"], 8, 0)}
    whole = search_layouts(study, tmp_path / "whole", here, points=points, evaluate=bowl)
    begun = []

    def stopped(study: Study, design: Design, folder: Path) -> TrialOutcome:
        begun.append(design.name)
        if len(begun) == 7:
            raise KeyboardInterrupt
        return bowl(study, design, folder)

    with pytest.raises(KeyboardInterrupt):
        search_layouts(study, tmp_path / "out", lambda: nullcontext(Late(4)), points=points, evaluate=stopped)
    found = search_layouts(study, tmp_path / "out", here, points=points, evaluate=bowl)
    assert len(found.trials) == len(points["comb"])
    assert [trial.chosen for trial in found.trials] != points["comb"]  # some ran again, later
    rows = [write_indices(one, tmp_path, points) for one in (whole, found)]
    assert rows[0] == rows[1]


def test_indices_say_how_many_designs_time_did_not_suffice_for(tmp_path: Path) -> None:
    study = study_of(tmp_path, STUDY)
    assert study.search is not None
    points = {"comb": base_points(study.search.spaces["comb"], 4, 0)}
    found = search_layouts(study, tmp_path / "out", here, points={"comb": points["comb"][:8]}, evaluate=bowl)
    with pytest.raises(MicrofemError, match="8 of 16 designs of comb have not run yet, and the indices need all"):
        write_indices(found, tmp_path, points)


def test_points_that_are_new_run_and_those_that_are_not_do_not_run_twice(tmp_path: Path) -> None:
    """As the best of a search by gradient with a larger budget, or what a screen then picks."""
    study = study_of(tmp_path, STUDY)
    ran: list[Chosen] = []

    def counted(study: Study, design: Design, folder: Path) -> TrialOutcome:
        ran.append({name: design.params[name] for name in ("gap", "anode_width")})  # type: ignore[misc]
        return bowl(study, design, folder)

    one, two, three = ({"gap": gap, "anode_width": 100.0} for gap in (100.0, 90.0, 80.0))
    for points in ([one, two], [one, three], [one, three]):
        found = search_layouts(study, tmp_path / "out", here, points={"comb": points}, growing=True, evaluate=counted)
    assert [trial.chosen for trial in found.of("comb")] == [one, two, three]
    varied = [one for one in ran if one["gap"] < 300.0]
    assert varied == [one, two, three]


def test_a_search_by_gradient_with_more_budget_runs_its_new_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = {"gap": 100.0, "anode_width": 100.0}
    for budget, gap in ((3, 90.0), (9, 80.0)):
        study = study_of(tmp_path, STUDY + "sampler: gradient\n", f"budget.trials={budget}")
        points = {"comb": [start, {**start, "gap": gap}]}
        monkeypatch.setattr(searches, "descents", lambda *_, points=points: points)
        found = search_layouts(study, tmp_path / "out", here, evaluate=bowl)
    assert [trial.chosen["gap"] for trial in found.of("comb")] == [100.0, 90.0, 80.0]


def test_what_follows_half_a_line_is_not_lost_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver is killed in mid-line; the next one evaluates more and is killed too."""
    point = Point({"resistance": 1.0}, {"resistance": {"gap": 1.0, "anode_width": 1.0, "cathode_width": 1.0}})
    monkeypatch.setattr(Follower, "at", lambda *_: point)
    study, path = study_of(tmp_path, STUDY), tmp_path / "comb.jsonl"
    assert study.search is not None
    for gap in (100.0, 90.0):
        _Kept(study, study.search, study.designs["comb"], path)({"gap": gap, "anode_width": 100.0})
        with open(path, "a") as file:
            file.write('{"chosen": {"gap"')
    known = _Kept(study, study.search, study.designs["comb"], path).known
    assert [one["chosen"]["gap"] for one in known] == [100.0, 90.0]


def test_slopes_of_a_search_are_those_of_its_values(tmp_path: Path) -> None:
    """Not of the middle of an interval, whose other end moves otherwise."""
    study = study_of(tmp_path, STUDY)
    follower, design = Follower(study=study, names=["gap"], wanted=["resistance"]), study.designs["comb"]
    at = {gap: follower.at(replace(design, params={**design.params, "gap": gap})) for gap in (100.0, 100.01, 99.99)}
    difference = (at[100.01].values["resistance"] - at[99.99].values["resistance"]) / 0.02
    assert at[100.0].slopes["resistance"]["gap"] == pytest.approx(difference, rel=1e-5)


def test_a_metric_that_jumps_has_no_derivative(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As outer_share does where facets change their order; here a step is put on a share."""
    text = STUDY.replace("resistance(field)", "energy_fraction(field, above=0.5)")
    study = study_of(tmp_path, text)
    follower, design = Follower(study=study, names=["gap"], wanted=["resistance"]), study.designs["comb"]
    assert follower.at(design).slopes["resistance"]["gap"] != 0.0
    kind = METRICS.get("energy_fraction")
    jumping = replace(kind, function=lambda s, **o: kind.function(s, **o) + 1e-3 * (s.mesh.layout.gap > 100.0))
    monkeypatch.setitem(METRICS._things, "energy_fraction", jumping)
    with pytest.raises(MetricRefused, match="on this mesh it jumps where gap changes"):
        Follower(study=study, names=["gap"], wanted=["resistance"]).at(design)


def test_a_search_by_gradient_takes_shorter_steps_where_layouts_are_impossible() -> None:
    """The first step is to the bound, x = 1; the least of (x - 3)^2 is at 3."""

    def parabola(chosen: Chosen) -> Point:
        x = float(chosen["x"])
        if x < 2.0:
            raise LayoutError("x", x, "must be at least 2")
        return Point({"y": 1.0 + 9.0 * (x - 3.0) ** 2}, {"y": {"x": 18.0 * (x - 3.0)}})

    found = descend(SearchSpace({"x": Range(1.0, 9.0)}, {}), {"x": 4.0}, parabola, "y", False, {}, 40)
    assert found.chosen[found.best]["x"] == pytest.approx(3.0, abs=0.01)
    assert "1 points cannot be evaluated, the last: x = 1.0" in found.ended


def test_a_folder_that_is_removed_under_way_is_told(tmp_path: Path) -> None:
    def removing(study: Study, design: Design, folder: Path) -> TrialOutcome:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        (tmp_path / "out").mkdir()  # as workers do that write into it
        return bowl(study, design, folder)

    with pytest.raises((MicrofemError, OSError), match=r"No such file.*journal.log|journal.log: No such file"):
        search_layouts(study_of(tmp_path, STUDY), tmp_path / "out", here, evaluate=removing)


def test_a_search_by_gradient_begins_nothing_when_time_is_over() -> None:
    space = SearchSpace({"x": Range(1.0, 2.0)}, {})
    found = descend(space, {"x": 1.5}, lambda one: Point({"y": float(one["x"])}, {"y": {"x": 1.0}}), "y", False, {}, 9,
                    0.0)  # fmt: skip
    assert (len(found.points), found.ended) == (1, "the budget of time is used up")


@pytest.mark.slow
def test_a_screen_takes_a_larger_budget(tmp_path: Path) -> None:
    search_screened(study_of(tmp_path, FLAT), tmp_path / "out", here)
    found, _ = search_screened(study_of(tmp_path, FLAT, "budget.trials=9"), tmp_path / "out", here)
    for design in ("comb", "posts"):
        chosen = [tuple(trial.chosen.values()) for trial in found.of(design)]
        assert 4 < len(chosen) == len(set(chosen))


def test_a_correlation_on_the_limit_is_trusted_and_too_few_designs_are_told(tmp_path: Path) -> None:
    """Of four designs two neighbours are exchanged: 1 - 6 (1 + 1) / (4 (16 - 1)) = 0.8."""
    study = study_of(tmp_path, FLAT)
    assert study.search is not None
    pairs = [{"capacity": 1.0, "size": 1.0}, {"capacity": 2.0, "size": 3.0}, {"capacity": 3.0, "size": 2.0},
             {"capacity": 4.0, "size": 4.0}]  # fmt: skip
    told = [{name: metric(one, error=0.0) for name, one in pair.items()} for pair in pairs]
    trials = [
        Trial(
            design="comb", number=k, chosen={"gap": 60.0 + k}, outcome=TrialOutcome(status="ok", values=one), excess={}
        )
        for k, one in enumerate(told)
    ]
    [line] = remarks(SearchResult(study=study, search=study.search, trials=trials, references={}, over=True), "comb")
    assert "rank correlation 0.80 over 4 designs" in line
    assert "do not trust it" not in line
    [line] = remarks(
        SearchResult(study=study, search=study.search, trials=trials[:2], references={}, over=True), "comb"
    )
    assert line == "comb: size stood in for capacity: 2 designs are too few to compare them"


@pytest.mark.parametrize("dead", [("posts",), ("comb", "posts")])
def test_a_screen_of_a_design_that_always_fails_ends_well(tmp_path: Path, dead: tuple[str, ...]) -> None:
    text = FLAT
    for name in dead:
        text = text.replace(f"{name}: {{gap: {{low: 50 um, high: 400 um}}",
                            f"{name}: {{finger_length: {{low: 1 um, high: 50 um}}")  # fmt: skip
    found, told = search_screened(study_of(tmp_path, text), tmp_path / "out", here)
    assert {trial.design for trial in found.trials if trial.good} == {"comb", "posts"} - set(dead)
    assert len(told) == 2 - len(dead)


def test_one_stand_in_is_not_for_two_objectives(tmp_path: Path) -> None:
    text = FLAT.replace("{capacity: maximise}", "{capacity: maximise, size: minimise}")
    with pytest.raises(InputError, match="'size' already stands in for 'size', another objective"):
        study_of(tmp_path, text)


def test_the_best_keeps_its_surface_and_says_whose_its_materials_are(tmp_path: Path) -> None:
    text = STUDY.replace("dimension: section", "dimension: 3d").replace(
        "gap: 100 um}}", "gap: 100 um}, placement: {cylinder: {radius: 9.1 mm}}, materials: {electrolyte: our_gel}}"
    )
    text += "materials: {our_gel: {conductivity: {value: 15, unit: mS/cm, source: our own}}}\n"
    study = study_of(tmp_path, text)
    assert study.search is not None
    trial = Trial(
        design="comb",
        number=0,
        chosen={"gap": 200.0, "anode_width": 200.0},
        outcome=TrialOutcome(status="ok"),
        excess={},
    )
    told = geometry(SearchResult(study=study, search=study.search, trials=[trial], references={}, over=True), trial)
    assert "which defines our_gel; copy" in told
    (tmp_path / "best.yaml").write_text(
        told.replace("electrolyte: our_gel", f"electrolyte: {load_material('pet').name}")
    )
    assert load_geometry(tmp_path / "best.yaml").placement == study.designs["comb"].placement
